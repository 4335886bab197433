//! Cuts a text into words, punctuation, strings and line ends, in any state of repair. A grammar's tree is no help here: around
//! an error it skips tokens or makes up others. Punctuation and keywords are the grammar's own.

use std::collections::HashSet;
use std::ops::Range;

use crate::language::Language;
use crate::text::is_word;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word of the grammar.
    Keyword,
    /// Any other word.
    Identifier,
    /// A number.
    Number,
    /// A quotation with its quotes.
    String,
    /// Punctuation and operators.
    Punctuation,
    /// The end of a line that has code, or of an empty one.
    LineEnd,
}

/// One token. Comments and white space lie between tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The fixed tokens of a language, and how it writes quotations.
#[derive(Debug)]
pub struct Lexicon {
    keywords: HashSet<String>,
    /// Longest first.
    punctuation: Vec<String>,
    comment: String,
    /// What begins and ends one; empty without.
    block_comment: (String, String),
    /// Whether raw strings are written `r#"…"#`.
    raw_hashes: bool,
    quotes: Vec<String>,
    /// Whether a quotation of one quote may go on in the next line.
    multiline_strings: bool,
    /// Whether `'` quotes one character, and begins a name otherwise.
    char_literals: bool,
}

/// LineTable that a quotation may span before it counts as one that nobody closed.
const LONGEST_TEXT: usize = 400;

