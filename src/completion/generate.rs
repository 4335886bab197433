//! Generates multi-line drafts at a cursor for code actions, which check them with [`crate::verify`]. Skips the trigger, the
//! debounce and the ranking.

use tokio::time::Instant;

use super::decode;
use super::guide::Guide;
use super::job;
use super::outcome::Reason;
use super::request::Extent;
use super::secrets::MaskedJob;
use super::trim;
use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::engine::{Engine, Job, Sampling, Segment, Task};
use crate::prompt;

/// What drafts are asked for with.
#[derive(Debug, Clone)]
pub struct BlockRequest {
    /// The document's identity, for "latest wins" and KV reuse.
    pub document: String,
    /// Segments of the prompt before those of the place.
    pub preface: Vec<Segment>,
    /// How many texts.
    pub candidates: usize,
    /// How much one may be.
    pub extent: Extent,
    /// Most tokens of one text. A quarter of the model's context is the limit, for the prompt needs room, too.
    pub tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// When to take what is there.
    pub deadline: Instant,
}

/// One generated text.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The text to insert at the cursor, with LF line ends.
    pub text: String,
    /// Mean natural-log probability of its tokens.
    pub mean_logprob: f32,
    /// The least one of them.
    pub least_logprob: f32,
    /// Their sum.
    pub sum_logprob: f32,
}

/// Generates texts at the cursor of `context`. The list is never empty.
///
/// # Errors
/// The reason why nothing usable was generated, or why the engine could not.
pub async fn drafts(
    context: &CursorContext,
    request: BlockRequest,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Draft>, Reason> {
    let model_context = job::context_tokens(engine)?;
    let extent = request.extent;
    let candidates = engine.capabilities().candidates(request.candidates);
    let task = Task::Generate { candidates };
    let at_cursor = job::at_cursor(context, model_context, &request.document, task);
    let mut segments = request.preface;
    segments.extend(at_cursor.segments);
    let quarter = if model_context == 0 { usize::MAX } else { model_context as usize / 4 };
    let job = Job {
        segments,
        max_tokens: request.tokens.min(quarter),
        stop: prompt::stop(extent.lines()),
        sampling: request.sampling,
        ..at_cursor
    };
    let generation = engine.generate(MaskedJob::of(job).job, cancel.clone());
    let guide = Guide::new(context, extent);
    let texts =
        decode::decode(generation, candidates, Some(&guide), engine, request.deadline, cancel).await?;
    let (mut drafts, mut why): (Vec<Draft>, _) = (Vec::new(), Reason::Blank);
    for decoded in &texts {
        match trim::trim(&decoded.text, context, extent) {
            Ok(text) if drafts.iter().all(|other| other.text != text) => {
                let logprobs = || decoded.pieces.iter().map(|(_, logprob, _)| *logprob);
                let sum_logprob: f32 = logprobs().sum();
                drafts.push(Draft {
                    text,
                    mean_logprob: sum_logprob / decoded.tokens.max(1) as f32,
                    least_logprob: logprobs().fold(0.0, f32::min),
                    sum_logprob,
                });
            }
            Ok(_) => {}
            Err(reason) => why = reason,
        }
    }
    if drafts.is_empty() { Err(why) } else { Ok(drafts) }
}
