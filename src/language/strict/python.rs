//! Checks Python with ruff's parser, with its checks of what CPython's compiler refuses after parsing, and with rules for what
//! these let pass.

mod names;
mod scopes;
mod tree;

use std::ops::Range;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, PySourceType, PythonVersion, Stmt};
use ruff_python_parser::{
    Mode, ParseOptions, Parsed, UnsupportedSyntaxErrorKind as Newer, lexer, parse_unchecked,
};
use ruff_text_size::TextRange;

use super::depth::Depth;
use super::rules::{Faults, Rules, SyntaxError};
use scopes::Scopes;
#[cfg(test)]
pub use tree::rule_names;

/// Syntax up to here is taken for granted: the oldest Python that still gets fixes.
const OLDEST: PythonVersion = PythonVersion::PY310;

/// `ruff_python_parser`, with the checks CPython's compiler makes after parsing.
#[derive(Debug)]
pub struct Ruff {
    /// Whether it reads the cells of a notebook: there `await` may stand outside of a function.
    pub in_cells: bool,
}

impl Rules for Ruff {
    fn name(&self) -> &'static str {
        "ruff"
    }

    fn preamble(&self) -> &'static str {
        "pass\n"
    }

    fn depth(&self, text: &str) -> usize {
        depth(text)
    }

    fn faults(&self, text: &str) -> Faults {
        let parsed = parse(text);
        let newer = parsed.unsupported_syntax_errors();
        let removed = newer.iter().filter(|error| added_in(error.kind).is_none()).count();
        let min_version = newest(&parsed, &(0..text.len()));
        let syntax = parsed.errors().len() + removed;
        let Some(module) = parsed.try_into_module() else {
            return Faults { syntax: syntax.max(1), ..Faults::default() };
        };
        let semantic = self.semantic_errors(text, module.suite(), syntax == 0).len();
        Faults { syntax, semantic, min_version, ..Faults::default() }
    }

    fn syntax_errors(&self, text: &str) -> Vec<SyntaxError> {
        let parsed = parse(text);
        let error = |range: TextRange, message: String| SyntaxError {
            range: usize::from(range.start())..usize::from(range.end()),
            message,
        };
        let mut found: Vec<SyntaxError> =
            parsed.errors().iter().map(|fault| error(fault.location, fault.error.to_string())).collect();
        let removed =
            parsed.unsupported_syntax_errors().iter().filter(|fault| added_in(fault.kind).is_none());
        found.extend(removed.map(|fault| error(fault.range, fault.to_string())));
        let sound = found.is_empty();
        if let Some(module) = parsed.try_into_module() {
            let semantic = self.semantic_errors(text, module.suite(), sound);
            found.extend(semantic.into_iter().map(|(range, message)| error(range, message)));
        }
        found
    }

    fn min_version(&self, text: &str, range: &Range<usize>) -> u8 {
        newest(&parse(text), range)
    }
}

/// The minor version of Python 3 that the syntax which touches `range` needs; 0 up to [`OLDEST`].
fn newest(parsed: &Parsed<Mod>, range: &Range<usize>) -> u8 {
    let newer = parsed.unsupported_syntax_errors().iter();
    let touching = newer.filter(|error| {
        usize::from(error.range.start()) <= range.end && usize::from(error.range.end()) >= range.start
    });
    touching.filter_map(|error| added_in(error.kind)).max().unwrap_or(0)
}

fn parse(text: &str) -> Parsed<Mod> {
    let options = ParseOptions::from(PySourceType::Python).with_target_version(OLDEST);
    parse_unchecked(text, options)
}

/// The minor version of Python 3 that added a syntax newer than [`OLDEST`]; None for one that was removed.
fn added_in(syntax: Newer) -> Option<u8> {
    match syntax {
        Newer::ParenthesizedKeywordArgumentName => None,
        Newer::ExceptStar | Newer::StarExpressionInIndex | Newer::StarAnnotation => Some(11),
        Newer::TypeParameterList | Newer::TypeAliasStatement | Newer::Pep701FString(_) => Some(12),
        Newer::TypeParamDefault => Some(13),
        Newer::UnparenthesizedExceptionTypes | Newer::TemplateStrings => Some(14),
        Newer::LazyImportStatement | Newer::UnpackingInComprehension(_) => Some(15),
        _ => Some(10),
    }
}

/// How deep the parser may nest; see [`Depth`].
fn depth(text: &str) -> usize {
    let mut depth = Depth::new();
    let mut lexer = lexer::lex(text, Mode::Module);
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return depth.deepest,
            TokenKind::Newline | TokenKind::Semi => depth.end(),
            TokenKind::NonLogicalNewline | TokenKind::Comment => {}
            TokenKind::Comma => depth.comma(),
            TokenKind::Lambda => depth.sticky(),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::Indent => depth.open(),
            TokenKind::FStringStart | TokenKind::TStringStart => depth.open(),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::Dedent => depth.close(),
            TokenKind::FStringEnd | TokenKind::TStringEnd => depth.close(),
            _ => depth.token(),
        }
    }
}

impl Ruff {
    /// What CPython's compiler refuses in a module; `sound` is whether it has no syntax error.
    fn semantic_errors(&self, text: &str, module: &[Stmt], sound: bool) -> Vec<(TextRange, String)> {
        let mut errors = Scopes::errors(text, module, self.in_cells);
        if text.contains("global") || text.contains("nonlocal") {
            errors.extend(names::errors(module, sound, self.in_cells));
        }
        errors
    }
}
