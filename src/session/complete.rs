//! Answers one request for a suggestion, from the snapshot to the answer. `completion` is the pipeline that it runs.

use std::sync::Arc;

use ropey::Rope;
use tokio::time::Instant;

use super::counts::reason_name;
use super::last_request::LastRequest;
use super::open_document::OpenDocument;
use super::state::{Session, State};
use crate::cancel::CancelSource;
use crate::completion::{
    self, ForeignText, ModelUse, Outcome, Reason, Remembered, SelectedEntry, Suggestion, Trigger,
    TriggerKind, reuse,
};
use crate::document::Snapshot;
use crate::engine::power::Prefetch;
use crate::engine::{DraftStats, Status};
use crate::stats::event::{self, SHOWN};
use crate::stats::{Asked, RequestKind, UsageEvent};

/// A request that has begun: its document as it was then. Dropping it stops the work.
#[derive(Debug)]
pub struct PendingRequest {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    remembered: Vec<Remembered>,
    options: completion::CompletionOptions,
    source: Arc<CancelSource>,
    begun: Begun,
    /// Why nothing comes by itself now, if so.
    hush: Option<Reason>,
}

/// The beginning of a request, for statistics.
#[derive(Debug, Clone, Copy)]
struct Begun {
    kind: RequestKind,
    start: Instant,
}

/// What a request took of the model, and whether a server ran it.
#[derive(Debug, Clone, Copy, Default)]
struct Took {
    model: ModelUse,
    remote: bool,
}

#[derive(Debug, Clone)]
pub struct Query {
    /// The cursor, in bytes of the request's snapshot.
    pub offset: usize,
    /// What made the editor ask.
    pub trigger: TriggerKind,
    /// The menu entry a completion must extend.
    pub selected: Option<SelectedEntry>,
}

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
    /// How the model's tokens were generated; nothing where it was not asked.
    pub drafts: DraftStats,
}

impl PendingRequest {
    /// The client cannot add the imports that a suggestion needs.
    pub fn without_imports(mut self) -> Self {
        self.options.imports = false;
        self
    }

    /// The user asked for it, as far as the editor can tell: what was dismissed may come again.
    pub fn asked_for(mut self) -> Self {
        (self.hush, self.options.dismissed) = (None, Arc::default());
        self
    }
}

impl Session {
    /// Whether a menu has asked for this text and byte before. Remembers that it asks now.
    pub fn asks_again(&self, pending: &PendingRequest, offset: usize) -> bool {
        let mut state = self.lock();
        let asked = (pending.snapshot.version, offset);
        let open = state.documents.get_mut(&*pending.snapshot.uri);
        open.is_some_and(|open| open.menu_asked.replace(asked) == Some(asked))
    }

    /// Begins a request: takes the snapshot and stops what runs for this document. A request handler calls this first,
    /// before it waits for anything.
    ///
    /// # Errors
    /// Nothing is suggested in this document: that is the answer already.
    pub fn begin(&self, uri: &str, kind: RequestKind) -> Result<PendingRequest, Reason> {
        let begun = Begun { kind, start: Instant::now() };
        let mut state = self.lock();
        state.counts.requests += 1;
        if let Some(reason) = state.silence(uri) {
            let outcome = Outcome::Skipped(reason.clone());
            state.counts.record(&outcome);
            state.record_answer(uri, &outcome, begun, (false, Took::default()));
            state.last_request = Some(LastRequest::silent(uri, reason.clone(), kind));
            drop(state);
            self.has_answered();
            return Err(reason);
        }
        let mut options = state.config.completion_options();
        options.bar_logits = state.bar_logits();
        let by_itself = kind != RequestKind::Invoked;
        if by_itself {
            options.dismissed = state.feedback.dismissed_in(uri);
        }
        // Who opens a menu has asked.
        if kind == RequestKind::Menu && options.trigger == Trigger::Manual {
            options.trigger = Trigger::Automatic;
        }
        let hush = (by_itself && !state.quiet().is_zero()).then_some(Reason::Quiet);
        let history = Arc::clone(&state.feedback.history);
        options.project.symbols = Arc::clone(&state.symbols);
        let snapshot = state.documents.get(uri).map(|open| state.snapshot(open)).ok_or(Reason::NotHere)?;
        let open = state.documents.get_mut(uri).ok_or(Reason::NotHere)?;
        options.project.rested = open.foreign.ask(begun.start);
        options.project.shown.clone_from(&open.foreign.text);
        options.language_id.clone_from(&open.language);
        options.prior_logits = history.leaning(open.feedback.language());
        let remembered = open.found.iter().chain(&open.prefetched).cloned().collect();
        let source = open.tasks.start_completion();
        Ok(PendingRequest { snapshot, remembered, options, source, begun, hush })
    }

