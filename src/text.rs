//! Compares texts and tells words apart, for all modules. Knows no language.

pub mod amounts;

use std::ops::Range;

/// A byte order mark. At the start of a text it is no part of it.
pub const BOM: char = '\u{feff}';

/// Whether `c` can be part of an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `c` closes a bracket or a quotation.
pub fn is_closer(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '"' | '\'' | '`')
}

/// A text that begins with a capital letter and ends with a stop.
pub fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}

/// How many bytes the two texts have in common at their start; whole characters.
pub fn common_prefix(old: &str, new: &str) -> usize {
    same(old.chars().zip(new.chars()))
}

/// How many bytes the two texts have in common at their end; whole characters.
pub fn common_suffix(old: &str, new: &str) -> usize {
    same(old.chars().rev().zip(new.chars().rev()))
}

/// How many bytes `old` and `new` have in common at their start and, in what is left, at their end.
pub fn common_affixes(old: &str, new: &str) -> (usize, usize) {
    let head = common_prefix(old, new);
    (head, common_suffix(&old[head..], &new[head..]))
}

/// Whether `long` has the characters of `short` in the same order, with others between.
pub fn is_subsequence(short: &str, long: &str) -> bool {
    let mut chars = long.chars();
    short.chars().all(|wanted| chars.any(|c| c == wanted))
}

/// The bytes of the words and of the single other characters of a text; white space is between them.
pub fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match tokens.last_mut() {
            _ if c.is_whitespace() => {}
            Some(last) if in_word && is_word(c) => last.end = end,
            _ => tokens.push(at..end),
        }
        in_word = is_word(c);
    }
    tokens
}

/// `text` as a block of code in Markdown, with LF line ends. Its fence is longer than any in the text.
pub fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", text.replace("\r\n", "\n").trim_end())
}

/// The same, byte for byte, but with an LF for each CR that ends a line alone: parsers take that for a space.
pub fn with_rows(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut chars = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        out.push(if c == '\r' && chars.peek() != Some(&'\n') { '\n' } else { c });
    }
    out
}

fn same(pairs: impl Iterator<Item = (char, char)>) -> usize {
    pairs.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cr_alone_ends_a_row() {
        assert_eq!(with_rows("a\rb\r\nc\r\r\n\r".to_owned()), "a\nb\r\nc\n\r\n\n");
    }

    #[test]
    fn what_two_texts_share_at_their_ends() {
        for (old, new, expected) in [
            ("", "", (0, 0)),
            ("abc", "abc", (3, 0)),
            ("aXc", "aYYc", (1, 1)),
            ("aa", "aaa", (2, 0)),
            ("é1", "è1", (0, 1)),
            ("abab", "ab", (2, 0)),
        ] {
            assert_eq!(common_affixes(old, new), expected, "{old} {new}");
        }
    }
}
