//! A completion from trigger to outcome: the stages in order, each a small file. It knows nothing of LSP.

mod brackets;
mod cutback;
mod debounce;
mod decode;
mod guide;
pub mod outcome;
mod place;
pub mod reuse;
mod trigger;
mod trim;
mod validate;

use std::ops::Range;
use std::time::Duration;

use guide::Guide;
pub use outcome::{Completion, Outcome, Reason, Shown, Verdict};
use place::Place;
use tokio::time::Instant;
use tree_sitter::Tree;
use trigger::{Decision, Shape};
use trim::Candidate;
use validate::Judge;
pub use validate::Weight;

use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::document::{Snapshot, Unparsed};
use crate::engine::power::WorkAhead;
use crate::engine::{Engine, Job, Lane, Sampling, Status, Task};
use crate::prompt::{self, Budget};

/// What made the editor ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The user typed.
    Automatic,
    /// The user asked.
    Invoked,
    /// Nobody asked yet: the text is one that the user may soon have.
    Ahead,
}

/// The entry selected in the editor's completion menu: the text will be `text` at `range` if it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Bytes it would replace.
    pub range: Range<usize>,
    /// What it would insert.
    pub text: String,
}

/// One request for a completion.
#[derive(Debug, Clone)]
pub struct Request {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    /// The cursor, in bytes.
    pub offset: usize,
    /// What made the editor ask.
    pub trigger: Trigger,
    /// The menu entry a completion must extend.
    pub selected: Option<Selected>,
    /// What was generated for this document, to be continued without the model while the user types it.
    pub shown: Vec<Shown>,
}

/// Settings of the pipeline, filled from the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Most tokens generated for one suggestion.
    pub max_tokens: usize,
    /// Most lines of one suggestion.
    pub max_lines: usize,
    /// Wait after an automatic trigger before the model is asked; a newer request ends the wait.
    pub debounce: Duration,
    /// Time after which what is there is taken, and nothing is waited for any longer.
    pub deadline: Duration,
    /// When the next suggestion may be prepared before anybody asks for it.
    pub work_ahead: WorkAhead,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_tokens: 48,
            max_lines: 8,
            debounce: Duration::from_millis(10),
            deadline: Duration::from_millis(1500),
            work_ahead: WorkAhead::default(),
        }
    }
}

/// What a request ends in, and what is worth keeping of the way there.
#[derive(Debug)]
pub struct Report {
    /// A suggestion, or why there is none.
    pub outcome: Outcome,
    /// The request's snapshot and its tree, when one was parsed: hand them to
    /// [`Document::store_tree`](crate::document::Document::store_tree), so that the next parse is incremental.
    pub tree: Option<(Snapshot, Tree)>,
    /// From the call to the outcome.
    pub elapsed: Duration,
}

/// Run the stages: trigger, reuse, debounce, decode under guidance, trim, validate, outcome.
///
/// Never fails: whatever goes wrong is a [`Reason`]. All parsing happens on blocking threads.
pub async fn complete(
    request: Request,
    engine: &dyn Engine,
    options: &Options,
    cancel: &CancelToken,
) -> Report {
    let start = Instant::now();
    let snapshot = request.snapshot.clone();
    let (outcome, tree) = match Place::of(request) {
        Ok(place) => {
            let mut tree = None;
            let outcome = run(place, engine, options, cancel, &mut tree, start).await;
            (outcome, tree)
        }
        Err(reason) => (Err(reason), None),
    };
    let outcome = match outcome {
        Ok(completion) => Outcome::Completion(completion),
        Err(reason) => Outcome::Skipped(reason),
    };
    Report { outcome, tree: tree.map(|tree| (snapshot, tree)), elapsed: start.elapsed() }
}