    /// Carries a request out.
    pub async fn complete(self: &Arc<Self>, mut pending: PendingRequest, query: Query) -> CompletionAnswer {
        let token = pending.source.token();
        let offset = query.offset;
        let mut took = Took::default();
        let run = async {
            if let Some(reason) = pending.hush {
                return (Outcome::Skipped(reason), Vec::new());
            }
            if let Err(reason) = self.admit(&pending.snapshot.uri).await {
                return (Outcome::Skipped(reason), Vec::new());
            }
            let engine = match self.ready_engine().await {
                Ok(engine) => engine,
                Err(reason) => return (Outcome::Skipped(reason), Vec::new()),
            };
            pending.options.correction = self.correction(&*engine);
            took.remote =
                matches!(&*engine.status().borrow(), Status::Ready(model) if model.server.is_some());
            let request = completion::CompletionRequest {
                snapshot: pending.snapshot.clone(),
                offset: query.offset,
                trigger: query.trigger,
                selected: query.selected,
                remembered: pending.remembered,
            };
            let report = completion::complete(request, &*engine, &pending.options, &token).await;
            if let Some((snapshot, tree)) = report.tree {
                self.store_tree(&snapshot, tree);
            }
            took.model = report.model;
            if let Some(foreign) = report.foreign {
                self.store_foreign(&pending.snapshot.uri, foreign);
            }
            (report.outcome, report.others)
        };
        let (outcome, others) = tokio::select! {
            biased;
            () = token.cancelled() => (Outcome::Skipped(Reason::Superseded), Vec::new()),
            found = run => found,
        };
        let found = (outcome, others, took);
        let answer = self.finish_request(pending.snapshot, offset, found, pending.begun);
        if let Outcome::Suggested(completion) = &answer.outcome
            && pending.options.prefetch != Prefetch::Never
        {
            self.prefetch_after(&answer.snapshot, completion, pending.options);
        }
        answer
    }

    /// Remembers what a prompt has shown of other files.
    fn store_foreign(&self, uri: &str, foreign: Arc<ForeignText>) {
        if let Some(open) = self.lock().documents.get_mut(uri) {
            open.foreign.show(foreign);
        }
    }

    /// Remembers what was found, and brings it up to date with what was typed meanwhile: a text for an older version is
    /// never returned.
    fn finish_request(
        self: &Arc<Self>,
        asked: Snapshot,
        offset: usize,
        (outcome, others, took): (Outcome, Vec<Remembered>, Took),
        begun: Begun,
    ) -> CompletionAnswer {
        let mut state = self.lock();
        if begun.kind != RequestKind::Invoked {
            state.predict(&asked, &outcome, &others);
        }
        let open = state.documents.get_mut(&asked.uri);
        let open = open.filter(|open| Arc::ptr_eq(&open.document.uri(), &asked.uri));
        let (fresh, outcome, others) = match (open, outcome) {
            (Some(open), Outcome::Suggested(suggestion)) => {
                let best = Remembered { suggestion, seen: true };
                let found = std::iter::once(best).chain(others).collect();
                let (found, text, offset) = behind_imports(open, found, &asked.text, offset);
                open.found = found.iter().map(Remembered::whole).collect();
                let fresh = open.document.snapshot().beside(asked.cells.clone());
                let rest = |found: Remembered| rebase(found.suggestion, &text, offset, &fresh);
                let mut rests = found.into_iter().filter_map(rest);
                let best = rests.next().map_or(Outcome::Skipped(Reason::Superseded), Outcome::Suggested);
                let others: Vec<Suggestion> = rests.collect();
                (Some(fresh), best, others)
            }
            (open, outcome) => {
                // Not likely enough to be shown, but it may become so.
                if let Some(open) = open.filter(|_| !others.is_empty()) {
                    open.found = others.iter().map(Remembered::whole).collect();
                }
                let is_closed = matches!(outcome, Outcome::Suggested(_));
                let outcome = if is_closed { Outcome::Skipped(Reason::Superseded) } else { outcome };
                (None, outcome, others.into_iter().map(|other| other.suggestion).collect())
            }
        };
        let (request, snapshot) = (asked.clone(), fresh.unwrap_or(asked));
        if let Outcome::Skipped(reason) = &outcome {
            // Its text may have words of a server's.
            tracing::debug!(reason = reason_name(reason), "no suggestion");
        }
        state.counts.record(&outcome);
        if let Outcome::Suggested(suggestion) = &outcome
            && suggestion.tokens > 0
        {
            state.times.add(begun.start.elapsed().as_secs_f32() * 1000.0);
        }
        // The one that took its place is about to say more.
        if outcome != Outcome::Skipped(Reason::Superseded) || state.last_request.is_none() {
            state.last_request = Some(LastRequest::of(&request, offset, &outcome, begun.kind));
        }
        // Who asks and gets something wants to see again what there is.
        if begun.kind == RequestKind::Invoked && matches!(outcome, Outcome::Suggested(_)) {
            state.quiet_until = None;
        }
        state.last_answer += 1;
        let id = state.last_answer;
        let (continued, check) = state.show(&snapshot, &outcome, begun.kind);
        state.record_answer(&snapshot.uri, &outcome, begun, (continued, took));
        drop(state);
        self.has_answered();
        self.check_later(check);
        CompletionAnswer { outcome, others, snapshot, id, drafts: took.model.drafts }
    }
}

