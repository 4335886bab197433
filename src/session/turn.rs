//! One request for a suggestion, from the snapshot to the answer. The pipeline itself is `completion`.

use std::sync::Arc;

use super::Session;
use crate::cancel::CancelSource;
use crate::completion::{self, Outcome, Reason, Selected, Shown, Trigger};
use crate::document::Snapshot;

/// A request that has begun: its document as it was then. Dropping it stops the work.
#[derive(Debug)]
pub struct Turn {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    shown: Option<Shown>,
    options: completion::Options,
    source: Arc<CancelSource>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The cursor, in bytes of the turn's snapshot.
    pub offset: usize,
    /// What made the editor ask.
    pub trigger: Trigger,
    /// The menu entry a completion must extend.
    pub selected: Option<Selected>,
}

/// What came of it.
#[derive(Debug)]
pub struct Answer {
    /// A completion, in bytes of `snapshot`, or why there is none.
    pub outcome: Outcome,
    /// The text the outcome is about: the newest one.
    pub snapshot: Snapshot,
    /// Names a completion in later feedback.
    pub id: u64,
}

impl Session {
    /// Begin a request: takes the snapshot and stops what runs for this document. Call it before anything else is
    /// waited for. `Err` is an answer already.
    pub fn begin(&self, uri: &str) -> Result<Turn, Reason> {
        let mut state = self.lock();
        state.counts.requests += 1;
        if let Some(reason) = state.silence(uri) {
            state.counts.record(&Outcome::Skipped(reason.clone()));
            return Err(reason);
        }
        let options = state.config.completion_options();
        let snapshot = state.store.snapshot(uri).ok_or(Reason::NotHere)?;
        let open = state.open.get_mut(uri).ok_or(Reason::NotHere)?;
        let source = Arc::new(CancelSource::new());
        if let Some(older) = std::mem::replace(&mut open.running, Arc::downgrade(&source)).upgrade() {
            older.cancel();
        }
        Ok(Turn { snapshot, shown: open.shown.clone(), options, source })
    }

    /// Carry a request out.
    pub async fn complete(&self, turn: Turn, ask: Ask) -> Answer {
        let token = turn.source.token();
        let offset = ask.offset;
        let run = async {
            let engine = match self.ready_engine().await {
                Ok(engine) => engine,
                Err(reason) => return Outcome::Skipped(reason),
            };
            let request = completion::Request {
                snapshot: turn.snapshot.clone(),
                offset: ask.offset,
                trigger: ask.trigger,
                selected: ask.selected,
                shown: turn.shown,
            };
            completion::complete(request, &*engine, &turn.options, &token).await
        };
        let outcome = tokio::select! {
            biased;
            () = token.cancelled() => Outcome::Skipped(Reason::Superseded),
            outcome = run => outcome,
        };
        self.settle(turn.snapshot, offset, outcome)
    }

    /// Remember what was found and bring it up to date with what was typed meanwhile.
    fn settle(&self, asked: Snapshot, _offset: usize, outcome: Outcome) -> Answer {
        let mut state = self.lock();
        let fresh = state.store.snapshot(&asked.uri).filter(|fresh| fresh.version == asked.version);
        let (snapshot, outcome) = match (fresh, outcome) {
            (None, Outcome::Completion(_)) => (asked, Outcome::Skipped(Reason::Superseded)),
            (fresh, outcome) => (fresh.unwrap_or(asked), outcome),
        };
        if let Outcome::Completion(completion) = &outcome
            && let Some(open) = state.open.get_mut(&snapshot.uri)
        {
            open.shown = Some(completion.shown.clone());
        }
        state.counts.record(&outcome);
        state.last_id += 1;
        Answer { outcome, snapshot, id: state.last_id }
    }
}
