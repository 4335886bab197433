//! A completion from trigger to outcome: the stages in order, each a small file. It knows nothing of LSP.

pub mod brackets;
mod cutback;
mod debounce;
mod decode;
mod desk;
pub mod generate;
mod guide;
mod milliseconds;
pub mod outcome;
mod place;
pub mod rank;
mod request;
pub mod reuse;
pub mod score;
mod trigger;
mod trim;
mod validate;

use std::sync::Arc;

use desk::Desk;
pub use outcome::{CheckLevel, CompletionReport, Outcome, Rank, Reason, Shown, Suggestion};
use place::Place;
pub use request::{CompletionOptions, CompletionRequest, Effort, Extent, OnRisk, SelectedEntry, TriggerKind};
use tokio::time::Instant;
use tree_sitter::Tree;
use trigger::Decision;
pub use trim::joins;

use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::document::{Part, Snapshot, Unparsed};
use crate::engine::Engine;

/// Run the stages: trigger, reuse, debounce, decode under guidance, trim, validate, outcome.
///
/// Never fails: whatever goes wrong is a [`Reason`]. All parsing happens on blocking threads.
pub async fn complete(
    request: CompletionRequest,
    engine: &dyn Engine,
    options: &CompletionOptions,
    cancel: &CancelToken,
) -> CompletionReport {
    let start = Instant::now();
    let snapshot = request.snapshot.clone();
    let invoked = request.trigger == TriggerKind::Invoked;
    let lowest = if options.effort < Effort::Rank || invoked { 0.0 } else { rank::threshold() };
    let mut tree = None;
    let found = match Place::of(request) {
        Ok(place) => {
            let typed = place.reuse();
            // What was never shown and is not likely enough yet says nothing about what the model would write by now.
            let answers = typed.iter().any(|text| text.shown.seen || text.rank.probability >= lowest);
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
    others.sort_by(|a, b| {
        b.shown.seen.cmp(&a.shown.seen).then(b.rank.probability.total_cmp(&a.rank.probability))
    });
    let outcome = match others.first_mut() {
        Some(best) if best.shown.seen || best.rank.probability >= lowest => {
            best.shown.seen = true;
            Outcome::Suggested(others.remove(0))
        }
        _ => Outcome::Skipped(reason),
    };
    CompletionReport { outcome, others, tree, elapsed: start.elapsed() }
}

/// The texts, and those of `more` that are others.
fn joined(mut texts: Vec<Suggestion>, more: Vec<Suggestion>) -> Vec<Suggestion> {
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
    options: &CompletionOptions,
    cancel: &CancelToken,
    kept: &mut Option<Tree>,
    start: Instant,
) -> Result<Vec<Suggestion>, Reason> {
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
