//! Lists bodies for blocks that have none: what the language means by nothing (`pass`, `{}`), never a name. And the end of a
//! head that lacks its brackets and what opens the block.

use super::imbalance::closer_of;
use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use super::statement::first_of_statement;
use crate::context::scope::opens_block;
use crate::document::Edit;
use crate::language::Language;

/// A block that ends with its first line: what follows is indented less, or apart from it, or nothing follows.
const ALONE: f32 = 6.0;
/// A block before a line that may have lost its indentation.
const BEFORE_CODE: f32 = -14.0;
/// Brackets and the mark that opens a block, at the end of its head.
const END: f32 = 4.0;
/// Braces behind the head of a block; and where the head may also be a declaration.
const BRACES: f32 = 16.0;
const BRACES_OR_NONE: f32 = -12.0;

/// A body for each line around the errors that has a block's head.
pub fn candidates(site: &ErrorSite<'_>, language: &Language) -> Vec<RepairCandidate> {
    let mut rows = site.rows();
    // Where the next block begins, parsers notice that the one before is empty: comments and empty lines are between.
    rows.truncate(12);
    let mut found: Vec<RepairCandidate> = rows.iter().filter_map(|row| body(site, *row, language)).collect();
    found.extend(rows.iter().filter_map(|row| end(site, *row, language)));
    found
}

/// The tokens of a line but its end: none where it is empty or a comment alone.
fn tokens(site: &ErrorSite<'_>, row: usize) -> Option<(usize, usize)> {
    let range = site.lines.bytes(row..row + 1);
    let first = site.tokens.partition_point(|token| token.range.start < range.start);
    let end = site.tokens.partition_point(|token| token.range.start < range.end);
    let last = (first..end).rfind(|token| site.kind(*token) != TokenKind::LineEnd)?;
    Some((first, last))
}

/// `):` behind `def f(a`, where a block is below.
fn end(site: &ErrorSite<'_>, row: usize, language: &Language) -> Option<RepairCandidate> {
    let (first, last) = tokens(site, row)?;
    let below = site.lines.after(row).and_then(|next| site.lines.width(next));
    if site.kind(first) != TokenKind::Keyword || below <= site.lines.width(row) {
        return None;
    }
    let mut open = Vec::new();
    for token in first..=last {
        match site.word(token) {
            ")" | "]" | "}" => drop(open.pop()),
            mark => open.extend(closer_of(mark)),
        }
    }
    let opener = language.config.block_openers.first()?;
    if open.is_empty() || site.word(last) == opener {
        return None;
    }
    let closers: String = open.into_iter().rev().collect();
    let space = if language.config.significant_indentation { "" } else { " " };
    let edit = Edit::insert(site.tokens[last].range.end, format!("{closers}{space}{opener}"));
    Some(RepairCandidate::new(edit, RepairKind::Insert, END))
}

/// Whether a repair makes the body of a block of a word or a text in the line of its head: one that is put there, or that
/// changes its place with the mark that opens the block, or is the next line.
pub fn is_made_of_a_word(site: &ErrorSite<'_>, language: &Language, candidate: &RepairCandidate) -> bool {
    let edit = &candidate.edit;
    let (start, end) = (edit.range.start, edit.range.end);
    let line = site.lines.bytes(site.lines.of(start)..site.lines.of(start) + 1);
    let opens = |code: &str| opens_block(language, code);
    if candidate.what == RepairKind::Join && language.config.significant_indentation {
        return opens(&site.text[line.start..start]);
    }
    if !language.config.significant_indentation || end > line.end || edit.text.contains('\n') {
        return false;
    }
    let is_put = edit.range.is_empty() && !edit.text.trim().is_empty();
    let (head, rest) = (&site.text[line.start..start], &site.text[end..line.end]);
    let first = site.tokens.partition_point(|token| token.range.start < line.start);
    site.kind(first) == TokenKind::Keyword
        && rest.trim().is_empty()
        && match candidate.what {
            RepairKind::Swap => opens(&site.text[line.start..end]) && !opens(&edit.text),
            _ => is_put && opens(head) && !opens(&edit.text),
        }
}

fn body(site: &ErrorSite<'_>, row: usize, language: &Language) -> Option<RepairCandidate> {
    let (_, last) = tokens(site, row)?;
    let config = &language.config;
    if config.significant_indentation {
        let opens = config.block_openers.iter().any(|opener| opener == site.word(last));
        return if opens { indented(site, row, last, language) } else { None };
    }
    let repairs = &language.repairs;
    // The brackets of a head may span lines.
    let first = first_of_statement(site, last);
    let below = site.lines.after(row).and_then(|below| site.lines.width(below));
    let row = site.lines.of(site.tokens[first].range.start);
    // The body is there: what opens it is missing.
    if below > site.lines.width(row) {
        return None;
    }
    let is_head = (first..=last).any(|token| repairs.block_words.iter().any(|word| word == site.word(token)));
    if repairs.empty_block.is_empty() || !is_head || matches!(site.word(last), "{" | "}" | ";" | ",") {
        return None;
    }
    let edit = Edit::insert(site.tokens[last].range.end, format!(" {}", repairs.empty_block));
    let declares = |row: usize| {
        let words = site.text[site.lines.bytes(row..row + 1)].split_whitespace();
        words.into_iter().any(|word| repairs.declaration_words.iter().any(|known| known == word))
    };
    let width = site.lines.width(row)?;
    let around = (0..row).rev().find(|above| site.lines.width(*above).is_some_and(|above| above < width));
    let score = if around.is_some_and(declares) { BRACES_OR_NONE } else { BRACES };
    Some(RepairCandidate::new(edit, RepairKind::Body, score))
}

/// A line below the head in `row`, whose last token is `opener`.
fn indented(site: &ErrorSite<'_>, row: usize, opener: usize, language: &Language) -> Option<RepairCandidate> {
    let lines = site.lines;
    let head = lines.of(site.tokens[first_of_statement(site, opener)].range.start);
    let width = lines.width(head)?;
    let empty = &language.repairs.empty;
    let code = (row + 1..lines.len()).find(|row| tokens(site, *row).is_some());
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
    let text = format!("{}{indent}{}{empty}", site.line_end, language.config.indent);
    let score = if alone { ALONE } else { BEFORE_CODE };
    Some(RepairCandidate::new(Edit::insert(at, text), RepairKind::Body, score))
}
