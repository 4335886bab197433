//! A completion from trigger to outcome: the stages in order, each a small file. It knows nothing of LSP.

pub mod body;
mod brackets;
mod cutback;
mod debounce;
mod decode;
mod guide;
pub mod names;
pub mod outcome;
mod place;
pub mod rank;
pub mod reuse;
mod trigger;
mod trim;
mod validate;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use cutback::{Bound, Chosen};
use decode::Decoded;
use guide::Guide;
pub use outcome::{Completion, Outcome, Reason, Shown, Verdict};
use place::Place;
use tokio::time::Instant;
use tree_sitter::Tree;
use trigger::{Decision, Shape};
use trim::Candidate;
use validate::Judge;
pub use validate::{Weight, fresh_faults as tree_faults, with_line_ends};

use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::document::{Snapshot, Unparsed};
use crate::engine::power::WorkAhead;
use crate::engine::{Engine, Job, Lane, Sampling, Status, Stop, Task};
use crate::prompt::{self, Budget};

/// Most candidates judged of the likeliest text, and of each other one: of those, what does not fit nearly as it is, is not
/// worth the time.
const CUTS: usize = 48;
const CUTS_OF_OTHERS: usize = 4;

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

/// How far the pipeline goes. Less than all of it is for measuring what each stage is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// What the model writes until it ends by itself.
    Raw,
    /// Stopped where there is enough.
    Stops,
    /// Without what is there already, in the file's indentation.
    Trim,
    /// Only what the parsers let pass.
    Validate,
    /// The best of several, and only what is likely enough.
    #[default]
    Rank,
}

impl Effort {
    /// All of them, each with one stage more than the one before.
    pub const ALL: [Self; 5] = [Self::Raw, Self::Stops, Self::Trim, Self::Validate, Self::Rank];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Stops => "stops",
            Self::Trim => "trim",
            Self::Validate => "validate",
            Self::Rank => "rank",
        }
    }
}

/// Settings of the pipeline, filled from the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Most tokens generated for one suggestion.
    pub max_tokens: usize,
    /// Most lines of one suggestion.
    pub max_lines: usize,
    /// Texts that are generated at once, the likeliest first: the best is shown, and typing any of them needs no model.
    pub candidates: usize,
    /// Wait after an automatic trigger before the model is asked; a newer request ends the wait.
    pub debounce: Duration,
    /// Time after which what is there is taken, and nothing is waited for any longer.
    pub deadline: Duration,
    /// Most time for trying shorter texts than the whole ones: about what the eye forgives on top of the model's own time.
    /// Always bounded by a number too.
    pub check_time: Duration,
    /// When the next suggestion may be prepared before anybody asks for it.
    pub work_ahead: WorkAhead,
    /// All of it, but for measurements.
    pub effort: Effort,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_tokens: 48,
            max_lines: 8,
            candidates: 3,
            // Nobody types faster than the engine cancels: the next key ends the work of this one at its next token.
            debounce: Duration::ZERO,
            deadline: Duration::from_millis(1500),
            check_time: Duration::from_millis(40),
            work_ahead: WorkAhead::default(),
            effort: Effort::default(),
        }
    }
}

/// What a request ends in, and what is worth keeping of the way there.
#[derive(Debug)]
pub struct Report {
    /// A suggestion, or why there is none.
    pub outcome: Outcome,
    /// Further texts for the same place, likeliest first; below the bar too: typing them makes them likelier.
    pub others: Vec<Completion>,
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
    let lowest =
        if options.effort < Effort::Rank || request.trigger == Trigger::Invoked { 0.0 } else { rank::bar() };
    let mut tree = None;
    let found = match Place::of(request) {
        Ok(place) => run(place, engine, options, cancel, &mut tree, start).await,
        Err(reason) => Err(reason),
    };
    let tree = tree.map(|tree| (snapshot, tree));
    let (mut others, reason) = match found {
        Ok(found) => (found, Reason::LowConfidence),
        Err(reason) => (Vec::new(), reason),
    };
    others.sort_by(|a, b| b.shown.seen.cmp(&a.shown.seen).then(b.rank.chance.total_cmp(&a.rank.chance)));
    let outcome = match others.first_mut() {
        Some(best) if best.shown.seen || best.rank.chance >= lowest => {
            best.shown.seen = true;
            Outcome::Completion(others.remove(0))
        }
        _ => Outcome::Skipped(reason),
    };
    Report { outcome, others, tree, elapsed: start.elapsed() }
}

