//! Finds the names that a format string reads by itself: `a` in `format!("{a:?}")`.

use crate::text::is_word;

/// The names in the braces of `text`, the arguments of a macro that formats.
pub(super) fn arguments(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let name = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        let is_escaped = text[..at].ends_with('{');
        (!is_escaped && !name.is_empty() && rest[name.len()..].starts_with(['}', ':'])).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_in_braces() {
        for (text, expected) in [
            ("(\"{a} {b:?} {0} {} {{c}}\", d)", "a b 0"),
            ("(\"{a:>width$}\")", "a"),
            ("(\"a\", S { b })", ""),
            ("(\"{\")", ""),
        ] {
            assert_eq!(super::arguments(text).collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
