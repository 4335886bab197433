//! Lists repairs of quotations that are not closed, or not opened.

use super::layout::score;
use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::document::Edit;
use crate::text::is_word;

const QUOTE: f32 = -1.5;
/// A change in a line where nothing shows.
const OTHER_LINE: f32 = -2.5;
/// A line that is longer is not searched for quotes.
const LONG_LINE: usize = 240;
/// A quotation that looks odd.
const ODD: f32 = -4.0;
/// Lines in which a quotation of several lines may end, and how likely each of them is: code follows, an empty line follows,
/// prose follows.
const LONG_TEXT: usize = 40;
const CODE: f32 = 6.0;
const EMPTY: f32 = 3.0;

/// All repairs of this kind, in the lines of the errors and in those that `odd` names.
pub fn candidates(site: &ErrorSite<'_>, odd: &[usize]) -> Vec<RepairCandidate> {
    let mut found = Vec::new();
    let rows = site.rows();
    for (number, row) in rows.iter().enumerate() {
        let near = if number == 0 || odd.contains(row) { 0.0 } else { OTHER_LINE };
        quotes(site, *row, near, &mut found);
    }
    for row in odd.iter().filter(|row| !rows.contains(row)) {
        quotes(site, *row, OTHER_LINE, &mut found);
    }
    let open = (0..site.tokens.len()).filter(|token| site.kind(*token) == TokenKind::String);
    let open = open.filter(|token| odd.contains(&site.lines.of(site.tokens[*token].range.start)));
    for token in open.filter(|token| !site.lexicon.is_closed(site.word(*token))) {
        ends(site, token, &mut found);
    }
    found
}

/// End a quotation that needs more than one character for that: in its line, or in a line below.
fn ends(site: &ErrorSite<'_>, token: usize, found: &mut Vec<RepairCandidate>) {
    let (opening, closing) = site.lexicon.ends_of(site.word(token));
    if closing.len() < 2 {
        return;
    }
    let start = site.tokens[token].range.start;
    let row = site.lines.of(start);
    let line_end = |row: usize| {
        let line = site.lines.bytes(row..row + 1);
        line.start + site.text[line].trim_end().len()
    };
    let line = &site.text[start..line_end(row)];
    // What follows a text by habit: `);`.
    let begun = |at: usize| line[..at].ends_with(&closing[..1]);
    for (at, _) in line.char_indices().filter(|(at, _)| *at >= opening && !begun(*at)) {
        if line[at..].chars().all(|c| matches!(c, ')' | ']' | '}' | ',' | ';' | ':')) {
            let edit = Edit::insert(start + at, closing.clone());
            found.push(score(site, edit, RepairKind::Insert, QUOTE));
        }
    }
    // The beginning of what ends it is there, and nothing else behind it: `"` of `"#`.
    for (at, _) in line.match_indices(&closing[..1]).filter(|(at, _)| *at >= opening) {
        let there = line[at..].bytes().zip(closing.bytes()).take_while(|(a, b)| a == b).count();
        if !line[at + there..].chars().all(|c| matches!(c, ')' | ']' | '}' | ',' | ';' | ':')) {
            continue;
        }
        let edit = Edit::insert(start + at + there, &closing[there..]);
        found.push(RepairCandidate::new(edit, RepairKind::Insert, QUOTE + CODE + EMPTY));
    }
    for row in row..(row + LONG_TEXT).min(site.lines.len()) {
        let end = line_end(row);
        let from = site.lines.bytes(row..row + 1).start.max(start + opening).min(end);
        let line = &site.text[from..end];
        // What is left of what ended it: two of three quotes, `#` of `"#`.
        let left = closing.strip_prefix('"').or(closing.strip_prefix('\'')).unwrap_or_default();
        if let Some(at) = line.rfind(left).filter(|at| !line[..*at].ends_with(&closing[..1])) {
            let sure =
                if left.starts_with('#') || at + left.len() == line.len() { CODE + EMPTY } else { 0.0 };
            let edit = Edit::insert(from + at, &closing[..1]);
            found.push(RepairCandidate::new(edit, RepairKind::Insert, QUOTE + sure));
            if sure > 0.0 {
                break;
            }
            continue;
        }
        let next = site.text[site.lines.bytes(row + 1..row + 2)].trim();
        let word = next.split(|c| !is_word(c)).next().unwrap_or_default();
        let code =
            site.lexicon.is_keyword(word) || next.starts_with('@') || next.ends_with([';', '{', ')', ':']);
        let prior = match (code, next.is_empty()) {
            (true, _) => CODE,
            (_, true) => EMPTY,
            _ => 0.0,
        };
        found.push(RepairCandidate::new(
            Edit::insert(end, closing.clone()),
            RepairKind::Insert,
            QUOTE + prior,
        ));
    }
}

