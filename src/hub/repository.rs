//! Asks the hub what a repository holds: its commit, its licence, and the digest and size of each GGUF file.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::download::{Downloader, RemoteFile};
use crate::models;

/// What a hub says of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// `owner/name`.
    pub name: String,
    /// The commit that the files belong to.
    pub commit: String,
    /// The licence that its page names, as hubs name them.
    pub licence: Option<String>,
    /// Its GGUF files.
    pub files: Vec<RepositoryFile>,
}

/// A GGUF file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Its path in the repository.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256; small files that are kept in the repository itself have none.
    pub sha256: Option<String>,
}

impl Repository {
    /// Ask for the repository `name`.
    ///
    /// # Errors
    /// When there is none of that name, the hub cannot be asked, or it holds no GGUF file.
    pub fn ask(downloader: &Downloader<'_>, name: &str) -> anyhow::Result<Self> {
        let is_name = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let parts: Vec<&str> = name.split('/').collect();
        ensure!(
            parts.len() == 2 && parts.iter().all(|part| is_name(part)),
            "{name:?} is no repository; write it as owner/name, or owner/name:Q8_0"
        );
        let hub = downloader.endpoint().to_owned();
        let about = downloader.json(&format!("{hub}/api/models/{name}"))?;
        let commit = about["sha"].as_str().unwrap_or("main").to_owned();
        let tree = downloader.json(&format!("{hub}/api/models/{name}/tree/{commit}?recursive=true"))?;
        let files: Vec<RepositoryFile> = tree.as_array().into_iter().flatten().filter_map(file).collect();
        ensure!(
            !files.is_empty(),
            "{name} has no GGUF file; look for a repository whose name ends in GGUF: {hub}/models?search=gguf"
        );
        Ok(Self { name: name.to_owned(), commit, licence: licence(&about), files })
    }

    /// The files of the model with this quant (or with this name), in order; several where it is split.
    ///
    /// # Errors
    /// When none fits, or several do. The text lists what there is.
    pub fn choose(&self, wanted: Option<&str>) -> anyhow::Result<Vec<&RepositoryFile>> {
        let models: Vec<&RepositoryFile> = self.files.iter().filter(|file| file.is_begin()).collect();
        let fitting: Vec<&RepositoryFile> = match wanted {
            Some(wanted) => models.iter().copied().filter(|file| file.is_called(wanted)).collect(),
            None => models.clone(),
        };
        let list = |files: &[&RepositoryFile]| {
            files.iter().map(|file| format!("  {}:{}", self.name, file.path)).collect::<Vec<_>>().join("\n")
        };
        match (&fitting[..], wanted) {
            ([one], _) => self.parts_of(one),
            ([], Some(wanted)) => {
                bail!("{} has no file for {wanted:?}; it has:\n{}", self.name, list(&models))
            }
            ([], None) => bail!("{} has no GGUF file of a whole model", self.name),
            (several, _) => bail!("{} has several that fit; name one:\n{}", self.name, list(several)),
        }
    }

    fn parts_of<'a>(&'a self, begin: &'a RepositoryFile) -> anyhow::Result<Vec<&'a RepositoryFile>> {
        let names = models::parts(std::path::Path::new(&begin.path));
        let find = |name: &std::path::PathBuf| {
            let found = self.files.iter().find(|file| std::path::Path::new(&file.path) == name);
            found.with_context(|| format!("{} lacks {}, a part of the model", self.name, name.display()))
        };
        names.iter().map(find).collect()
    }

    /// Where `file` is.
    pub fn remote(&self, hub: &str, file: &RepositoryFile) -> RemoteFile {
        RemoteFile {
            url: format!("{hub}/{}/resolve/{}/{}", self.name, self.commit, file.path),
            sha256: file.sha256.clone(),
            bytes: Some(file.bytes),
        }
    }
}

