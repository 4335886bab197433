//! Reads the catalogue of models: the one inside the program, and a file of the user's that adds to it.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::models::TransformerShape;

const BUILT_IN: &str = include_str!("../../models/catalogue.toml");

/// Models and licences by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(default, rename = "licence")]
    licences: Vec<Licence>,
    /// The models, in the order of the files.
    #[serde(default, rename = "model")]
    pub models: Vec<CatalogueModel>,
}

/// What a licence allows, for people who do not read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// As hubs name it: `apache-2.0`.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where its text is.
    pub url: String,
    /// Whether it forbids something that a user of a code model could want: then the user is asked.
    pub restricts: bool,
    /// One plain sentence.
    pub plain: String,
}

/// A model of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueModel {
    /// How it is asked for: `qwen2.5-coder-1.5b`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// How its prompt is built, a name of the setting `model.family`.
    pub family: String,
    /// Weights.
    pub parameters: u64,
    /// Weights that one token needs, where that is fewer (a mixture of experts).
    #[serde(default)]
    pub active: Option<u64>,
    /// Of these, the matrix that turns tokens into vectors; 0 where it is not known.
    #[serde(default)]
    pub embedding: u64,
    /// Whether the output has a matrix of its own, as large as that one.
    #[serde(default)]
    pub own_output: bool,
    /// Id of its [`Licence`].
    pub licence: String,
    /// Tokens that it was trained to see.
    pub context: u32,
    /// Programming languages, for people.
    pub languages: String,
    /// Megabytes for weights, cache and buffers.
    pub memory_mb: u64,
    /// `small`, `medium` or `large`: what kind of machine it is for.
    pub speed: String,
    /// The sizes of its matrices, where they are of the usual kind.
    #[serde(default)]
    pub shape: Option<TransformerShape>,
    /// What else a user should know.
    #[serde(default)]
    pub note: Option<String>,
    /// Its files, the recommended one first.
    #[serde(rename = "quant")]
    pub quants: Vec<Quant>,
}

/// One file of a model, with weights of one precision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quant {
    /// `Q8_0`.
    pub name: String,
    /// `owner/name` on the hub.
    pub repository: String,
    /// A commit; or `main`, where none is known and the digest alone says what the file is.
    pub revision: String,
    /// Its path in the repository.
    pub file: String,
    /// Its size; see `exact`.
    pub bytes: u64,
    /// Whether `bytes` was read from the hub and not computed.
    #[serde(default)]
    pub exact: bool,
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub sha256: String,
}

impl CatalogueModel {
    /// The quant that is meant by `wanted` (in any case), or the recommended one.
    pub fn quant(&self, wanted: Option<&str>) -> Option<&Quant> {
        match wanted {
            Some(wanted) => self.quants.iter().find(|quant| quant.name.eq_ignore_ascii_case(wanted)),
            None => self.quants.first(),
        }
    }

    fn matches(&self, word: &str) -> bool {
        let texts = [&self.name, &self.title, &self.family, &self.licence, &self.languages, &self.speed];
        texts.iter().any(|text| text.to_lowercase().contains(word))
    }
}

