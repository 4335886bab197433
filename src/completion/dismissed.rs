//! Knows suggestions again that the user dismissed or took back: the same line at a place with the same lines around it.

use ropey::Rope;

use super::suggestion::{Remembered, Suggestion};
use crate::document::position::{floor, slice};

/// Most bytes of a line that are looked at on either side of a suggestion.
const SIDE: usize = 1024;
/// Lines looked at for one with text in it, above and below.
const NEAR: usize = 20;
/// Lines with text above a place that tell it from others. One line below does.
const ABOVE: usize = 2;

/// A suggestion and its place: the line that it makes, and the lines around that. Edits elsewhere do not change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionKey {
    /// The lines around, without their indentation.
    around: Vec<String>,
    /// The first line with text that the suggestion makes, without white space.
    line: String,
    /// Letters of that line before the cursor.
    column: usize,
}

/// A suggestion that the user did not want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissed {
    /// Which one.
    pub key: SuggestionKey,
    /// Whether the user said so, by hiding it or by taking it back. Who only typed something else may have slipped: further
    /// right in the line it may come again.
    pub firmly: bool,
}

impl SuggestionKey {
    /// The key of a suggestion in `document`, in which its beginning may stand already. None when the two do not belong together.
    pub fn of(document: &Rope, suggestion: &Suggestion) -> Option<Self> {
        let whole = suggestion.whole();
        let start = whole.range().start;
        let tail = document.len_bytes().checked_sub(whole.anchor.after_len)?;
        if start > tail || [start, tail].iter().any(|byte| floor(document, *byte) != *byte) {
            return None;
        }
        // Where the rest of one begins, the user is further right.
        let cursor = suggestion.range().start.clamp(start, tail);
        let (row, end_row) = (document.byte_to_line(start), document.byte_to_line(tail));
        let line_start = document.line_to_byte(row).max(floor(document, start.saturating_sub(SIDE)));
        let before = slice(document, line_start..start);
        let after = slice(document, tail..floor(document, (tail + SIDE).min(document.len_bytes())));
        let text = whole.text().trim_start();
        let (first, rest) = text.split_once('\n').map_or((text, None), |(first, rest)| (first, Some(rest)));
        let after = if rest.is_none() { after.lines().next().unwrap_or_default() } else { "" };
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let above = (row.saturating_sub(NEAR)..row).rev();
        let below = end_row + 1..(end_row + 1 + NEAR).min(document.len_lines());
        let mut around = with_text(document, above).take(ABOVE).collect::<Vec<_>>();
        // So that a line above is never taken for the one below.
        around.push(String::new());
        around.extend(with_text(document, below).next());
        let column = squeezed(&slice(document, line_start..cursor)).chars().count();
        Some(Self { around, line: squeezed(&format!("{before}{first}{after}")), column })
    }
}

impl SuggestionKey {
    /// The same suggestion, `typed` bytes of which the user has typed already.
    pub fn behind(mut self, typed: &str) -> Self {
        self.column += typed.chars().filter(|c| !c.is_whitespace()).count();
        self
    }
}

/// Those of these lines that have text.
fn with_text(document: &Rope, rows: impl Iterator<Item = usize>) -> impl Iterator<Item = String> {
    let line = |row: usize| document.line(row).chars().take(SIDE).collect::<String>().trim().to_owned();
    rows.map(line).filter(|line| !line.is_empty())
}

impl Dismissed {
    /// Whether a suggestion with this key is the one that was not wanted.
    pub fn is(&self, key: &SuggestionKey) -> bool {
        let same_place = self.firmly || key.column <= self.key.column;
        same_place && (&self.key.around, &self.key.line) == (&key.around, &key.line)
    }
}

/// Whether the user did not want `suggestion` in `document`.
pub fn is_dismissed(dismissed: &[Dismissed], document: &Rope, suggestion: &Suggestion) -> bool {
    if dismissed.is_empty() {
        return false;
    }
    SuggestionKey::of(document, suggestion).is_some_and(|key| dismissed.iter().any(|one| one.is(&key)))
}

/// Leaves out those that the user did not want. One that was asked for since then and is being typed goes on.
pub fn leave_out(known: &mut Vec<Remembered>, dismissed: &[Dismissed], document: &Rope) {
    known.retain(|known| known.goes_on() || !is_dismissed(dismissed, document, &known.suggestion));
}