impl RepositoryFile {
    /// Whether a model begins with it: no further part, no projector of images, no matrix of importance.
    fn is_begin(&self) -> bool {
        let name = self.name().to_lowercase();
        let is_part = name.contains("-of-") && !name.contains("-00001-of-");
        !is_part && !name.contains("mmproj") && !name.contains("imatrix")
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether `wanted` is its name, its path, or a word of it: `Q4_K_M` is none of `m-Q4_K_M_L.gguf`.
    fn is_called(&self, wanted: &str) -> bool {
        let (name, wanted) = (self.path.to_lowercase(), wanted.to_lowercase());
        if name == wanted || self.name().eq_ignore_ascii_case(&wanted) {
            return true;
        }
        let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
        // `qwen_Q8_0` separates by what is inside of quants too.
        let is_begin = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        let name = name.strip_suffix(".gguf").unwrap_or(&name);
        name.match_indices(&wanted).any(|(at, _)| {
            is_begin(name[..at].chars().next_back()) && is_edge(name[at + wanted.len()..].chars().next())
        })
    }
}

fn file(entry: &Value) -> Option<RepositoryFile> {
    let path = entry["path"].as_str()?;
    let is_plain =
        !path.split('/').any(|part| part.is_empty() || part.starts_with('.')) && !path.contains('\\');
    (path.to_lowercase().ends_with(".gguf") && is_plain).then(|| RepositoryFile {
        path: path.to_owned(),
        bytes: entry["lfs"]["size"].as_u64().or(entry["size"].as_u64()).unwrap_or(0),
        sha256: entry["lfs"]["oid"].as_str().map(|oid| oid.trim_start_matches("sha256:").to_lowercase()),
    })
}

/// What the page says: `license`, or the name of one that is `other`.
fn licence(about: &Value) -> Option<String> {
    let card = &about["cardData"];
    let named = card["license"].as_str().filter(|id| *id != "other").or(card["license_name"].as_str());
    let tag = || {
        let tags = about["tags"].as_array()?.iter().filter_map(Value::as_str);
        tags.filter_map(|tag| tag.strip_prefix("license:")).next()
    };
    named.or_else(tag).or(card["license"].as_str()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn repository(paths: &[&str]) -> Repository {
        let entry = |path: &&str| {
            file(&json!({ "path": path, "size": 100, "lfs": { "oid": "AB", "size": 7_000_000_000u64 } }))
        };
        let files = paths.iter().filter_map(entry).collect();
        Repository { name: "o/r".into(), commit: "c".into(), licence: None, files }
    }

    fn chosen(paths: &[&str], wanted: Option<&str>) -> Result<Vec<String>, String> {
        let repository = repository(paths);
        let files = repository.choose(wanted).map_err(|error| error.to_string())?;
        Ok(files.iter().map(|file| file.path.clone()).collect())
    }

    #[test]
    fn a_quant_names_one_model() {
        let paths = [
            "README.md",
            "m-Q4_K_M.gguf",
            "m-Q4_K_M_L.gguf",
            "m-q8_0.gguf",
            "mmproj-m-f16.gguf",
            "../x.gguf",
        ];
        assert_eq!(chosen(&paths, Some("q4_k_m")).unwrap(), ["m-Q4_K_M.gguf"]);
        assert_eq!(chosen(&paths, Some("Q8_0")).unwrap(), ["m-q8_0.gguf"]);
        assert_eq!(chosen(&["starcoder2-3b_Q8_0.gguf"], Some("Q8_0")).unwrap(), ["starcoder2-3b_Q8_0.gguf"]);
        assert_eq!(chosen(&paths, Some("m-Q4_K_M_L.gguf")).unwrap(), ["m-Q4_K_M_L.gguf"]);
        let none = chosen(&paths, Some("Q2_K")).unwrap_err();
        assert!(none.contains("no file for \"Q2_K\"") && none.contains("o/r:m-q8_0.gguf"), "{none}");
        let several = chosen(&paths, None).unwrap_err();
        assert!(several.contains("several") && !several.contains("mmproj"), "{several}");
        assert_eq!(chosen(&["only.gguf"], None).unwrap(), ["only.gguf"]);
    }

    #[test]
    fn a_split_model_is_all_its_files() {
        let parts = ["Q8/m-q8_0-00001-of-00002.gguf", "Q8/m-q8_0-00002-of-00002.gguf"];
        assert_eq!(chosen(&parts, Some("q8_0")).unwrap(), parts);
        assert!(chosen(&parts[..1], None).unwrap_err().contains("lacks Q8/m-q8_0-00002-of-00002.gguf"));
    }

    #[test]
    fn licences_are_where_pages_have_them() {
        let of = |about: Value| licence(&about);
        assert_eq!(of(json!({ "cardData": { "license": "MIT" } })).as_deref(), Some("mit"));
        let other = json!({ "cardData": { "license": "other", "license_name": "qwen-research" } });
        assert_eq!(of(other).as_deref(), Some("qwen-research"));
        assert_eq!(of(json!({ "tags": ["gguf", "license:gemma"] })).as_deref(), Some("gemma"));
        assert_eq!(of(json!({})), None);
    }
}
