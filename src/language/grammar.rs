//! The one table from a grammar's name to its tree-sitter function.

/// The tree-sitter grammar called `name`, if this build has it.
pub fn by_name(name: &str) -> Option<tree_sitter::Language> {
    match name {
        "python" => Some(tree_sitter_python::LANGUAGE.into()),
        "rust" => Some(tree_sitter_rust::LANGUAGE.into()),
        _ => None,
    }
}
