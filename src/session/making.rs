//! An action that takes a model, from the promise to the edit. What it does is `actions`'.

use std::sync::Arc;

use super::{Open, Session};
use crate::actions::{self, Model, AvailableModels, LazyAction};
use crate::cancel::CancelSource;
use crate::completion::Reason;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Status};

/// An action that has begun: its document as it was then. Dropping it stops the work.
#[derive(Debug)]
pub struct Making {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    source: Arc<CancelSource>,
}

/// Why an action was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The document is no longer the one it was promised for.
    Moved,
    /// There is nothing that could be applied.
    Nothing(Reason),
}

impl Session {
    /// Begin an action that was promised for `version`: takes the snapshot and stops what runs for this document. Call it
    /// before anything else is waited for.
    pub fn begin_making(&self, uri: &str, version: i32) -> Result<Making, Refusal> {
        let mut state = self.lock();
        let snapshot = state.store.snapshot(uri).filter(|snapshot| snapshot.version == version);
        let snapshot = snapshot.ok_or(Refusal::Moved)?;
        if let Some(reason) = state.silence(uri) {
            return Err(Refusal::Nothing(reason));
        }
        let open = state.open.get_mut(uri).ok_or(Refusal::Moved)?;
        let source = Arc::new(CancelSource::new());
        open.stop_making();
        if let Some(running) = open.running.upgrade() {
            running.cancel();
        }
        open.preparing = None;
        open.making = Arc::downgrade(&source);
        Ok(Making { snapshot, source })
    }

    /// The models that are there, or on their way: what takes one may be promised.
    pub fn models(&self) -> AvailableModels {
        let engine = self.engine.borrow();
        let runs = |engine: &Arc<dyn Engine>| !matches!(&*engine.status().borrow(), Status::Failed(_));
        AvailableModels { infill: engine.as_ref().is_some_and(runs), instruct: self.is_instructed() }
    }

    /// Keep `promise`, in bytes of the snapshot: edits of exactly that snapshot.
    pub async fn make(self: &Arc<Self>, making: Making, promise: LazyAction) -> Result<Vec<Edit>, Refusal> {
        let Making { snapshot, source } = making;
        let token = source.token();
        let action = promise.action;
        let asked = snapshot.clone();
        let run = async {
            let engine = match action.model() {
                Model::Infill => self.ready_engine().await?,
                Model::Instruct => self.ready_instruct().await?,
            };
            actions::make(promise, snapshot, &*engine, &token).await
        };
        let found = tokio::select! {
            biased;
            () = token.cancelled() => Err(Reason::Superseded),
            found = run => found,
        };
        if self.version(&asked.uri) != Some(asked.version) {
            return Err(Refusal::Moved);
        }
        if !matches!(found, Err(Reason::Superseded)) {
            self.made(&asked, action, found.as_deref().ok());
        }
        found.map_err(Refusal::Nothing)
    }
}

impl Open {
    /// Stop the action that is being made for it, if one is.
    pub(super) fn stop_making(&self) {
        if let Some(making) = self.making.upgrade() {
            making.cancel();
        }
    }
}
