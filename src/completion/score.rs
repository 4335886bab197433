//! How likely given texts are at a place, asked in one batch. It generates nothing and judges no syntax.

use super::outcome::Reason;
use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::engine::{Engine, Job, Lane, Sampling, Status, Stop, Task, Update};
use crate::prompt::{self, Budget};

/// The natural-log probability, summed over its tokens, of each of `texts` (LF line ends) at the cursor of `context`.
pub async fn log_probabilities(
    context: &CursorContext,
    document: &str,
    lane: Lane,
    texts: Vec<String>,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<f32>, Reason> {
    if !engine.capabilities().scoring {
        return Err(Reason::EngineFailed("this engine does not score texts".into()));
    }
    let held = match &*engine.status().borrow() {
        Status::Ready(model) => model.context,
        Status::Failed(why) => return Err(Reason::NoEngine(why.clone())),
        Status::Loading(_) => return Err(Reason::ModelLoading),
        Status::Restarting => return Err(Reason::EngineRestarting),
    };
    let wanted = texts.len();
    let job = Job {
        document: document.to_owned(),
        lane,
        segments: prompt::build(context, Budget::for_context(held)),
        max_tokens: 0,
        stop: Stop::default(),
        sampling: Sampling::Greedy,
        task: Task::Score { continuations: texts },
    };
    let mut generation = engine.generate(job, cancel.clone());
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
