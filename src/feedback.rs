//! Tracks what becomes of suggestions and code actions: accepted or not, undone, and how much of them stays.
//!
//! Not every editor reports this, so each document is compared with what was suggested. Texts are kept in memory only;
//! what is recorded are numbers and names of enums.

mod action;
mod predictions;
mod reactions;
mod retention;
mod suggestion;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

pub use action::ActionKind;
use action::{ActionEvent, ActionTracker, PredictedResult};
pub use predictions::{Judged, Predictions};
use reactions::Reactions;
use retention::RetentionCheck;
use suggestion::ShownSuggestion;

use crate::completion::{Dismissed, Moved, Suggestion};
use crate::document::{Edit, Snapshot};
use crate::stats::{self, ActionOutcome, Disposition, Ended, History, Recorder, RequestKind, UsageEvent};

/// Most retention checks that wait. A rope shares its memory with the document's, but keeps what was changed since.
const MOST_CHECKS: usize = 32;

/// Most dismissed suggestions that are remembered of one document.
const MOST_DISMISSED: usize = 64;

/// Changes of a document after which a suggestion that was taken is no longer followed.
const UNDO_WITHIN: usize = 50;

/// What is recorded for one session, and the retention checks that wait.
pub struct Feedback {
    /// Whether anything is recorded.
    pub enabled: bool,
    pub recorder: Recorder,
    /// What the user accepted in earlier sessions.
    pub history: Arc<History>,
    /// Oldest first.
    checks: VecDeque<RetentionCheck>,
    last_check: u64,
    /// What the user did not want, by document, oldest first. It outlasts closing and opening a file again.
    dismissed: HashMap<Arc<str>, Arc<[Dismissed]>>,
    reactions: Reactions,
}

/// The feedback about one open document.
#[derive(Debug)]
pub struct DocumentFeedback {
    uri: Arc<str>,
    /// The name of its language, as statistics may write it.
    language: String,
    /// The suggestion on the screen, until its disposition is known.
    shown: Option<ShownSuggestion>,
    /// The suggestion that was taken last, and the changes of the document since.
    taken: Option<(ShownSuggestion, usize)>,
    actions: ActionTracker,
    /// What was predicted, until the user has written it or something else.
    pub predictions: Predictions,
}

impl DocumentFeedback {
    /// Feedback about a document that was just opened.
    pub fn new(uri: Arc<str>, language: &str) -> Self {
        let language = stats::language_name(language).to_owned();
        let (actions, predictions) = (ActionTracker::default(), Predictions::default());
        Self { uri, language, shown: None, taken: None, actions, predictions }
    }

    /// The name of the document's language, as statistics may write it.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Whether the suggestion on the screen was in the answer `id`.
    pub fn shows(&self, id: u64) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.has(id))
    }
}

impl Feedback {
    /// Records nothing until it has a recorder.
    pub fn new(enabled: bool) -> Self {
        let (recorder, history) = (Recorder::off(), Arc::default());
        let (dismissed, reactions) = (HashMap::new(), Reactions::default());
        Self { enabled, recorder, history, checks: VecDeque::new(), last_check: 0, dismissed, reactions }
    }

    /// Records an event, unless the user has switched that off.
    pub fn record(&self, event: UsageEvent) {
        if self.enabled {
            self.recorder.record(event);
        }
    }

    /// Compares a document that has changed with what was suggested in it. Returns the numbers of the retention checks
    /// that follow, and whether the user showed that a suggestion is not wanted. This runs for every key.
    pub fn text_changed(&mut self, document: &mut DocumentFeedback, text: &Rope) -> (Vec<u64>, bool) {
        let shown = document.shown.as_mut().and_then(|shown| shown.text_changed(text));
        let taken = document.taken.as_mut().and_then(|(taken, changes)| {
            *changes += 1;
            taken.text_changed(text).filter(|found| found.firmly)
        });
        if taken.is_some() || document.taken.as_ref().is_some_and(|(_, changes)| *changes > UNDO_WITHIN) {
            document.taken = None;
        }
        if taken.is_some() {
            self.reactions.take_back();
        }
        let unwanted = shown.is_some() || taken.is_some();
        shown.into_iter().chain(taken).for_each(|found| self.dismiss(&document.uri, found));
        let events = document.actions.text_changed(text);
        let checks = events.into_iter().filter_map(|event| self.action_event(document, event, text));
        (checks.collect(), unwanted)
    }

    /// The document was changed by imports that a suggestion brought: nobody typed that.
    pub fn moved(&mut self, document: &mut DocumentFeedback, by: &Moved) {
        let taken = document.taken.as_mut().map(|(taken, _)| taken);
        document.shown.iter_mut().chain(taken).for_each(|shown| shown.moved(by));
    }

    /// Remembers what the user did not want in a document.
    fn dismiss(&mut self, uri: &Arc<str>, found: Dismissed) {
        let known = self.dismissed.entry(Arc::clone(uri)).or_default();
        let is_new = |other: &&Dismissed| other.key != found.key || other.firmly && !found.firmly;
        let mut all: Vec<Dismissed> = known.iter().filter(is_new).cloned().collect();
        all.push(found);
        let oldest = all.len().saturating_sub(MOST_DISMISSED);
        *known = all.drain(oldest..).collect();
    }

    /// What the user did not want in a document.
    pub fn dismissed_in(&self, uri: &str) -> Arc<[Dismissed]> {
        self.dismissed.get(uri).cloned().unwrap_or_default()
    }

