//! Finds model files that other programs have on this machine: the hub's cache, llama.cpp's, Ollama's, LM Studio's. It only reads, and
//! the files are used where they are.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::environment;
use crate::paths;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The hub's own tools.
    HubCache,
    /// llama.cpp before it took the hub's cache.
    LlamaCpp,
    /// Ollama: its blobs are plain GGUF files.
    Ollama,
    /// LM Studio.
    LmStudio,
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::HubCache => "Hugging Face cache",
            Self::LlamaCpp => "llama.cpp cache",
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
        })
    }
}

/// A model file of another program's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignModel {
    /// Whose it is.
    pub owner: Owner,
    /// As that program calls it: `owner/name:file.gguf`, `qwen2.5-coder:1.5b`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The digest, where the file's own name says it. It was not computed.
    pub sha256: Option<String>,
}

/// The folders of the programs.
#[derive(Debug, Clone, Default)]
pub struct ForeignFolders {
    hub: Vec<PathBuf>,
    llama: Vec<PathBuf>,
    ollama: Vec<PathBuf>,
    lm_studio: Vec<PathBuf>,
}

impl ForeignFolders {
    /// Where they are by the environment and by habit.
    pub fn usual() -> Self {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = |below: &str| paths::home().map(|home| home.join(below));
        let list = |folders: Vec<Option<PathBuf>>| {
            let mut folders: Vec<PathBuf> = folders.into_iter().flatten().collect();
            folders.dedup();
            folders
        };
        Self {
            hub: list(vec![
                named("LLAMA_CACHE"),
                named("HF_HUB_CACHE"),
                environment::home().map(|hub| hub.join("hub")),
            ]),
            llama: list(vec![
                named("LLAMA_CACHE"),
                home(".cache/llama.cpp"),
                home("Library/Caches/llama.cpp"),
            ]),
            ollama: list(vec![
                named("OLLAMA_MODELS"),
                home(".ollama/models"),
                // Of its service on Linux.
                Some(PathBuf::from("/usr/share/ollama/.ollama/models")),
            ]),
            lm_studio: list(vec![home(".lmstudio/models"), home(".cache/lm-studio/models")]),
        }
    }

    #[cfg(test)]
    fn below(home: &Path) -> Self {
        Self {
            hub: vec![home.join("hub")],
            llama: vec![home.join("llama")],
            ollama: vec![home.join("ollama")],
            lm_studio: vec![home.join("lmstudio")],
        }
    }
}

/// The GGUF models in the usual folders, each file once.
pub fn found() -> Vec<ForeignModel> {
    found_in(&ForeignFolders::usual())
}

/// The GGUF models in `folders`, each file once.
pub fn found_in(folders: &ForeignFolders) -> Vec<ForeignModel> {
    let mut found = Vec::new();
    folders.hub.iter().for_each(|folder| of_hub(folder, &mut found));
    folders.ollama.iter().for_each(|folder| of_ollama(folder, &mut found));
    folders.llama.iter().for_each(|folder| of_files(folder, folder, Owner::LlamaCpp, 0, &mut found));
    folders.lm_studio.iter().for_each(|folder| of_files(folder, folder, Owner::LmStudio, 3, &mut found));
    let mut seen = Vec::new();
    found.retain(|model| {
        let real = std::fs::canonicalize(&model.path).unwrap_or_else(|_| model.path.clone());
        let is_new = !seen.contains(&real);
        seen.push(real);
        is_new && is_gguf(&model.path)
    });
    found
}

/// `models--o--r/snapshots/<commit>/file → ../../blobs/<sha256>`.
fn of_hub(folder: &Path, found: &mut Vec<ForeignModel>) {
    for entry in entries(folder) {
        let Some(name) = entry.file_name().and_then(|name| name.to_str()?.strip_prefix("models--")) else {
            continue;
        };
        let repository = name.replacen("--", "/", 1);
        for snapshot in entries(&entry.join("snapshots")) {
            let first = found.len();
            of_files(&snapshot, &snapshot, Owner::HubCache, 3, found);
            for model in &mut found[first..] {
                model.name = format!("{repository}:{}", model.name);
                let blob = std::fs::canonicalize(&model.path).ok();
                model.sha256 = blob.and_then(|blob| digest(blob.file_name()?.to_str()?));
            }
        }
    }
}

/// `manifests/registry.ollama.ai/library/<name>/<tag>` names a layer that is `blobs/sha256-…`.
fn of_ollama(folder: &Path, found: &mut Vec<ForeignModel>) {
    let manifests = folder.join("manifests");
    let mut open: Vec<(PathBuf, usize)> = vec![(manifests.clone(), 0)];
    while let Some((path, depth)) = open.pop() {
        if path.is_dir() {
            if depth < 5 {
                open.extend(entries(&path).into_iter().map(|path| (path, depth + 1)));
            }
            continue;
        }
        let Some(layer) = model_layer(&path) else { continue };
        let Some(sha256) = layer["digest"].as_str().and_then(|name| digest(name.strip_prefix("sha256:")?))
        else {
            continue;
        };
        let blob = folder.join("blobs").join(format!("sha256-{sha256}"));
        let Ok(about) = std::fs::metadata(&blob) else { continue };
        let name = path.strip_prefix(&manifests).map(tagged).unwrap_or_default();
        found.push(ForeignModel {
            owner: Owner::Ollama,
            name,
            path: blob,
            bytes: about.len(),
            sha256: Some(sha256),
        });
    }
}

