//! Loads a language from the folder embedded at build time and from the user's folder, file by file. A broken file of the
//! user's is reported, and the embedded one is used.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tree_sitter::Query;

use super::config::LanguageConfig;
use super::embedded::EMBEDDED;
use super::queries::{self, Queries};
use super::{Builtins, Idioms, Language, Repairs, TypeTable, grammar, strict};

/// A file of a language that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {text}", file.display())]
pub struct GrammarProblem {
    /// The file (or folder).
    pub file: PathBuf,
    /// The error, its place, and what is used instead.
    pub text: String,
}

impl GrammarProblem {
    pub(super) fn new(file: impl Into<PathBuf>, text: impl Display) -> Self {
        Self { file: file.into(), text: text.to_string() }
    }
}

pub struct LanguageFiles<'a> {
    name: &'a str,
    overrides: Option<PathBuf>,
    problems: &'a mut Vec<GrammarProblem>,
}

impl<'a> LanguageFiles<'a> {
    /// The language `name`, with the user's folder for it, if there is one.
    pub fn new(name: &'a str, overrides: Option<&Path>, problems: &'a mut Vec<GrammarProblem>) -> Self {
        let overrides = overrides.map(|folder| folder.join(name)).filter(|folder| folder.is_dir());
        Self { name, overrides, problems }
    }

    /// The language, or None after saying why not.
    pub fn load(mut self) -> Option<Language> {
        let name = self.name;
        let config: LanguageConfig = self.read("language.toml", |text| {
            let config: LanguageConfig = toml::from_str(text).map_err(|error| error.to_string())?;
            match config.name == name {
                true => Ok(config),
                false => Err(format!("name = {:?}, but the folder is called {name:?}", config.name)),
            }
        })?;
        let Some(grammar) = grammar::by_name(&config.name) else {
            let known = grammar::names().join(", ");
            self.report("", format!("this build has no grammar of that name; it has {known}"));
            return None;
        };
        let compiled = Queries::build(|file, captures| {
            let read = self.read(file, |text| queries::compile(&grammar, text, captures));
            read.or_else(|| Query::new(&grammar, "").ok()).ok_or(())
        });
        let strict = strict::StrictParser::by_name(&config.name);
        let builtins = self.read("builtins.txt", |text| Ok(Builtins::parse(text))).unwrap_or_default();
        let repairs = self.read("repairs.toml", Repairs::parse).unwrap_or_default();
        let idioms = Arc::new(self.read("idioms.toml", Idioms::parse).unwrap_or_default());
        let types = Arc::new(self.read("types.toml", TypeTable::parse).unwrap_or_default());
        let queries = Arc::new(compiled.ok()?);
        Some(Language { config, grammar, queries, builtins, repairs, idioms, types, strict, cells: None })
    }

    /// The user's file, else the embedded one. None when there is none, or none that can be used.
    fn read<T>(&mut self, file: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let own = self.overrides.as_ref().map(|folder| folder.join(file)).filter(|path| path.exists());
        let embedded =
            EMBEDDED.get_file(format!("{}/{file}", self.name)).and_then(include_dir::File::contents_utf8);
        if let Some(path) = own {
            match std::fs::read_to_string(&path)
                .map_err(|error| error.to_string())
                .and_then(|text| parse(&text))
            {
                Ok(value) => return Some(value),
                Err(error) => {
                    let instead =
                        if embedded.is_some() { "the built-in one is used" } else { "it is left out" };
                    self.report(file, format!("{}; {instead}", error.trim_end()));
                }
            }
        } else if embedded.is_none() && file == "language.toml" {
            self.report(file, "a language needs this file".into());
        }
        match parse(embedded?) {
            Ok(value) => Some(value),
            Err(error) => {
                // tests/languages.rs keeps this from happening.
                self.problems.push(GrammarProblem::new(format!("grammars/{}/{file}", self.name), error));
                None
            }
        }
    }

    fn report(&mut self, file: &str, text: String) {
        let folder = self.overrides.clone().unwrap_or_else(|| Path::new("grammars").join(self.name));
        self.problems
            .push(GrammarProblem::new(if file.is_empty() { folder } else { folder.join(file) }, text));
    }
}
