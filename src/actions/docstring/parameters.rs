//! Reads which parameters a documentation names, by the marks of its convention, and compares them with those of the function.

use crate::language::{DocStyle, Docs};
use crate::text::is_word;

/// What is wrong with the parameters that `text` (LF line ends) names, for the user. `known` are the texts of the same file: where
/// they name parameters, this one has to.
pub fn flaw(text: &str, parameters: &[String], docs: &Docs, known: &[String]) -> Option<String> {
    let named: Vec<String> = docs.styles.iter().flat_map(|style| named(text, style)).collect();
    if let Some(name) = named.iter().find(|name| !parameters.contains(name)) {
        return Some(format!("it names a parameter `{name}`, which the function does not have"));
    }
    let names_them = |style: &DocStyle| known.iter().any(|text| !self::named(text, style).is_empty());
    let missing = || parameters.iter().find(|name| !named.contains(name));
    let asked = docs.styles.iter().any(names_them);
    let missing = if asked { missing() } else { None };
    missing.map(|name| format!("it does not name the parameter `{name}`, and this file's texts name theirs"))
}

/// The parameters that a text names as one of `style` does.
fn named(text: &str, style: &DocStyle) -> Vec<String> {
    let mark = style.parameters.as_str();
    match mark {
        "" => Vec::new(),
        _ if mark.starts_with(':') => fields(text, mark),
        _ => section(text, mark),
    }
}

/// `:param name: …`, `:param type name: …`.
fn fields(text: &str, mark: &str) -> Vec<String> {
    let name = |line: &str| {
        let (head, _) = line.trim().strip_prefix(mark)?.split_once(':')?;
        word(head.split_whitespace().last()?)
    };
    text.lines().filter_map(name).collect()
}

/// The entries below a heading: `name: …`, `name (type): …`, `a, b : type`. They end where a line is left of them.
fn section(text: &str, heading: &str) -> Vec<String> {
    let width = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| line.trim() != heading);
    let Some(head) = lines.next() else { return Vec::new() };
    let underline = |line: &str| !line.is_empty() && line.chars().all(|c| c == '-');
    let mut lines = lines.filter(|line| !line.trim().is_empty()).peekable();
    // Below a heading that is underlined, entries stand as far left as it does, and the next heading ends them.
    let underlined = lines.next_if(|line| underline(line.trim())).is_some();
    let Some(at) = lines.peek().map(|line| width(line)) else { return Vec::new() };
    if !underlined && at <= width(head) {
        return Vec::new();
    }
    let mut names = Vec::new();
    while let Some(line) = lines.next().filter(|line| width(line) >= at) {
        if underlined && lines.peek().is_some_and(|next| underline(next.trim())) {
            break;
        }
        if width(line) == at {
            let entry = line.split(':').next().unwrap_or_default();
            let entry = entry.split('(').next().unwrap_or_default();
            names.extend(entry.split(',').filter_map(word));
        }
    }
    names
}

/// The one name in a text, without what marks it.
fn word(text: &str) -> Option<String> {
    let name = text.trim().trim_start_matches('\\').trim_start_matches('*').trim_matches('`');
    (!name.is_empty() && name.chars().all(is_word)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let docs = &crate::testing::language("python").unwrap().config.docs;
        let named: Vec<String> = docs.styles.iter().flat_map(|style| named(text, style)).collect();
        assert_eq!(named.join(" "), expected, "{text}");
    }

    #[test]
    fn what_each_convention_names() {
        check(
            "Do.\n\nArgs:\n    a: What.\n        More: of it.\n    b (int): More.\n    *c: Rest.\n\nReturns:\n    d: Sum.",
            "a b c",
        );
        check("    Do.\n\n    Args:\n      a: What.\n    Returns: x", "a");
        check(
            "Do.\n\nParameters\n----------\na : int\n    What: it is.\nb, `c` : str\n\nReturns\n-------\nd : int\n    Sum.",
            "a b c",
        );
        check("Do.\n\n:param a: What.\n:param int b: More.\n:return: Sum.", "a b");
        check("Args are: a. Parameters: b.", "");
        check("Args:", "");
    }

    #[test]
    fn names_are_those_of_the_function() {
        let docs = &crate::testing::language("python").unwrap().config.docs;
        let google = vec!["\"\"\"Do.\n\n    Args:\n        x: What.\n    \"\"\"".to_owned()];
        let own = ["a".to_owned(), "b".to_owned()];
        let both = "Do.\n\nArgs:\n    a: One.\n    b: Two.";
        assert_eq!(flaw(both, &own, docs, &google), None);
        assert_eq!(flaw("Do.", &own, docs, &[]), None);
        assert_eq!(flaw("Do.", &[], docs, &google), None);
        assert!(flaw("Do a and b.", &own, docs, &google).unwrap().contains("name the parameter `a`"));
        assert!(flaw(both, &own[..1], docs, &[]).unwrap().contains("a parameter `b`, which"));
    }
}
