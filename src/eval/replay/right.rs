//! Decides how much of an answer is right and worth taking.

use crate::eval::answer::BackendAnswer;

/// How many bytes of the answer are right and worth taking: all of it, its right lines, or so many characters. `right` is
/// what stands right of the cursor on its line.
pub fn right(answer: &BackendAnswer, rest: &str, right: &str, enough: usize) -> Option<usize> {
    let text = answer.text.as_deref().filter(|_| answer.before == 0)?;
    let common = text.bytes().zip(rest.bytes()).take_while(|(a, b)| a == b).count();
    let common = (0..=common).rev().find(|at| text.is_char_boundary(*at) && rest.is_char_boundary(*at))?;
    if common == 0 {
        return None;
    }
    let is_end = |at: usize| rest[at..].is_empty() || rest[at..].starts_with('\n');
    let behind = right.get(answer.after..).unwrap_or_default().trim_end();
    if common == text.len() {
        // What stands behind the cursor follows, or closes what is open.
        let line_is_whole =
            rest[common..].strip_prefix(behind).is_some_and(|rest| rest.is_empty() || rest.starts_with('\n'));
        if line_is_whole && !text.trim().is_empty() || text.trim().chars().count() >= enough {
            return Some(common);
        }
        return None;
    }
    // Whole lines that are right.
    let lines = text[..common].rfind('\n').filter(|at| is_end(*at) && !text[..*at].trim().is_empty());
    let whole = if text[common..].starts_with('\n') && is_end(common) { Some(common) } else { lines };
    if let Some(end) = whole.filter(|_| behind.is_empty()) {
        return Some(end);
    }
    // Else as many words as are right.
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let cut = text[common..].starts_with(in_word) && text[..common].ends_with(in_word);
    let end = if cut { text[..common].trim_end_matches(in_word).len() } else { common };
    (text[..end].trim().chars().count() >= enough).then_some(end)
}

/// What was generated and not only kept, shown or not, with features.
pub fn candidates(
    answer: &BackendAnswer,
    first: bool,
    rest: &str,
    behind: &str,
    enough: usize,
) -> Vec<(bool, Vec<f32>)> {
    if answer.without_model {
        return Vec::new();
    }
    let mut found: Vec<(bool, Vec<f32>)> =
        answer.rank.iter().map(|rank| (first, rank.features.clone())).collect();
    for (text, after, rank) in &answer.others {
        let other = BackendAnswer { text: Some(text.clone()), after: *after, ..BackendAnswer::default() };
        found.push((right(&other, rest, behind, enough).is_some(), rank.features.clone()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_taken() {
        let check = |text: &str, after, rest: &str, behind: &str, expected: Option<&str>| {
            let answer = BackendAnswer { text: Some(text.into()), after, ..BackendAnswer::default() };
            let found = right(&answer, rest, behind, 12).map(|length| &text[..length]);
            assert_eq!(found, expected, "{text:?} for {rest:?}");
        };
        check("b", 0, "b\nc", "", Some("b"));
        check("b", 0, "b)\nc", ")", Some("b"));
        check("b)", 1, "b)\nc", ")", Some("b)"));
        check("b", 0, "b):\nc", ")", None);
        check("b\nd", 0, "b\nc", "", Some("b"));
        check("\n    b\nd", 0, "\n    b\nc", "", Some("\n    b"));
        check("x", 0, "b\nc", "", None);
        check("call_something(a, b", 0, "call_something(a, c)", "", Some("call_something(a, "));
        check("b", 0, "bc", "", None);
    }
}
