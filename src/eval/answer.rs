//! Holds what a backend said at one place, and finds defects in it that do not depend on what was wanted.

use serde::{Deserialize, Serialize};

use crate::completion::Rank;
use crate::engine::DraftStats;

/// What a side said at one place.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BackendAnswer {
    /// What was shown; none: nothing.
    pub text: Option<String>,
    /// Bytes before the cursor that taking it replaces: blanks, with the peer.
    pub before: usize,
    /// Bytes behind the cursor that taking it replaces.
    pub after: usize,
    /// Why nothing was shown, where the side says it.
    pub reason: Option<String>,
    /// Milliseconds from the question to the answer.
    pub ms: f64,
    /// Tokens generated for it.
    pub tokens: usize,
    /// Prompt tokens, and of these found in the KV cache.
    pub prompt: (usize, usize),
    /// How the tokens of all texts were generated, where the side says that.
    pub drafts: DraftStats,
    /// Whether the model was not asked.
    pub without_model: bool,
    /// How the side itself ranks it, where it says that.
    pub rank: Option<Rank>,
    /// What else it found, where it says that: text, bytes replaced behind the cursor, rank.
    pub others: Vec<(String, usize, Rank)>,
}

/// What nobody wants to see, whatever is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Defects {
    /// It repeats what stands right of the cursor, or the line below.
    pub duplicate: bool,
    /// A line of it is not indented in the file's unit.
    pub indentation: bool,
    /// A model's special token.
    pub leak: bool,
}

impl BackendAnswer {
    /// Text before and behind, with the answer taken.
    pub fn applied(&self, before: &str, after: &str) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        format!("{}{text}{}", &before[..before.len() - self.before], &after[self.after..])
    }

    /// What is wrong with it on sight, in a file that is indented by `unit`.
    pub fn defects(&self, before: &str, after: &str, unit: &str) -> Defects {
        let Some(text) = self.text.as_deref() else { return Defects::default() };
        let rest = &after[self.after..];
        let (right, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let right = right.trim();
        let next = below.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let own = line.trim().is_empty() || text.contains('\n');
        // With its indentation: a branch may well end in the line that stands behind it.
        let last = if text.contains('\n') { text.to_owned() } else { format!("{line}{text}") };
        let last = last.lines().last().unwrap_or_default().trim_end();
        let telling = |line: &str| line.chars().filter(|c| c.is_alphanumeric()).count() >= 6;
        // `f(g(|)` may end in a bracket that stands behind it too: only a bracket too many is a repetition.
        let doubled = !right.is_empty()
            && text.trim_end().ends_with(right)
            && (telling(right) || excess(before, text, rest));
        Defects {
            duplicate: doubled || own && telling(last) && last == next.trim_end(),
            indentation: is_off(before, text, unit),
            leak: ["<|", "|>", "<fim_", "<PRE>", "<SUF>", "<MID>"]
                .iter()
                .any(|mark| text.contains(mark) && !before.contains(mark) && !after.contains(mark)),
        }
    }
}

/// Whether closers are too many in the whole text with the answer in it, which were not without it.
fn excess(before: &str, text: &str, after: &str) -> bool {
    let depth = |text: &str| {
        let count = |brackets: &str| text.chars().filter(|c| brackets.contains(*c)).count() as i64;
        count("([{") - count(")]}")
    };
    let open = depth(before) + depth(after);
    depth(text) < 0 && (open + depth(text)).abs() > open.abs()
}

/// Whether a line after the first is not indented in steps of `unit`. Inside brackets lines may stand at any column.
fn is_off(before: &str, text: &str, unit: &str) -> bool {
    let mut open = 0i32;
    let mut count = |text: &str| {
        for c in text.chars() {
            open += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        }
        open > 0
    };
    let mut inside = count(before.rsplit('\n').next().unwrap_or_default());
    for (number, line) in text.lines().enumerate() {
        let head = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let wrong_kind = if unit == "\t" { head.starts_with(' ') } else { head.contains('\t') };
        if number > 0
            && head.len() < line.len()
            && (wrong_kind || !inside && head.len() % unit.len().max(1) != 0)
        {
            return true;
        }
        inside = count(line);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defects(before: &str, text: &str, after: &str) -> Defects {
        BackendAnswer { text: Some(text.into()), ..BackendAnswer::default() }.defects(before, after, "    ")
    }

    #[test]
    fn blemishes_are_seen() {
        let none = Defects::default();
        assert_eq!(defects("f(", "a", ")\n"), none);
        assert!(defects("f(", "a)", ")\n").duplicate);
        assert_eq!(defects("f(g(", "a)", ")\n"), none);
        assert!(defects("", "counter = 1", "\ncounter = 1\n").duplicate);
        assert!(defects("    ", "a = 1\n    return counter", "\n    return counter\n").duplicate);
        assert_eq!(defects("        ", "return counter", "\n    return counter\n"), none);
        assert!(defects("x = ", "1\n   y = 2", "\n").indentation);
        assert!(defects("x = ", "<|fim_middle|>", "\n").leak);
    }

    #[test]
    fn taking_it_replaces_what_it_says() {
        let answer = BackendAnswer { text: Some("b)".into()), after: 1, ..BackendAnswer::default() };
        assert_eq!(answer.applied("f(a, ", ")\n"), "f(a, b)\n");
    }
}
