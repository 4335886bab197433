//! One request for a suggestion, from the snapshot to the answer. The pipeline itself is `completion`.

use std::sync::Arc;

use super::Session;
use crate::cancel::CancelSource;
use crate::completion::{self, Completion, Outcome, Reason, Selected, Shown, Trigger, reuse};
use crate::document::Snapshot;
use crate::engine::power::WorkAhead;

/// A request that has begun: its document as it was then. Dropping it stops the work.
#[derive(Debug)]
pub struct Turn {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    shown: Vec<Shown>,
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
    /// Further completions, likeliest first; those of a skipped outcome are not likely enough.
    pub others: Vec<Completion>,
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
        // A person waits; and most likely the text is not the one that was prepared for.
        open.preparing = None;
        let shown = open.shown.iter().chain(&open.ahead).cloned().collect();
        Ok(Turn { snapshot, shown, options, source })
    }

    /// Carry a request out.
    pub async fn complete(self: &Arc<Self>, turn: Turn, ask: Ask) -> Answer {
        let token = turn.source.token();
        let offset = ask.offset;
        let run = async {
            let engine = match self.ready_engine().await {
                Ok(engine) => engine,
                Err(reason) => return (Outcome::Skipped(reason), Vec::new()),
            };
            let request = completion::Request {
                snapshot: turn.snapshot.clone(),
                offset: ask.offset,
                trigger: ask.trigger,
                selected: ask.selected,
                shown: turn.shown,
            };
            let report = completion::complete(request, &*engine, &turn.options, &token).await;
            if let Some((snapshot, tree)) = report.tree
                && let Some(document) = self.lock().store.get_mut(&snapshot.uri)
            {
                document.store_tree(&snapshot, tree);
            }
            (report.outcome, report.others)
        };
        let (outcome, others) = tokio::select! {
            biased;
            () = token.cancelled() => (Outcome::Skipped(Reason::Superseded), Vec::new()),
            found = run => found,
        };
        let answer = self.settle(turn.snapshot, offset, outcome, others);
        if let Outcome::Completion(completion) = &answer.outcome
            && turn.options.work_ahead != WorkAhead::Never
        {
            self.prepare_acceptance(&answer.snapshot, completion, turn.options);
        }
        answer
    }

    /// Remember what was found, and bring it up to date with what was typed meanwhile: a text for an older version is
    /// never returned.
    fn settle(&self, asked: Snapshot, offset: usize, outcome: Outcome, others: Vec<Completion>) -> Answer {
        let mut others = others;
        let mut state = self.lock();
        let fresh = state.store.snapshot(&asked.uri).filter(|fresh| Arc::ptr_eq(&fresh.uri, &asked.uri));
        let (snapshot, outcome) = match (fresh, outcome) {
            (None, Outcome::Completion(_)) => (asked, Outcome::Skipped(Reason::Superseded)),
            (Some(fresh), Outcome::Completion(completion)) => {
                if let Some(open) = state.open.get_mut(&asked.uri) {
                    let found = std::iter::once(&completion).chain(&others);
                    open.shown = found.map(|completion| completion.shown.clone()).collect();
                }
                let rebased = rebase(completion, &asked, offset, &fresh);
                others =
                    others.into_iter().filter_map(|other| rebase(other, &asked, offset, &fresh)).collect();
                match rebased {
                    Some(completion) => (fresh, Outcome::Completion(completion)),
                    None if others.is_empty() => (fresh, Outcome::Skipped(Reason::Superseded)),
                    None => (fresh, Outcome::Completion(others.remove(0))),
                }
            }
            (_, outcome) => {
                // Not likely enough to be shown, but it may become so.
                if let Some(open) = state.open.get_mut(&asked.uri).filter(|_| !others.is_empty()) {
                    open.shown = others.iter().map(|other| other.shown.clone()).collect();
                }
                (asked, outcome)
            }
        };
        state.counts.record(&outcome);
        state.last_id += 1;
        Answer { outcome, others, snapshot, id: state.last_id }
    }
}

/// What is left of a completion asked for at `offset` of `asked`, when the user went on typing it.
fn rebase(completion: Completion, asked: &Snapshot, offset: usize, fresh: &Snapshot) -> Option<Completion> {
    if fresh.text.is_instance(&asked.text) {
        return Some(completion);
    }
    let typed = fresh.len().checked_sub(asked.len())?;
    let rest = reuse::lookup(&completion.shown, &fresh.text, offset + typed)?;
    Some(Completion { text: rest.text, range: rest.range, ..completion })
}
