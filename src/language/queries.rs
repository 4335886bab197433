//! Compiles the queries of a language. `docs/src/queries.md` explains the captures.

use tree_sitter::{Language, Query, QueryErrorKind};

/// Defines [`Queries`] from one list: a field for each file `<name>.scm`, with the captures that it may have.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident: [$($capture:literal),* $(,)?],)*) => {
        /// The queries of `grammars/<name>/*.scm`; a missing file gives a query that matches nothing.
        #[derive(Debug)]
        pub struct Queries {
            $($(#[$doc])* pub $name: Query,)*
        }

        impl Queries {
            /// The names of the queries, their files, and the captures each may have.
            pub const FILES: &[(&str, &str, &[&str])] =
                &[$((stringify!($name), concat!(stringify!($name), ".scm"), &[$($capture),*])),*];

            /// Compile each file as `compile` does; the first error ends it.
            pub fn build<E>(mut compile: impl FnMut(&str, &[&str]) -> Result<Query, E>) -> Result<Self, E> {
                Ok(Self { $($name: compile(concat!(stringify!($name), ".scm"), &[$($capture),*])?,)* })
            }

            /// The queries with their names, in the order of [`Queries::FILES`].
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Query)> {
                [$((stringify!($name), &self.$name)),*].into_iter()
            }
        }
    };
}

queries! {
    /// The blocks around the cursor.
    scopes: ["scope", "scope.block", "scope.body", "scope.name"],
    /// The signatures of a file.
    outline: ["item", "item.body", "item.name"],
    /// What a file defines besides its outline.
    symbols: ["symbol", "symbol.name"],
    /// Import statements.
    imports: ["import"],
    /// Strings and comments, and code inside of them.
    opaque: ["string", "comment", "code"],
    /// Documentation.
    docs: ["doc", "doc.item"],
    /// Code to look at twice.
    risks: ["risk"],
    /// Parts of expressions that an evaluation removes.
    holes: ["condition", "arguments"],
    /// Where names come from and where they are visible.
    names: [
        "scope", "scope.members", "scope.inline", "wall", "define", "define.in", "define.after", "define.import",
        "define.outer", "define.far", "define.root", "use", "call", "skip", "skip.lower", "skip.in", "unclear", "some",
        "everything", "loose", "own", "own.define", "owner",
    ],
    /// What may stand only once, and what is the same on both sides.
    doubles: ["list", "key", "free", "same"],
    /// What a body says of parameters and of what it gives back.
    sense: [
        "parameter", "parameter.type", "returns", "function", "class", "answer", "answer.nothing", "generator", "block",
        "leaves", "fork", "arm", "tail", "value", "group", "group.inner", "operation", "operation.left", "operation.right",
        "member", "member.object", "member.called", "member.call", "unclear", "retyped", "overwrite", "overwrite.value", "same",
        "recall", "recall.receiver", "recall.arguments", "method", "method.other", "accessor",
    ],
    /// What fixes of diagnostics need.
    repairs: [
        "class", "method", "parameters", "member", "attribute", "called", "binding", "receiver", "shorthand", "kept",
        "import", "import.item", "import.module", "container", "attached",
    ],
    /// Functions without a body.
    stubs: [
        "stub", "stub.name", "stub.hole", "stub.doc", "stub.empty", "stub.not", "stub.lead", "stub.parameter", "stub.type",
        "stub.returns", "stub.answer", "stub.last", "stub.end",
    ],
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
