//! Asks a model for drafts in rounds, the likeliest first and then by chance, until one of them passes the caller's checks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::cancel::CancelToken;
use crate::completion::generate::{self, BlockRequest, Draft};
use crate::completion::{Extent, Reason, blocking};
use crate::context::CursorContext;
use crate::engine::{Engine, Sampling, Segment};

/// How often a model is asked, and how freely.
pub struct RoundPlan {
    /// Rounds at most: the first one is greedy, each further one draws by chance.
    pub rounds: u64,
    /// Texts of one round.
    pub candidates: usize,
    /// How freely the further rounds draw: enough to differ, not enough to ramble.
    pub temperature: f32,
    /// Tokens beyond this share of the probability are not drawn.
    pub top_p: f32,
    /// The user sees it running, and waits no longer than this.
    pub patience: Duration,
}

impl RoundPlan {
    /// How tokens are chosen in a round, counted from 0.
    pub fn sampling(&self, round: u64) -> Sampling {
        let Self { temperature, top_p, .. } = *self;
        match round {
            0 => Sampling::Greedy,
            _ => Sampling::Seeded { temperature, top_p, seed: round * self.candidates as u64 },
        }
    }
}

/// What drafts are written for.
pub struct DraftTask {
    /// The document's identity, for "latest wins" and KV reuse.
    pub document: String,
    /// The place; drafts begin at its cursor.
    pub context: CursorContext,
    /// What the prompt has before the place.
    pub preface: Vec<Segment>,
    /// How long a draft may be.
    pub extent: Extent,
    /// Tokens of a draft at most.
    pub tokens: usize,
    /// The rounds.
    pub plan: &'static RoundPlan,
}

/// Asks for drafts until `judge`, which runs on a blocking thread, breaks with what it made of them. It gets the drafts of a
/// round and what it made of earlier rounds; the last of that counts when the rounds or the time are over.
///
/// # Errors
/// [`Reason::Invalid`] when nothing passed, [`Reason::Superseded`] when cancelled, else what hinders the engine.
pub async fn run<T: Send + 'static>(
    task: &DraftTask,
    engine: &dyn Engine,
    cancel: &CancelToken,
    judge: impl Fn(&[Draft], Option<T>) -> ControlFlow<T, Option<T>> + Send + Sync + 'static,
) -> Result<T, Reason> {
    let (plan, judge) = (task.plan, Arc::new(judge));
    let deadline = Instant::now() + plan.patience;
    let (mut best, mut why) = (None, Reason::Invalid);
    for round in 0..plan.rounds {
        let wanted = BlockRequest {
            document: task.document.clone(),
            preface: task.preface.clone(),
            candidates: plan.candidates,
            extent: task.extent,
            tokens: task.tokens,
            sampling: plan.sampling(round),
            deadline,
        };
        match generate::drafts(&task.context, wanted, engine, cancel).await {
            Ok(drafts) => {
                let (judge, earlier) = (Arc::clone(&judge), best.take());
                match blocking(move || judge(&drafts, earlier)).await? {
                    ControlFlow::Continue(found) => best = found,
                    ControlFlow::Break(found) => {
                        best = Some(found);
                        break;
                    }
                }
            }
            // The next round may draw something else.
            Err(Reason::Blank | Reason::AlreadyThere | Reason::Repetition | Reason::Invalid) => {}
            Err(reason) => {
                why = reason;
                break;
            }
        }
        if Instant::now() >= deadline {
            break;
        }
    }
    if cancel.is_cancelled() { Err(Reason::Superseded) } else { best.ok_or(why) }
}
