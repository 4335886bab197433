//! Builds the engine's jobs at a cursor, and says as a reason why an engine cannot run one.

use std::sync::Arc;

use super::outcome::Reason;
use crate::context::CursorContext;
use crate::engine::{Engine, EngineError, Job, Lane, ModelInfo, Sampling, Status, Stop, Task};
use crate::language::Language;
use crate::prompt::{self, PromptBudget};

/// Why an engine with this status runs no job now; None when it does.
pub fn unready(status: &Status) -> Option<Reason> {
    match status {
        Status::Ready(_) => None,
        Status::Loading(_) => Some(Reason::ModelLoading),
        Status::Restarting => Some(Reason::EngineRestarting),
        Status::Failed(why) => Some(Reason::NoEngine(why.clone())),
    }
}

/// Refuses a language that the model says it does not know. While the model is still being read, nothing is known of it.
///
/// # Errors
/// [`Reason::UnknownLanguage`].
pub fn check_language(engine: &dyn Engine, language: Option<&Language>) -> Result<(), Reason> {
    let status = engine.status().borrow().clone();
    let Status::Ready(model) = status else { return Ok(()) };
    let Some(known) = &model.languages else { return Ok(()) };
    if language.is_some_and(|language| known.iter().any(|name| name == language.name())) {
        return Ok(());
    }
    Err(Reason::UnknownLanguage(known.join(", ")))
}

/// What is known of the model; nothing while it is still being read, which a job may wait for.
///
/// # Errors
/// [`Reason::NoEngine`] when the engine will never run a job.
pub fn model(engine: &dyn Engine) -> Result<Arc<ModelInfo>, Reason> {
    let status = engine.status().borrow().clone();
    match (unready(&status), status) {
        (Some(reason @ Reason::NoEngine(_)), _) => Err(reason),
        (_, Status::Ready(model)) => Ok(model),
        _ => Ok(Arc::default()),
    }
}

/// Tokens of the model's context; 0 while the model is still being read.
///
/// # Errors
/// [`Reason::NoEngine`] when the engine will never run a job.
pub fn context_tokens(engine: &dyn Engine) -> Result<u32, Reason> {
    model(engine).map(|model| model.context)
}

/// A job for the cursor in `context` with a model of so many tokens of context: somebody waits for it, it takes the likeliest
/// tokens, and it generates none until `max_tokens` is set.
pub fn at_cursor(context: &CursorContext, model_context: u32, document: &str, task: Task) -> Job {
    Job {
        document: document.to_owned(),
        lane: Lane::Interactive,
        segments: prompt::build(context, PromptBudget::for_context(model_context)),
        max_tokens: 0,
        stop: Stop::default(),
        sampling: Sampling::Greedy,
        task,
        language: context.language.clone(),
        workspace: Some(String::new()),
    }
}

impl From<EngineError> for Reason {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Cancelled => Self::Superseded,
            EngineError::Restarting => Self::EngineRestarting,
            EngineError::Unavailable(why) => Self::NoEngine(why),
            EngineError::TooLong { tokens, context } => Self::TooLong { tokens, context },
            EngineError::Failed(why) => Self::EngineFailed(why),
        }
    }
}
