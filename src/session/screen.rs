//! Keeps the model away from private files, the ignore files of their project considered: the disk is read on a blocking thread.

use std::sync::Arc;

use super::state::Session;
use crate::completion::{Reason, blocking};

impl Session {
    /// Looks whether the document at `uri` is private. Whoever asks a model about it asks this first.
    ///
    /// # Errors
    /// [`Reason::Private`], and [`Reason::Superseded`] when it is no longer open.
    pub(super) async fn admit(&self, uri: &str) -> Result<(), Reason> {
        let (screen, path) = {
            let state = self.lock();
            let open = state.documents.get(uri).ok_or(Reason::Superseded)?;
            (Arc::clone(state.disabled.screen()), open.path.clone())
        };
        let Some(path) = path else { return Ok(()) };
        match blocking(move || screen.excludes(&path)).await? {
            Some(excluded) => Err(excluded.into()),
            None => Ok(()),
        }
    }
}
