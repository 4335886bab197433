//! Measures how much of an accepted text is still in the document later.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ropey::Rope;
use similar::{Algorithm, DiffOp};

use super::action::ActionKind;
use crate::stats::{ActionOutcome, KeptShare, UsageEvent, event};
use crate::text::common_affixes;

/// Up to this many bytes between the first and the last difference, words are compared, above it whole lines.
const WORDS: usize = 16 << 10;
/// A comparison that takes longer ends with what it has; the share is then a lower bound.
const LONGEST: Duration = Duration::from_millis(100);

/// An accepted text whose document is compared later.
#[derive(Debug)]
pub struct RetentionCheck {
    pub(super) number: u64,
    pub(super) uri: Arc<str>,
    pub(super) language: String,
    pub(super) lines: usize,
    /// The document with the accepted text.
    pub(super) before: Rope,
    /// The accepted text, in bytes of `before`.
    pub(super) range: Range<usize>,
    /// The action that wrote it; none for a suggestion.
    pub(super) action: Option<ActionKind>,
}

impl RetentionCheck {
    /// The result, for a document whose text is `now`.
    pub fn run(self, now: &Rope) -> UsageEvent {
        let share = share(&self.before, self.range, now);
        let outcome = if share < 1.0 { ActionOutcome::Edited } else { ActionOutcome::Kept };
        match self.action {
            Some(action) => action.event(&self.language, outcome),
            None => UsageEvent::Kept(KeptShare {
                at: event::now(),
                language: self.language,
                lines: self.lines,
                share,
            }),
        }
    }
}

/// The share, from 0 to 1, of the bytes `range` of `before` that are still in `now`: at the place where a comparison of
/// the two documents finds them, not merely somewhere in it.
fn share(before: &Rope, range: Range<usize>, now: &Rope) -> f32 {
    if range.is_empty() {
        return 1.0;
    }
    let (old, new) = (before.to_string(), now.to_string());
    let (head, tail) = common_affixes(&old, &new);
    let (old, new) = (old.as_bytes(), new.as_bytes());
    // What differs, whole lines of it: words that were cut in two would not be found again.
    let line_start =
        |text: &[u8]| text[..head].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let start = line_start(old);
    let end = |text: &[u8]| {
        let from = text.len() - tail;
        text[from..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| from + at + 1)
    };
    let (old_end, new_end) = (end(old), end(new));
    let outside = range.len() - overlap(&range, &(start..old_end));
    let by_words = old_end - start <= WORDS && new_end - start <= WORDS;
    let (left, right) = (units(&old[start..old_end], by_words), units(&new[start..new_end], by_words));
    let deadline = Some(Instant::now() + LONGEST);
    let inside: usize = similar::capture_diff_slices_deadline(Algorithm::Myers, &left, &right, deadline)
        .iter()
        .filter_map(|op| match op {
            DiffOp::Equal { old_index, len, .. } => Some(*old_index..*old_index + *len),
            _ => None,
        })
        .map(|same| {
            let bytes = |to: usize| start + left[..to].iter().map(|unit| unit.len()).sum::<usize>();
            overlap(&range, &(bytes(same.start)..bytes(same.end)))
        })
        .sum();
    (outside + inside) as f32 / range.len() as f32
}

fn overlap(left: &Range<usize>, right: &Range<usize>) -> usize {
    left.end.min(right.end).saturating_sub(left.start.max(right.start))
}

/// Lines with their ends; or words, and every other byte by itself.
fn units(text: &[u8], by_words: bool) -> Vec<&[u8]> {
    if !by_words {
        return text.split_inclusive(|&byte| byte == b'\n').collect();
    }
    // A byte beyond ASCII is part of a letter: close enough without decoding.
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    text.chunk_by(|&left, &right| in_word(left) && in_word(right)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `before` has the accepted text in brackets.
    fn check(before: &str, now: &str, expected: f32) {
        let (old, accepted) = crate::testing::marked(before);
        let found = share(&Rope::from_str(&old), accepted, &Rope::from_str(now));
        assert!((found - expected).abs() < 0.01, "{before:?} {now:?}: {found}");
    }

    #[test]
    fn edits_of_the_text_and_around_it() {
        check("x = ⟦compute(a, b)⟧\n", "x = compute(a, b)\n", 1.0);
        check("x = ⟦compute(a, b)⟧\n", "import y\nx = compute(a, b) + 1\nz\n", 1.0);
        check("x = ⟦compute(a, b)⟧\n", "x = compute(a, c)\n", 12.0 / 13.0);
        check("x = ⟦compute(a, b)⟧\n", "x = \n", 0.0);
        check("x = ⟦compute(a, b)⟧\n", "", 0.0);
        check("x = ⟦a⟧\ny = a\n", "y = a\n", 0.0);
        check("def f():\n    ⟦return é\n    # two⟧\n", "def f():\n    return é\n", 10.0 / 19.0);
        check("⟦⟧", "x", 1.0);
    }

    #[test]
    fn far_apart_edits_are_compared_by_lines() {
        let lines: String = (0..4000).map(|line| format!("line {line}\n")).collect();
        let before = format!("first\n{lines}⟦one\ntwo\n⟧last\n");
        let now = format!("changed\n{lines}one\nelse\nnew last\n");
        check(&before, &now, 0.5);
    }
}
