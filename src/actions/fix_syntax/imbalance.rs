//! Finds brackets without a partner by the indentation, and lines with half a quotation. A parser reports a missing `}` at the
//! end of the file, and an open string where the next string begins; both are far from the error.

use std::ops::Range;

use super::lexer::{Lexicon, Token, TokenKind};
use super::region::LineTable;
use crate::text::is_word;

/// Lines above an error in which a quote is looked for, and how many odd ones are.
const QUOTE_REACH: usize = 60;
const ODD_QUOTES: usize = 6;
/// Tokens above an error in which a keyword may stand twice.
const DOUBLED_REACH: usize = 1_500;

/// A bracket without a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LonelyBracket {
    /// Its token.
    pub token: usize,
    /// Where it shows first that the partner is missing: behind the last place for a closer, or where an opener was lost.
    pub place: usize,
}

/// The bracket that closes what `mark` opens.
pub fn closer_of(mark: &str) -> Option<&'static str> {
    Some(match mark {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        _ => return None,
    })
}

/// The bracket that `mark` closes.
pub fn opener_of(mark: &str) -> Option<&'static str> {
    ["(", "[", "{"].into_iter().find(|opener| closer_of(opener) == Some(mark))
}

/// An opener that is not closed yet.
struct OpenBracket {
    closer: &'static str,
    token: usize,
    row: usize,
    width: usize,
}

/// Brackets without a partner, in the order in which they show; none when all pair up. `significant` says that indentation is
/// a matter of style inside of brackets, as in Python.
pub fn lonely(text: &str, tokens: &[Token], lines: &LineTable<'_>, significant: bool) -> Vec<LonelyBracket> {
    let Some(partners) = odd_partners(text, tokens) else { return Vec::new() };
    let mut scan = Scan { text, tokens, lines, significant, partners, open: Vec::new(), found: Vec::new() };
    for token in 0..tokens.len() {
        scan.take(token);
    }
    let left = std::mem::take(&mut scan.open);
    scan.found.extend(left.iter().map(|open| LonelyBracket { token: open.token, place: text.len() }));
    scan.found
}

/// The closer that a stack gives to each opener; None when all pair up.
fn odd_partners(text: &str, tokens: &[Token]) -> Option<Vec<Option<usize>>> {
    let mut partners = vec![None; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut odd = false;
    for (number, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Punctuation)
    {
        match &text[token.range.clone()] {
            mark @ (")" | "]" | "}") => match open.last() {
                Some((opener, wanted)) if *wanted == mark => {
                    partners[*opener] = Some(number);
                    open.pop();
                }
                _ => odd = true,
            },
            mark => open.extend(closer_of(mark).map(|closer| (number, closer))),
        }
    }
    (odd || !open.is_empty()).then_some(partners)
}

struct Scan<'a> {
    text: &'a str,
    tokens: &'a [Token],
    lines: &'a LineTable<'a>,
    significant: bool,
    partners: Vec<Option<usize>>,
    open: Vec<OpenBracket>,
    found: Vec<LonelyBracket>,
}

impl Scan<'_> {
    fn word(&self, token: usize) -> &str {
        &self.text[self.tokens[token].range.clone()]
    }

    fn row(&self, token: usize) -> usize {
        self.lines.of(self.tokens[token].range.start)
    }

    fn begins(&self, token: usize) -> bool {
        token.checked_sub(1).is_none_or(|before| self.tokens[before].kind == TokenKind::LineEnd)
    }

    fn take(&mut self, token: usize) {
        let kind = self.tokens[token].kind;
        if kind == TokenKind::LineEnd {
            return;
        }
        let row = self.row(token);
        let width = self.lines.width(row).unwrap_or(0);
        let mark = if kind == TokenKind::Punctuation { self.word(token).to_owned() } else { String::new() };
        let closes = matches!(mark.as_str(), ")" | "]" | "}");
        if self.begins(token) {
            self.begin_line(token, row, width, closes.then_some(&mark));
        }
        if let Some(closer) = closer_of(&mark) {
            self.open.push(OpenBracket { closer, token, row, width });
        } else if closes {
            self.close(token, row, width, &mark);
        }
    }

    /// What the indentation of a line says must have been closed before it.
    fn begin_line(&mut self, token: usize, row: usize, width: usize, closes: Option<&String>) {
        while let Some(top) = self.open.last().filter(|top| top.row < row) {
            let closed = closes.is_some_and(|mark| mark == top.closer) && width == top.width;
            let open = if closes.is_some() { width >= top.width } else { width > top.width };
            if closed || open || self.pairs_well(top) {
                break;
            }
            self.found.push(LonelyBracket { token: top.token, place: self.tokens[token].range.start });
            self.open.pop();
        }
    }

    /// Whether the closer that a stack gives to an opener stands where that one's line begins.
    fn pairs_well(&self, opener: &OpenBracket) -> bool {
        self.partners[opener.token].is_some_and(|closer| {
            self.begins(closer) && self.lines.width(self.row(closer)) == Some(opener.width)
        })
    }

    fn close(&mut self, token: usize, row: usize, width: usize, mark: &str) {
        let begins = self.begins(token);
        let Some(at) = self.open.iter().rposition(|open| open.closer == mark) else {
            return self.lose_opener(token, row, width);
        };
        let (opener, above) = (&self.open[at], self.open.len() - at - 1);
        if above == 0 {
            // In code that is laid out by a program, a closer that begins its line is indented as its opener's line.
            let deeper = begins && mark == "}" && opener.row < row && width > opener.width;
            let hangs = !begins
                && opener.row < row
                && self.tokens.get(opener.token + 1).is_some_and(|next| next.kind == TokenKind::LineEnd);
            if !self.significant && (deeper || hangs && width > opener.width) {
                return self.lose_opener(token, row, width);
            }
        } else if !(above == 1 || opener.row == row || begins && width == opener.width) {
            return self.lose_opener(token, row, width);
        }
        let place = self.tokens[token].range.start;
        let lost = self.open.drain(at..).skip(1).map(|open| LonelyBracket { token: open.token, place });
        self.found.extend(lost);
    }

    /// A closer without opener: that was in the line above that is indented as the closer's, if this one begins its line.
    fn lose_opener(&mut self, token: usize, row: usize, width: usize) {
        let above = (0..row).rev().find(|row| self.lines.width(*row).is_some_and(|other| other <= width));
        let head = above.filter(|row| self.begins(token) && self.lines.width(*row) == Some(width));
        let end = |row: usize| {
            let line = self.lines.bytes(row..row + 1);
            line.start + self.text[line].trim_end().len()
        };
        let place = head.map_or(self.tokens[token].range.start, end);
        self.found.push(LonelyBracket { token, place });
    }
}

