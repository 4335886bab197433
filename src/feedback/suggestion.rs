//! Follows the suggestion on the screen: whether its text comes into the document, at once or letter by letter, is contradicted
//! there, or is taken back.

use std::collections::VecDeque;
use std::ops::Range;

use ropey::Rope;

use crate::completion::{Dismissed, Moved, Suggestion, SuggestionKey, reuse};
use crate::document::position::{floor, slice};
use crate::stats::{Disposition, RequestKind};
use crate::text::is_closer;

/// Answers of one suggestion that an editor may name in feedback. The user accepts what is shown, so the last ones.
const MOST_ANSWERS: usize = 64;

/// Bytes on either side of a suggestion by which its place is known again.
const WINDOW: usize = 64;

/// A suggestion that is on the screen, or was until it was taken.
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
    /// How it is known again when it is not wanted.
    key: Option<SuggestionKey>,
    place: Place,
    /// Length of the document after the last change.
    length: usize,
    /// The document each time before several bytes came at once: what an undo leads back to.
    before_taking: Vec<BeforeTaking>,
    /// Whether something else was typed in its place.
    contradicted: bool,
}

/// What a document was before several bytes of a suggestion came at once.
#[derive(Debug, Clone)]
struct BeforeTaking {
    length: usize,
    /// Bytes of the suggestion that were there.
    present: usize,
    /// What stood before its place.
    before: String,
    /// How it is known again there.
    key: Option<SuggestionKey>,
}

/// What stood around and in the place of a suggestion when it was shown.
#[derive(Debug)]
struct Place {
    before: String,
    within: String,
    after: String,
}

impl Place {
    fn of(text: &Rope, start: usize, tail: usize) -> Self {
        let (start, tail) = (floor(text, start), floor(text, tail));
        let from = floor(text, start.saturating_sub(WINDOW));
        let to = floor(text, (tail + WINDOW).min(text.len_bytes()));
        Self {
            before: slice(text, from.min(start)..start),
            within: slice(text, start..tail.max(start)),
            after: slice(text, tail..to.max(tail)),
        }
    }
}

impl ShownSuggestion {
    /// A suggestion that the answer `id` shows in a document with this `text`.
    pub fn new(suggestion: Suggestion, kind: RequestKind, id: u64, text: &Rope) -> Self {
        let present = reuse::taken(&suggestion, text);
        let (start, length) = (suggestion.range().start, text.len_bytes());
        Self {
            key: SuggestionKey::of(text, &suggestion),
            place: Place::of(text, start, length.saturating_sub(suggestion.anchor.after_len)),
            suggestion,
            kind,
            answers: [id].into(),
            present,
            at_once: 0,
            complete: None,
            length,
            before_taking: Vec::new(),
            contradicted: false,
        }
    }