async fn run(
    place: Place,
    engine: &dyn Engine,
    options: &Options,
    cancel: &CancelToken,
    kept: &mut Option<Tree>,
    start: Instant,
) -> Result<Completion, Reason> {
    if let Some(completion) = place.reuse() {
        return Ok(completion);
    }
    let (snapshot, offset) = (place.snapshot.clone(), place.offset);
    let (tree, context) = blocking(move || {
        let tree = snapshot.try_parse();
        let context = CursorContext::at(&snapshot, tree.as_ref().ok(), offset);
        (tree, context)
    })
    .await?;
    let tree = match tree {
        Ok(tree) => Some(tree),
        Err(Unparsed::NoLanguage | Unparsed::TooLarge) => None,
        // The language is known and the document of a usual size: showing unchecked text here would surprise.
        Err(_) => return Err(Reason::NotParsed),
    };
    // The tree of a hypothetical text (a menu entry accepted) is of no use to the document.
    *kept = tree.clone().filter(|_| place.entry.is_none());
    let shape = match trigger::decide(&context, &place.request.trigger, options) {
        Decision::Go(shape) => shape,
        Decision::Skip(reason) => return Err(reason),
    };
    if !debounce::pause(options.debounce, &place.request.trigger, cancel).await {
        return Err(Reason::Superseded);
    }
    let read = start.elapsed();
    let generation = engine.generate(job(&place, &context, shape, engine, options)?, cancel.clone());
    let guide = Guide::new(&context, shape);
    let decoded = decode::decode(generation, &guide, engine, start + options.deadline, cancel).await?;
    let text = trim::trim(&decoded.text, &context, shape)?;
    let generated = start.elapsed();
    let prompt = decoded.prompt;
    let cancelled = cancel.clone();
    let completion = blocking(move || {
        let (candidate, verdict) = validated(&text, &place.snapshot, tree.as_ref(), &context, &cancelled)?;
        let completion = place.completion(&candidate, &context, verdict, &decoded);
        if place.is_sound(&completion) { Ok(completion) } else { Err(Reason::MenuConflict) }
    })
    .await??;
    let all = start.elapsed();
    tracing::debug!(?read, generated = ?generated - read, checked = ?all - generated, ?prompt, tokens = completion.tokens, "stages");
    if cancel.is_cancelled() { Err(Reason::Superseded) } else { Ok(completion) }
}

fn job(
    place: &Place,
    context: &CursorContext,
    shape: Shape,
    engine: &dyn Engine,
    options: &Options,
) -> Result<Job, Reason> {
    let tokens = match &*engine.status().borrow() {
        Status::Failed(why) => return Err(Reason::NoEngine(why.clone())),
        Status::Ready(model) => model.context,
        Status::Loading(_) | Status::Restarting => 0,
    };
    let lines = match shape {
        Shape::Line => 1,
        Shape::Lines(most) => most,
    };
    Ok(Job {
        document: place.request.snapshot.uri.to_string(),
        lane: if place.request.trigger == Trigger::Ahead { Lane::Background } else { Lane::Interactive },
        segments: prompt::build(context, Budget::for_context(tokens)),
        max_tokens: options.max_tokens,
        stop: prompt::stop(lines),
        sampling: Sampling::Greedy,
        bans: Vec::new(),
        task: Task::default(),
    })
}

fn validated(
    text: &str,
    snapshot: &Snapshot,
    tree: Option<&Tree>,
    context: &CursorContext,
    cancel: &CancelToken,
) -> Result<(Candidate, Verdict), Reason> {
    let Some(tree) = tree else {
        let candidate = trim::joins(text, context).into_iter().next().ok_or(Reason::AlreadyThere)?;
        return Ok((candidate, Verdict::Unvalidated));
    };
    let judge = Judge::new(snapshot, tree, context);
    let candidate = cutback::choose(text, &judge, context, cancel).ok_or(Reason::Invalid)?;
    Ok((candidate, judge.verdict()))
}

/// Run `work` on a blocking thread. A panic there costs this request only.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Reason> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Reason::EngineFailed(format!("a completion stage stopped: {error}")))
}
