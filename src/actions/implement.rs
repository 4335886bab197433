//! Implement from docstring: the body of a function that has none yet, written by the model and checked before anybody sees
//! it. What cannot be checked is not offered, and what does not pass is not applied.
//!
//! Recognising a place takes no model ([`promise`]); writing does ([`write`]).

mod body;
mod stub;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use body::{Body, BodyValidator};
use stub::{DocSource, Stub};
use tokio::time::Instant;

use super::{Action, LazyAction};
use crate::cancel::CancelToken;
use crate::completion::generate::{self, BlockRequest, Draft};
use crate::completion::{Extent, Reason, blocking};
use crate::context::{CursorContext, Excerpt};
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Role, Sampling, Segment};

/// Bodies from one prompt.
const CANDIDATES: usize = 3;
/// How often is asked: once for the likeliest, then by chance, while none is good. Most that succeed do at the first or
/// second time (benches/implement.py).
const ROUNDS: u64 = 8;
/// Most lines of a body: a longer one is beyond any model that runs here.
const LINES: usize = 40;
/// Most tokens of a body.
const TOKENS: usize = 256;
/// Whoever asked for it sees it running, and waits no longer than this.
const PATIENCE: Duration = Duration::from_secs(20);
/// How freely the further rounds draw: enough to differ, not enough to ramble.
const TEMPERATURE: f32 = 0.6;
const TOP_P: f32 = 0.9;
/// Bytes told of types that the signature names and the prompt would not show.
const TYPES: usize = 1024;

/// What can be implemented at `range`; no model is asked. It parses: call it on a blocking thread.
pub fn promise(snapshot: &Snapshot, range: &Range<usize>) -> Option<LazyAction> {
    let language = snapshot.language.as_ref()?;
    let declares = |ending: &String| snapshot.uri.ends_with(&format!(".{ending}"));
    if language.config.stub_extensions.iter().any(declares) {
        return None;
    }
    let stub = stub::find(snapshot, &snapshot.parse()?, range)?;
    let name = &stub.name;
    let title = match stub.doc_source {
        DocSource::Docstring => format!("Implement `{name}` from its docstring"),
        DocSource::Comment => format!("Implement `{name}` from its doc comment"),
        DocSource::Nothing => format!("Implement `{name}`"),
    };
    Some(LazyAction::new(Action::Implement, title, range.clone()))
}

/// Write the body of the stub at `range`: the change, or why there is none.
pub async fn write(
    snapshot: Snapshot,
    range: Range<usize>,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Edit>, Reason> {
    let deadline = Instant::now() + PATIENCE;
    let task = Arc::new(blocking(move || ImplementTask::new(&snapshot, &range)).await??);
    let mut best: Option<Body> = None;
    let mut why = None;
    for round in 0..ROUNDS {
        let written =
            match generate::drafts(&task.context, task.wanted(round, deadline), engine, cancel).await {
                Ok(written) => written,
                // There is nothing to be had here, or not now; what is there already is good for all that.
                Err(reason) if is_final(&reason) => {
                    why = Some(reason);
                    break;
                }
                Err(reason) => {
                    why.get_or_insert(reason);
                    continue;
                }
            };
        let judging = Arc::clone(&task);
        let found = blocking(move || judging.best(&written)).await?;
        best = best.into_iter().chain(found).max_by(Body::order);
        if best.as_ref().is_some_and(|best| best.good) || Instant::now() >= deadline {
            break;
        }
    }
    match (best, why) {
        _ if cancel.is_cancelled() => Err(Reason::Superseded),
        (Some(body), _) => Ok(vec![body.edit]),
        (None, why) => Err(why.filter(is_final).unwrap_or(Reason::Invalid)),
    }
}

/// Whether asking again is of no use.
pub(super) fn is_final(reason: &Reason) -> bool {
    !matches!(reason, Reason::Blank | Reason::AlreadyThere | Reason::Repetition | Reason::Invalid)
}

/// Everything a body is written for and judged by.
struct ImplementTask {
    document: String,
    context: CursorContext,
    told: Vec<Segment>,
    validator: BodyValidator,
}

impl ImplementTask {
    fn new(snapshot: &Snapshot, range: &Range<usize>) -> Result<Self, Reason> {
        let tree = snapshot.try_parse().map_err(|_| Reason::NotParsed)?;
        let stub = stub::find(snapshot, &tree, range).ok_or(Reason::NotHere)?;
        // The model sees the place as if one were about to write there.
        let (opened, offset) = stub.opened(snapshot);
        let context = CursorContext::at(&opened, opened.parse().as_ref(), offset);
        let told = types(&context, &stub).into_iter().collect();
        let validator = BodyValidator::new(snapshot, stub).ok_or(Reason::NotParsed)?;
        Ok(Self { document: snapshot.uri.to_string(), context, told, validator })
    }

    fn wanted(&self, round: u64, deadline: Instant) -> BlockRequest {
        let seed = round * CANDIDATES as u64;
        BlockRequest {
            document: self.document.clone(),
            told: self.told.clone(),
            candidates: CANDIDATES,
            shape: Extent::Lines(LINES),
            tokens: TOKENS,
            sampling: match round {
                0 => Sampling::Greedy,
                _ => Sampling::Seeded { temperature: TEMPERATURE, top_p: TOP_P, seed },
            },
            deadline,
        }
    }

    fn best(&self, written: &[Draft]) -> Option<Body> {
        written.iter().filter_map(|one| self.validator.body(one)).max_by(Body::order)
    }
}

/// The types that the signature names and that are defined below: the prompt tells of those above anyway.
fn types(context: &CursorContext, stub: &Stub) -> Option<Segment> {
    let hidden = |excerpt: &&Excerpt| excerpt.range.start >= context.offset;
    let named = |excerpt: &&Excerpt| {
        // Not what it inherits from or holds.
        let own = excerpt.text.split(['(', '<', ':', '{', '=']).next().unwrap_or_default();
        let mut words = own.split_whitespace();
        words.any(|word| stub.types.iter().any(|name| name == word))
    };
    let mut text = String::new();
    for excerpt in context.outline.iter().filter(hidden).filter(named) {
        if text.len() + excerpt.text.len() < TYPES {
            text.push_str(&excerpt.text);
            text.push('\n');
        }
    }
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
    (!text.is_empty()).then_some(Segment { role: Role::Stable, text, share: 10, boundaries })
}

#[cfg(test)]
mod tests;
