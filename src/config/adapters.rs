//! Chooses the adapter of the folder that is worked in.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Config;

/// The adapter of one folder, `[[model.adapters]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FolderAdapter {
    /// The folder: what the editor opens is this one, or inside of it.
    #[schemars(extend("format" = "path", "x-unset" = "it is left out", "x-example" = "\"~/src/my-project\""))]
    pub folder: PathBuf,
    /// Its adapter, as model.adapter.
    #[schemars(extend(
        "format" = "path",
        "x-unset" = "none is used there",
        "x-example" = "\"~/models/my-project-lora.gguf\""
    ))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

impl Config {
    /// Takes the adapter of the first of `roots` that has one of its own; of folders inside each other the innermost counts.
    pub fn take_adapter_of(&mut self, roots: &[PathBuf]) {
        let own = roots.iter().find_map(|root| {
            let around = self.model.adapters.iter().filter(|one| root.starts_with(&one.folder));
            around.max_by_key(|one| one.folder.components().count())
        });
        if let Some(own) = own {
            self.model.adapter = own.file.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_around_the_first_root_counts() {
        let entry = |folder: &str, file: Option<&str>| FolderAdapter {
            folder: folder.into(),
            file: file.map(PathBuf::from),
        };
        let mut config = Config::default();
        config.model.adapter = Some("general.gguf".into());
        config.model.adapters = vec![
            entry("/src", Some("src.gguf")),
            entry("/src/api", Some("api.gguf")),
            entry("/src/raw", None),
        ];
        let adapter = |roots: &[&str]| {
            let mut config = config.clone();
            config.take_adapter_of(&roots.iter().map(PathBuf::from).collect::<Vec<_>>());
            config.model.adapter.map(|path| path.display().to_string())
        };
        assert_eq!(adapter(&[]).as_deref(), Some("general.gguf"));
        assert_eq!(adapter(&["/elsewhere"]).as_deref(), Some("general.gguf"));
        assert_eq!(adapter(&["/src/other"]).as_deref(), Some("src.gguf"));
        assert_eq!(adapter(&["/src/api/v2"]).as_deref(), Some("api.gguf"));
        assert_eq!(adapter(&["/src/apis"]).as_deref(), Some("src.gguf"));
        assert_eq!(adapter(&["/elsewhere", "/src/api"]).as_deref(), Some("api.gguf"));
        assert_eq!(adapter(&["/src/raw"]), None);
    }
}