/// Put a quote where a text may begin or end, or take one away.
fn quotes(site: &ErrorSite<'_>, row: usize, near: f32, found: &mut Vec<RepairCandidate>) {
    let range = site.lines.bytes(row..row + 1);
    let line = site.text[range.clone()].trim_end_matches(['\n', '\r']);
    if line.len() > LONG_LINE {
        return;
    }
    let character = site.lexicon.has_characters().then(|| "'".to_owned()).filter(|_| line.contains('\''));
    let border = |at: usize| {
        let (before, after) = (line[..at].chars().next_back(), line[at..].chars().next());
        let kind = |c: Option<char>| {
            c.map(|c| {
                if is_word(c) {
                    1
                } else if c.is_whitespace() {
                    2
                } else {
                    3
                }
            })
        };
        kind(before) != kind(after) || kind(before) == Some(3)
    };
    for quote in site.lexicon.quotes().iter().chain(character.iter()) {
        let mark = quote.chars().next().unwrap_or('"');
        if line.contains(mark) || quote.len() == 1 {
            let borders = (0..=line.len()).filter(|at| line.is_char_boundary(*at) && border(*at));
            for at in borders.filter(|at| line.contains(mark) || *at == 0 || quote.len() == 1) {
                let text = if quote.len() > 1 { mark.to_string() } else { quote.clone() };
                if quote.len() > 1 && !line[..at].ends_with(mark) && !line[at..].starts_with(mark) {
                    continue;
                }
                let odd = oddness(site, line, at, &text);
                let edit = Edit::insert(range.start + at, text);
                found.push(score(site, edit, RepairKind::Insert, QUOTE + near + odd));
            }
        }
        if quote.len() > 1 {
            continue;
        }
        for (at, _) in line.match_indices(mark) {
            let at = range.start + at;
            found.push(score(site, Edit::replace(at..at + 1, ""), RepairKind::Delete, QUOTE - 2.0 + near));
            for other in site.lexicon.quotes().iter().filter(|other| other.len() == 1 && *other != quote) {
                let edit = Edit::replace(at..at + 1, other.clone());
                found.push(score(site, edit, RepairKind::Replace, QUOTE - 1.0 + near));
            }
        }
    }
}

/// What speaks against a quotation that a quote, put there, would begin or end: that it stays open, or holds what belongs to the
/// code around it.
fn oddness(site: &ErrorSite<'_>, line: &str, at: usize, quote: &str) -> f32 {
    let new = [&line[..at], quote, &line[at..]].concat();
    let tokens = site.lexicon.tokens_as(&new, 0..new.len(), false);
    let made = tokens
        .iter()
        .find(|token| token.kind == TokenKind::String && token.range.start <= at && at < token.range.end);
    let Some(text) = made.map(|token| &new[token.range.clone()]) else { return 0.0 };
    let (opening, closing) = site.lexicon.ends_of(text);
    let Some(inside) = text.get(opening..).and_then(|rest| rest.strip_suffix(&closing)) else {
        return ODD;
    };
    let mut letters = inside.chars();
    let prefix = letters.next().is_some_and(|c| "bfrBFR".contains(c))
        && letters.next().is_some_and(|c| !is_word(c) && c != ' ');
    let begins = inside.starts_with([')', ']', ',', ';']) || prefix;
    let ends = inside.trim_end().ends_with(['(', '[', ',', '=']) && inside.chars().any(is_word);
    f32::from(u8::from(begins) + u8::from(ends)) * ODD
}
