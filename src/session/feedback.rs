//! Passes what happens in a session to [`Feedback`](crate::feedback::Feedback), and what follows from it to menus.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::open_document::OpenDocument;
use super::state::{Session, State, text};
use crate::actions::{ActionSpec, Fix};
use crate::document::{Edit, Snapshot};
use crate::feedback::ActionKind;

/// When an accepted text is compared with the document: by then a person has read and corrected it.
const CHECK_AFTER: Duration = Duration::from_secs(30);

impl Session {
    /// The user accepted a suggestion of the answer `id`: the editor says so.
    pub fn accepted(self: &Arc<Self>, id: u64) {
        let check = {
            let mut state = self.lock();
            if id > state.last_answer {
                return;
            }
            state.counts.accepted += 1;
            let State { documents, feedback, .. } = &mut *state;
            let open = documents.values_mut().find(|open| open.feedback.shows(id));
            open.and_then(|open| feedback.end_shown(&mut open.feedback, true))
        };
        self.check_later(check);
    }

    /// The user hid a suggestion of the answer `id`, or whatever is shown in the document at `uri`: the editor says so. For some
    /// seconds nothing comes by itself.
    pub fn dismissed(self: &Arc<Self>, id: Option<u64>, uri: Option<&str>) {
        let check = {
            let mut state = self.lock();
            let quiet = Duration::from_secs(state.config.completion.options.quiet_after_dismissal_s);
            state.quiet_until = Instant::now().checked_add(quiet);
            let State { documents, feedback, .. } = &mut *state;
            let is_meant = |at: &str, open: &OpenDocument| match id {
                Some(id) => open.feedback.shows(id),
                None => uri == Some(at),
            };
            let open = documents.iter_mut().find(|(at, open)| is_meant(at, open)).map(|(_, open)| open);
            open.and_then(|open| {
                open.forget_seen();
                feedback.end_dismissed(&mut open.feedback)
            })
        };
        self.check_later(check);
    }

    /// These actions are in a menu for `snapshot`: `offers` with their edits, and those that are resolved `later`.
    pub fn offered(&self, snapshot: &Snapshot, offers: &[Fix], later: &[&'static ActionSpec]) {
        let mut state = self.lock();
        let State { documents, feedback, .. } = &mut *state;
        let Some(open) = documents.get_mut(&snapshot.uri) else { return };
        let kind = |offer: &Fix| ActionKind { action: offer.action.id, kind: offer.kind };
        let ready = offers.iter().map(|offer| (kind(offer), &*offer.edits));
        feedback.offered(&mut open.feedback, snapshot, ready, later.iter().map(|action| action.id));
    }

    /// An action was resolved to `edits` of `snapshot`, or to nothing.
    pub(super) fn resolved(&self, snapshot: &Snapshot, action: &'static ActionSpec, edits: Option<&[Edit]>) {
        let mut state = self.lock();
        let State { documents, feedback, .. } = &mut *state;
        let Some(open) = documents.get_mut(&snapshot.uri) else { return };
        let action = ActionKind { action: action.id, kind: "" };
        feedback.resolved(&mut open.feedback, action, snapshot, edits);
    }

    /// The offers, those of a kind that this user mostly undoes behind the others of their action and none of them
    /// preferred.
    pub fn by_habit(&self, mut offers: Vec<Fix>) -> Vec<Fix> {
        let history = Arc::clone(&self.lock().feedback.history);
        let regretted = |offer: &Fix| history.is_regretted(offer.action.id, offer.kind);
        offers.iter_mut().filter(|offer| regretted(offer)).for_each(|offer| offer.preferred = false);
        for same in offers.chunk_by_mut(|a, b| a.action == b.action) {
            same.sort_by_key(|offer| regretted(offer));
        }
        offers
    }

    /// Runs these retention checks after a while.
    pub(super) fn check_later(self: &Arc<Self>, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            // The command line has no runtime at all times; then the end of the session runs the check.
            let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
            let session = Arc::downgrade(self);
            runtime.spawn(async move {
                tokio::time::sleep(CHECK_AFTER).await;
                if let Some(session) = session.upgrade() {
                    let State { documents, feedback, .. } = &mut *session.lock();
                    feedback.check(number, |uri| text(documents, uri));
                }
            });
        }
    }

    /// The session ends: what is known of suggestions and accepted texts is recorded now.
    pub fn finish(&self) {
        let State { documents, feedback, calibration, .. } = &mut *self.lock();
        let mut judged = Vec::new();
        for open in documents.values_mut() {
            feedback.end_shown(&mut open.feedback, false);
            judged.extend(open.feedback.predictions.closed(open.document.text()));
        }
        feedback.check_all(|uri| text(documents, uri));
        calibration.learn(feedback.enabled, judged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{fix_diagnostic, fix_syntax};
    use crate::completion::TriggerKind;
    use crate::document::{Change, Encoding};
    use crate::session::Query;
    use crate::session::testing::saying;
    use crate::stats::{self, ActionOutcome, History, Recorder, RequestKind, UsageEvent};

    const URI: &str = "file:///x.py";

    async fn shown(session: &Arc<Session>) -> u64 {
        let request = session.begin(URI, RequestKind::Automatic).unwrap();
        let query =
            Query { offset: request.snapshot.len() - 1, trigger: TriggerKind::Automatic, selected: None };
        session.complete(request, query).await.id
    }

    fn replace(session: &Arc<Session>, text: &str) {
        let change = Change { range: None, text: text.to_owned() };
        session.change(URI, None, &[change], Encoding::Utf8).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_accepted_text_is_looked_at_again_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stats.jsonl");
        let session = saying("compute(1)");
        let recorder = Recorder::start(file.clone());
        session.record_to(recorder.clone());
        session.start_engine();
        session.engine().wait_for(Option::is_some).await.unwrap();
        session.open(URI, "python", 1, "x = \n");
        let id = shown(&session).await;
        replace(&session, "x = compute(1)\n");
        session.accepted(id);
        replace(&session, "x = compute(2)\n");
        // The task that waits begins to.
        tokio::task::yield_now().await;
        let kept = || {
            recorder.flush(Duration::from_secs(20));
            let events = stats::read(&file).unwrap().events;
            events.iter().filter(|event| matches!(event, UsageEvent::Kept(kept) if kept.share == 0.9)).count()
        };
        tokio::time::advance(CHECK_AFTER - Duration::from_secs(1)).await;
        assert_eq!(kept(), 0);
        tokio::time::advance(Duration::from_secs(2)).await;
        tokio::task::yield_now().await;
        assert_eq!(kept(), 1);
        session.finish();
        assert_eq!(kept(), 1, "once only");
    }

    #[test]
    fn what_this_user_undoes_comes_later_and_is_not_preferred() {
        let session = saying("");
        let offer = |action, kind, preferred| Fix {
            action,
            title: format!("{kind} {preferred}"),
            preferred,
            exact_share: None,
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
        let action = ActionKind { action: fix_syntax::SPEC.id, kind: "insert" };
        let undone =
            || [ActionOutcome::Applied, ActionOutcome::Undone].map(|came| action.event("rust", came));
        let events: Vec<UsageEvent> = (0..5).flat_map(|_| undone()).collect();
        session.lock().feedback.history = Arc::new(History::of(&events));
        let [a, b, c, d] = offers().try_into().unwrap();
        let later = Fix { preferred: false, ..a };
        assert_eq!(session.by_habit(offers()), [b, later, c, d]);
    }
}
