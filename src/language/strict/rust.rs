//! The strict verdict for Rust: rust-analyzer's parser counts errors, syn says whether rustc would read the file at all.
//! Neither looks into macro calls.

use ra_ap_parser::LexedStr;
use ra_ap_syntax::{Edition, SourceFile, SyntaxError, SyntaxKind, T};

use super::{Complaint, Depth, Faults};

/// All faults of a file, or of an item cut out of one.
///
/// rust-analyzer's parser accepts some of what rustc refuses, but goes on after an error and can count; syn is close to
/// rustc but stops at the first error. Together they answer for a sound file and for a broken one.
pub fn judge(text: &str) -> Faults {
    let syntax = SourceFile::parse(text, Edition::CURRENT).errors().len();
    Faults { syntax, refused: syn::parse_file(text).is_err(), ..Faults::default() }
}

/// Whether neither parser has anything against `text`. syn first: it stops at its first error.
pub fn accepts(text: &str) -> bool {
    syn::parse_file(text).is_ok() && SourceFile::parse(text, Edition::CURRENT).errors().is_empty()
}

/// What rust-analyzer's parser has against `text`, and where.
pub fn complaints(text: &str) -> Vec<Complaint> {
    let errors = SourceFile::parse(text, Edition::CURRENT).errors();
    let complaint = |error: &SyntaxError| Complaint {
        range: usize::from(error.range().start())..usize::from(error.range().end()),
        message: error.to_string(),
    };
    errors.iter().map(complaint).collect()
}

/// How deep the parsers may nest; see [`Depth`].
pub fn depth(text: &str) -> usize {
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