impl Catalogue {
    /// The one inside the program.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test reads it")
    }

    /// With what the user's file at `path` adds or replaces, if it exists.
    ///
    /// # Errors
    /// Names the file and what is wrong in it.
    pub fn with_file(path: &Path) -> anyhow::Result<Self> {
        let mut catalogue = Self::built_in();
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(catalogue),
            text => text.with_context(|| format!("cannot read the catalogue {}", path.display()))?,
        };
        let own = Self::parse(&text).with_context(|| format!("the catalogue {}", path.display()))?;
        for licence in own.licences {
            catalogue.licences.retain(|other| other.id != licence.id);
            catalogue.licences.push(licence);
        }
        for model in own.models {
            catalogue.models.retain(|other| other.name != model.name);
            catalogue.models.push(model);
        }
        catalogue.check().with_context(|| format!("the catalogue {}", path.display()))?;
        Ok(catalogue)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let catalogue: Self = toml::from_str(text)?;
        for quant in catalogue.models.iter().flat_map(|model| &model.quants) {
            let is_digest = quant.sha256.len() == 64
                && quant.sha256.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit));
            ensure!(is_digest, "sha256 of {} is not 64 lower-case hexadecimal digits", quant.file);
            let is_plain = !quant.file.split('/').any(|part| part.is_empty() || part == ".." || part == ".");
            ensure!(is_plain, "{:?} is no path of a file in a repository", quant.file);
            let parts: Vec<&str> = quant.repository.split('/').collect();
            ensure!(
                parts.len() == 2 && parts.iter().all(|part| !part.is_empty() && !part.starts_with('.')),
                "{:?} is no repository of the form owner/name",
                quant.repository
            );
        }
        Ok(catalogue)
    }

    fn check(&self) -> anyhow::Result<()> {
        for model in &self.models {
            ensure!(
                self.licences.iter().any(|licence| licence.id == model.licence),
                "{} has the licence {:?}, which has no [[licence]] of that id",
                model.name,
                model.licence
            );
            ensure!(!model.quants.is_empty(), "{} has no [[model.quant]]", model.name);
            ensure!(
                model.shape.is_none_or(|shape| shape.is_sane()),
                "the shape of {} is that of no model",
                model.name
            );
        }
        Ok(())
    }

    /// The licence of that id.
    pub fn licence(&self, id: &str) -> Option<&Licence> {
        self.licences.iter().find(|licence| licence.id.eq_ignore_ascii_case(id))
    }

    /// The model of that name, in any case.
    pub fn model(&self, name: &str) -> Option<&CatalogueModel> {
        self.models.iter().find(|model| model.name.eq_ignore_ascii_case(name))
    }

    /// The model and the quant of a file with this digest.
    pub fn by_digest(&self, sha256: &str) -> Option<(&CatalogueModel, &Quant)> {
        let all = self.models.iter().flat_map(|model| model.quants.iter().map(move |quant| (model, quant)));
        all.into_iter().find(|(_, quant)| quant.sha256 == sha256)
    }

    /// The models in which each of `words` occurs: name, family, licence, languages, kind of machine.
    pub fn search(&self, words: &[String]) -> Vec<&CatalogueModel> {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        self.models.iter().filter(|model| words.iter().all(|word| model.matches(word))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_one_is_sound() {
        let catalogue = Catalogue::built_in();
        catalogue.check().unwrap();
        assert!(catalogue.models.len() >= 15);
        let mut digests: Vec<&str> =
            catalogue.models.iter().flat_map(|model| &model.quants).map(|quant| &*quant.sha256).collect();
        let mut names: Vec<&str> = catalogue.models.iter().map(|model| &*model.name).collect();
        let (files, models) = (digests.len(), names.len());
        digests.sort_unstable();
        digests.dedup();
        names.sort_unstable();
        names.dedup();
        assert_eq!((digests.len(), names.len()), (files, models), "no two alike");
        let restricted = catalogue.model("qwen2.5-coder-3b").unwrap();
        assert!(catalogue.licence(&restricted.licence).unwrap().restricts);
        assert!(!catalogue.licence("Apache-2.0").unwrap().restricts);
    }

    #[test]
    fn shapes_have_the_weights_of_their_models() {
        let mut shapes = 0;
        for model in Catalogue::built_in().models {
            let Some(shape) = model.shape else { continue };
            let tables = if model.own_output { 2 } else { 1 };
            let weights = shape.of_layer() * shape.layers + shape.of_table() * tables;
            let share = weights as f64 / model.parameters as f64;
            // Norms, biases and positions are the rest.
            assert!((0.98..=1.0001).contains(&share), "{}: {share}", model.name);
            assert_eq!(shape.of_table(), model.embedding, "{}", model.name);
            shapes += 1;
        }
        assert!(shapes >= 14);
    }

    #[test]
    fn words_are_sought_together() {
        let catalogue = Catalogue::built_in();
        let found = |words: &[&str]| -> Vec<String> {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            catalogue.search(&words).iter().map(|model| model.name.clone()).collect()
        };
        assert_eq!(found(&["QWEN", "1.5b"]), ["qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b-instruct"]);
        assert_eq!(found(&["mnpl"]), ["codestral-22b"]);
        assert!(found(&["nothing like this"]).is_empty());
    }

    const SHAPE: &str =
        "shape = { layers = 2, width = 7, heads = 2, kv_heads = 1, feed_forward = 8, vocabulary = 9 }";

    #[test]
    fn a_file_of_the_users_adds_and_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalogue.toml");
        assert_eq!(Catalogue::with_file(&path).unwrap(), Catalogue::built_in(), "there is none");
        let model = |name: &str, licence: &str, sha256: &str| {
            format!(
                "[[model]]\nname = '{name}'\ntitle = 'Ours'\nfamily = 'starcoder'\nparameters = 5\nlicence = '{licence}'\ncontext = 8\n\
                 languages = 'COBOL'\nmemory_mb = 1\nspeed = 'small'\n[[model.quant]]\nname = 'F16'\nrepository = 'us/ours'\n\
                 revision = 'main'\nfile = 'ours.gguf'\nbytes = 10\nsha256 = '{sha256}'\n"
            )
        };
        let good = "0".repeat(64);
        std::fs::write(&path, model("ours", "apache-2.0", &good) + &model("codestral-22b", "mnpl", &good))
            .unwrap();
        let catalogue = Catalogue::with_file(&path).unwrap();
        assert_eq!(catalogue.models.len(), Catalogue::built_in().models.len() + 1);
        assert_eq!(catalogue.model("Codestral-22B").unwrap().title, "Ours");
        assert_eq!(catalogue.model("ours").unwrap().quant(Some("f16")).unwrap().file, "ours.gguf");

        for (text, expected) in [
            (model("ours", "gpl", &good), "has no [[licence]] of that id"),
            (model("ours", "mnpl", "abc"), "is not 64 lower-case hexadecimal digits"),
            (model("ours", "mnpl", &good).replace("us/ours", "../../etc"), "of the form owner/name"),
            (model("ours", "mnpl", &good).replace("ours.gguf", "../x"), "no path of a file"),
            ("[[modle]]".to_owned(), "modle"),
            (
                model("ours", "mnpl", &good).replace("[[model.quant]]", &format!("{SHAPE}\n[[model.quant]]")),
                "the shape of ours is that of no model",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", Catalogue::with_file(&path).unwrap_err());
            assert!(error.contains("catalogue.toml") && error.contains(expected), "{error}");
        }
    }
}
