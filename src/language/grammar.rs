//! The one table from a grammar's name to its tree-sitter function: a new language's row.

/// The grammars in this build.
pub const NAMES: [&str; 2] = ["python", "rust"];

/// The tree-sitter grammar called `name`, if this build has it.
pub fn by_name(name: &str) -> Option<tree_sitter::Language> {
    match name {
        "python" => Some(tree_sitter_python::LANGUAGE.into()),
        "rust" => Some(tree_sitter_rust::LANGUAGE.into()),
        _ => None,
    }
}
