//! What becomes of code actions: offered, applied, undone. No editor tells, so the document is compared with what an action
//! would make of it. Texts are remembered in memory only; what leaves here is numbers.

use ropey::Rope;

use super::{Open, Session, State};
use crate::actions::{self, Action};
use crate::document::{Edit, Snapshot};
use crate::stats::{Acted, Came, Event, event, language_name};

/// Changes of a document after which a return to what it was counts no longer as an undo of the action.
const SOON: usize = 20;

/// What an action would make of a document.
#[derive(Debug)]
pub(super) struct Outlook {
    action: Action,
    before: Rope,
    after: Rope,
}

/// What is known of the actions of one document.
#[derive(Debug, Default)]
pub(super) struct Acts {
    /// The version they were offered for.
    version: Option<i32>,
    /// Those that were counted for it.
    offered: Vec<Action>,
    outlooks: Vec<Outlook>,
    /// The last one that was applied, and how many changes ago.
    applied: Option<(Action, Rope, usize)>,
}

impl Acts {
    /// The document was changed: what came of it. Called for every key; with nothing offered it costs nothing.
    pub(super) fn watch(&mut self, document: &Rope) -> Vec<(Action, Came)> {
        let mut came = Vec::new();
        // Lengths first: they differ nearly always.
        let is = |rope: &Rope| rope.len_bytes() == document.len_bytes() && rope == document;
        if let Some((action, before, changes)) = self.applied.take() {
            if is(&before) {
                came.push((action, Came::Undone));
            } else if changes < SOON {
                self.applied = Some((action, before, changes + 1));
            }
        }
        if let Some(outlook) = self.outlooks.iter().find(|outlook| is(&outlook.after)) {
            came.push((outlook.action, Came::Applied));
            self.applied = Some((outlook.action, outlook.before.clone(), 0));
        }
        self.outlooks.clear();
        came
    }
}

impl Session {
    /// These actions are in a menu for `snapshot`, with their edits where they are made already.
    pub fn offered(&self, snapshot: &Snapshot, offers: &[(Action, &[Edit])]) {
        let mut state = self.lock();
        let Some(open) = state.open.get_mut(&snapshot.uri) else { return };
        let acts = &mut open.acts;
        if acts.version != Some(snapshot.version) {
            acts.version = Some(snapshot.version);
            acts.offered.clear();
        }
        acts.outlooks.clear();
        let mut new = Vec::new();
        for (action, edits) in offers {
            if !acts.offered.contains(action) {
                acts.offered.push(*action);
                new.push(*action);
            }
            if !edits.is_empty() {
                acts.outlooks.push(outlook(*action, snapshot, edits));
            }
        }
        for action in new {
            state.record_act(&snapshot.uri, action, Came::Offered);
        }
    }

    /// An action was chosen and is made, or nothing passed.
    pub(super) fn made(&self, snapshot: &Snapshot, action: Action, edits: Option<&[Edit]>) {
        let mut state = self.lock();
        match (edits, state.open.get_mut(&snapshot.uri)) {
            (Some(edits), Some(open)) => open.acts.outlooks.push(outlook(action, snapshot, edits)),
            (None, Some(_)) => state.record_act(&snapshot.uri, action, Came::Failed),
            (_, None) => {}
        }
    }
}

impl State {
    pub(super) fn record_act(&self, uri: &str, action: Action, came: Came) {
        let language = self.open.get(uri).map_or("other", |open: &Open| language_name(&open.language));
        let (language, action) = (language.to_owned(), action.name().to_owned());
        self.record(Event::Acted(Acted { at: event::now(), language, action, came }));
    }
}

fn outlook(action: Action, snapshot: &Snapshot, edits: &[Edit]) -> Outlook {
    let after = actions::applied(snapshot, edits).text;
    Outlook { action, before: snapshot.text.clone(), after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_applied_when_the_document_is_what_it_makes_of_it() {
        let snapshot = Snapshot::of_text("", "f(x\ny\n", None);
        let fixed = outlook(Action::FixSyntax, &snapshot, &[Edit::insert(3, ")")]);
        let mut acts = Acts { outlooks: vec![fixed], ..Acts::default() };
        let mut after = |text: &str| acts.watch(&Rope::from_str(text));
        assert_eq!(after("f(x)\ny\n"), [(Action::FixSyntax, Came::Applied)]);
        assert_eq!(after("f(x)\nyz\n"), []);
        assert_eq!(after("f(x\ny\n"), [(Action::FixSyntax, Came::Undone)]);
        assert_eq!(after("f(x)\ny\n"), [], "done again by hand");
    }

    #[test]
    fn another_change_ends_what_was_offered() {
        let snapshot = Snapshot::of_text("", "f(x\n", None);
        let fixed = outlook(Action::FixSyntax, &snapshot, &[Edit::insert(3, ")")]);
        let mut acts = Acts { outlooks: vec![fixed], ..Acts::default() };
        assert_eq!(acts.watch(&Rope::from_str("f(x \n")), []);
        assert_eq!(acts.watch(&Rope::from_str("f(x)\n")), []);
    }
}
