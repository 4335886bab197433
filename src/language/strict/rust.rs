//! Checks Rust: rust-analyzer's parser counts errors, syn says whether rustc would read the file at all, and a table of rules
//! has what rustc refuses in a tree that both accept.

mod attributes;
mod functions;
mod generics;
mod items;
mod literals;
mod macros;
mod names;
mod site;
mod table;

#[cfg(test)]
pub use table::rule_names;

use ra_ap_parser::LexedStr;
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, T};

use super::depth::Depth;
use super::rules::{Faults, Rules, SyntaxError};

/// `ra_ap_syntax`, and `syn` where it is laxer than rustc.
///
/// rust-analyzer's parser accepts some of what rustc refuses, but goes on after an error and can count; syn is close to
/// rustc but stops at the first error. Together they answer for a sound file and for a broken one.
#[derive(Debug)]
pub struct RustAnalyzer;

impl Rules for RustAnalyzer {
    fn name(&self) -> &'static str {
        "rust-analyzer + syn"
    }

    fn preamble(&self) -> &'static str {
        "const _: () = ();\n"
    }

    fn depth(&self, text: &str) -> usize {
        depth(text)
    }

    fn faults(&self, text: &str) -> Faults {
        let parsed = SourceFile::parse(text, Edition::CURRENT);
        let syntax = parsed.errors().len();
        let mut semantic = 0;
        table::broken(&parsed, text, syntax == 0, |_, _| {
            semantic += 1;
            true
        });
        Faults { syntax, semantic, refused: syn::parse_file(text).is_err(), ..Faults::default() }
    }

    fn syntax_errors(&self, text: &str) -> Vec<SyntaxError> {
        let parsed = SourceFile::parse(text, Edition::CURRENT);
        let read = |error: &ra_ap_syntax::SyntaxError| SyntaxError {
            range: usize::from(error.range().start())..usize::from(error.range().end()),
            message: error.to_string(),
        };
        let mut found: Vec<SyntaxError> = parsed.errors().iter().map(read).collect();
        let sound = found.is_empty();
        table::broken(&parsed, text, sound, |rule, range| {
            found.push(SyntaxError { range, message: rule.name.to_owned() });
            true
        });
        found
    }

    /// syn first: it stops at its first error. The rules before the last of rust-analyzer's checks, which take longer.
    fn accepts(&self, text: &str) -> bool {
        if syn::parse_file(text).is_err() {
            return false;
        }
        let parsed = SourceFile::parse(text, Edition::CURRENT);
        let mut kept = true;
        table::broken(&parsed, text, true, |_, _| {
            kept = false;
            false
        });
        kept && parsed.errors().is_empty()
    }
}

/// How deep the parsers may nest; see [`Depth`].
fn depth(text: &str) -> usize {
    let mut depth = Depth::new();
    let lexed = LexedStr::new(Edition::CURRENT, text);
    let mut block_ended = false;
    for at in 0..lexed.len() {
        let kind = lexed.kind(at);
        if kind.is_trivia() {
            continue;
        }
        // After a block, an identifier or keyword starts a statement, unless it goes on with the block's expression.
        if std::mem::take(&mut block_ended) && !goes_on(kind) {
            depth.end();
        }
        match kind {
            T!['('] | T!['['] | T!['{'] => depth.open(),
            T![')'] | T![']'] => depth.close(),
            T!['}'] => {
                depth.close();
                block_ended = true;
            }
            T![;] => depth.end(),
            T![,] => depth.comma(),
            T![<] | T![|] => depth.sticky(),
            _ => depth.token(),
        }
    }
    depth.deepest
}

/// Whether a token behind `}` continues the same expression.
fn goes_on(kind: SyntaxKind) -> bool {
    !(kind.is_keyword(Edition::CURRENT) || kind == SyntaxKind::IDENT || kind == T![#] || kind == T!['}'])
        || matches!(kind, T![else] | T![as])
}
