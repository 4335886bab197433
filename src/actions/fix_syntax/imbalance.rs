//! Finds where brackets contradict the indentation, and lines with an odd number of quotes. A parser reports a missing `}` at
//! the end of the file, and an open string where the next string begins; both are far from the error.

use super::lexer::{Lexicon, TokenKind};
use super::region::LineTable;
use crate::text::is_word;

/// Contradictions that are worth a look.
const MOST: usize = 2;

/// Lines above an error in which a quote is looked for, and how many odd ones are.
const QUOTE_REACH: usize = 60;
const ODD_QUOTES: usize = 6;

/// The first places where a bracket seems to miss its partner; none when all pair up.
pub fn odd_brackets(text: &str, lexicon: &Lexicon, lines: &LineTable<'_>) -> Vec<usize> {
    let tokens = lexicon.tokens(text, 0..text.len());
    // The width of the line that opened it, and whether that line ends with it.
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut found: Vec<usize> = Vec::new();
    let mut odd = false;
    let mut begins = true;
    for token in &tokens {
        let start = token.range.start;
        if token.kind == TokenKind::LineEnd {
            begins = true;
            continue;
        }
        let first = text[token.range.clone()].chars().next().unwrap_or(' ');
        let closes = token.kind == TokenKind::Punctuation && matches!(first, ')' | ']' | '}');
        if std::mem::take(&mut begins)
            && let Some((_, width)) = open.last()
        {
            let own = lines.width(lines.of(start)).unwrap_or(0);
            let contradicts = if closes {
                own != *width && own < *width
            } else {
                own <= *width && own == 0 || own < *width
            };
            if contradicts && found.len() < MOST {
                found.push(start);
            }
        }
        if token.kind != TokenKind::Punctuation {
            continue;
        }
        let width = || lines.width(lines.of(start)).unwrap_or(0);
        match first {
            '(' => open.push((')', width())),
            '[' => open.push((']', width())),
            '{' => open.push(('}', width())),
            ')' | ']' | '}' => {
                if open.last().is_some_and(|(wanted, _)| *wanted == first) {
                    open.pop();
                } else {
                    odd = true;
                    if found.len() < MOST {
                        found.push(start);
                    }
                    // An opener below was closed by this one: the one on top has no partner.
                    if let Some(at) = open.iter().rposition(|(wanted, _)| *wanted == first) {
                        open.truncate(at);
                    }
                }
            }
            _ => {}
        }
    }
    if !odd && open.is_empty() {
        return Vec::new();
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Lines above an error in which a quote may be missing, nearest first: those with an odd number of them, or with two of
/// three.
pub fn odd_quotes(
    text: &str,
    lexicon: &Lexicon,
    lines: &LineTable<'_>,
    error: usize,
) -> impl Iterator<Item = usize> {
    let quotes: Vec<char> = lexicon.quotes().iter().filter_map(|quote| quote.chars().next()).collect();
    let odd = move |row: &usize| {
        let line = text[lines.bytes(*row..row + 1)].trim();
        quotes.iter().any(|quote| {
            let count = line.matches(*quote).count() - line.matches(&format!("\\{quote}")).count();
            let pair = quote.to_string().repeat(2);
            let torn = line == pair
                || line.starts_with(&pair) && line[2..].starts_with(is_word)
                || line.ends_with(&pair) && line[..line.len() - 2].ends_with(|c| is_word(c) || c == '.');
            // An apostrophe is seldom half a quotation.
            count % 2 == 1 && *quote == '"' || torn
        })
    };
    let first = error.saturating_sub(QUOTE_REACH);
    (first..(error + 1).min(lines.len())).rev().filter(odd).take(ODD_QUOTES)
}