fn model_layer(manifest: &Path) -> Option<Value> {
    // A manifest is a page of text.
    const LARGEST: u64 = 1 << 20;
    let about = std::fs::metadata(manifest).ok().filter(|about| about.is_file() && about.len() < LARGEST)?;
    let mut text = Vec::with_capacity(usize::try_from(about.len()).ok()?);
    std::fs::File::open(manifest).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
    let manifest: Value = serde_json::from_slice(&text).ok()?;
    let is_model =
        |layer: &&Value| layer["mediaType"].as_str().is_some_and(|kind| kind.ends_with("image.model"));
    manifest["layers"].as_array()?.iter().find(is_model).cloned()
}

/// `registry.ollama.ai/library/qwen/1.5b` is `qwen:1.5b`, `hf.co/o/r/Q8_0` is `hf.co/o/r:Q8_0`.
fn tagged(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.strip_prefix("registry.ollama.ai/").unwrap_or(&text);
    let text = text.strip_prefix("library/").unwrap_or(text);
    text.rsplit_once('/').map_or_else(|| text.to_owned(), |(name, tag)| format!("{name}:{tag}"))
}

/// The files that end in `.gguf` in `folder`, and so many folders below it. They are called by their path from `root`.
fn of_files(folder: &Path, root: &Path, owner: Owner, depth: usize, found: &mut Vec<ForeignModel>) {
    for path in entries(folder) {
        let Ok(about) = std::fs::metadata(&path) else { continue };
        if about.is_dir() {
            if depth > 0 {
                of_files(&path, root, owner, depth - 1, found);
            }
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_part = name.contains("-of-") && !name.contains("-00001-of-");
        if name.ends_with(".gguf") && about.is_file() && !is_part && !name.contains("mmproj") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.push(ForeignModel { owner, name, path, bytes: about.len(), sha256: None });
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    // More than any person has; a folder of something else is not searched through.
    const MOST: usize = 2000;
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .take(MOST)
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    entries
}

/// `name` if it is a SHA-256.
fn digest(name: &str) -> Option<String> {
    let is_digest = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| name.to_lowercase())
}

fn is_gguf(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && &magic == b"GGUF"
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path, bytes: &[u8]) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn the_folders_of_four_programs() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let (one, two) = ("a".repeat(64), "B".repeat(64));
        let repository = home.join("hub/models--o--r");
        file(&repository.join(format!("blobs/{one}")), b"GGUF of the hub");
        std::fs::create_dir_all(repository.join("snapshots/c0ffee")).unwrap();
        std::os::unix::fs::symlink(
            format!("../../blobs/{one}"),
            repository.join("snapshots/c0ffee/m-q8_0.gguf"),
        )
        .unwrap();
        file(&repository.join("snapshots/c0ffee/README.md"), b"text");
        file(&home.join("llama/o_r_m.gguf"), b"GGUF of llama.cpp");
        file(&home.join("llama/broken.gguf"), b"no model");
        file(&home.join("lmstudio/pub/repo/m.gguf"), b"GGUF of LM Studio");
        file(&home.join("lmstudio/pub/repo/mmproj-m.gguf"), b"GGUF of images");
        let layers = format!(
            r#"{{"layers":[{{"mediaType":"application/vnd.ollama.image.license","digest":"sha256:{one}"}},
               {{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:{two}","size":3}}]}}"#
        );
        let manifests = home.join("ollama/manifests");
        file(&manifests.join("registry.ollama.ai/library/qwen2.5-coder/1.5b"), layers.as_bytes());
        file(&manifests.join("registry.ollama.ai/library/odd/latest"), b"{ not json");
        file(&home.join(format!("ollama/blobs/sha256-{}", "b".repeat(64))), b"GGUF of Ollama");

        let found = found_in(&ForeignFolders::below(home));
        let rows: Vec<(Owner, &str, Option<&str>)> =
            found.iter().map(|model| (model.owner, &*model.name, model.sha256.as_deref())).collect();
        assert_eq!(
            rows,
            [
                (Owner::HubCache, "o/r:m-q8_0.gguf", Some(&*one)),
                (Owner::Ollama, "qwen2.5-coder:1.5b", Some(&*"b".repeat(64))),
                (Owner::LlamaCpp, "o_r_m.gguf", None),
                (Owner::LmStudio, "pub/repo/m.gguf", None),
            ]
        );
        assert!(found.iter().all(|model| model.bytes > 10));
        assert!(found_in(&ForeignFolders::below(&home.join("none"))).is_empty());
    }
}
