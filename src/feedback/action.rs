//! Follows code actions: offered, applied, undone. A document that becomes what an action makes of it has it applied.

use std::ops::Range;

use ropey::Rope;

use crate::actions;
use crate::document::{Edit, Snapshot};
use crate::stats::{Acted, ActionOutcome, UsageEvent, event};

/// Changes of a document after which a return to the text before is no longer counted as an undo of the action.
const UNDO_WITHIN: usize = 20;

/// An action, and the kind of change that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionKind {
    pub action: &'static str,
    /// The kind of change; empty where the action makes one kind only.
    pub kind: &'static str,
}

/// What an action would make of a document.
#[derive(Debug)]
pub struct PredictedResult {
    action: ActionKind,
    before: Rope,
    after: Rope,
    /// The bytes of `after` that are new.
    new: Range<usize>,
}

/// Something that happened to an action.
#[derive(Debug, PartialEq, Eq)]
pub struct ActionEvent {
    pub(super) action: ActionKind,
    pub(super) outcome: ActionOutcome,
    /// When it was applied: the bytes of the document that are new.
    pub(super) new: Option<Range<usize>>,
}

/// The actions of one document.
#[derive(Debug, Default)]
pub struct ActionTracker {
    /// The version of the document that `offered` is about.
    version: Option<i32>,
    /// The names of those that were counted for this version.
    offered: Vec<&'static str>,
    results: Vec<PredictedResult>,
    /// The action that was applied last, the text before it, and the number of changes since.
    applied: Option<(ActionKind, Rope, usize)>,
}

impl ActionKind {
    /// What came of it, for the statistics.
    pub fn event(self, language: &str, came: ActionOutcome) -> UsageEvent {
        let (language, action, kind) = (language.to_owned(), self.action.to_owned(), self.kind.to_owned());
        UsageEvent::Acted(Acted { at: event::now(), language, action, kind, came })
    }
}

impl PredictedResult {
    /// What `edits` would make of `snapshot`.
    pub fn new(action: ActionKind, snapshot: &Snapshot, edits: &[Edit]) -> Self {
        let after = actions::with_edits(snapshot, edits).text;
        let start = edits.iter().map(|edit| edit.range.start).min().unwrap_or_default();
        let kept = snapshot.len() - edits.iter().map(|edit| edit.range.end).max().unwrap_or_default();
        Self { action, before: snapshot.text.clone(), new: start..after.len_bytes() - kept, after }
    }
}

impl ActionTracker {
    /// Actions with these results, and those named `lazy`, are in a menu for the document at `version`. Returns the names
    /// that are new for this version.
    pub fn offer(
        &mut self,
        version: i32,
        results: Vec<PredictedResult>,
        lazy: impl Iterator<Item = &'static str>,
    ) -> Vec<&'static str> {
        if self.version != Some(version) {
            (self.version, self.offered) = (Some(version), Vec::new());
        }
        self.results = results;
        let known = self.offered.len();
        for action in self.results.iter().map(|result| result.action.action).chain(lazy) {
            if !self.offered.contains(&action) {
                self.offered.push(action);
            }
        }
        self.offered[known..].to_vec()
    }

    /// One more action may be applied next.
    pub fn expect(&mut self, result: PredictedResult) {
        self.results.push(result);
    }

    /// The document was changed: what came of the actions. This runs for every key; with nothing offered it costs nothing.
    pub fn text_changed(&mut self, text: &Rope) -> Vec<ActionEvent> {
        let mut events = Vec::new();
        // Lengths first: they differ nearly always.
        let is = |rope: &Rope| rope.len_bytes() == text.len_bytes() && rope == text;
        if let Some((action, before, changes)) = self.applied.take() {
            if is(&before) {
                events.push(ActionEvent { action, outcome: ActionOutcome::Undone, new: None });
            } else if changes < UNDO_WITHIN {
                self.applied = Some((action, before, changes + 1));
            }
        }
        if let Some(PredictedResult { action, before, new, .. }) =
            std::mem::take(&mut self.results).into_iter().find(|result| is(&result.after))
        {
            events.push(ActionEvent { action, outcome: ActionOutcome::Applied, new: Some(new) });
            self.applied = Some((action, before, 0));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSERT: ActionKind = ActionKind { action: "fix_syntax", kind: "insert" };

    fn tracker() -> ActionTracker {
        let snapshot = Snapshot::of_text("", "f(x\ny\n", None);
        let mut tracker = ActionTracker::default();
        tracker.expect(PredictedResult::new(INSERT, &snapshot, &[Edit::insert(3, ")")]));
        tracker
    }

    #[test]
    fn an_action_is_applied_when_the_document_is_what_it_makes_of_it() {
        let mut tracker = tracker();
        let mut after = |text: &str| tracker.text_changed(&Rope::from_str(text));
        let event = |outcome, new| ActionEvent { action: INSERT, outcome, new };
        assert_eq!(after("f(x)\ny\n"), [event(ActionOutcome::Applied, Some(3..4))]);
        assert_eq!(after("f(x)\nyz\n"), []);
        assert_eq!(after("f(x\ny\n"), [event(ActionOutcome::Undone, None)]);
        assert_eq!(after("f(x)\ny\n"), [], "done again by hand");
    }

    #[test]
    fn another_change_ends_what_was_offered() {
        let mut tracker = tracker();
        assert_eq!(tracker.text_changed(&Rope::from_str("f(x \ny\n")), []);
        assert_eq!(tracker.text_changed(&Rope::from_str("f(x)\ny\n")), []);
    }

    #[test]
    fn an_action_is_offered_once_for_each_version() {
        let mut tracker = ActionTracker::default();
        let mut offer =
            |version, names: [&'static str; 2]| tracker.offer(version, Vec::new(), names.into_iter());
        assert_eq!(offer(1, ["a", "a"]), ["a"]);
        assert_eq!(offer(1, ["a", "b"]), ["b"]);
        assert_eq!(offer(2, ["a", "b"]), ["a", "b"]);
    }
}
