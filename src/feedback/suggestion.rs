//! Follows the suggestion on the screen: whether its text comes into the document, and whether at once or letter by letter.

use std::collections::VecDeque;
use std::ops::Range;

use ropey::Rope;

use crate::completion::{Suggestion, reuse};
use crate::stats::{Disposition, RequestKind};

/// Answers of one suggestion that an editor may name in feedback. The user accepts what is shown, so the last ones.
const MOST_ANSWERS: usize = 64;

/// A suggestion that is on the screen.
#[derive(Debug)]
pub struct ShownSuggestion {
    /// As it was generated.
    suggestion: Suggestion,
    pub(super) kind: RequestKind,
    /// The answers that showed it, or the rest of it.
    answers: VecDeque<u64>,
    /// Bytes of it that are in the document so far.
    present: usize,
    /// Of these, the bytes that came several at once: accepted, not typed.
    at_once: usize,
    /// The document when all of the suggestion was in it first, and how the last of its bytes came.
    complete: Option<(Rope, Disposition)>,
}

impl ShownSuggestion {
    /// A suggestion that the answer `id` shows in a document with this `text`.
    pub fn new(suggestion: Suggestion, kind: RequestKind, id: u64, text: &Rope) -> Self {
        let present = reuse::taken(&suggestion, text);
        Self { suggestion, kind, answers: [id].into(), present, at_once: 0, complete: None }
    }

    /// Whether `suggestion` is this one.
    pub fn is(&self, suggestion: &Suggestion) -> bool {
        self.suggestion.is_same_text(suggestion)
    }

    /// The answer `id` showed it again, or the rest of it.
    pub fn answered(&mut self, id: u64) {
        if self.answers.len() == MOST_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(id);
    }

    /// Whether the answer `id` showed it.
    pub fn has(&self, id: u64) -> bool {
        self.answers.contains(&id)
    }

    /// The document was changed. Compares some bytes only, because this runs for every key.
    pub fn text_changed(&mut self, text: &Rope) {
        let present = reuse::taken(&self.suggestion, text);
        // Fewer than before: deleted again, or moved by an edit above.
        let new = self.suggestion.text().get(self.present..present).filter(|new| !new.is_empty());
        let Some(new) = new else { return };
        let at_once = new.chars().nth(1).is_some();
        self.at_once += if at_once { new.len() } else { 0 };
        self.present = present;
        if present == self.bytes() {
            let disposition = if at_once { Disposition::Accepted } else { Disposition::Typed };
            self.complete = Some((text.clone(), disposition));
        }
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        self.suggestion.text().len()
    }

    /// Its lines: 1 when it ends on the cursor's line.
    pub fn lines(&self) -> usize {
        self.suggestion.text().matches('\n').count() + 1
    }

    /// Its bytes in the document that it completes.
    pub fn range(&self) -> Range<usize> {
        self.suggestion.range().start..self.suggestion.range().start + self.bytes()
    }

    /// What became of it; `accepted` when the editor said so.
    pub fn disposition(&self, accepted: bool) -> Disposition {
        match &self.complete {
            _ if accepted => Disposition::Accepted,
            Some((_, disposition)) => *disposition,
            None => Disposition::Dismissed,
        }
    }

    /// Its bytes that were accepted, not typed; `accepted` when the editor said so.
    pub fn accepted_bytes(&self, accepted: bool) -> usize {
        // The editor may say so before the text arrives, or the user may accept a single letter.
        let unseen = accepted && self.at_once == 0;
        if unseen { self.bytes() - self.present.min(self.bytes() - 1) } else { self.at_once }
    }

    /// The document when all of the suggestion was in it first.
    pub fn into_complete_text(self) -> Option<Rope> {
        self.complete.map(|(text, _)| text)
    }
}
