//! Prepares suggestions before they are asked for: the one after the suggestion on the screen, and the first one where
//! the cursor comes to rest. Every request cancels this work, and the user's settings bound it.

use std::sync::Arc;
use std::time::Duration;

use super::state::Session;
use crate::cancel::CancelToken;
use crate::completion::{
    self, CompletionOptions, CompletionRequest, Outcome, Remembered, Suggestion, TriggerKind, reuse,
};
use crate::document::{Edit, Snapshot};

/// A person needs some time to read a suggestion; typing on within it makes the work useless.
const READING: Duration = Duration::from_millis(150);

impl Session {
    /// While the user reads `completion`, prepares what comes after it.
    pub(super) fn prefetch_after(
        self: &Arc<Self>,
        snapshot: &Snapshot,
        completion: &Suggestion,
        options: CompletionOptions,
    ) {
        let edit = Edit::replace(completion.range(), completion.text());
        let offset = completion.range().start + completion.text().len();
        self.prefetch(snapshot.with_edit(&edit), offset, options);
    }

    /// Prepares the suggestion at byte `offset` of `snapshot`. Editors may ask for it when the cursor comes to rest.
    pub fn prefetch(self: &Arc<Self>, snapshot: Snapshot, offset: usize, mut options: CompletionOptions) {
        let token = {
            let mut state = self.lock();
            if state.silence(&snapshot.uri).is_some() {
                return;
            }
            options.project.symbols = Arc::clone(&state.symbols);
            let Some(open) = state.documents.get_mut(&snapshot.uri) else { return };
            options.language_id.clone_from(&open.language);
            // The prompt begins as that of the request before, which has evaluated it.
            (options.project.shown, options.project.rested) = (open.foreign.text.clone(), false);
            // Prepared already, before the user typed another letter of what is shown.
            if open
                .prefetched
                .iter()
                .any(|found| reuse::rest(&found.suggestion, &snapshot.text, offset).is_some())
            {
                return;
            }
            open.tasks.start_prefetch()
        };
        let session = Arc::clone(self);
        tokio::spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = session.run_prefetch(snapshot, offset, options, &token) => {}
            }
        });
    }

    async fn run_prefetch(
        &self,
        snapshot: Snapshot,
        offset: usize,
        options: CompletionOptions,
        token: &CancelToken,
    ) {
        tokio::time::sleep(READING).await;
        // Asking for the battery reads files.
        let allowed = tokio::task::spawn_blocking(move || options.prefetch.is_allowed());
        if !allowed.await.unwrap_or(false) {
            return;
        }
        if self.admit(&snapshot.uri).await.is_err() {
            return;
        }
        let Ok(engine) = self.ready_engine().await else { return };
        let (uri, text) = (Arc::clone(&snapshot.uri), snapshot.text.clone());
        let request = CompletionRequest {
            snapshot,
            offset,
            trigger: TriggerKind::Ahead,
            selected: None,
            remembered: Vec::new(),
        };
        let report = completion::complete(request, &*engine, &options, token).await;
        let best = match report.outcome {
            Outcome::Suggested(completion) => Some(completion),
            Outcome::Skipped(_) => None,
        };
        let others = report.others.into_iter().map(|other| other.suggestion);
        let found = best.into_iter().chain(others).map(|suggestion| Remembered { suggestion, seen: false });
        let mut state = self.lock();
        if let Some(open) = state.documents.get_mut(&uri) {
            let moved = open.moved_since(&text).cloned();
            open.prefetched = match moved {
                Some(moved) => found.map(|found| found.moved(&moved)).collect(),
                None => found.collect(),
            };
            if let Some(foreign) = report.foreign.filter(|_| open.foreign.text.is_none()) {
                open.foreign.show(foreign);
            }
            state.counts.prepared += 1;
        }
    }
}
