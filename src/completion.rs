//! A completion from trigger to outcome: the stages in order, each a small file. It knows nothing of LSP.

pub mod body;
pub mod brackets;
mod cutback;
mod debounce;
mod decode;
mod desk;
mod guide;
pub mod likelihood;
mod milliseconds;
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

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use desk::Desk;
pub use outcome::{Completion, Outcome, Reason, Shown, Verdict};
use place::Place;
use tokio::time::Instant;
use tree_sitter::Tree;
use trigger::Decision;
pub use trigger::Shape;
pub use trim::joins;
pub use validate::keeps_what_follows;

use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::document::{Part, Snapshot, Unparsed};
use crate::engine::Engine;
use crate::engine::power::Prefetch;

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

/// What becomes of a suggestion that adds something a reader should look at twice ([`crate::verify::risks`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnRisk {
    /// It is not made.
    #[default]
    Drop,
    /// It counts as unlikely: shown to who asks for all there is, behind everything else.
    Lower,
}

/// Settings of the pipeline: what is not skipped is the user's to set, in `[completion]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Options {
    /// Most tokens generated for one suggestion.
    #[schemars(range(min = 1, max = 1024), extend("x-scope" = "anyone"))]
    pub max_tokens: usize,
    /// Most lines of one suggestion.
    #[schemars(range(min = 1, max = 200), extend("x-scope" = "anyone"))]
    pub max_lines: usize,
    /// Milliseconds without a key before the model is asked; text that is already generated shows at once.
    #[serde(rename = "debounce_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(max = 5_000), extend("x-scope" = "anyone"))]
    pub debounce: Duration,
    /// Milliseconds after which what has been generated is taken, and no more is waited for.
    #[serde(rename = "deadline_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(min = 50, max = 60_000), extend("x-scope" = "anyone"))]
    pub deadline: Duration,
    /// Suggestions that add what `treefill check` lists, like shell=True or unsafe: drop them, or lower their rank.
    #[schemars(extend("x-formerly" = "risky"))]
    pub on_risk: OnRisk,
    /// Texts that are generated at once, the likeliest first: the best is shown, and typing any of them needs no model.
    #[serde(skip)]
    pub candidates: usize,
    /// Most time for trying shorter texts than the whole ones: about what the eye forgives on top of the model's own time.
    /// Always bounded by a number too.
    #[serde(skip)]
    pub check_time: Duration,
    /// When the next suggestion may be prepared before anybody asks for it.
    #[serde(skip)]
    pub prefetch: Prefetch,
    /// By how much, in logits, this user takes suggestions of one line, and of several, more often than others.
    #[serde(skip)]
    pub leaning: [f32; 2],
    /// All of it, but for measurements.
    #[serde(skip)]
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
            prefetch: Prefetch::default(),
            on_risk: OnRisk::default(),
            leaning: [0.0; 2],
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
    let invoked = request.trigger == Trigger::Invoked;
    let lowest = if options.effort < Effort::Rank || invoked { 0.0 } else { rank::bar() };
    let mut tree = None;
    let found = match Place::of(request) {
        Ok(place) => {
            let typed = place.reuse();
            // What was never shown and is not likely enough yet says nothing about what the model would write by now.
            let answers = typed.iter().any(|text| text.shown.seen || text.rank.chance >= lowest);
            // Whoever asks wants to choose.
            if answers && (typed.len() > 1 || !invoked) {
                Ok(typed)
            } else {
                let found = run(place, engine, options, cancel, &mut tree, start).await;
                if answers { Ok(joined(typed, found.unwrap_or_default())) } else { found }
            }
        }
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

/// The texts, and those of `more` that are others.
fn joined(mut texts: Vec<Completion>, more: Vec<Completion>) -> Vec<Completion> {
    let known = texts.len();
    for other in more {
        if texts[..known].iter().all(|text| text.text != other.text) {
            texts.push(other);
        }
    }
    texts
}

async fn run(
    place: Place,
    engine: &dyn Engine,
    options: &Options,
    cancel: &CancelToken,
    kept: &mut Option<Tree>,
    start: Instant,
) -> Result<Vec<Completion>, Reason> {
    let (snapshot, offset) = (place.snapshot.clone(), place.offset);
    let (part, tree, context) = blocking(move || look(&snapshot, offset)).await?;
    let tree = match tree {
        Ok(tree) => Some(tree),
        Err(Unparsed::NoLanguage | Unparsed::TooLarge) => None,
        // The language is known and the document of a usual size: showing unchecked text here would surprise.
        Err(_) => return Err(Reason::NotParsed),
    };
    // The tree of a hypothetical text (a menu entry accepted), or of a part, is of no use to the document.
    *kept = tree.clone().filter(|_| place.entry.is_none() && part.is_none());
    let shape = match trigger::decide(&context, &place.request.trigger, options) {
        Decision::Go(shape) => shape,
        Decision::Skip(reason) => return Err(reason),
    };
    if !debounce::pause(options.debounce, &place.request.trigger, cancel).await {
        return Err(Reason::Superseded);
    }
    let read = start.elapsed();
    let desk = Arc::new(Desk {
        place,
        part,
        context,
        shape,
        tree,
        options: options.clone(),
        cancel: cancel.clone(),
    });
    let found = desk.attempt(engine, start).await;
    tracing::debug!(?read, all = ?start.elapsed(), "stages");
    if cancel.is_cancelled() {
        return Err(Reason::Superseded);
    }
    found
}

/// Read what is needed to judge at `offset`: the whole document, or a part of a large one.
fn look(snapshot: &Snapshot, offset: usize) -> (Option<Part>, Result<Tree, Unparsed>, CursorContext) {
    if let Some(part) = snapshot.part(offset)
        && let Ok(tree) = part.snapshot.try_parse()
    {
        let context = CursorContext::within(snapshot, &part, &tree, offset);
        return (Some(part), Ok(tree), context);
    }
    let tree = snapshot.try_parse();
    let context = CursorContext::at(snapshot, tree.as_ref().ok(), offset);
    (None, tree, context)
}

/// Run `work` on a blocking thread. A panic there costs this request only.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Reason> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Reason::EngineFailed(format!("a completion stage stopped: {error}")))
}
