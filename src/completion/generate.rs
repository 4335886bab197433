//! Some lines at a place, generated under guidance and trimmed, for whoever judges them by rules of his own. No trigger,
//! no debounce, no verdict.

use tokio::time::Instant;

use super::decode;
use super::guide::Guide;
use super::outcome::Reason;
use super::request::Extent;
use super::trim;
use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::engine::{Engine, Job, Lane, Sampling, Segment, Status, Task};
use crate::prompt::{self, Budget};

/// What is wanted.
#[derive(Debug, Clone)]
pub struct BlockRequest {
    /// The document's identity, for "latest wins" and KV reuse.
    pub document: String,
    /// Told before everything else, besides the place itself.
    pub told: Vec<Segment>,
    /// How many texts.
    pub candidates: usize,
    /// How much one may be.
    pub shape: Extent,
    /// Most tokens of one; a quarter of a small model's context at most, for the place has to be told too.
    pub tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// When to take what is there.
    pub deadline: Instant,
}

/// One text.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// With LF line ends, to stand at the cursor.
    pub text: String,
    /// Mean natural-log probability of its tokens.
    pub likelihood: f32,
}

/// Generate texts at the cursor of `context`. Never an empty list: when nothing usable came, the reason says why.
pub async fn drafts(
    context: &CursorContext,
    wanted: BlockRequest,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Draft>, Reason> {
    let held = match &*engine.status().borrow() {
        Status::Failed(why) => return Err(Reason::NoEngine(why.clone())),
        Status::Ready(model) => model.context,
        Status::Loading(_) | Status::Restarting => 0,
    };
    let shape = wanted.shape;
    let lines = if let Extent::Lines(most) = shape { most } else { 1 };
    let most = if held == 0 { wanted.tokens } else { wanted.tokens.min(held as usize / 4) };
    let mut segments = wanted.told;
    segments.extend(prompt::build(context, Budget::for_context(held)));
    let job = Job {
        document: wanted.document,
        lane: Lane::Interactive,
        segments,
        max_tokens: most,
        stop: prompt::stop(lines),
        sampling: wanted.sampling,
        task: Task::Generate { candidates: engine.capabilities().candidates(wanted.candidates) },
    };
    let generation = engine.generate(job, cancel.clone());
    let guide = Guide::new(context, shape);
    let texts =
        decode::decode(generation, wanted.candidates, Some(&guide), engine, wanted.deadline, cancel).await?;
    let (mut written, mut why): (Vec<Draft>, _) = (Vec::new(), Reason::Blank);
    for decoded in &texts {
        match trim::trim(&decoded.text, context, shape) {
            Ok(text) if written.iter().all(|other| other.text != text) => {
                let sum: f32 = decoded.pieces.iter().map(|(_, logprob, _)| logprob).sum();
                written.push(Draft { text, likelihood: sum / decoded.tokens.max(1) as f32 });
            }
            Ok(_) => {}
            Err(reason) => why = reason,
        }
    }
    if written.is_empty() { Err(why) } else { Ok(written) }
}
