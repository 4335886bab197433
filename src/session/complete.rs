//! One request for a suggestion, from the snapshot to the answer. The pipeline itself is `completion`.

use std::sync::Arc;

use tokio::time::Instant;

use super::counts::reason_name;
use super::fates::{self, Pending};
use super::{Session, State};
use crate::cancel::CancelSource;
use crate::completion::{self, Outcome, Reason, SelectedEntry, Shown, Suggestion, TriggerKind, reuse};
use crate::document::Snapshot;
use crate::engine::power::Prefetch;
use crate::stats::event::{self, SHOWN};
use crate::stats::{Asked, RequestKind, UsageEvent, language_name};

/// A request that has begun: its document as it was then. Dropping it stops the work.
#[derive(Debug)]
pub struct PendingRequest {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    shown: Vec<Shown>,
    options: completion::CompletionOptions,
    source: Arc<CancelSource>,
    begun: Begun,
}

/// What statistics want to know of a request's beginning.
#[derive(Debug, Clone, Copy)]
struct Begun {
    kind: RequestKind,
    start: Instant,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Query {
    /// The cursor, in bytes of the turn's snapshot.
    pub offset: usize,
    /// What made the editor ask.
    pub trigger: TriggerKind,
    /// The menu entry a completion must extend.
    pub selected: Option<SelectedEntry>,
}

/// What came of it.
#[derive(Debug)]
pub struct CompletionAnswer {
    /// A completion, in bytes of `snapshot`, or why there is none.
    pub outcome: Outcome,
    /// Further completions, likeliest first; those of a skipped outcome are not likely enough.
    pub others: Vec<Suggestion>,
    /// The text the outcome is about: the newest one.
    pub snapshot: Snapshot,
    /// Names a completion in later feedback.
    pub id: u64,
}

impl Session {
    /// Begin a request: takes the snapshot and stops what runs for this document. Call it before anything else is
    /// waited for. `Err` is an answer already.
    pub fn begin(&self, uri: &str, kind: RequestKind) -> Result<PendingRequest, Reason> {
        let begun = Begun { kind, start: Instant::now() };
        let mut state = self.lock();
        state.counts.requests += 1;
        if let Some(reason) = state.silence(uri) {
            let outcome = Outcome::Skipped(reason.clone());
            state.counts.record(&outcome);
            state.record_answer(uri, &outcome, begun, false);
            return Err(reason);
        }
        let mut options = state.config.completion_options();
        let history = Arc::clone(&state.history);
        let snapshot = state.store.snapshot(uri).ok_or(Reason::NotHere)?;
        let open = state.open.get_mut(uri).ok_or(Reason::NotHere)?;
        options.prior_logits = history.leaning(language_name(&open.language));
        let source = Arc::new(CancelSource::new());
        if let Some(older) = std::mem::replace(&mut open.running, Arc::downgrade(&source)).upgrade() {
            older.cancel();
        }
        open.stop_making();
        // A person waits; and most likely the text is not the one that was prepared for.
        open.preparing = None;
        let shown = open.shown.iter().chain(&open.ahead).cloned().collect();
        Ok(PendingRequest { snapshot, shown, options, source, begun })
    }

    /// Carry a request out.
    pub async fn complete(self: &Arc<Self>, pending: PendingRequest, query: Query) -> CompletionAnswer {
        let token = pending.source.token();
        let offset = query.offset;
        let run = async {
            let engine = match self.ready_engine().await {
                Ok(engine) => engine,
                Err(reason) => return (Outcome::Skipped(reason), Vec::new()),
            };
            let request = completion::CompletionRequest {
                snapshot: pending.snapshot.clone(),
                offset: query.offset,
                trigger: query.trigger,
                selected: query.selected,
                shown: pending.shown,
            };
            let report = completion::complete(request, &*engine, &pending.options, &token).await;
            if let Some((snapshot, tree)) = report.tree {
                self.store_tree(&snapshot, tree);
            }
            (report.outcome, report.others)
        };
        let (outcome, others) = tokio::select! {
            biased;
            () = token.cancelled() => (Outcome::Skipped(Reason::Superseded), Vec::new()),
            found = run => found,
        };
        let answer = self.finish_request(pending.snapshot, offset, (outcome, others), pending.begun);
        if let Outcome::Suggested(completion) = &answer.outcome
            && pending.options.prefetch != Prefetch::Never
        {
            self.prepare_acceptance(&answer.snapshot, completion, pending.options);
        }
        answer
    }