impl Lexicon {
    /// The tokens that the grammar of `language` names.
    pub fn of(language: &Language) -> Self {
        let grammar = &language.grammar;
        let (mut keywords, mut punctuation) = (HashSet::new(), HashSet::new());
        let ids = 0..u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
        for kind in ids.filter(|id| !grammar.node_kind_is_named(*id) && grammar.node_kind_is_visible(*id)) {
            let Some(text) = grammar.node_kind_for_id(kind) else { continue };
            if text.len() > 1 && text.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                keywords.insert(text.to_owned());
            } else if text.chars().all(|c| c.is_ascii_punctuation() && !matches!(c, '"' | '\'' | '_' | '\\'))
            {
                punctuation.insert(text.to_owned());
            }
        }
        keywords.extend(language.config.lexical.keywords.iter().cloned());
        let mut punctuation: Vec<String> =
            punctuation.into_iter().filter(|mark| !mark.starts_with("//")).collect();
        punctuation.extend(language.config.lexical.punctuation.iter().cloned());
        punctuation.sort_by_key(|mark| (std::cmp::Reverse(mark.len()), mark.clone()));
        punctuation.dedup();
        let tokens = &language.config.lexical;
        Self {
            keywords,
            punctuation,
            comment: language.config.line_comment.clone(),
            block_comment: tokens.block_comment.clone(),
            raw_hashes: tokens.raw_hashes,
            quotes: tokens.quotes.clone(),
            multiline_strings: tokens.multiline_strings,
            char_literals: tokens.char_literals,
        }
    }

    /// All keywords and punctuation.
    pub fn fixed(&self) -> impl Iterator<Item = &str> {
        let mut words: Vec<&str> = self.keywords.iter().map(String::as_str).collect();
        // A hash set's order changes from run to run, and so would offers of the same weight.
        words.sort_unstable();
        words.into_iter().chain(self.punctuation.iter().map(String::as_str))
    }

    /// All keywords.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.iter().map(String::as_str)
    }

    /// Whether `text` is a keyword.
    pub fn is_keyword(&self, text: &str) -> bool {
        self.keywords.contains(text)
    }

    /// Quotes of this language, longest first.
    pub fn quotes(&self) -> &[String] {
        &self.quotes
    }

    /// The tokens of `text[range]`; `range` begins outside of quotations and comments. Where a quotation is not closed, each of
    /// those that look as if they began in another one ends with its line.
    pub fn tokens(&self, text: &str, range: Range<usize>) -> Vec<Token> {
        let tokens = self.tokens_as(text, range.clone(), false);
        if self.is_torn(text, &tokens) { self.tokens_as(text, range, true) } else { tokens }
    }

    /// Whether there is a quotation without an end.
    pub fn is_torn(&self, text: &str, tokens: &[Token]) -> bool {
        let mut texts = tokens.iter().filter(|token| token.kind == TokenKind::String);
        texts.any(|token| !self.is_closed(&text[token.range.clone()]))
    }

    /// As [`Lexicon::tokens`], with what is known of the file: whether a quotation in it is not closed.
    pub fn tokens_as(&self, text: &str, range: Range<usize>, torn: bool) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            let Some(c) = rest.chars().next() else { break };
            let (kind, length) = if c == '\n' {
                (Some(TokenKind::LineEnd), 1)
            } else if !self.comment.is_empty() && rest.starts_with(&self.comment) {
                (None, rest.find('\n').unwrap_or(rest.len()))
            } else if let (open, close) = &self.block_comment
                && !open.is_empty()
                && rest.starts_with(open)
            {
                (None, rest.find(close).map_or(rest.len(), |end| end + close.len()))
            } else if let Some(length) = self.quotation(rest, torn) {
                (Some(TokenKind::String), length)
            } else if c.is_alphabetic() || c == '_' || (c == '\'' && self.char_literals) {
                let length = rest.len() - rest[c.len_utf8()..].trim_start_matches(is_word).len();
                let keyword = self.keywords.contains(&rest[..length]);
                (Some(if keyword { TokenKind::Keyword } else { TokenKind::Identifier }), length)
            } else if c.is_ascii_digit() {
                (Some(TokenKind::Number), number(rest))
            } else if c.is_whitespace() || c == '\\' {
                (None, c.len_utf8())
            } else {
                let mark = self.punctuation.iter().find(|mark| rest.starts_with(mark.as_str()));
                (Some(TokenKind::Punctuation), mark.map_or(c.len_utf8(), String::len))
            };
            if let Some(kind) = kind {
                tokens.push(Token { kind, range: at..at + length });
            }
            at += length;
        }
        tokens
    }

    /// The length of the quotation that `rest` begins with, its prefix included; `torn` says that one in the file is not closed.
    fn quotation(&self, rest: &str, torn: bool) -> Option<usize> {
        let prefix = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let body = rest.get(prefix..).filter(|_| prefix <= 2)?;
        let hashes = body.len() - body.trim_start_matches('#').len();
        if hashes > 0 && prefix > 0 && self.raw_hashes {
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = body[hashes..].strip_prefix('"')?;
            let open = || first_line(inside).len();
            return Some(prefix + hashes + 1 + inside.find(&end).map_or_else(open, |at| at + end.len()));
        }
        if self.char_literals && body.starts_with('\'') {
            return character(body).map(|length| prefix + length);
        }
        let quote = self.quotes.iter().find(|quote| body.starts_with(quote.as_str()))?;
        let inside = &body[quote.len()..];
        let own_line = prefix + quote.len() + first_line(inside).len();
        let Some(length) = self.length(inside, quote) else { return Some(own_line) };
        let whole = prefix + quote.len() + length + quote.len();
        if !torn {
            return Some(whole);
        }
        if length == 0 && quote.len() == 1 {
            // `""Text."""`: one of three quotes is lost.
            let long = quote.repeat(3);
            let half = self.quotes.contains(&long) && rest[whole..].starts_with(is_word);
            let end = |rest: &str| rest.find(&long).map_or(first_line(rest).len(), |end| end + long.len());
            return Some(whole + if half { end(&rest[whole..]) } else { 0 });
        }
        let text = &inside[..length];
        if quote.len() > 1
            && let Some(end) = half_end(text, &quote[..2])
        {
            return Some(prefix + quote.len() + end);
        }
        // It ends where another one begins, or its line goes on as code does.
        let begins = rest[whole..].starts_with(|c: char| is_word(c) || "{\\[<'%/@$#".contains(c));
        let first = first_line(text).trim_end();
        let code = quote.len() == 1 && first.ends_with([';', ',', '{', ')', ']']);
        let odd = text.contains('\n') && (begins || code) && !first.ends_with('\\');
        Some(if odd { own_line } else { whole })
    }

    /// How much text stands before the end of a quotation; none when nobody closed it.
    fn length(&self, inside: &str, quote: &str) -> Option<usize> {
        let long = quote.len() > 1 || self.multiline_strings;
        let (mut at, mut lines) = (0, 0);
        while let Some(c) = inside[at..].chars().next() {
            if inside[at..].starts_with(quote) {
                return Some(at);
            }
            if c == '\n' {
                lines += 1;
                if !long || lines > LONGEST_TEXT {
                    return None;
                }
            }
            at += c.len_utf8();
            if c == '\\' {
                at += inside[at..].chars().next().map_or(0, char::len_utf8);
            }
        }
        None
    }

    /// What begins a quotation, in bytes, and what must end it.
    pub fn ends_of(&self, quotation: &str) -> (usize, String) {
        let prefix = quotation.len() - quotation.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let body = &quotation[prefix..];
        let hashes = body.len() - body.trim_start_matches('#').len();
        if hashes > 0 {
            return (prefix + hashes + 1, format!("\"{}", "#".repeat(hashes)));
        }
        let quote = self.quotes.iter().find(|quote| body.starts_with(quote.as_str()));
        let quote = quote.map_or("'", String::as_str);
        (prefix + quote.len(), quote.to_owned())
    }

    /// Whether a token that is a quotation has an end.
    pub fn is_closed(&self, quotation: &str) -> bool {
        let (opening, closing) = self.ends_of(quotation);
        let Some(inside) = quotation.get(opening..).and_then(|rest| rest.strip_suffix(&closing)) else {
            return false;
        };
        let escapes = inside.len() - inside.trim_end_matches('\\').len();
        let raw = quotation[..opening].contains(['r', 'R']);
        let whole = inside.is_empty() || !inside.starts_with(&closing);
        whole && (raw || escapes % 2 == 0)
    }

    /// Whether `'` quotes one character.
    pub fn has_characters(&self) -> bool {
        self.char_literals
    }
}

