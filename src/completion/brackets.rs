//! Reads the brackets and quotes of a short text lexically: a cheap first opinion for the guide, trim and cut-back. It may be
//! wrong about lifetimes and odd strings; [`crate::verify`] decides what is shown.

use crate::context::CursorIn;
use crate::text::is_word;

/// What a text leaves open, and what it closes that it did not open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balance {
    /// Closers the text still needs, outermost first.
    pub open: Vec<char>,
    /// Closers in the text without an opener in it, in order.
    pub unmatched: Vec<char>,
    /// What closes the quotation that is still open at the end.
    pub quote: Option<String>,
    /// A closer that does not fit the innermost opener.
    pub mismatch: bool,
    /// The text ends inside a line comment.
    pub comment: bool,
}

/// What a character belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOfText {
    /// Code, and the quotes around a quotation.
    Code,
    /// A quotation.
    Quotation,
    /// A line comment.
    Comment,
}

impl From<CursorIn> for PartOfText {
    fn from(cursor_in: CursorIn) -> Self {
        match cursor_in {
            CursorIn::Code => Self::Code,
            CursorIn::String => Self::Quotation,
            CursorIn::Comment => Self::Comment,
        }
    }
}

/// Read `text`, which starts in code. `comment` is what starts a line comment, or empty.
pub fn balance(text: &str, comment: &str) -> Balance {
    let mut state = Balance::default();
    let (quote, part) = read(text, comment, PartOfText::Code, |_, c, part| match c {
        _ if part != PartOfText::Code => {}
        '(' => state.open.push(')'),
        '[' => state.open.push(']'),
        '{' => state.open.push('}'),
        ')' | ']' | '}' => match state.open.last() {
            Some(expected) if *expected == c => drop(state.open.pop()),
            Some(_) => state.mismatch = true,
            None => state.unmatched.push(c),
        },
        _ => {}
    });
    Balance { quote, comment: part == PartOfText::Comment, ..state }
}

/// Call `visit` with each character of `text`, where it is, and what it belongs to; `start` is what the text begins in. A
/// quotation that was open before ends at the next `"`. Gives what closes the quotation that is open at the end, and what the
/// text ends in.
pub fn read(
    text: &str,
    comment: &str,
    start: PartOfText,
    mut visit: impl FnMut(usize, char, PartOfText),
) -> (Option<String>, PartOfText) {
    let mut quote = (start == PartOfText::Quotation).then(|| Quote { end: "\"".to_owned(), escapes: true });
    let mut part = start;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (here, rest) = (at, &text[at..]);
        at += c.len_utf8();
        match (&quote, part) {
            (Some(open), _) if rest.starts_with(&open.end) => {
                visit(here, c, PartOfText::Code);
                at = here + open.end.len();
                (quote, part) = (None, PartOfText::Code);
            }
            (Some(open), _) => {
                visit(here, c, PartOfText::Quotation);
                if let Some(escaped) = text[at..].chars().next().filter(|_| c == '\\' && open.escapes) {
                    visit(at, escaped, PartOfText::Quotation);
                    at += escaped.len_utf8();
                }
            }
            (None, PartOfText::Comment) if c != '\n' => visit(here, c, part),
            _ => {
                quote = matches!(c, '"' | '\'').then(|| Quote::opening(rest, &text[..here])).flatten();
                at += quote.as_ref().map_or(0, |quote| quote.opener() - 1);
                part = match quote {
                    Some(_) => PartOfText::Quotation,
                    None if !comment.is_empty() && rest.starts_with(comment) => PartOfText::Comment,
                    None => PartOfText::Code,
                };
                let begins = if part == PartOfText::Comment { part } else { PartOfText::Code };
                visit(here, c, begins);
            }
        }
    }
    (quote.map(|quote| quote.end), part)
}

/// An open quotation.
struct Quote {
    /// What closes it.
    end: String,
    /// Whether a backslash takes the meaning from the next character.
    escapes: bool,
}

impl Quote {
    /// The quotation that `rest` opens. A `'` with no partner on its line, after a word, `&`, `<` or `+`, is a lifetime.
    fn opening(rest: &str, before: &str) -> Option<Self> {
        let lifetime = || {
            let line = rest[1..].split('\n').next().unwrap_or_default();
            let joined = before.ends_with(|c: char| c.is_alphanumeric());
            !line.contains('\'') && (joined || before.trim_end().ends_with(['&', '<', '+']))
        };
        let plain = |end: &str| Some(Self { end: end.to_owned(), escapes: true });
        match () {
            () if rest.starts_with('"') && raw_hashes(before) > 0 => {
                Some(Self { end: format!("\"{}", "#".repeat(raw_hashes(before))), escapes: false })
            }
            () if rest.starts_with("\"\"\"") => plain("\"\"\""),
            () if rest.starts_with("'''") => plain("'''"),
            () if rest.starts_with('"') => plain("\""),
            () if lifetime() => None,
            () => plain("'"),
        }
    }

    /// Bytes of what opened it.
    fn opener(&self) -> usize {
        self.end.trim_end_matches('#').len()
    }
}

/// How many `#` stand before the quote of a raw string (`r#"`); 0 where it is none.
fn raw_hashes(before: &str) -> usize {
    let prefix = before.trim_end_matches('#');
    let word = prefix.len() - prefix.trim_end_matches(is_word).len();
    let is_raw = matches!(&prefix[prefix.len() - word..], "r" | "br" | "cr");
    if is_raw { before.len() - prefix.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balances() {
        for (text, open, unmatched, quote) in [
            ("foo(a[1], {", ")}", "", None),
            ("a), b]", "", ")]", None),
            ("print(\"(\")", "", "", None),
            ("x = 'it", "", "", Some("'")),
            ("&'a str", "", "", None),
            ("f(x) // (", "", "", None),
            ("\"\"\"doc ( ", "", "", Some("\"\"\"")),
            ("\"a\\\"b", "", "", Some("\"")),
            ("r#\"a \" ( ", "", "", Some("\"#")),
            ("f(r##\"C:\\\"# (", ")", "", Some("\"##")),
            ("br#\"a\"#, [", "]", "", None),
            ("four# \"a", "", "", Some("\"")),
        ] {
            let found = balance(text, "//");
            assert_eq!(found.open.iter().collect::<String>(), open, "{text}");
            assert_eq!(found.unmatched.iter().collect::<String>(), unmatched, "{text}");
            assert_eq!(found.quote.as_deref(), quote, "{text}");
        }
    }
}
