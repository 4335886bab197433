//! Finds where the statement of an error begins.

use super::lexer::TokenKind;
use super::site::ErrorSite;

/// Beginnings of a statement and its values that are looked at.
const HEADS: usize = 3;

/// The first token of the statement that `last` is in: its brackets may span lines.
pub fn first_of_statement(site: &ErrorSite<'_>, last: usize) -> usize {
    let mut depth = 0_usize;
    for token in (0..=last).rev() {
        match site.word(token) {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" => depth = depth.saturating_sub(1),
            _ if depth == 0 && site.kind(token) == TokenKind::LineEnd => return token + 1,
            _ => {}
        }
    }
    0
}

/// Where the statement of the error, and the values in it, begin, if that is more than `near` tokens further up: a keyword may be
/// missing there (`match` before a long value).
pub fn heads(site: &ErrorSite<'_>, near: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for anchor in site.anchors.iter().take(2) {
        let start = first_of_statement(site, anchor.saturating_sub(1));
        let values =
            (start + 1..*anchor).filter(|token| matches!(site.word(token - 1), "=" | "=>" | "return"));
        found.extend([start].into_iter().chain(values).filter(|token| token + near < *anchor).take(HEADS));
    }
    found
}
