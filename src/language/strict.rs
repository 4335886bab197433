//! Strict parsers: they reject what the language rejects, where tree-sitter is lenient.

/// Which strict parser a language has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parser {
    /// `ruff_python_parser`.
    Python,
    /// `ra_ap_syntax`.
    Rust,
}

impl Parser {
    /// The strict parser of the language called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "python" => Some(Self::Python),
            "rust" => Some(Self::Rust),
            _ => None,
        }
    }

    /// The number of syntax errors in `text`, as this parser counts them.
    pub fn errors(self, text: &str) -> usize {
        match self {
            Self::Python => {
                let parsed =
                    ruff_python_parser::parse_unchecked_source(text, ruff_python_ast::PySourceType::Python);
                parsed.errors().len() + parsed.unsupported_syntax_errors().len()
            }
            Self::Rust => {
                ra_ap_syntax::SourceFile::parse(text, ra_ap_syntax::Edition::CURRENT).errors().len()
            }
        }
    }
}
