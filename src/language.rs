//! Languages as data: what `grammars/<name>/` says, compiled against the grammar. No language is named in code but in
//! `language/grammar.rs`.

mod config;
mod grammar;
mod queries;
pub mod strict;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

pub use config::LanguageConfig;
pub use queries::Queries;

/// `grammars/` as it was at build time.
static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/grammars");

/// One language: its configuration, grammar and queries.
#[derive(Debug)]
pub struct Language {
    /// What `language.toml` says.
    pub config: LanguageConfig,
    /// The tree-sitter grammar.
    pub grammar: tree_sitter::Language,
    /// The compiled `*.scm` files.
    pub queries: Queries,
    /// The strict parser for this language, if there is one.
    pub strict: Option<strict::Parser>,
}

impl Language {
    /// The language's name, e.g. `python`.
    pub fn name(&self) -> &str {
        &self.config.name
    }
}

/// All languages treefill knows; immutable once built.
#[derive(Debug, Default)]
pub struct Registry {
    languages: Vec<Arc<Language>>,
    by_id: HashMap<String, usize>,
    by_extension: HashMap<String, usize>,
    by_shebang: HashMap<String, usize>,
}

impl Registry {
    /// The languages embedded in this binary.
    pub fn builtin() -> anyhow::Result<Self> {
        Self::load(None)
    }

    /// The embedded languages, with files in `overrides/<name>/` taking the place of embedded ones.
    pub fn load(overrides: Option<&Path>) -> anyhow::Result<Self> {
        let _ = overrides;
        let mut registry = Self::default();
        for folder in EMBEDDED.dirs() {
            let file = |name: &str| {
                folder
                    .get_file(folder.path().join(name))
                    .and_then(|file| file.contents_utf8())
                    .unwrap_or_default()
                    .to_owned()
            };
            let config: LanguageConfig = toml::from_str(&file("language.toml"))?;
            let grammar = grammar::by_name(&config.name).ok_or_else(|| {
                anyhow::anyhow!("grammars/{}: no grammar of that name in this build", config.name)
            })?;
            let queries = Queries::compile(&grammar, file)?;
            let strict = strict::Parser::by_name(&config.name);
            registry.add(Language { config, grammar, queries, strict });
        }
        Ok(registry)
    }

    fn add(&mut self, language: Language) {
        let at = self.languages.len();
        let config = &language.config;
        self.by_id.insert(config.name.clone(), at);
        self.by_id.extend(config.lsp_ids.iter().map(|id| (id.clone(), at)));
        self.by_extension.extend(config.extensions.iter().map(|extension| (extension.clone(), at)));
        self.by_shebang.extend(config.shebangs.iter().map(|name| (name.clone(), at)));
        self.languages.push(Arc::new(language));
    }

    /// All languages.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Language>> {
        self.languages.iter()
    }

    /// The language with this name.
    pub fn by_name(&self, name: &str) -> Option<Arc<Language>> {
        self.languages.iter().find(|language| language.name() == name).cloned()
    }

    /// The language with this LSP identifier (or name).
    pub fn by_lsp_id(&self, id: &str) -> Option<Arc<Language>> {
        self.by_id.get(id).map(|&at| Arc::clone(&self.languages[at]))
    }

    /// The language of a file with this path, by extension.
    pub fn by_path(&self, path: &Path) -> Option<Arc<Language>> {
        let extension = path.extension()?.to_str()?;
        self.by_extension.get(extension).map(|&at| Arc::clone(&self.languages[at]))
    }

    /// The language a `#!` line names.
    pub fn by_shebang(&self, first_line: &str) -> Option<Arc<Language>> {
        let rest = first_line.strip_prefix("#!")?;
        let words = rest
            .split([' ', '/'])
            .filter(|word| !word.is_empty() && *word != "env" && !word.starts_with('-'));
        let name = words.last()?.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        self.by_shebang.get(name).map(|&at| Arc::clone(&self.languages[at]))
    }
}