async fn run(
    place: Place,
    engine: &dyn Engine,
    options: &Options,
    cancel: &CancelToken,
    kept: &mut Option<Tree>,
    start: Instant,
) -> Result<Vec<Completion>, Reason> {
    let typed_on = place.reuse();
    if !typed_on.is_empty() {
        return Ok(typed_on);
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
    let desk =
        Arc::new(Desk { place, context, shape, tree, options: options.clone(), cancel: cancel.clone() });
    let found = desk.attempt(engine, start).await;
    tracing::debug!(?read, all = ?start.elapsed(), "stages");
    if cancel.is_cancelled() {
        return Err(Reason::Superseded);
    }
    found
}

/// Everything a generation is made for and judged by.
struct Desk {
    place: Place,
    context: CursorContext,
    shape: Shape,
    tree: Option<Tree>,
    options: Options,
    cancel: CancelToken,
}

impl Desk {
    /// Generate, trim and validate: what may be shown, in the order of generation.
    async fn attempt(
        self: &Arc<Self>,
        engine: &dyn Engine,
        start: Instant,
    ) -> Result<Vec<Completion>, Reason> {
        let candidates = if self.options.effort >= Effort::Rank { self.options.candidates } else { 1 };
        let generation = engine.generate(self.job(engine, candidates)?, self.cancel.clone());
        let guide = (self.options.effort >= Effort::Stops).then(|| Guide::new(&self.context, self.shape));
        let deadline = start + self.options.deadline;
        let texts =
            decode::decode(generation, candidates, guide.as_ref(), engine, deadline, &self.cancel).await?;
        let desk = Arc::clone(self);
        blocking(move || desk.judged(&texts)).await?
    }

    fn job(&self, engine: &dyn Engine, candidates: usize) -> Result<Job, Reason> {
        let tokens = match &*engine.status().borrow() {
            Status::Failed(why) => return Err(Reason::NoEngine(why.clone())),
            Status::Ready(model) => model.context,
            Status::Loading(_) | Status::Restarting => 0,
        };
        let request = &self.place.request;
        let stop = match self.shape {
            _ if self.options.effort < Effort::Stops => Stop::default(),
            Shape::Line => prompt::stop(1),
            Shape::Lines(most) => prompt::stop(most),
        };
        Ok(Job {
            document: request.snapshot.uri.to_string(),
            lane: if request.trigger == Trigger::Ahead { Lane::Background } else { Lane::Interactive },
            segments: prompt::build(&self.context, Budget::for_context(tokens)),
            max_tokens: self.options.max_tokens,
            stop,
            sampling: Sampling::Greedy,
            bans: Vec::new(),
            task: Task::Generate { candidates },
        })
    }

    /// What of the texts may be shown; when none, why not the first.
    fn judged(&self, texts: &[Decoded]) -> Result<Vec<Completion>, Reason> {
        let judge = self.tree.as_ref().filter(|_| self.options.effort >= Effort::Validate);
        let judge = judge.map(|tree| Judge::new(&self.place.snapshot, tree, &self.context));
        let until = std::time::Instant::now().checked_add(self.options.check_time);
        let mut found: Vec<Completion> = Vec::new();
        let mut why = None;
        for (number, text) in texts.iter().enumerate() {
            let most = if number == 0 { CUTS } else { CUTS_OF_OTHERS };
            match self.completion(text, judge.as_ref(), Bound { most, until }) {
                Ok(new) if found.iter().all(|old| old.text != new.text) => found.push(new),
                Ok(_) => {}
                Err(reason) => drop(why.get_or_insert(reason)),
            }
        }
        match why {
            Some(why) if found.is_empty() => Err(why),
            _ => Ok(found),
        }
    }

    fn completion(
        &self,
        decoded: &Decoded,
        judge: Option<&Judge<'_>>,
        bound: Bound,
    ) -> Result<Completion, Reason> {
        let (context, options) = (&self.context, &self.options);
        let text = match options.effort >= Effort::Trim {
            true => trim::trim(&decoded.text, context, self.shape)?,
            false if decoded.text.trim().is_empty() => return Err(Reason::Blank),
            false => decoded.text.clone(),
        };
        let as_it_is = || Chosen::unjudged(Candidate { text: text.clone(), takes: 0 });
        let (chosen, verdict) = match judge {
            Some(judge) => {
                let chosen = cutback::choose(&text, judge, context, bound, &self.cancel);
                (chosen.ok_or(Reason::Invalid)?, judge.verdict())
            }
            None if options.effort < Effort::Trim => (as_it_is(), Verdict::Unvalidated),
            None => {
                let joined = trim::joins(&text, context).into_iter().next();
                (Chosen::unjudged(joined.ok_or(Reason::AlreadyThere)?), Verdict::Unvalidated)
            }
        };
        let rank = rank::rank(&chosen, decoded, &text, context);
        let completion = self.place.completion(&chosen.candidate, context, verdict, decoded, rank);
        if self.place.is_sound(&completion) { Ok(completion) } else { Err(Reason::MenuConflict) }
    }
}

/// Run `work` on a blocking thread. A panic there costs this request only.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Reason> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Reason::EngineFailed(format!("a completion stage stopped: {error}")))
}
