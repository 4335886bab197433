//! What becomes of a suggestion: taken, typed out, or left; and how much of it is still there later. Texts are remembered
//! in memory only, and few of them; what leaves here is numbers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ropey::Rope;

use super::acts::{Act, acted};
use super::{Session, State, kept};
use crate::completion::Shown;
use crate::stats::{self, ActionOutcome, Disposition, Ended, RequestKind, UsageEvent};

/// When an accepted text is looked at again: by then a person has read and mended it.
const LATER: Duration = Duration::from_secs(30);
/// Most accepted texts that wait for that. A rope shares its memory with the document's, but keeps what was changed since.
const MOST_WAITING: usize = 32;
/// Answers of one suggestion that feedback may name; the user takes what is shown, so the last ones.
const MOST_ANSWERS: usize = 64;

/// A suggestion that is shown now.
#[derive(Debug)]
pub(super) struct Pending {
    shown: Shown,
    language: String,
    kind: RequestKind,
    /// The answers that showed it, or the rest of it.
    ids: VecDeque<u64>,
    /// Its bytes in the document so far.
    there: usize,
    /// Of these, those that came several at once: taken, not typed.
    taken: usize,
    /// The document when all of them were there first, and how the last of them came.
    whole: Option<(Rope, Disposition)>,
}

/// An accepted text that will be looked at again.
#[derive(Debug)]
pub(super) struct Waiting {
    id: u64,
    uri: Arc<str>,
    language: String,
    lines: usize,
    document: Rope,
    range: Range<usize>,
    /// None: it is a suggestion.
    act: Option<Act>,
}

impl Pending {
    pub(super) fn new(shown: Shown, language: &str, kind: RequestKind, document: &Rope) -> Self {
        let there = shown.taken(document);
        let language = language.to_owned();
        Self { shown, language, kind, ids: VecDeque::new(), there, taken: 0, whole: None }
    }

    /// Whether `shown` is this suggestion.
    pub(super) fn is(&self, shown: &Shown) -> bool {
        self.shown == *shown
    }

    /// Another answer showed it.
    pub(super) fn answered(&mut self, id: u64) {
        if self.ids.len() == MOST_ANSWERS {
            self.ids.pop_front();
        }
        self.ids.push_back(id);
    }

    /// The document was changed. A comparison of some bytes: this is called for every key.
    pub(super) fn watch(&mut self, document: &Rope) {
        let there = self.shown.taken(document);
        // Less than before: deleted again, or moved by an edit above.
        let Some(new) = self.shown.text.get(self.there..there).filter(|new| !new.is_empty()) else { return };
        let at_once = new.chars().nth(1).is_some();
        self.taken += if at_once { new.len() } else { 0 };
        self.there = there;
        if there == self.shown.text.len() {
            self.whole =
                Some((document.clone(), if at_once { Disposition::Accepted } else { Disposition::Typed }));
        }
    }

    /// Whether the answer `id` showed it.
    pub(super) fn has(&self, id: u64) -> bool {
        self.ids.contains(&id)
    }
}

/// Lines of a suggestion: 1 when it ends where the cursor's line does.
pub(super) fn lines(text: &str) -> usize {
    text.matches('\n').count() + 1
}

impl State {
    pub(super) fn record(&self, event: UsageEvent) {
        if self.config.stats.enabled {
            self.recorder.record(event);
        }
    }

    /// What is shown in a document is shown no longer. Returns the name of what waits to be looked at again.
    pub(super) fn end_shown(&mut self, uri: &str, accepted: bool) -> Option<u64> {
        let uri = Arc::clone(self.open.get_key_value(uri)?.0);
        let pending = self.open.get_mut(&uri)?.pending.take()?;
        let (bytes, lines) = (pending.shown.text.len(), lines(&pending.shown.text));
        let fate = match &pending.whole {
            _ if accepted => Disposition::Accepted,
            Some((_, fate)) => *fate,
            None => Disposition::Dismissed,
        };
        // The editor may say so before the text arrives, or take a single letter.
        let taken =
            if accepted && pending.taken == 0 { bytes - pending.there.min(bytes - 1) } else { pending.taken };
        let (at, language, kind) = (stats::event::now(), pending.language, pending.kind);
        self.record(UsageEvent::Ended(Ended {
            at,
            language: language.clone(),
            kind,
            lines,
            bytes,
            fate,
            taken,
        }));
        let (document, _) =
            pending.whole.filter(|_| fate == Disposition::Accepted && self.config.stats.enabled)?;
        let range = pending.shown.offset..pending.shown.offset + bytes;
        Some(self.wait(Waiting { id: 0, uri, language, lines, document, range, act: None }))
    }

