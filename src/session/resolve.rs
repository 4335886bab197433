//! An action that takes a model, from the promise to the edit. What it does is `actions`'.

use std::sync::Arc;

use super::{Open, Session};
use crate::actions::{self, LazyAction, Resolve};
use crate::cancel::CancelSource;
use crate::completion::Reason;
use crate::document::{Edit, Snapshot};
use crate::engine::ModelRole;

/// An action that has begun: its document as it was then. Dropping it stops the work.
#[derive(Debug)]
pub struct PendingAction {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    source: Arc<CancelSource>,
}

/// Why an action was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveError {
    /// The document is no longer the one it was promised for.
    Moved,
    /// There is nothing that could be applied.
    Nothing(Reason),
}

impl Session {
    /// Begin an action that was promised for `version`: takes the snapshot and stops what runs for this document. Call it
    /// before anything else is waited for.
    pub fn begin_action(&self, uri: &str, version: i32) -> Result<PendingAction, ResolveError> {
        let mut state = self.lock();
        let snapshot = state.store.snapshot(uri).filter(|snapshot| snapshot.version == version);
        let snapshot = snapshot.ok_or(ResolveError::Moved)?;
        if let Some(reason) = state.silence(uri) {
            return Err(ResolveError::Nothing(reason));
        }
        let open = state.open.get_mut(uri).ok_or(ResolveError::Moved)?;
        let source = Arc::new(CancelSource::new());
        open.stop_making();
        if let Some(running) = open.running.upgrade() {
            running.cancel();
        }
        open.preparing = None;
        open.making = Arc::downgrade(&source);
        Ok(PendingAction { snapshot, source })
    }

    /// Keep `promise`, in bytes of the snapshot: edits of exactly that snapshot.
    pub async fn resolve_action(
        self: &Arc<Self>,
        making: PendingAction,
        promise: LazyAction,
    ) -> Result<Vec<Edit>, ResolveError> {
        let PendingAction { snapshot, source } = making;
        let token = source.token();
        let action = promise.action;
        let asked = snapshot.clone();
        let run = async {
            let engine = match action.model() {
                Some(ModelRole::Instruct) => self.ready_instruct().await?,
                Some(ModelRole::Infill) | None => self.ready_engine().await?,
            };
            actions::resolve(Resolve { action: promise, snapshot, engine: &*engine, cancel: &token }).await
        };
        let found = tokio::select! {
            biased;
            () = token.cancelled() => Err(Reason::Superseded),
            found = run => found,
        };
        if self.version(&asked.uri) != Some(asked.version) {
            return Err(ResolveError::Moved);
        }
        if !matches!(found, Err(Reason::Superseded)) {
            self.made(&asked, action, found.as_deref().ok());
        }
        found.map_err(ResolveError::Nothing)
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