    /// The user hid the suggestion on the screen: the editor says so. Returns the number of the retention check that follows.
    pub fn end_dismissed(&mut self, document: &mut DocumentFeedback) -> Option<u64> {
        if let Some(found) = document.shown.as_ref().and_then(|shown| shown.unwanted(true)) {
            self.dismiss(&document.uri, found);
        }
        self.end_shown(document, false)
    }

    /// How the user took the last suggestions.
    pub fn reactions(&self) -> &Reactions {
        &self.reactions
    }

    fn action_event(&mut self, document: &DocumentFeedback, event: ActionEvent, text: &Rope) -> Option<u64> {
        let ActionEvent { action, outcome, new } = event;
        if outcome == ActionOutcome::Undone {
            // It is known already that nothing of it stays.
            self.checks.retain(|check| !(check.uri == document.uri && check.action == Some(action)));
        }
        self.record(action.event(&document.language, outcome));
        let new = new.filter(|new| !new.is_empty())?;
        self.check_later(document, text.clone(), new, 0, Some(action))
    }

    /// Shows `suggestion` in the answer `id`, in the place of what was shown before. Returns whether it is the rest of
    /// that, and the number of the retention check that follows.
    pub fn show(
        &mut self,
        document: &mut DocumentFeedback,
        suggestion: &Suggestion,
        kind: RequestKind,
        id: u64,
        text: &Rope,
    ) -> (bool, Option<u64>) {
        if let Some(shown) = document.shown.as_mut().filter(|shown| shown.is(suggestion)) {
            shown.answered(id);
            return (true, None);
        }
        let check = self.end_shown(document, false);
        document.shown = Some(ShownSuggestion::new(suggestion.clone(), kind, id, text));
        (false, check)
    }

    /// Ends the suggestion on the screen; `accepted` when the editor said so. Returns the number of the retention check
    /// that follows.
    pub fn end_shown(&mut self, document: &mut DocumentFeedback, accepted: bool) -> Option<u64> {
        let shown = document.shown.take()?;
        let (bytes, lines, range) = (shown.bytes(), shown.lines(), shown.range());
        let ended = Ended {
            at: stats::event::now(),
            language: document.language.clone(),
            kind: shown.kind,
            lines,
            bytes,
            fate: shown.disposition(accepted),
            taken: shown.accepted_bytes(accepted),
        };
        let kept = ended.fate == Disposition::Accepted;
        let was_taken = ended.fate != Disposition::Dismissed || ended.taken > 0;
        if shown.kind == RequestKind::Automatic {
            self.reactions.add(was_taken);
        }
        self.record(UsageEvent::Ended(ended));
        let text = shown.complete_text().filter(|_| kept);
        if was_taken {
            document.taken = Some((shown, 0));
        }
        let text = text?;
        self.check_later(document, text, range, lines, None)
    }

    /// These actions are in a menu for `snapshot`: some with their edits, and the names of those that a model resolves
    /// later. Each is recorded once for each version of the document.
    pub fn offered<'a>(
        &mut self,
        document: &mut DocumentFeedback,
        snapshot: &Snapshot,
        ready: impl Iterator<Item = (ActionKind, &'a [Edit])>,
        lazy: impl Iterator<Item = &'static str>,
    ) {
        let results: Vec<_> =
            ready.map(|(action, edits)| PredictedResult::new(action, snapshot, edits)).collect();
        for action in document.actions.offer(snapshot.version, results, lazy) {
            let action = ActionKind { action, kind: "" };
            self.record(action.event(&document.language, ActionOutcome::Offered));
        }
    }

    /// An action was resolved to `edits` of `snapshot`, or to nothing.
    pub fn resolved(
        &mut self,
        document: &mut DocumentFeedback,
        action: ActionKind,
        snapshot: &Snapshot,
        edits: Option<&[Edit]>,
    ) {
        match edits {
            Some(edits) => document.actions.expect(PredictedResult::new(action, snapshot, edits)),
            None => self.record(action.event(&document.language, ActionOutcome::Failed)),
        }
    }

    /// Puts a retention check into the queue: how much of the bytes `range` of `before` stays. Returns its number.
    fn check_later(
        &mut self,
        document: &DocumentFeedback,
        before: Rope,
        range: Range<usize>,
        lines: usize,
        action: Option<ActionKind>,
    ) -> Option<u64> {
        if !self.enabled {
            return None;
        }
        if self.checks.len() == MOST_CHECKS {
            self.checks.pop_front();
        }
        self.last_check += 1;
        let (uri, language) = (Arc::clone(&document.uri), document.language.clone());
        let number = self.last_check;
        self.checks.push_back(RetentionCheck { number, uri, language, lines, before, range, action });
        Some(number)
    }

    /// Runs the retention check with this number.
    pub fn check(&mut self, number: u64, text: impl Fn(&str) -> Option<Rope>) {
        self.check_where(|check| check.number == number, text);
    }

    /// Runs the retention checks of the document at `uri`.
    pub fn check_document(&mut self, uri: &str, text: impl Fn(&str) -> Option<Rope>) {
        self.check_where(|check| &*check.uri == uri, text);
    }

    /// Runs all retention checks.
    pub fn check_all(&mut self, text: impl Fn(&str) -> Option<Rope>) {
        self.check_where(|_| true, text);
    }

    fn check_where(&mut self, due: impl Fn(&RetentionCheck) -> bool, text: impl Fn(&str) -> Option<Rope>) {
        let (due, later) = std::mem::take(&mut self.checks).into_iter().partition(|check| due(check));
        self.checks = later;
        let due: VecDeque<RetentionCheck> = due;
        for check in due {
            let Some(now) = text(&check.uri) else { continue };
            // The recorder's thread compares the texts: that takes too long for the thread that holds the lock.
            self.recorder.record_later(move || check.run(&now));
        }
    }
}
