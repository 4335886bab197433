//! Lets the model on this machine do the jobs of a server that does not answer. It is read when it is first needed.

use std::sync::Arc;
use std::time::Duration;

use super::LocalStarter;
use crate::cancel::CancelSource;
use crate::engine::queue::Ticket;
use crate::engine::{Engine, EngineError, JobSummary, Update};

/// Between two looks at whether somebody still waits.
const TICK: Duration = Duration::from_millis(10);

/// A model on this machine.
pub struct FallbackModel {
    starter: LocalStarter,
    engine: Option<Arc<dyn Engine>>,
}

impl FallbackModel {
    /// Not read yet.
    pub fn new(starter: LocalStarter) -> Self {
        Self { starter, engine: None }
    }

    /// Do the job of `ticket`, sending its updates but for the last.
    pub fn run(&mut self, ticket: &Ticket) -> Result<JobSummary, EngineError> {
        let engine = self.engine.get_or_insert_with(|| (self.starter.0)());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| EngineError::Failed(error.to_string()))?;
        // Dropped with the job, which ends the work.
        let source = CancelSource::new();
        runtime.block_on(async {
            let mut generation = engine.generate(ticket.job.clone(), source.token());
            loop {
                let update = tokio::time::timeout(TICK, generation.next()).await;
                ticket.check()?;
                match update {
                    Err(_) => {}
                    Ok(Some(Ok(Update::Done(summary)))) => return Ok(summary),
                    Ok(Some(Ok(update))) => ticket.send(update),
                    Ok(Some(Err(error))) => return Err(error),
                    Ok(None) => {
                        return Err(EngineError::Failed("the model on this machine gave no answer".into()));
                    }
                }
            }
        })
    }
}
