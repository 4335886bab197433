//! Loads the languages: each is data in `grammars/<name>/`, compiled against its grammar. Code names a language only in the
//! tables of `language/grammar.rs` and `language/strict.rs`.

mod builtins;
mod cells;
mod config;
mod embedded;
mod grammar;
mod idioms;
mod older;
mod queries;
mod repairs;
mod source;
pub(crate) mod strict;
mod types;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ropey::Rope;

pub(crate) use builtins::Builtins;
pub(crate) use cells::Cells;
pub(crate) use config::{DocStyle, Docs, LanguageConfig};
pub use idioms::Idioms;
pub(crate) use idioms::{Accepted, CaptureKind, CurePiece, Idiom, PatternItem};
pub use queries::Queries;
pub(crate) use repairs::{DiagnosticKind, Imports, RepairShares, Repairs};
pub(crate) use source::GrammarProblem;
pub use types::{KnownType, TypeTable};

/// One language: its configuration, grammar and queries.
#[derive(Debug, Clone)]
pub struct Language {
    /// What `language.toml` says.
    pub config: LanguageConfig,
    /// The tree-sitter grammar.
    pub grammar: tree_sitter::Language,
    /// The compiled `*.scm` files.
    pub queries: Arc<Queries>,
    /// The names it always has.
    pub builtins: Builtins,
    /// What is said about its code, and how repairs of it are written.
    pub repairs: Repairs,
    /// Habits of other languages, and what it says instead.
    pub idioms: Arc<Idioms>,
    /// The types of expressions of a known form.
    pub types: Arc<TypeTable>,
    /// The strict parser for this language, if there is one.
    pub strict: Option<strict::StrictParser>,
    /// What a text may say that is not of the language; None for files.
    pub cells: Option<&'static Cells>,
}

/// What treefill can do in a language, for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// LSP language identifiers.
    pub lsp_ids: Vec<String>,
    /// File extensions without the dot.
    pub extensions: Vec<String>,
    /// Whole file names.
    pub file_names: Vec<String>,
    /// The queries that have at least one pattern.
    pub queries: Vec<&'static str>,
    /// The strict parser that judges suggestions, beside tree-sitter.
    pub strict: Option<&'static str>,
}

impl Language {
    /// The language's name, e.g. `python`.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// A further file of its folder, as it was at build time: a table that only one feature reads.
    pub fn table(&self, file: &str) -> Option<&'static str> {
        let path = format!("{}/{file}", self.config.name);
        embedded::EMBEDDED.get_file(path).and_then(include_dir::File::contents_utf8)
    }

    /// The same language in the cells of a notebook, where one is written in it.
    fn in_cells(&self) -> Option<Self> {
        let cells = Cells::of(self.name())?;
        let strict = self.strict.map(|parser| parser.in_cells(cells));
        Some(Self { strict, cells: Some(cells), ..self.clone() })
    }

    /// Whether `word` is one of its keywords.
    pub fn keyword(&self, word: &str) -> bool {
        let is_anonymous = || self.grammar.id_for_node_kind(word, false) != 0;
        word.starts_with(char::is_alphabetic) && is_anonymous()
            || self.config.lexical.keywords.iter().any(|keyword| keyword == word)
    }

    /// `text` as its parsers read it: as many bytes, the same lines.
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.cells.map_or(Cow::Borrowed(text), |cells| cells.masked(text))
    }

    /// The bytes of a text that are not of the language, in order.
    pub fn foreign(&self, text: &Rope) -> Vec<Range<usize>> {
        self.cells.map_or(Vec::new(), |cells| cells.foreign(&text.to_string()))
    }

    /// Whether a text is plainly of an older version of the language, which its parsers take for broken.
    pub fn is_older(&self, text: &str) -> bool {
        older::is_older(self.name(), text)
    }

    /// What treefill can do in it.
    pub fn describe(&self) -> Description {
        let filled = self.queries.iter().filter(|(_, query)| query.pattern_count() > 0);
        Description {
            name: self.config.name.clone(),
            lsp_ids: self.config.lsp_ids.clone(),
            extensions: self.config.extensions.clone(),
            file_names: self.config.file_names.clone(),
            queries: filled.map(|(name, _)| name).collect(),
            strict: self.strict.map(strict::StrictParser::name),
        }
    }
}

