//! Keeps the models that were downloaded or imported: each file with a record beside it, in a folder of this program's own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::{models, paths};

/// What is known of a model in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredModel {
    /// How it was asked for: `qwen2.5-coder-1.5b:Q8_0`, `owner/name:file.gguf`, an address, the path of an imported file.
    pub name: String,
    /// Where it came from: an address or a path.
    pub source: String,
    /// The commit of the hub, where that is known.
    pub revision: Option<String>,
    /// Digests of its files, in order.
    pub sha256: Vec<String>,
    /// Size of all its files together.
    pub bytes: u64,
    /// Id of its licence, where that is known.
    pub licence: Option<String>,
    /// Whether the digest was compared with one that was known before.
    pub compared: bool,
    /// Its first file.
    #[serde(skip)]
    pub path: PathBuf,
}

/// The folder of the models that are this program's own.
#[derive(Debug, Clone)]
pub struct ModelStore {
    folder: PathBuf,
}

/// Licences that the user has agreed to, in the store's folder.
const ACCEPTED: &str = "accepted-licences.json";

impl ModelStore {
    /// `models` in the data folder.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn open() -> anyhow::Result<Self> {
        let folder = paths::data_dir()
            .context("there is no home folder to keep models in; set XDG_DATA_HOME to a folder")?;
        Ok(Self::at(folder.join("models")))
    }

    /// In another folder.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file goes that comes from `place` (`owner/name`, a host, `imported`) and is called `file` there.
    ///
    /// # Errors
    /// When the names would lead out of the folder.
    pub fn target(&self, place: &str, file: &str) -> anyhow::Result<PathBuf> {
        let mut path = self.folder.clone();
        for part in place.split('/').chain([file.rsplit('/').next().unwrap_or_default()]) {
            let is_name = !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']);
            ensure!(is_name, "{place}/{file} is no name for a file");
            path.push(part);
        }
        Ok(path)
    }

    /// Keep what is known of the model at `model.path`, beside it.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn record(&self, model: &StoredModel) -> anyhow::Result<()> {
        let path = record_of(&model.path);
        let cannot = || format!("cannot write {}", path.display());
        let folder = path.parent().with_context(cannot)?;
        std::fs::create_dir_all(folder).with_context(cannot)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
        serde_json::to_writer_pretty(&mut file, model).with_context(cannot)?;
        file.persist(&path).with_context(cannot)?;
        Ok(())
    }

    /// All models whose files are there, by name.
    pub fn models(&self) -> Vec<StoredModel> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                // A link could lead in a circle, or out of what is ours.
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(entry.path()),
                    Ok(kind) if kind.is_file() => found.extend(read(&entry.path())),
                    _ => {}
                }
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found
    }

    /// The model of that name, of that file name, or at that path.
    pub fn find(&self, name: &str) -> Option<StoredModel> {
        let is_it = |model: &StoredModel| {
            let quantless = model.name.split(':').next().unwrap_or_default();
            model.name.eq_ignore_ascii_case(name)
                || quantless.eq_ignore_ascii_case(name)
                || model.path.file_name().is_some_and(|file| file == name)
                || model.path == Path::new(name)
        };
        self.models().into_iter().find(is_it)
    }

    /// Whether `path` is a file of the store's.
    pub fn owns(&self, path: &Path) -> bool {
        path.starts_with(&self.folder) && record_of(path).is_file()
    }

    /// Remove the files of `model`, its record, and folders that are empty then.
    ///
    /// # Errors
    /// When it is not the store's own, or a file cannot be removed.
    pub fn remove(&self, model: &StoredModel) -> anyhow::Result<()> {
        ensure!(self.owns(&model.path), "{} was not put there by treefill and stays", model.path.display());
        for file in models::parts(&model.path) {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                removed => removed.with_context(|| format!("cannot remove {}", file.display()))?,
            }
        }
        let record = record_of(&model.path);
        std::fs::remove_file(&record).with_context(|| format!("cannot remove {}", record.display()))?;
        let mut folder = model.path.parent();
        while let Some(empty) = folder.filter(|folder| folder.starts_with(&self.folder)) {
            // Fails where something is left in it, which is the end.
            if std::fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
        Ok(())
    }

    /// Whether the user has agreed to this licence before.
    pub fn has_accepted(&self, licence: &str) -> bool {
        self.accepted().iter().any(|accepted| accepted == licence)
    }

    /// Remember that the user has agreed to this licence.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn accept(&self, licence: &str) -> anyhow::Result<()> {
        let mut accepted = self.accepted();
        accepted.push(licence.to_owned());
        let path = self.folder.join(ACCEPTED);
        let cannot = || {
            format!("cannot write {}; set XDG_DATA_HOME to a folder that you may write to", path.display())
        };
        std::fs::create_dir_all(&self.folder).with_context(cannot)?;
        std::fs::write(&path, serde_json::to_vec(&accepted)?).with_context(cannot)
    }

    fn accepted(&self) -> Vec<String> {
        let text = std::fs::read(self.folder.join(ACCEPTED)).ok();
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }
}