impl State {
    /// Puts the last answer in the place of what was shown, unless it is of the same suggestion. Returns whether it is,
    /// and the number of the retention check that follows.
    fn show(&mut self, snapshot: &Snapshot, outcome: &Outcome, kind: RequestKind) -> (bool, Option<u64>) {
        let Some(open) = self.documents.get_mut(&snapshot.uri) else { return (false, None) };
        let feedback = &mut open.feedback;
        match outcome {
            // The answer of the request that took its place is still to come.
            Outcome::Skipped(Reason::Superseded) => (false, None),
            Outcome::Skipped(_) => (false, self.feedback.end_shown(feedback, false)),
            Outcome::Suggested(completion) => {
                self.feedback.show(feedback, completion.whole(), kind, self.last_answer, &snapshot.text)
            }
        }
    }

    /// Records what came of a request, and what it took; `continued` when it is the rest of what was shown before.
    fn record_answer(&self, uri: &str, outcome: &Outcome, begun: Begun, (continued, took): (bool, Took)) {
        let asked = Asked {
            at: event::now(),
            language: self.documents.get(uri).map_or("other", |open| open.feedback.language()).to_owned(),
            kind: begun.kind,
            ms: begun.start.elapsed().as_secs_f32() * 1000.0,
            generated: took.model.drafts.tokens,
            drafted: took.model.drafts.drafted,
            accepted: took.model.drafts.accepted,
            line_ms: took.model.first_line.map_or(0.0, |time| time.as_secs_f32() * 1000.0),
            remote: took.remote,
            ..Asked::default()
        };
        self.feedback.record(UsageEvent::Asked(match outcome {
            Outcome::Skipped(reason) => Asked { outcome: reason_name(reason), ..asked },
            Outcome::Suggested(completion) => Asked {
                outcome: SHOWN.to_owned(),
                lines: completion.text().matches('\n').count() + 1,
                bytes: completion.text().len(),
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

/// What was found at `offset` of the text `asked`, that text and that place; behind the imports of a suggestion that was taken, if
/// they have come since.
fn behind_imports(
    open: &OpenDocument,
    found: Vec<Remembered>,
    asked: &Rope,
    offset: usize,
) -> (Vec<Remembered>, Rope, usize) {
    let moved = open.moved_since(asked).and_then(|moved| Some((moved, moved.byte(offset)?)));
    match moved {
        Some((moved, offset)) => {
            (found.into_iter().map(|found| found.moved(moved)).collect(), moved.after.clone(), offset)
        }
        None => (found, asked.clone(), offset),
    }
}

/// What is left of a completion asked for at `offset` of `asked`, when the user went on typing it.
fn rebase(completion: Suggestion, asked: &Rope, offset: usize, fresh: &Snapshot) -> Option<Suggestion> {
    if fresh.text.is_instance(asked) {
        return Some(completion);
    }
    let typed = fresh.len().checked_sub(asked.len_bytes())?;
    let rest = reuse::rest(&completion, &fresh.text, offset + typed)?;
    Some(completion.continued(rest))
}