/// Keywords that stand twice in a row above an error, the nearest first. `if if a { b }` is an `if` whose condition is another
/// one: parsers miss its body where the block behind it ends.
pub fn doubled_keywords(text: &str, tokens: &[Token], error: usize) -> Vec<usize> {
    let end = tokens.partition_point(|token| token.range.start <= error);
    let near = &tokens[end.saturating_sub(DOUBLED_REACH)..end];
    let doubled = |pair: &&[Token]| {
        pair[0].kind == TokenKind::Keyword && text[pair[0].range.clone()] == text[pair[1].range.clone()]
    };
    near.windows(2).rev().filter(doubled).map(|pair| pair[1].range.start).collect()
}

/// Lines in which a quote may be missing: those where a quotation is not closed, the first of the file before those nearest to
/// the error, then lines above it with an odd number of quotes, or with two of three.
pub fn odd_quotes(
    text: &str,
    tokens: &[Token],
    lexicon: &Lexicon,
    lines: &LineTable<'_>,
    error: usize,
) -> Vec<usize> {
    let quotes: Vec<char> = lexicon.quotes().iter().filter_map(|quote| quote.chars().next()).collect();
    let open = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::String && !lexicon.is_closed(&text[token.range.clone()]));
    let mut rows: Vec<usize> = open
        .flat_map(|Token { range: Range { start, end }, .. }| [lines.of(*start), lines.of(*end)])
        .collect();
    // What follows the first one may only seem open.
    let first = rows.first().copied();
    rows.sort_by_key(|row| (Some(*row) != first, row.abs_diff(error)));
    let odd = |row: &usize| {
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
    rows.extend((first..(error + 1).min(lines.len())).rev().filter(odd));
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert(*row));
    rows.truncate(ODD_QUOTES);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found: each bracket with its line, and the line where it shows; lines from 1.
    fn check(language: &str, text: &str, expected: &[(&str, usize, usize)]) {
        let language = crate::testing::language(language).unwrap();
        let lines = LineTable::new(text);
        let tokens = Lexicon::of(&language).tokens(text, 0..text.len());
        let found = lonely(text, &tokens, &lines, language.config.significant_indentation);
        let read = |bracket: &LonelyBracket| {
            let range = tokens[bracket.token].range.clone();
            (&text[range.clone()], lines.of(range.start) + 1, lines.of(bracket.place) + 1)
        };
        assert_eq!(found.iter().map(read).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn the_indentation_says_which_bracket_has_no_partner() {
        check("rust", "fn f() {\n    g(a);\n}\n", &[]);
        check("rust", "fn f() {\n    if a {\n        g();\n\n    h();\n}\n\nfn i() {}\n", &[("{", 2, 5)]);
        check("rust", "impl A {\n    fn f() {\n        g();\n\n    fn h() {}\n}\n", &[("{", 2, 5)]);
        check("rust", "impl A {\n    fn f()\n        g();\n    }\n\n    fn h() {}\n}\n", &[("}", 4, 2)]);
        check("rust", "fn f() {\n    g(a;\n    h(a);\n}\n", &[("(", 2, 3)]);
        check("rust", "fn f() {\n    ga);\n    h(a);\n}\n", &[(")", 2, 2)]);
        check("rust", "fn f() {\n    g(\n        h a),\n        b,\n    );\n}\n", &[(")", 3, 3)]);
        check("python", "a = f(\n    b,\n    c\nd = g(1)\n", &[("(", 1, 4)]);
        check("python", "a = f(b[1)\n", &[("[", 1, 1)]);
    }
}