/// `m.gguf` has `m.gguf.json`.
fn record_of(model: &Path) -> PathBuf {
    let mut name = model.as_os_str().to_os_string();
    name.push(".json");
    PathBuf::from(name)
}

/// The model that the record at `record` is about, if its file is there.
fn read(record: &Path) -> Option<StoredModel> {
    let name = record.file_name()?.to_str()?.strip_suffix(".json")?;
    if name.ends_with(".part") {
        return None;
    }
    let path = record.with_file_name(name);
    let mut model: StoredModel = serde_json::from_slice(&std::fs::read(record).ok()?).ok()?;
    if !path.is_file() {
        return None;
    }
    model.path = path;
    Some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, ModelStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = ModelStore::at(folder.path().join("models"));
        (folder, store)
    }

    fn put(store: &ModelStore, place: &str, file: &str, name: &str) -> StoredModel {
        let path = store.target(place, file).unwrap();
        let model = StoredModel { name: name.into(), path: path.clone(), ..StoredModel::default() };
        store.record(&model).unwrap();
        std::fs::write(path, "GGUF").unwrap();
        model
    }

    #[test]
    fn models_are_found_by_name_and_removed_with_their_folders() {
        let (_folder, store) = store();
        assert!(store.models().is_empty());
        let model = put(&store, "o/r", "m.gguf", "qwen:Q8_0");
        for name in ["qwen:q8_0", "qwen", "m.gguf", model.path.to_str().unwrap()] {
            assert_eq!(store.find(name).as_ref(), Some(&model), "{name}");
        }
        assert!(store.find("other").is_none());
        store.remove(&model).unwrap();
        assert!(store.models().is_empty() && !store.folder().join("o").exists());
    }

    #[test]
    fn what_is_not_ours_stays() {
        let (folder, store) = store();
        put(&store, "o/r", "m.gguf", "m");
        let other = store.folder().join("o/r/other.gguf");
        std::fs::write(&other, "GGUF").unwrap();
        let outside = folder.path().join("m.gguf");
        std::fs::write(&outside, "GGUF").unwrap();
        std::fs::write(folder.path().join("m.gguf.json"), "{}").unwrap();
        for path in [&other, &outside] {
            let foreign = StoredModel { path: path.clone(), ..StoredModel::default() };
            assert!(store.remove(&foreign).unwrap_err().to_string().contains("stays"));
            assert!(path.exists());
        }
        assert_eq!(store.models().len(), 1);
    }

    #[test]
    fn names_do_not_lead_out_of_the_folder() {
        let (_folder, store) = store();
        for (place, file) in
            [("..", "m.gguf"), ("o/../..", "m.gguf"), ("o", ".."), ("o", ""), ("", "m"), ("o\\..", "m")]
        {
            assert!(store.target(place, file).is_err(), "{place} {file}");
        }
        assert!(store.target("o/r", "sub/m.gguf").unwrap().ends_with("o/r/m.gguf"));
    }

    #[test]
    fn agreement_is_remembered() {
        let (_folder, store) = store();
        assert!(!store.has_accepted("gemma"));
        store.accept("gemma").unwrap();
        assert!(store.has_accepted("gemma") && !store.has_accepted("mnpl"));
    }
}
