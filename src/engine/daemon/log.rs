//! Writes the engine's stderr to a file of limited length. Everything goes through descriptor 2, because what
//! llama.cpp says when it aborts does too.

use std::fs::{File, OpenOptions, create_dir_all, rename};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Size at which the log is put aside; there is one older one, so it takes twice this at most.
const LONGEST: u64 = 1 << 20;
/// How much of the end is worth showing.
const TAIL: u64 = 4096;

/// The log of this process, once its stderr goes there.
static OWN: OnceLock<PathBuf> = OnceLock::new();

/// Point descriptor 2 at the log.
///
/// # Errors
/// When the file cannot be opened.
pub fn redirect_stderr(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        create_dir_all(folder)?;
    }
    open(OWN.get_or_init(|| path.to_path_buf()))
}

/// Begin a new log if this process' own has grown long. Nothing happens in a process whose stderr goes elsewhere.
pub fn rotate() {
    let Some(path) = OWN.get() else { return };
    if let Err(error) = open(path) {
        tracing::warn!("{}: {error}", path.display());
    }
}

fn open(path: &Path) -> std::io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|log| log.len() > LONGEST) {
        // Another engine may be first; then its fresh file is the log of both.
        let _ = rename(path, older(path));
    }
    let file: File = OpenOptions::new().create(true).append(true).open(path)?;
    // SAFETY: both descriptors are open; dup2 only changes what descriptor 2 refers to.
    if unsafe { libc::dup2(file.as_raw_fd(), 2) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Where the log that was put aside is.
fn older(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// The last line that the engine wrote, for a message.
pub fn last_line(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_log() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(last_line(file.path()), None);
        std::fs::write(file.path(), format!("{}\nGGML_ASSERT(x) failed\n\n", "a".repeat(10_000))).unwrap();
        assert_eq!(last_line(file.path()).unwrap(), "GGML_ASSERT(x) failed");
        assert_eq!(last_line(Path::new("/nowhere/x.log")), None);
    }
}
