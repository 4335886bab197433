//! Reads the brackets and quotes of a short text lexically: a cheap first opinion for the guide, trim and cut-back. It may be
//! wrong about lifetimes and odd strings; [`crate::verify`] decides what is shown.

/// What a text leaves open, and what it closes that it did not open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balance {
    /// Closers the text still needs, outermost first.
    pub open: Vec<char>,
    /// Closers in the text without an opener in it, in order.
    pub unmatched: Vec<char>,
    /// The quotation that is still open at the end.
    pub quote: Option<&'static str>,
    /// A closer that does not fit the innermost opener.
    pub mismatch: bool,
    /// The text ends inside a line comment.
    pub comment: bool,
}

/// Read `text`, which starts in code. `comment` is what starts a line comment, or empty.
pub fn balance(text: &str, comment: &str) -> Balance {
    let mut state = Balance::default();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        at += c.len_utf8();
        if let Some(quote) = state.quote {
            if c == '\\' {
                at += text[at..].chars().next().map_or(0, char::len_utf8);
            } else if rest.starts_with(quote) {
                at += quote.len() - 1;
                state.quote = None;
            }
            continue;
        }
        if state.comment {
            state.comment = c != '\n';
            continue;
        }
        match c {
            '(' => state.open.push(')'),
            '[' => state.open.push(']'),
            '{' => state.open.push('}'),
            ')' | ']' | '}' => match state.open.last() {
                Some(expected) if *expected == c => drop(state.open.pop()),
                Some(_) => state.mismatch = true,
                None => state.unmatched.push(c),
            },
            '"' | '\'' => {
                state.quote = opening_quote(rest, &text[..at - 1]);
                at += state.quote.map_or(0, |quote| quote.len() - 1);
            }
            _ => state.comment = !comment.is_empty() && rest.starts_with(comment),
        }
    }
    state
}

/// The quotation that `rest` opens. A `'` with no partner on its line, after a word, `&`, `<` or `+`, is a lifetime.
fn opening_quote(rest: &str, before: &str) -> Option<&'static str> {
    let lifetime = || {
        let line = rest[1..].split('\n').next().unwrap_or_default();
        let joined = before.ends_with(|c: char| c.is_alphanumeric());
        !line.contains('\'') && (joined || before.trim_end().ends_with(['&', '<', '+']))
    };
    match () {
        () if rest.starts_with("\"\"\"") => Some("\"\"\""),
        () if rest.starts_with("'''") => Some("'''"),
        () if rest.starts_with('"') => Some("\""),
        () if lifetime() => None,
        () => Some("'"),
    }
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
        ] {
            let found = balance(text, "//");
            assert_eq!(found.open.iter().collect::<String>(), open, "{text}");
            assert_eq!(found.unmatched.iter().collect::<String>(), unmatched, "{text}");
            assert_eq!(found.quote, quote, "{text}");
        }
    }
}
