//! Resolves a code action that takes a model, from the menu's entry to the edits. `actions` does the work.

use std::sync::Arc;

use super::state::Session;
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
    /// The document is no longer the one it was offered for.
    Moved,
    /// There is nothing that could be applied.
    Nothing(Reason),
}

impl Session {
    /// Begins an action that was offered for `version`: takes the snapshot and stops what runs for this document. A
    /// request handler calls this first, before it waits for anything.
    ///
    /// # Errors
    /// The document has moved on, or nothing may be changed in it.
    pub fn begin_action(&self, uri: &str, version: i32) -> Result<PendingAction, ResolveError> {
        let mut state = self.lock();
        let silence = state.silence(uri);
        let open = state.documents.get(uri).filter(|open| open.document.version() == version);
        let snapshot = state.snapshot(open.ok_or(ResolveError::Moved)?);
        if let Some(reason) = silence {
            return Err(ResolveError::Nothing(reason));
        }
        let open = state.documents.get_mut(uri).ok_or(ResolveError::Moved)?;
        Ok(PendingAction { snapshot, source: open.tasks.start_action() })
    }

    /// Resolves `promise`, in bytes of the snapshot, to edits of exactly that snapshot.
    ///
    /// # Errors
    /// The document has moved on, or there is nothing to apply.
    pub async fn resolve_action(
        self: &Arc<Self>,
        pending: PendingAction,
        promise: LazyAction,
    ) -> Result<Vec<Edit>, ResolveError> {
        let PendingAction { snapshot, source } = pending;
        let token = source.token();
        let action = promise.action;
        let asked = snapshot.clone();
        let run = async {
            self.admit(&asked.uri).await?;
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
            self.resolved(&asked, action, found.as_deref().ok());
        }
        found.map_err(ResolveError::Nothing)
    }
}
