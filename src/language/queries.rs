//! The compiled queries of a language.

use tree_sitter::{Language, Query};

/// The queries of `grammars/<name>/*.scm`; a missing file gives an empty query.
#[derive(Debug)]
pub struct Queries {
    /// `@scope` (whole node), `@scope.body`, `@scope.name`: functions, classes, modules, blocks.
    pub scopes: Query,
    /// `@item` and `@item.name`: what an outline lists; `@item.body` is what it leaves out.
    pub outline: Query,
    /// `@import`: import statements.
    pub imports: Query,
    /// `@string` and `@comment`: text that is not code.
    pub opaque: Query,
}

impl Queries {
    /// Compile the sources; the error names the file.
    pub fn compile(grammar: &Language, source: impl Fn(&str) -> String) -> anyhow::Result<Self> {
        let query = |file: &str| {
            Query::new(grammar, &source(file)).map_err(|error| anyhow::anyhow!("{file}: {error}"))
        };
        Ok(Self {
            scopes: query("scopes.scm")?,
            outline: query("outline.scm")?,
            imports: query("imports.scm")?,
            opaque: query("opaque.scm")?,
        })
    }
}
