//! Extracts the model inside the binary to the cache folder.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

#[cfg(feature = "embedded-model")]
static MODEL: &[u8] = include_bytes!("../../models/default/model.gguf");
/// `sha256sum` of the model, kept beside it so that no start has to compute it; a test compares the two.
#[cfg(feature = "embedded-model")]
static CHECKSUM: &str = include_str!("../../models/default/model.gguf.sha256");

/// What the model was trained on (`models/train/lists`), by the names of `grammars/`.
pub const LANGUAGES: [&str; 2] = ["python", "rust"];

/// The name says what is in the file, so an update of treefill finds its own model and never an older one. None without a model.
fn file_name() -> Option<String> {
    #[cfg(feature = "embedded-model")]
    let name = Some(format!("{}.gguf", &CHECKSUM[..16]));
    #[cfg(not(feature = "embedded-model"))]
    let name = None;
    name
}

/// Whether `path` is that of the extracted model.
pub fn is_extracted(path: &Path) -> bool {
    path.file_name().is_some_and(|name| Some(name) == file_name().as_deref().map(std::ffi::OsStr::new))
}

/// Its size; 0 without a model.
pub fn bytes() -> u64 {
    #[cfg(feature = "embedded-model")]
    return MODEL.len() as u64;
    #[cfg(not(feature = "embedded-model"))]
    0
}

/// Whether the model is in the cache folder already: then nothing has to be written there.
pub fn is_cached() -> bool {
    #[cfg(feature = "embedded-model")]
    let size = MODEL.len();
    #[cfg(not(feature = "embedded-model"))]
    let size = 0;
    let path = || Some(crate::paths::cache_dir()?.join("models").join(file_name()?));
    path().is_some_and(|path| is_there(&path, size))
}

/// The path of the extracted model, extracting it first if need be.
#[cfg(feature = "embedded-model")]
pub fn extract() -> anyhow::Result<PathBuf> {
    let name = file_name().context("no model inside")?;
    let cache = crate::paths::cache_dir().context("no home folder");
    let failure = match cache.and_then(|cache| extract_to(&cache.join("models"), &name, MODEL)) {
        Ok(path) => return Ok(path),
        Err(error) => error,
    };
    tracing::warn!("the cache folder cannot be used ({failure:#}); the model goes to the temporary folder");
    crate::paths::temporary_dir().and_then(|folder| extract_to(&folder, &name, MODEL)).with_context(|| {
        format!("the embedded model can be written neither to the cache folder ({failure:#}) nor to the temporary folder; make one writable, or set `model.path` to a GGUF file")
    })
}

/// Without the model inside there is only the configured one.
#[cfg(not(feature = "embedded-model"))]
pub fn extract() -> anyhow::Result<PathBuf> {
    anyhow::bail!(
        "this treefill was built without an embedded model; set `model.path` in the configuration to a GGUF file"
    )
}

/// Put `bytes` into `folder` as `name` unless they are there. Safe against other processes doing the same at once, and
/// against a stop half way: the name appears only with the whole content, and the file is never written again.
#[cfg_attr(not(feature = "embedded-model"), allow(dead_code))]
fn extract_to(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    if is_there(&path, bytes.len()) {
        return Ok(path);
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let write = || -> anyhow::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".model-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        anyhow::ensure!(fs::read(file.path())? == bytes, "what was written reads back differently");
        let mut permissions = file.as_file().metadata()?.permissions();
        permissions.set_readonly(true);
        #[cfg(unix)]
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o444);
        file.as_file().set_permissions(permissions)?;
        // A rename over a file that another process has just put there is harmless: the content is the same.
        file.persist(&path)?;
        Ok(())
    };
    match write() {
        Ok(()) => Ok(path),
        // Where a file in use cannot be replaced, the other process was first.
        Err(_) if is_there(&path, bytes.len()) => Ok(path),
        Err(error) => Err(error.context(path.display().to_string())),
    }
}

/// Whether the file is the one that was extracted. Its content was compared when it was written and it is read-only, so
/// later starts only look at the size: reading 16 MB on each start would cost more than loading the model.
fn is_there(path: &Path, size: usize) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && usize::try_from(file.len()) == Ok(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "embedded-model")]
    fn the_checksum_is_the_models() {
        use sha2::Digest as _;
        let digest: String = sha2::Sha256::digest(MODEL).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(CHECKSUM.split_whitespace().next(), Some(digest.as_str()));
    }

    #[test]
    fn extracted_once_read_only_and_repaired() {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().join("a/b");
        let path = extract_to(&models, "x.gguf", b"content").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert!(fs::metadata(&path).unwrap().permissions().readonly());
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        extract_to(&models, "x.gguf", b"content").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written, "not written again");
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"cut").unwrap();
        extract_to(&models, "x.gguf", b"content").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content", "a file of another size is replaced");
        assert_eq!(fs::read_dir(&models).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn many_at_once_all_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = vec![7; 1 << 20];
        std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| extract_to(folder.path(), "x.gguf", &bytes))).collect();
            for start in starts {
                assert_eq!(fs::read(start.join().unwrap().unwrap()).unwrap(), bytes);
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = extract_to(&file.path().join("models"), "x.gguf", b"content").unwrap_err();
        assert!(format!("{error:#}").contains(&file.path().display().to_string()), "{error:#}");
    }
}