    /// What an action put into `range` of a document will be looked at again, if it put something there.
    pub(super) fn wait_for_edits(
        &mut self,
        uri: &str,
        act: Act,
        document: &Rope,
        range: Range<usize>,
    ) -> Option<u64> {
        let (uri, open) = self.open.get_key_value(uri).filter(|_| self.config.stats.enabled)?;
        let language = stats::language_name(&open.language).to_owned();
        let (uri, document) = (Arc::clone(uri), document.clone());
        (!range.is_empty())
            .then(|| self.wait(Waiting { id: 0, uri, language, lines: 0, document, range, act: Some(act) }))
    }

    fn wait(&mut self, waiting: Waiting) -> u64 {
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.last_waiting += 1;
        self.waiting.push_back(Waiting { id: self.last_waiting, ..waiting });
        self.last_waiting
    }

    /// Look at the accepted texts that are `due` now.
    pub(super) fn look_again(&mut self, due: impl Fn(&Waiting) -> bool) {
        let (due, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|waiting| due(waiting));
        self.waiting = waiting;
        let due: VecDeque<Waiting> = due;
        for Waiting { uri, language, lines, document, range, act, .. } in due {
            let Some(now) = self.store.get(&uri).map(|document| document.text().clone()) else { continue };
            // A comparison of documents is too long for whoever holds the lock.
            self.recorder.record_later(move || {
                let share = kept::share(&document, range, &now);
                match act {
                    Some(act) => acted(
                        &language,
                        act,
                        if share < 1.0 { ActionOutcome::Edited } else { ActionOutcome::Kept },
                    ),
                    None => UsageEvent::Kept(stats::Kept { at: stats::event::now(), language, lines, share }),
                }
            });
        }
    }
}

impl Session {
    /// Look at an accepted text after a while.
    pub(super) fn look_later(self: &Arc<Self>, waiting: Option<u64>) {
        // The command line has no runtime at all times; then the end of the session has to do.
        let (Some(id), Ok(runtime)) = (waiting, tokio::runtime::Handle::try_current()) else { return };
        let session = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep(LATER).await;
            if let Some(session) = session.upgrade() {
                session.lock().look_again(|waiting| waiting.id == id);
            }
        });
    }

    /// The session ends: whatever is known of suggestions and accepted texts is recorded now.
    pub fn finish(&self) {
        let mut state = self.lock();
        let open: Vec<Arc<str>> = state.open.keys().cloned().collect();
        for uri in open {
            state.end_shown(&uri, false);
        }
        state.look_again(|_| true);
    }
}

impl Waiting {
    /// The action that put it there.
    pub(super) fn act(&self) -> Option<Act> {
        self.act
    }

    /// Whether it is in the document at `uri`.
    pub(super) fn is_in(&self, uri: &str) -> bool {
        &*self.uri == uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completion::TriggerKind;
    use crate::config::Config;
    use crate::document::{Change, Encoding};
    use crate::engine::scripted::ScriptedEngine;
    use crate::session::Query;
    use crate::stats::Recorder;

    const URI: &str = "file:///x.py";

    async fn shown(session: &Arc<Session>) -> u64 {
        let request = session.begin(URI, RequestKind::Automatic).unwrap();
        let query =
            Query { offset: request.snapshot.len() - 1, trigger: TriggerKind::Automatic, selected: None };
        session.complete(request, query).await.id
    }

    fn replace(session: &Arc<Session>, text: &str) {
        let change = Change { range: None, text: text.to_owned() };
        session.change(URI, 2, &[change], Encoding::Utf8).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_accepted_text_is_looked_at_again_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stats.jsonl");
        let engine = ScriptedEngine::always("compute(1)");
        let session = Session::new(
            crate::testing::registry,
            Config::default(),
            Arc::new(move |_: &Config| Arc::clone(&engine) as _),
        );
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
        tokio::time::advance(LATER - Duration::from_secs(1)).await;
        assert_eq!(kept(), 0);
        tokio::time::advance(Duration::from_secs(2)).await;
        tokio::task::yield_now().await;
        assert_eq!(kept(), 1);
        session.finish();
        assert_eq!(kept(), 1, "once only");
    }
}