    /// Remember what was found, and bring it up to date with what was typed meanwhile: a text for an older version is
    /// never returned.
    fn finish_request(
        self: &Arc<Self>,
        asked: Snapshot,
        offset: usize,
        found: (Outcome, Vec<Suggestion>),
        begun: Begun,
    ) -> CompletionAnswer {
        let (outcome, mut others) = found;
        let mut state = self.lock();
        let fresh = state.store.snapshot(&asked.uri).filter(|fresh| Arc::ptr_eq(&fresh.uri, &asked.uri));
        let (snapshot, outcome) = match (fresh, outcome) {
            (None, Outcome::Suggested(_)) => (asked, Outcome::Skipped(Reason::Superseded)),
            (Some(fresh), Outcome::Suggested(completion)) => {
                if let Some(open) = state.open.get_mut(&asked.uri) {
                    let found = std::iter::once(&completion).chain(&others);
                    open.shown = found.map(|completion| completion.shown.clone()).collect();
                }
                let rebased = rebase(completion, &asked, offset, &fresh);
                others =
                    others.into_iter().filter_map(|other| rebase(other, &asked, offset, &fresh)).collect();
                match rebased {
                    Some(completion) => (fresh, Outcome::Suggested(completion)),
                    None if others.is_empty() => (fresh, Outcome::Skipped(Reason::Superseded)),
                    None => (fresh, Outcome::Suggested(others.remove(0))),
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
        let id = state.last_id;
        let (continued, waiting) = state.replace_shown(&snapshot, &outcome, begun.kind);
        state.record_answer(&snapshot.uri, &outcome, begun, continued);
        drop(state);
        self.look_later(waiting);
        CompletionAnswer { outcome, others, snapshot, id }
    }
}

impl State {
    /// An answer takes the place of what was shown, unless it is of the same suggestion. Returns whether it is, and the name
    /// of an accepted text that waits to be looked at again.
    fn replace_shown(
        &mut self,
        snapshot: &Snapshot,
        outcome: &Outcome,
        kind: RequestKind,
    ) -> (bool, Option<u64>) {
        let completion = match outcome {
            // The answer of the request that took its place is still to come.
            Outcome::Skipped(Reason::Superseded) => return (false, None),
            Outcome::Skipped(_) => return (false, self.end_shown(&snapshot.uri, false)),
            Outcome::Suggested(completion) => completion,
        };
        let pending = self.open.get_mut(&snapshot.uri).and_then(|open| open.pending.as_mut());
        if let Some(pending) = pending.filter(|pending| pending.is(&completion.shown)) {
            pending.answered(self.last_id);
            return (true, None);
        }
        let waiting = self.end_shown(&snapshot.uri, false);
        if let Some(open) = self.open.get_mut(&snapshot.uri) {
            let language = language_name(&open.language);
            let mut pending = Pending::new(completion.shown.clone(), language, kind, &snapshot.text);
            pending.answered(self.last_id);
            open.pending = Some(pending);
        }
        (false, waiting)
    }

    /// Record what came of a request; `continued` when it is the rest of what was shown before.
    fn record_answer(&self, uri: &str, outcome: &Outcome, begun: Begun, continued: bool) {
        let asked = Asked {
            at: event::now(),
            language: self.open.get(uri).map_or("other", |open| language_name(&open.language)).to_owned(),
            kind: begun.kind,
            ms: begun.start.elapsed().as_secs_f32() * 1000.0,
            ..Asked::default()
        };
        self.record(UsageEvent::Asked(match outcome {
            Outcome::Skipped(reason) => Asked { outcome: reason_name(reason), ..asked },
            Outcome::Suggested(completion) => Asked {
                outcome: SHOWN.to_owned(),
                lines: fates::lines(&completion.text),
                bytes: completion.text.len(),
                continued,
                without_model: completion.tokens == 0,
                tokens: completion.tokens,
                prompt: completion.prompt_tokens.0,
                reused: completion.prompt_tokens.1,
                ..asked
            },
        }));
    }
}

/// What is left of a completion asked for at `offset` of `asked`, when the user went on typing it.
fn rebase(completion: Suggestion, asked: &Snapshot, offset: usize, fresh: &Snapshot) -> Option<Suggestion> {
    if fresh.text.is_instance(&asked.text) {
        return Some(completion);
    }
    let typed = fresh.len().checked_sub(asked.len())?;
    let rest = reuse::lookup(&completion.shown, &fresh.text, offset + typed)?;
    Some(Suggestion { text: rest.text, range: rest.range, ..completion })
}
