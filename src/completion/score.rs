//! Asks the model how likely given texts are at a cursor, all in one batch.

use super::job;
use super::outcome::Reason;
use super::secrets::MaskedJob;
use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::engine::{Engine, Job, Lane, Task, Update};

/// The natural-log probability, summed over its tokens, of each of `texts` (LF line ends) at the cursor of `context`.
///
/// # Errors
/// The reason why the engine cannot score them now.
pub async fn log_probabilities(
    context: &CursorContext,
    document: &str,
    lane: Lane,
    texts: Vec<String>,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<f32>, Reason> {
    if let Some(reason) = job::unready(&engine.status().borrow()) {
        return Err(reason);
    }
    if !engine.capabilities().scoring {
        return Err(Reason::EngineFailed("this engine does not score texts".into()));
    }
    let model_context = job::context_tokens(engine)?;
    let wanted = texts.len();
    let task = Task::Score { continuations: texts };
    let job = Job { lane, ..job::at_cursor(context, model_context, document, task) };
    let mut generation = engine.generate(MaskedJob::of(job).job, cancel.clone());
    loop {
        let update = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Reason::Superseded),
            update = generation.next() => update,
        };
        match update {
            Some(Ok(Update::Scores(scores))) if scores.len() == wanted => {
                return Ok(scores.iter().map(|score| score.logprob).collect());
            }
            Some(Ok(Update::Done(_))) | None => {
                return Err(Reason::EngineFailed("the engine gave no scores".into()));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
}