/// `text` up to its first line feed.
fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default().trim_end_matches('\r')
}

/// Where a text of several lines ends with a line that ends with two of the three quotes.
fn half_end(text: &str, pair: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_end();
        let before = code.strip_suffix(pair);
        let torn = |before: &str| {
            before.trim().is_empty() || before.ends_with(|c: char| is_word(c) || c == '.' || c == ')')
        };
        if line.ends_with('\n') && before.is_some_and(torn) {
            return Some(start + code.len());
        }
        start += line.len();
    }
    None
}

/// `'x'`, `'\n'`, `'\u{1f}'`; none for a lifetime.
fn character(body: &str) -> Option<usize> {
    let inside = &body[1..];
    let c = inside.chars().next()?;
    let from = if c == '\\' { 1 + inside[1..].chars().next()?.len_utf8() } else { c.len_utf8() };
    let end = if c == '\\' { inside[from..].find('\'').filter(|end| *end < 10)? } else { 0 };
    inside[from + end..].starts_with('\'').then_some(1 + from + end + 1)
}

/// The length of the number that `rest` begins with: `1_000`, `0xff`, `1.5e-3`, `1.0f32`, but not the dots of `0..3`.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let fraction = byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let trailing =
            byte == b'.' && !bytes.get(at + 1).is_some_and(|next| *next == b'.' || is_word(*next as char));
        let exponent = matches!(byte, b'+' | b'-')
            && at > 0
            && matches!(bytes[at - 1], b'e' | b'E')
            && !rest.starts_with("0x");
        if !(byte.is_ascii_alphanumeric() || byte == b'_' || fraction || trailing || exponent) {
            break;
        }
        at += 1;
    }
    at.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, text: &str, expected: &[&str]) {
        let language = crate::testing::language(language).unwrap();
        let tokens = Lexicon::of(&language).tokens(text, 0..text.len());
        let found: Vec<&str> = tokens.iter().map(|token| &text[token.range.clone()]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn tokens() {
        check("python", "x+=f'a{b}' # c\n", &["x", "+=", "f'a{b}'", "\n"]);
        check("python", "a = 'it\nb", &["a", "=", "'it", "\n", "b"]);
        check("python", "\"\"\"a\nb\"\"\"\n1.5e-3", &["\"\"\"a\nb\"\"\"", "\n", "1.5e-3"]);
        check("rust", "<'a, 'b>('c', '\\n')", &["<", "'a", ",", "'b", ">", "(", "'c'", ",", "'\\n'", ")"]);
        check("rust", "r#\"a\"b\"# 0..3 /* x */ ü", &["r#\"a\"b\"#", "0", "..", "3", "ü"]);
        check("rust", "\"a\nb\" // c", &["\"a\nb\""]);
    }
}
