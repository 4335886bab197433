//! Compiles the queries of a language. `docs/src/queries.md` explains the captures.

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

/// The queries of `grammars/<name>/*.scm`; a missing file gives a query that matches nothing.
#[derive(Debug)]
pub struct Queries {
    /// The blocks around the cursor.
    pub scopes: Query,
    /// The signatures of a file.
    pub outline: Query,
    /// Import statements.
    pub imports: Query,
    /// Strings and comments, and code inside of them.
    pub opaque: Query,
    /// Documentation.
    pub docs: Query,
    /// Code to look at twice.
    pub risks: Query,
    /// Parts of expressions that an evaluation removes.
    pub holes: Query,
    /// Where names come from and where they are visible.
    pub names: Query,
    /// What fixes of diagnostics need.
    pub repairs: Query,
    /// Functions without a body.
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

/// Compiles one query. Capture names that start with `_` are the query's own.
///
/// # Errors
/// Syntax errors with line and column, and captures that no code reads.
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
