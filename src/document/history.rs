//! What was edited lately, in every open document. It keeps positions and sizes, never text.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tree_sitter::InputEdit;

/// Enough for the places a programmer goes back to; a context shows fewer than ten.
const CAPACITY: usize = 64;

/// Typing on at the same place within this time is one edit.
const PAUSE: Duration = Duration::from_secs(5);

/// One recent edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// The document, as the client spells it.
    pub uri: Arc<str>,
    /// Where the inserted text is in the document's present text (moved along by later edits); empty for a deletion.
    pub range: Range<usize>,
    /// Bytes inserted.
    pub inserted: usize,
    /// Bytes removed.
    pub removed: usize,
    /// When it was last touched.
    pub at: Instant,
}

/// The recent edits of all open documents, oldest first, bounded.
#[derive(Debug, Default)]
pub struct History {
    edits: VecDeque<Recent>,
}

impl History {
    /// Remember an edit of `uri`, and move the older ones of that document along.
    pub fn record(&mut self, uri: &Arc<str>, edit: &InputEdit, at: Instant) {
        for recent in self.edits.iter_mut().filter(|recent| recent.uri == *uri) {
            recent.range = moved(&recent.range, edit);
        }
        let (inserted, removed) = (edit.new_end_byte - edit.start_byte, edit.old_end_byte - edit.start_byte);
        if let Some(last) = self.edits.back_mut()
            && last.uri == *uri
            && last.range.end == edit.start_byte
            && at.saturating_duration_since(last.at) < PAUSE
        {
            last.range.end = edit.new_end_byte;
            last.inserted += inserted;
            last.removed += removed;
            last.at = at;
            return;
        }
        if self.edits.len() == CAPACITY {
            self.edits.pop_front();
        }
        let range = edit.start_byte..edit.new_end_byte;
        self.edits.push_back(Recent { uri: Arc::clone(uri), range, inserted, removed, at });
    }

    /// Forget a document.
    pub fn forget(&mut self, uri: &str) {
        self.edits.retain(|recent| &*recent.uri != uri);
        if self.edits.is_empty() {
            self.edits.shrink_to_fit();
        }
    }

    /// The edits, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Recent> {
        self.edits.iter().rev()
    }
}

/// `range` after `edit`: kept before it, shifted behind it, cut by it.
fn moved(range: &Range<usize>, edit: &InputEdit) -> Range<usize> {
    let shift = |byte: usize, inside: usize| match byte {
        byte if byte <= edit.start_byte => byte,
        byte if byte >= edit.old_end_byte => byte - edit.old_end_byte + edit.new_end_byte,
        _ => inside,
    };
    let start = shift(range.start, edit.new_end_byte);
    start..shift(range.end, edit.start_byte).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::edit::{Edit, Text};

    fn record(history: &mut History, text: &mut Text, edit: Edit, at: Instant) {
        history.record(&Arc::from("a"), &text.apply(&edit), at);
    }

    #[test]
    fn typing_is_one_edit_and_moves_with_the_text() {
        let (mut history, mut text, now) = (History::default(), Text::new("0123456789"), Instant::now());
        record(&mut history, &mut text, Edit::insert(5, "a"), now);
        record(&mut history, &mut text, Edit::insert(6, "b"), now);
        assert_eq!(history.iter().count(), 1);
        record(&mut history, &mut text, Edit::insert(0, "___"), now);
        record(&mut history, &mut text, Edit::replace(9..12, ""), now + PAUSE);
        let ranges: Vec<_> = history.iter().map(|recent| recent.range.clone()).collect();
        assert_eq!(ranges, [9..9, 0..3, 8..9], "{:?}", text.rope.to_string());
    }

    #[test]
    fn it_is_bounded() {
        let (mut history, mut text, now) = (History::default(), Text::new(""), Instant::now());
        for _ in 0..3 * CAPACITY {
            record(&mut history, &mut text, Edit::insert(0, "x"), now);
        }
        assert_eq!(history.iter().count(), CAPACITY);
    }
}
