//! Lists bodies for blocks that have none: what the language means by nothing (`pass`, `{}`), never a name.

use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::document::Edit;
use crate::language::Language;
use crate::text::is_word;

/// A block that ends with its first line: what follows is indented less, or apart from it, or nothing follows.
const ALONE: f32 = 6.0;
/// A block before a line that may have lost its indentation.
const BEFORE_CODE: f32 = -14.0;
/// Braces behind the head of a block; at the left margin nothing but a block can follow one.
const BRACES: f32 = -1.0;
const TOP_BRACES: f32 = 16.0;

/// A body for each line around the errors that has a block's head.
pub fn candidates(site: &ErrorSite<'_>, language: &Language) -> Vec<RepairCandidate> {
    let mut rows = site.rows();
    // Where the next block begins, parsers notice that the one before is empty: comments and empty lines are between.
    rows.truncate(12);
    rows.into_iter().filter_map(|row| body(site, row, language)).collect()
}

/// Whether an insertion puts a word behind the head of a block, as the whole of its body.
pub fn is_word_for_body(site: &ErrorSite<'_>, language: &Language, edit: &Edit) -> bool {
    let config = &language.config;
    let (start, end) = (edit.range.start, edit.range.end);
    let row = site.lines.of(start);
    let line = site.lines.bytes(row..row + 1);
    config.significant_indentation
        && edit.range.is_empty()
        && edit.text.contains(is_word)
        && site.text[end..line.end.max(end)].trim().is_empty()
        && config.block_openers.iter().any(|opener| site.text[line.start..start].trim_end().ends_with(opener))
        && site
            .tokens
            .get(site.tokens.partition_point(|token| token.range.start < line.start))
            .is_some_and(|first| first.kind == TokenKind::Keyword)
}

fn body(site: &ErrorSite<'_>, row: usize, language: &Language) -> Option<RepairCandidate> {
    let range = site.lines.bytes(row..row + 1);
    let first = site.tokens.partition_point(|token| token.range.start < range.start);
    let end = site.tokens.partition_point(|token| token.range.start < range.end);
    let last = (first..end).rfind(|token| site.kind(*token) != TokenKind::LineEnd)?;
    let config = &language.config;
    if config.significant_indentation {
        let opens = config.block_openers.iter().any(|opener| opener == site.word(last));
        return if opens { indented(site, row, last, language) } else { None };
    }
    let repairs = &language.repairs;
    let is_head = (first..=last).any(|token| repairs.block_words.iter().any(|word| word == site.word(token)));
    if repairs.empty_block.is_empty() || !is_head || matches!(site.word(last), "{" | "}" | ";" | ",") {
        return None;
    }
    let edit = Edit::insert(site.tokens[last].range.end, format!(" {}", repairs.empty_block));
    let score = if site.lines.width(row) == Some(0) { TOP_BRACES } else { BRACES };
    Some(RepairCandidate::new(edit, RepairKind::Body, score))
}

/// A line below the head in `row`, whose last token is `opener`.
fn indented(site: &ErrorSite<'_>, row: usize, opener: usize, language: &Language) -> Option<RepairCandidate> {
    let lines = site.lines;
    let head = lines.of(site.tokens[first_of_statement(site, opener)].range.start);
    let width = lines.width(head)?;
    let empty = &language.repairs.empty;
    let code = (row + 1..lines.len()).find(|row| has_code(site, *row));
    let own = code.and_then(|row| lines.width(row));
    if empty.is_empty() || own.is_some_and(|own| own > width) {
        return None;
    }
    let alone = own.is_none_or(|own| own < width) || code.is_some_and(|code| code > row + 1);
    let range = lines.bytes(row..row + 1);
    let line = &site.text[range.clone()];
    let at = range.start + line.trim_end_matches(['\n', '\r']).len();
    let start = lines.bytes(head..head + 1).start;
    let indent = &site.text[start..start + width];
    let ends = if site.text.contains("\r\n") { "\r\n" } else { "\n" };
    let text = format!("{ends}{indent}{}{empty}", language.config.indent);
    let score = if alone { ALONE } else { BEFORE_CODE };
    Some(RepairCandidate::new(Edit::insert(at, text), RepairKind::Body, score))
}

/// Whether a line has a token: one with a comment alone has none.
fn has_code(site: &ErrorSite<'_>, row: usize) -> bool {
    let range = site.lines.bytes(row..row + 1);
    let first = site.tokens.partition_point(|token| token.range.start < range.start);
    site.tokens[first..]
        .iter()
        .take_while(|token| token.range.start < range.end)
        .any(|token| token.kind != TokenKind::LineEnd)
}

/// The first token of the statement that ends with `last`: its brackets may span lines.
fn first_of_statement(site: &ErrorSite<'_>, last: usize) -> usize {
    let mut depth = 0_usize;
    for token in (0..last).rev() {
        match site.word(token) {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" => depth = depth.saturating_sub(1),
            _ if depth == 0 && site.kind(token) == TokenKind::LineEnd => return token + 1,
            _ => {}
        }
    }
    0
}
