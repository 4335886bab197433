//! Finds where tokens end: a text is never cut inside a word, a number, an escape or an operator.

use crate::text::is_word;

/// Two of these next to each other may be one operator.
const OPERATORS: &str = "=<>!+-*/%&|^:.@~?";

/// The text without its last word, number or escape, which something else than the model's own end has cut, maybe in two.
pub fn whole_tokens(text: &str) -> &str {
    let mut rest = text.trim_end_matches(is_word);
    let number = text[rest.len()..].starts_with(|c: char| c.is_ascii_digit());
    // 1.5, 1e-5
    let exponent =
        |text: &str| text.ends_with(['e', 'E']) && text.trim_end_matches(['e', 'E']).ends_with(is_digit);
    let joined = |text: &'_ str| match text.strip_suffix('.') {
        Some(shorter) => shorter.ends_with(is_digit).then_some(shorter.len()),
        None => text.strip_suffix(['-', '+']).filter(|it| exponent(it)).map(str::len),
    };
    while number && let Some(shorter) = joined(rest) {
        rest = rest[..shorter].trim_end_matches(is_word);
    }
    without_half_escape(rest)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Without `\`, `\u{`, `\N{` and the like at the end.
fn without_half_escape(text: &str) -> &str {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let open = line.rfind(['{', '\\']).filter(|at| !line[*at..].contains('}'));
    let start = match open {
        Some(at) if line[at..].starts_with('{') => {
            let before = &line[..at];
            ["\\u", "\\N"].iter().find(|escape| before.ends_with(*escape)).map(|escape| at - escape.len())
        }
        Some(at) if at + 1 == line.len() && !is_escaped(line, at) => Some(at),
        _ => None,
    };
    let end = text.len() - line.len();
    start.map_or(text, |start| &text[..end + start])
}

/// Whether the character at `at` has an odd number of backslashes before it.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = &text[..at];
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}

/// Whether a cut at `at` would go through a number, an escape, an operator, or between a string and its prefix.
pub fn is_inside_token(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else { return false };
    let word = &before[before.trim_end_matches(is_word).len()..];
    let number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let fraction = last == '.' && next.is_ascii_digit() && before.len() > 1 && {
        let whole = &before[..before.len() - 1];
        number(&whole[whole.trim_end_matches(is_word).len()..])
    };
    let point = next == '.' && number(word) && after[1..].starts_with(|c: char| c.is_ascii_digit());
    let escape = last == '\\' && !is_escaped(text, at - 1);
    let escaped = is_word(last) && before[..before.len() - word.len()].ends_with('\\') && next == '{';
    let operator = OPERATORS.contains(last) && OPERATORS.contains(next) && last == next
        || ["->", "=>", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", ":=", "@="]
            .iter()
            .any(|operator| operator.starts_with(last) && operator.ends_with(next));
    let prefix = matches!(next, '"' | '\'' | '#')
        && !word.is_empty()
        && word.len() <= 2
        && word.chars().all(|c| "rbfucRBFUt".contains(c))
        && after.trim_start_matches('#').starts_with(['"', '\'']);
    fraction || point || escape || escaped || operator || prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_token_may_be_half_of_one() {
        for (text, expected) in [
            ("return tot", "return "),
            ("x = 1.2", "x = "),
            ("x = 1e-5", "x = "),
            ("f(a", "f("),
            ("f(a)", "f(a)"),
            ("f(a) ", "f(a) "),
            ("a.b", "a."),
            ("'a\\", "'a"),
            ("'a\\x4", "'a"),
            ("'\\u{1F", "'"),
            ("f'{x", "f'{"),
            ("'a\\\\", "'a\\\\"),
            ("größ", ""),
        ] {
            assert_eq!(whole_tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn no_cut_goes_through_a_token() {
        for (text, cut) in [
            ("1.5", 1),
            ("1.5", 2),
            ("a == b", 3),
            ("x -> y", 3),
            ("'\\n'", 2),
            ("rb'x'", 2),
            ("r#\"x", 1),
            ("'\\u{1}", 3),
        ] {
            assert!(is_inside_token(text, cut), "{text} at {cut}");
        }
        for (text, cut) in
            [("a.b", 1), ("a.b", 2), ("f(x)", 1), ("f()()", 3), ("a[0].b", 4), ("x='a'", 2), ("'\\\\'", 3)]
        {
            assert!(!is_inside_token(text, cut), "{text} at {cut}");
        }
    }
}
