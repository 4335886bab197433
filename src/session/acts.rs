//! What becomes of code actions: offered, applied, undone, changed by hand; and what follows for the next menu. No editor
//! tells, so the document is compared with what an action would make of it. Texts are remembered in memory only; what leaves
//! here is numbers.

use std::ops::Range;

use ropey::Rope;

use super::{Open, Session, State};
use crate::actions::{self, ActionSpec, Fix};
use crate::document::{Edit, Snapshot};
use crate::stats::{Acted, ActionOutcome, UsageEvent, event, language_name};

/// Changes of a document after which a return to what it was counts no longer as an undo of the action.
const SOON: usize = 20;

/// What an action would make of a document.
#[derive(Debug)]
pub(super) struct Outlook {
    act: Act,
    before: Rope,
    after: Rope,
    /// The bytes of `after` that are new.
    new: Range<usize>,
}

/// An action, and the kind of change that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) action: &'static ActionSpec,
    pub(super) kind: &'static str,
}

/// What came of an action.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Happened {
    pub(super) act: Act,
    pub(super) came: ActionOutcome,
    /// When it was applied: the bytes of the document that are new.
    pub(super) new: Option<Range<usize>>,
}

/// What is known of the actions of one document.
#[derive(Debug, Default)]
pub(super) struct Acts {
    /// The version they were offered for.
    version: Option<i32>,
    /// Those that were counted for it.
    offered: Vec<&'static ActionSpec>,
    outlooks: Vec<Outlook>,
    /// The last one that was applied, and how many changes ago.
    applied: Option<(Act, Rope, usize)>,
}

impl Acts {
    /// The document was changed: what came of it. Called for every key; with nothing offered it costs nothing.
    pub(super) fn watch(&mut self, document: &Rope) -> Vec<Happened> {
        let mut came = Vec::new();
        // Lengths first: they differ nearly always.
        let is = |rope: &Rope| rope.len_bytes() == document.len_bytes() && rope == document;
        if let Some((act, before, changes)) = self.applied.take() {
            if is(&before) {
                came.push(Happened { act, came: ActionOutcome::Undone, new: None });
            } else if changes < SOON {
                self.applied = Some((act, before, changes + 1));
            }
        }
        if let Some(Outlook { act, before, new, .. }) =
            self.outlooks.iter().find(|outlook| is(&outlook.after))
        {
            came.push(Happened { act: *act, came: ActionOutcome::Applied, new: Some(new.clone()) });
            self.applied = Some((*act, before.clone(), 0));
        }
        self.outlooks.clear();
        came
    }
}

impl Session {
    /// These actions are in a menu for `snapshot`, with their edits where they are made already.
    pub fn offered(&self, snapshot: &Snapshot, offers: &[Fix], promised: &[&'static ActionSpec]) {
        let mut state = self.lock();
        let Some(open) = state.open.get_mut(&snapshot.uri) else { return };
        let acts = &mut open.acts;
        if acts.version != Some(snapshot.version) {
            acts.version = Some(snapshot.version);
            acts.offered.clear();
        }
        acts.outlooks.clear();
        let mut new = Vec::new();
        for action in offers.iter().map(|offer| &offer.action).chain(promised) {
            if !acts.offered.contains(action) {
                acts.offered.push(*action);
                new.push(*action);
            }
        }
        for Fix { action, kind, edits, .. } in offers {
            acts.outlooks.push(outlook(Act { action: *action, kind }, snapshot, edits));
        }
        for action in new {
            state.record_act(&snapshot.uri, Act { action, kind: "" }, ActionOutcome::Offered);
        }
    }

    /// The offers, those of a kind that this user mostly undoes behind the others of their action and none of them preferred.
    pub fn by_habit(&self, mut offers: Vec<Fix>) -> Vec<Fix> {
        let history = std::sync::Arc::clone(&self.lock().history);
        let regretted = |offer: &Fix| history.is_regretted(offer.action.id, offer.kind);
        offers.iter_mut().filter(|offer| regretted(offer)).for_each(|offer| offer.preferred = false);
        for same in offers.chunk_by_mut(|a, b| a.action == b.action) {
            same.sort_by_key(|offer| regretted(offer));
        }
        offers
    }

    /// An action was chosen and is made, or nothing passed.
    pub(super) fn made(&self, snapshot: &Snapshot, action: &'static ActionSpec, edits: Option<&[Edit]>) {
        let act = Act { action, kind: "" };
        let mut state = self.lock();
        match (edits, state.open.get_mut(&snapshot.uri)) {
            (Some(edits), Some(open)) => open.acts.outlooks.push(outlook(act, snapshot, edits)),
            (None, Some(_)) => state.record_act(&snapshot.uri, act, ActionOutcome::Failed),
            (_, None) => {}
        }
    }
}

impl State {
    /// Something came of an action; what waits to be looked at again is named.
    pub(super) fn happened(&mut self, uri: &str, happened: Happened, document: &Rope) -> Option<u64> {
        let Happened { act, came, new } = happened;
        if came == ActionOutcome::Undone {
            // That it is changed now is no news.
            self.waiting.retain(|waiting| !(waiting.is_in(uri) && waiting.act() == Some(act)));
        }
        self.record_act(uri, act, came);
        self.wait_for_edits(uri, act, document, new?)
    }