/// All languages treefill knows; immutable once built.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    languages: Vec<Arc<Language>>,
    by_id: HashMap<String, usize>,
    by_extension: HashMap<String, usize>,
    by_file_name: HashMap<String, usize>,
    by_shebang: HashMap<String, usize>,
    /// Of the languages that notebooks are written in, by name.
    in_cells: HashMap<String, Arc<Language>>,
}

impl Registry {
    /// The languages embedded in this binary; an error names the file that does not compile.
    pub fn builtin() -> anyhow::Result<Self> {
        let (registry, problems) = Self::load(None);
        match problems.into_iter().next() {
            Some(problem) => Err(problem.into()),
            None => Ok(registry),
        }
    }

    /// The embedded languages, with files in `overrides/<name>/` taking the place of embedded ones, file by file. What
    /// cannot be used is left out and reported: a slip in a query must not take completion away.
    pub fn load(overrides: Option<&Path>) -> (Self, Vec<GrammarProblem>) {
        let mut problems = Vec::new();
        let mut names: BTreeSet<String> = names_in_embedded();
        match overrides.filter(|folder| folder.exists()).map(|folder| (folder, std::fs::read_dir(folder))) {
            Some((_, Ok(entries))) => {
                let folders = entries.flatten().filter(|entry| entry.path().is_dir());
                names.extend(folders.filter_map(|entry| entry.file_name().into_string().ok()));
            }
            Some((folder, Err(error))) => problems.push(GrammarProblem::new(folder, error)),
            None => {}
        }
        let mut registry = Self::default();
        for name in &names {
            if let Some(language) = source::LanguageFiles::new(name, overrides, &mut problems).load() {
                registry.add(language);
            }
        }
        (registry, problems)
    }

    fn add(&mut self, language: Language) {
        let at = self.languages.len();
        let config = &language.config;
        self.by_id.insert(config.name.clone(), at);
        self.by_id.extend(config.lsp_ids.iter().map(|id| (id.clone(), at)));
        self.by_extension.extend(config.extensions.iter().map(|extension| (extension.to_lowercase(), at)));
        self.by_file_name.extend(config.file_names.iter().map(|name| (name.clone(), at)));
        self.by_shebang.extend(config.shebangs.iter().map(|name| (name.clone(), at)));
        let in_cells = language.in_cells().map(|cells| (config.name.clone(), Arc::new(cells)));
        self.in_cells.extend(in_cells);
        self.languages.push(Arc::new(language));
    }

    /// All languages, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Language>> {
        self.languages.iter()
    }

    /// A language in the cells of a notebook.
    pub fn in_cells(&self, language: Arc<Language>) -> Arc<Language> {
        self.in_cells.get(language.name()).cloned().unwrap_or(language)
    }

    /// The language with this name.
    pub fn by_name(&self, name: &str) -> Option<Arc<Language>> {
        self.languages.iter().find(|language| language.name() == name).cloned()
    }

    /// The language with this LSP identifier (or name).
    pub fn by_lsp_id(&self, id: &str) -> Option<Arc<Language>> {
        self.at(self.by_id.get(id))
    }

    /// The language of a file with this path, by its name, else by its extension in any case.
    pub fn by_path(&self, path: &Path) -> Option<Arc<Language>> {
        let by_name = path.file_name().and_then(|name| self.by_file_name.get(name.to_str()?));
        let extension = || self.by_extension.get(&path.extension()?.to_str()?.to_lowercase());
        self.at(by_name.or_else(extension))
    }

    /// The language a `#!` line names: `/usr/bin/python3.11`, `/usr/bin/env -S FOO=1 python3 -u`.
    pub fn by_shebang(&self, first_line: &str) -> Option<Arc<Language>> {
        let line = first_line.trim_start_matches('\u{feff}').strip_prefix("#!")?;
        let mut words = line.split_whitespace().map(|word| word.rsplit(['/', '\\']).next().unwrap_or(word));
        let mut program = words.next()?;
        if program == "env" {
            program = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
        }
        let program = program.trim_end_matches(".exe");
        let unversioned = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        self.at(self.by_shebang.get(program).or_else(|| self.by_shebang.get(unversioned)))
    }

    fn at(&self, index: Option<&usize>) -> Option<Arc<Language>> {
        index.map(|&at| Arc::clone(&self.languages[at]))
    }
}

