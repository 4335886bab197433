//! Asks an engine how much it remembers of a workspace. It answers a job like any other, so it works for every engine.

use super::{Engine, EngineError, Job, Lane, MemoryStats, Role, Sampling, Segment, Stop, Task, Update};
use crate::cancel::CancelToken;

/// What an engine remembers of a workspace, as [`super::MemoryUpdate`] names it; nothing where memory is off.
///
/// # Errors
/// When the engine cannot work.
pub async fn remembered(engine: &dyn Engine, workspace: &str) -> Result<MemoryStats, EngineError> {
    let text =
        Segment { role: Role::Prefix, text: "x".into(), share: 100, boundaries: Vec::new(), file: None };
    let job = Job {
        document: "memory:probe".to_owned(),
        lane: Lane::Interactive,
        segments: vec![text],
        max_tokens: 0,
        stop: Stop::default(),
        sampling: Sampling::Greedy,
        task: Task::Explain { continuation: "x".into() },
        language: String::new(),
        workspace: Some(workspace.to_owned()),
    };
    let mut generation = engine.generate(job, CancelToken::never());
    while let Some(update) = generation.next().await {
        if let Update::Done(summary) = update? {
            return Ok(summary.remembered);
        }
    }
    Err(EngineError::Failed("it gave no answer".into()))
}