    pub(super) fn record_act(&self, uri: &str, act: Act, came: ActionOutcome) {
        let language = self.open.get(uri).map_or("other", |open: &Open| language_name(&open.language));
        self.record(acted(language, act, came));
    }
}

pub(super) fn acted(language: &str, Act { action, kind }: Act, came: ActionOutcome) -> UsageEvent {
    let (language, action, kind) = (language.to_owned(), action.id.to_owned(), kind.to_owned());
    UsageEvent::Acted(Acted { at: event::now(), language, action, kind, came })
}

fn outlook(act: Act, snapshot: &Snapshot, edits: &[Edit]) -> Outlook {
    let after = actions::applied(snapshot, edits).text;
    let start = edits.iter().map(|edit| edit.range.start).min().unwrap_or_default();
    let kept = snapshot.len() - edits.iter().map(|edit| edit.range.end).max().unwrap_or_default();
    Outlook { act, before: snapshot.text.clone(), new: start..after.len_bytes() - kept, after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{fix_diagnostic, fix_syntax};

    #[test]
    fn an_action_is_applied_when_the_document_is_what_it_makes_of_it() {
        let snapshot = Snapshot::of_text("", "f(x\ny\n", None);
        let act = Act { action: &fix_syntax::SPEC, kind: "insert" };
        let fixed = outlook(act, &snapshot, &[Edit::insert(3, ")")]);
        let mut acts = Acts { outlooks: vec![fixed], ..Acts::default() };
        let mut after = |text: &str| acts.watch(&Rope::from_str(text));
        assert_eq!(after("f(x)\ny\n"), [Happened { act, came: ActionOutcome::Applied, new: Some(3..4) }]);
        assert_eq!(after("f(x)\nyz\n"), []);
        assert_eq!(after("f(x\ny\n"), [Happened { act, came: ActionOutcome::Undone, new: None }]);
        assert_eq!(after("f(x)\ny\n"), [], "done again by hand");
    }

    #[test]
    fn what_this_user_undoes_comes_later_and_is_not_preferred() {
        use crate::config::Config;
        use crate::engine::scripted::ScriptedEngine;
        use crate::stats::History;

        let session = Session::new(
            crate::testing::registry,
            Config::default(),
            std::sync::Arc::new(|_: &Config| ScriptedEngine::always("") as _),
        );
        let offer = |action: &'static ActionSpec, kind, preferred| Fix {
            action,
            title: format!("{kind} {preferred}"),
            preferred,
            edits: Vec::new(),
            fixes: Vec::new(),
            score: 0.0,
            kind,
        };
        let offers = || {
            vec![
                offer(&fix_syntax::SPEC, "insert", true),
                offer(&fix_syntax::SPEC, "delete", false),
                offer(&fix_diagnostic::SPEC, "insert", true),
                offer(&fix_diagnostic::SPEC, "import", false),
            ]
        };
        assert_eq!(session.by_habit(offers()), offers(), "nothing is known");
        let act = Act { action: &fix_syntax::SPEC, kind: "insert" };
        let undone = || [ActionOutcome::Applied, ActionOutcome::Undone].map(|came| acted("rust", act, came));
        let events: Vec<UsageEvent> = (0..5).flat_map(|_| undone()).collect();
        session.lock().history = std::sync::Arc::new(History::of(&events));
        let [a, b, c, d] = offers().try_into().unwrap();
        let later = Fix { preferred: false, ..a };
        assert_eq!(session.by_habit(offers()), [b, later, c, d]);
    }

    #[test]
    fn another_change_ends_what_was_offered() {
        let snapshot = Snapshot::of_text("", "f(x\n", None);
        let act = Act { action: &fix_syntax::SPEC, kind: "insert" };
        let fixed = outlook(act, &snapshot, &[Edit::insert(3, ")")]);
        let mut acts = Acts { outlooks: vec![fixed], ..Acts::default() };
        assert_eq!(acts.watch(&Rope::from_str("f(x \n")), []);
        assert_eq!(acts.watch(&Rope::from_str("f(x)\n")), []);
    }
}