fn names_in_embedded() -> BTreeSet<String> {
    let folders = embedded::EMBEDDED.dirs().filter_map(|folder| folder.path().file_name()?.to_str());
    folders.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(language: Option<Arc<Language>>) -> Option<String> {
        language.map(|language| language.name().to_owned())
    }

    #[test]
    fn a_path_is_known_by_file_name_or_extension() {
        let registry = Registry::builtin().unwrap();
        for (path, wanted) in [
            ("a/b.py", Some("python")),
            ("stub.pyi", Some("python")),
            ("OLD.PY", Some("python")),
            ("SConstruct", Some("python")),
            ("src/main.rs", Some("rust")),
            ("py", None),
            (".py", None),
            ("a.pyc", None),
            ("Makefile", None),
            ("", None),
        ] {
            assert_eq!(name(registry.by_path(Path::new(path))).as_deref(), wanted, "{path}");
        }
        assert_eq!(name(registry.by_lsp_id("python")).as_deref(), Some("python"));
        assert!(registry.by_lsp_id("plaintext").is_none());
    }

    #[test]
    fn a_shebang_names_a_program() {
        let registry = Registry::builtin().unwrap();
        for (line, wanted) in [
            ("#!/usr/bin/python", Some("python")),
            ("#! /usr/bin/python3.11 -E\r\n", Some("python")),
            ("#!/usr/bin/env python3", Some("python")),
            ("#!/usr/bin/env -S python3 -u", Some("python")),
            ("#!/usr/bin/env -S FOO=1 /opt/pypy3/bin/pypy3", Some("python")),
            ("#!/usr/bin/env -S uv run --script", Some("python")),
            ("\u{feff}#!python", Some("python")),
            ("#!/usr/bin/env rust-script", Some("rust")),
            ("#!/bin/sh", None),
            ("#!/usr/bin/env", None),
            ("#!", None),
            ("import os", None),
        ] {
            assert_eq!(name(registry.by_shebang(line)).as_deref(), wanted, "{line}");
        }
    }

    #[test]
    fn a_user_s_file_takes_the_place_of_ours_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("rust/imports.scm", "(use_declaration) @import (macro_invocation) @import");
        write("python/scopes.scm", "(module)\n (no_such_node) @scope");
        write("python/outline.scm", "(module) @items");
        write("python/language.toml", "name = \"python\"\nextension = []\n");
        write("cobol/language.toml", "");
        write("empty/readme", "");
        let (registry, problems) = Registry::load(Some(folder.path()));
        assert_eq!(registry.by_name("rust").unwrap().queries.imports.pattern_count(), 2);
        let ours = Registry::builtin().unwrap().by_name("python").unwrap();
        let python = registry.by_name("python").unwrap();
        assert_eq!(python.config, ours.config);
        assert_eq!(python.queries.scopes.pattern_count(), ours.queries.scopes.pattern_count());
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for part in [
            "cobol/language.toml",
            "empty/language.toml: a language needs this file",
            "python/scopes.scm: line 2, column 3: no such node: \"no_such_node\"; the built-in one is used",
            "python/outline.scm: @items means nothing here; it may capture @item, @item.body, @item.name",
            "unknown field `extension`",
        ] {
            assert!(texts.iter().any(|text| text.contains(part)), "{part:?} is not in {texts:#?}");
        }
        assert_eq!(problems.len(), 5, "{texts:#?}");
    }

    #[test]
    fn a_missing_folder_of_overrides_is_no_problem() {
        let (registry, problems) = Registry::load(Some(Path::new("/nonexistent/grammars")));
        assert_eq!((registry.iter().count(), problems), (2, vec![]));
    }

    #[test]
    fn a_language_describes_itself() {
        let description = Registry::builtin().unwrap().by_name("rust").unwrap().describe();
        let all = [
            "scopes", "outline", "symbols", "imports", "opaque", "docs", "risks", "holes", "names",
            "doubles", "sense", "repairs", "stubs",
        ];
        assert_eq!(description.queries, all);
        assert_eq!(description.strict, Some("rust-analyzer + syn"));
    }
}
