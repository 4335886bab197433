//! Work before anybody asks for it: the suggestion after the one that is shown, and the first one at a place that the
//! editor says has the user's attention. It gives way to every request, and is bounded by the user's setting.

use std::sync::Arc;
use std::time::Duration;

use super::Session;
use crate::cancel::{CancelSource, CancelToken};
use crate::completion::{
    self, CompletionOptions, CompletionRequest, Outcome, Shown, Suggestion, TriggerKind, reuse,
};
use crate::document::{Edit, Snapshot};

/// A person needs some time to read a suggestion; whoever types on within it makes the work useless.
const READING: Duration = Duration::from_millis(150);

impl Session {
    /// While the user reads `completion`, prepare what comes after it.
    pub(super) fn prepare_acceptance(
        self: &Arc<Self>,
        snapshot: &Snapshot,
        completion: &Suggestion,
        options: CompletionOptions,
    ) {
        let edit = Edit::replace(completion.range.clone(), completion.text.clone());
        let offset = completion.range.start + completion.text.len();
        self.prepare(snapshot.with_edit(&edit), offset, options);
    }

    /// Prepare the suggestion at `offset` of a document as it is. Editors may ask for it when the cursor comes to rest.
    pub fn warm(self: &Arc<Self>, snapshot: Snapshot, offset: usize) {
        let options = self.config().completion_options();
        self.prepare(snapshot, offset, options);
    }

    fn prepare(self: &Arc<Self>, snapshot: Snapshot, offset: usize, options: CompletionOptions) {
        let source = CancelSource::new();
        let token = source.token();
        {
            let mut state = self.lock();
            if state.silence(&snapshot.uri).is_some() {
                return;
            }
            let Some(open) = state.open.get_mut(&snapshot.uri) else { return };
            // Prepared already, before the user typed another letter of what is shown.
            if open.ahead.iter().any(|ahead| reuse::lookup(ahead, &snapshot.text, offset).is_some()) {
                return;
            }
            open.preparing = Some(source);
        }
        let session = Arc::clone(self);
        tokio::spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = session.run_ahead(snapshot, offset, options, &token) => {}
            }
        });
    }

    async fn run_ahead(
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
        let Ok(engine) = self.ready_engine().await else { return };
        let uri = Arc::clone(&snapshot.uri);
        let request = CompletionRequest {
            snapshot,
            offset,
            trigger: TriggerKind::Ahead,
            selected: None,
            shown: Vec::new(),
        };
        let report = completion::complete(request, &*engine, &options, token).await;
        let best = match report.outcome {
            Outcome::Suggested(completion) => Some(completion),
            Outcome::Skipped(_) => None,
        };
        let found = best.into_iter().chain(report.others).map(|found| Shown { seen: false, ..found.shown });
        let mut state = self.lock();
        if let Some(open) = state.open.get_mut(&uri) {
            open.ahead = found.collect();
            state.counts.prepared += 1;
        }
    }
}
