//! Gathers the models that are on this machine: inside the program, in the store, in the folders of other programs, and configured.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::{Shelf, same_file};
use crate::engine::family;
use crate::hub::{self, ForeignModel, Owner};
use crate::models::{self, GgufFacts};

/// What the model inside the program is called.
pub const BUILT_IN: &str = "built-in";

/// Where a model on this machine comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelOrigin {
    BuiltIn,
    /// Downloaded or imported.
    Stored,
    /// Another program's.
    Foreign(Owner),
    /// A file that the settings or the user name.
    File,
}

/// A model on this machine.
#[derive(Debug, Clone)]
pub struct LocalModel {
    /// How it is named to `treefill model use`.
    pub name: String,
    pub origin: ModelOrigin,
    /// None for the one inside the program before it was extracted.
    pub path: Option<PathBuf>,
    pub bytes: u64,
    /// Known digests, of all its files in order.
    pub sha256: Vec<String>,
    /// Id of its licence, where that is known.
    pub licence: Option<String>,
}

impl LocalModel {
    /// Its file; that of the model inside the program is extracted if need be.
    pub fn file(&self) -> anyhow::Result<PathBuf> {
        self.path.clone().map_or_else(|| models::infill(&None), Ok)
    }
}

/// What the head of a GGUF file says, and whether the model fills in.
pub fn facts(path: &Path) -> anyhow::Result<GgufFacts> {
    let sentinels: Vec<&str> = family::prefix_texts().collect();
    models::facts(path, &sentinels)
}

impl Shelf<'_> {
    /// All models on this machine, those of treefill first.
    pub fn local(&self) -> Vec<LocalModel> {
        let mut found = Vec::new();
        if cfg!(feature = "embedded-model") {
            found.push(built_in());
        }
        let stored = self.store.models().into_iter().map(|model| LocalModel {
            name: model.name,
            origin: ModelOrigin::Stored,
            path: Some(model.path),
            bytes: model.bytes,
            sha256: model.sha256,
            licence: model.licence,
        });
        found.extend(stored);
        found.extend(hub::found().into_iter().map(|model| self.foreign(model)));
        if let Some(path) = &self.config.model.path {
            let is_listed =
                found.iter().any(|model| model.path.as_deref().is_some_and(|it| same_file(it, path)));
            if !is_listed {
                found.push(of_file(path));
            }
        }
        found
    }

    fn foreign(&self, model: ForeignModel) -> LocalModel {
        let known = model.sha256.as_deref().and_then(|sha256| self.catalogue.by_digest(sha256));
        LocalModel {
            name: model.name,
            origin: ModelOrigin::Foreign(model.owner),
            path: Some(model.path),
            bytes: model.bytes,
            licence: known.map(|(model, _)| model.licence.clone()),
            sha256: model.sha256.into_iter().collect(),
        }
    }

    /// The model on this machine that `name` means: its own name, a file, or a name of the catalogue for one that is here.
    ///
    /// # Errors
    /// When there is none; the text says how to get it.
    pub fn find(&self, name: &str) -> anyhow::Result<LocalModel> {
        let local = self.local();
        if let Some(model) = local.iter().find(|model| model.name.eq_ignore_ascii_case(name)) {
            return Ok(model.clone());
        }
        if let Some(stored) = self.store.find(name) {
            let is_it = |model: &&LocalModel| model.path.as_deref() == Some(&stored.path);
            if let Some(model) = local.iter().find(is_it) {
                return Ok(model.clone());
            }
        }
        let (bare, quant) = match name.split_once(':') {
            Some((bare, quant)) => (bare, Some(quant)),
            None => (name, None),
        };
        let listed = self.catalogue.model(bare);
        if let Some(listed) = listed {
            let fits = |sha256: &String| {
                let of_quant =
                    |it: &&hub::Quant| quant.is_none_or(|quant| it.name.eq_ignore_ascii_case(quant));
                listed.quants.iter().filter(of_quant).any(|it| it.sha256 == *sha256)
            };
            if let Some(model) = local.iter().find(|model| model.sha256.iter().any(fits)) {
                return Ok(model.clone());
            }
        }
        let path = std::path::absolute(name)?;
        if path.exists() {
            return Ok(of_file(&path));
        }
        if name == BUILT_IN {
            bail!("this treefill was built without a model inside");
        }
        match listed {
            Some(_) => bail!("{name} is not on this machine; download it: treefill model get {name}"),
            None => bail!(
                "there is no model {name} here; `treefill model list` shows what there is, `treefill model search WORD` what can be had"
            ),
        }
    }
}

fn built_in() -> LocalModel {
    LocalModel {
        name: BUILT_IN.to_owned(),
        origin: ModelOrigin::BuiltIn,
        path: None,
        bytes: models::embedded_bytes(),
        sha256: Vec::new(),
        licence: None,
    }
}

fn of_file(path: &Path) -> LocalModel {
    let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |about| about.len());
    LocalModel {
        name: path.display().to_string(),
        origin: ModelOrigin::File,
        path: Some(path.to_path_buf()),
        bytes: models::parts(path).iter().map(length).sum(),
        sha256: Vec::new(),
        licence: None,
    }
}

impl ModelOrigin {
    /// For programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Stored => "downloaded",
            Self::Foreign(Owner::HubCache) => "hub_cache",
            Self::Foreign(Owner::LlamaCpp) => "llama_cpp",
            Self::Foreign(Owner::Ollama) => "ollama",
            Self::Foreign(Owner::LmStudio) => "lm_studio",
            Self::File => "file",
        }
    }

    /// For people.
    pub fn describe(self) -> String {
        match self {
            Self::BuiltIn => "inside the program".to_owned(),
            Self::Stored => "downloaded".to_owned(),
            Self::Foreign(owner) => owner.to_string(),
            Self::File => "a file of yours".to_owned(),
        }
    }
}
