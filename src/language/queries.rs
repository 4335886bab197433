//! The compiled queries of a language. What the captures mean is said in the `*.scm` files and below.

use tree_sitter::{Language, Query, QueryErrorKind};

/// The captures of `repairs.scm`.
const REPAIRS: &[&str] = &[
    "class",
    "method",
    "parameters",
    "member",
    "attribute",
    "called",
    "binding",
    "receiver",
    "shorthand",
    "kept",
    "import",
    "import.item",
    "import.module",
    "container",
    "attached",
];
/// The captures of `names.scm`.
const NAMES: &[&str] = &[
    "scope",
    "scope.members",
    "scope.inline",
    "wall",
    "define",
    "define.in",
    "define.after",
    "define.import",
    "define.outer",
    "define.far",
    "define.root",
    "use",
    "call",
    "skip",
    "skip.lower",
    "skip.in",
    "unclear",
    "some",
    "everything",
];

/// The captures of `stubs.scm`.
const STUBS: &[&str] = &[
    "stub",
    "stub.name",
    "stub.hole",
    "stub.doc",
    "stub.empty",
    "stub.not",
    "stub.lead",
    "stub.parameter",
    "stub.type",
    "stub.returns",
    "stub.answer",
    "stub.last",
    "stub.end",
];

/// The queries of `grammars/<name>/*.scm`; a missing file gives an empty query.
#[derive(Debug)]
pub struct Queries {
    /// `@scope` (whole definition), `@scope.block` (a smaller block), `@scope.body`, `@scope.name`.
    pub scopes: Query,
    /// `@item` and `@item.name`: what an outline lists; `@item.body` is what it leaves out.
    pub outline: Query,
    /// `@import`: import statements.
    pub imports: Query,
    /// `@string` and `@comment`: text that is not code; `@code`: code inside it. The innermost decides.
    pub opaque: Query,
    /// `@doc`: doc comments and docstrings; `@doc.item`: what they document.
    pub docs: Query,
    /// `@risk`: code to look at twice.
    pub risks: Query,
    /// `@condition` and `@arguments`: parts of expressions that an evaluation takes out.
    pub holes: Query,
    /// Where names come from and where they are seen; `grammars/python/names.scm` says what the captures mean.
    pub names: Query,
    /// What repairs need to know of a place; `grammars/rust/repairs.scm` says what the captures mean.
    pub repairs: Query,
    /// Functions that are still to be written; `grammars/python/stubs.scm` says what the captures mean.
    pub stubs: Query,
}

impl Queries {
    /// The names of the queries, their files, and the captures each may have.
    pub const FILES: [(&str, &str, &[&str]); 10] = [
        ("scopes", "scopes.scm", &["scope", "scope.block", "scope.body", "scope.name"]),
        ("outline", "outline.scm", &["item", "item.body", "item.name"]),
        ("imports", "imports.scm", &["import"]),
        ("opaque", "opaque.scm", &["string", "comment", "code"]),
        ("docs", "docs.scm", &["doc", "doc.item"]),
        ("risks", "risks.scm", &["risk"]),
        ("holes", "holes.scm", &["condition", "arguments"]),
        ("names", "names.scm", NAMES),
        ("repairs", "repairs.scm", REPAIRS),
        ("stubs", "stubs.scm", STUBS),
    ];

    /// Compile each file as `compile` does; the first error ends it.
    pub fn build<E>(mut compile: impl FnMut(&str, &[&str]) -> Result<Query, E>) -> Result<Self, E> {
        let mut query = |at: usize| compile(Self::FILES[at].1, Self::FILES[at].2);
        Ok(Self {
            scopes: query(0)?,
            outline: query(1)?,
            imports: query(2)?,
            opaque: query(3)?,
            docs: query(4)?,
            risks: query(5)?,
            holes: query(6)?,
            names: query(7)?,
            repairs: query(8)?,
            stubs: query(9)?,
        })
    }

    /// The queries with their names, in the order of [`Queries::FILES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Query)> {
        let Self { scopes, outline, imports, opaque, docs, risks, holes, names, repairs, stubs } = self;
        let queries = [scopes, outline, imports, opaque, docs, risks, holes, names, repairs, stubs];
        Self::FILES.iter().map(|(name, ..)| *name).zip(queries)
    }
}

/// One query; the error says row, column and what is wrong. A capture nobody reads is a slip of the pen and refused
/// (names that start with `_` are the query's own).
pub fn compile(grammar: &Language, source: &str, captures: &[&str]) -> Result<Query, String> {
    let query = Query::new(grammar, source).map_err(|error| {
        let what = match error.kind {
            QueryErrorKind::NodeType => "no such node: ",
            QueryErrorKind::Field => "no such field: ",
            QueryErrorKind::Capture => "no such capture: ",
            QueryErrorKind::Structure => "this can never match: ",
            _ => "",
        };
        format!("line {}, column {}: {what}{}", error.row + 1, error.column + 1, error.message)
    })?;
    match query.capture_names().iter().find(|name| !name.starts_with('_') && !captures.contains(*name)) {
        Some(name) => Err(format!("@{name} means nothing here; it may capture @{}", captures.join(", @"))),
        None => Ok(query),
    }
}
