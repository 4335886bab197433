//! Lists the grammars of this build: a row for each language.

/// Makes a grammar.
type Grammar = fn() -> tree_sitter::Language;

/// The grammars by the name of their language.
const GRAMMARS: [(&str, Grammar); 2] =
    [("python", || tree_sitter_python::LANGUAGE.into()), ("rust", || tree_sitter_rust::LANGUAGE.into())];

/// The tree-sitter grammar of the language called `name`, if this build has it.
pub fn by_name(name: &str) -> Option<tree_sitter::Language> {
    GRAMMARS.iter().find(|(known, _)| *known == name).map(|(_, grammar)| grammar())
}

/// The names of all languages with a grammar.
pub fn names() -> Vec<&'static str> {
    GRAMMARS.iter().map(|(name, _)| *name).collect()
}