    /// The document was changed above it, not by the user: the same there.
    pub fn moved(&mut self, by: &Moved) {
        let Some(suggestion) = self.suggestion.moved(by) else { return };
        let before = by.before.len_bytes();
        let longer = |length: usize| (length + by.after.len_bytes()).saturating_sub(before);
        let (start, length) = (suggestion.range().start, by.after.len_bytes());
        let place = Place::of(&by.after, start, length.saturating_sub(suggestion.anchor.after_len));
        self.key = SuggestionKey::of(&by.after, &suggestion).or_else(|| self.key.take());
        self.suggestion = suggestion;
        self.length = length;
        if let Some((text, _)) = &mut self.complete {
            *text = by.after.clone();
        }
        self.place.before = place.before;
        // An undo may take the change back together with what was taken.
        let behind = |then: &BeforeTaking| BeforeTaking {
            length: longer(then.length),
            before: self.place.before.clone(),
            key: self.key.clone(),
            ..*then
        };
        let both: Vec<BeforeTaking> =
            self.before_taking.iter().flat_map(|then| [behind(then), then.clone()]).collect();
        self.before_taking = both;
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

    /// The document was changed: whether the user showed by that that it is not wanted. Compares some bytes only, because this
    /// runs for every key.
    pub fn text_changed(&mut self, text: &Rope) -> Option<Dismissed> {
        let before = std::mem::replace(&mut self.length, text.len_bytes());
        let present = reuse::taken(&self.suggestion, text);
        if let Some(at) = self.before_taking.iter().position(|before| self.is_back(text, before)) {
            let key = self.before_taking.swap_remove(at).key;
            self.before_taking.truncate(at);
            (self.present, self.complete) = (present, None);
            return key.map(|key| Dismissed { key, firmly: true });
        }
        // Fewer than before: deleted again, or moved by an edit above.
        if let Some(new) = self.suggestion.text().get(self.present..present).filter(|new| !new.is_empty()) {
            let at_once = new.chars().nth(1).is_some();
            if at_once {
                self.at_once += new.len();
                let (length, present) = (before, self.present);
                let (before, key) = (self.place.before.clone(), self.key.clone());
                self.before_taking.push(BeforeTaking { length, present, before, key });
            }
            self.present = present;
            if present == self.bytes() {
                let disposition = if at_once { Disposition::Accepted } else { Disposition::Typed };
                self.complete = Some((text.clone(), disposition));
            }
        } else if !self.contradicted && self.is_contradicted(text) {
            self.contradicted = true;
            // Up to there the user wanted it, as far as one can tell.
            let wanted = self.suggestion.text().get(..present).unwrap_or_default();
            return self.unwanted(false).map(|found| Dismissed { key: found.key.behind(wanted), ..found });
        }
        None
    }

    /// It as one that the user does not want.
    pub fn unwanted(&self, firmly: bool) -> Option<Dismissed> {
        self.key.clone().map(|key| Dismissed { key, firmly })
    }

    /// Whether the document is again what it was before a part was taken. Some editors take back with it what was typed right
    /// before.
    fn is_back(&self, text: &Rope, then: &BeforeTaking) -> bool {
        let Some(removed) = then.length.checked_sub(text.len_bytes()) else { return false };
        if !self.place.within.is_empty() {
            return removed == 0 && self.within(text).is_some_and(|now| now == self.place.within);
        }
        let left =
            format!("{}{}", then.before, self.suggestion.text().get(..then.present).unwrap_or_default());
        let left = left.len().checked_sub(removed).and_then(|end| left.get(..end));
        let tail = text.len_bytes().checked_sub(self.suggestion.anchor.after_len);
        let (Some(left), Some(tail)) = (left, tail) else { return false };
        let Some(from) = tail.checked_sub(left.len()) else { return false };
        let now = Place::of(text, from, tail);
        now.within == left && now.after == self.place.after
    }

    /// What stands in its place now; None when the document was changed elsewhere, too.
    fn within(&self, text: &Rope) -> Option<String> {
        let start = self.suggestion.range().start;
        let tail = text.len_bytes().checked_sub(self.suggestion.anchor.after_len)?;
        // No more than a hand can type of it, or take.
        if tail < start || tail - start > self.place.within.len() + self.bytes() + WINDOW {
            return None;
        }
        let now = Place::of(text, start, tail);
        (now.before == self.place.before && now.after == self.place.after).then_some(now.within)
    }

    /// Whether something else than the suggestion was typed in its place.
    fn is_contradicted(&self, text: &Rope) -> bool {
        let Some(now) = self.within(text).filter(|now| now.len() > self.place.within.len()) else {
            return false;
        };
        // What was typed, and behind it what stood there already, or closers that the editor added.
        let follows = |rest: &str| self.place.within.ends_with(rest) || rest.chars().all(is_closer);
        let mut ends = (1..=now.len()).filter(|end| now.is_char_boundary(*end));
        !ends.any(|end| self.suggestion.text().starts_with(&now[..end]) && follows(&now[end..]))
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
    pub fn complete_text(&self) -> Option<Rope> {
        self.complete.as_ref().map(|(text, _)| text.clone())
    }
}
