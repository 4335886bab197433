//! Finds the imports that come with a suggestion, for the document as it is, and remembers them so that their arrival is known to be
//! no typing.

use std::sync::Arc;

use super::open_document::ImportChange;
use super::state::Session;
use crate::completion::{ImportSource, Moved, Suggestion, blocking, import};
use crate::document::{Edit, Snapshot};
use crate::verify::change::with_edits;

impl Session {
    /// The edits that import what `suggestion` needs, in bytes of `snapshot` without it; empty when it needs nothing. None when they
    /// have no place beside it.
    pub async fn imports_beside(&self, snapshot: &Snapshot, suggestion: &Suggestion) -> Option<Vec<Edit>> {
        if suggestion.imports.is_empty() {
            return Some(Vec::new());
        }
        let (edit, sources) = (suggestion.edits.first()?.clone(), Arc::clone(&suggestion.imports));
        let document = snapshot.clone();
        let (edit, edits) = blocking(move || {
            let edits = import::edits_beside(&document, &edit, &sources)?;
            // An editor could not say which of two at one place comes first.
            edits.iter().all(|import| import.range.end < edit.range.start).then_some((edit, edits))
        })
        .await
        .ok()??;
        self.expect_imports(&snapshot.with_edit(&edit), &edits);
        Some(edits)
    }

    /// The edits of `snapshot` that import those of `sources` that it uses and does not know, near byte `near` first. None when
    /// there is nothing to do, or nothing that is allowed.
    pub async fn imports_for(
        &self,
        snapshot: &Snapshot,
        near: usize,
        sources: Vec<ImportSource>,
    ) -> Option<Vec<Edit>> {
        let document = snapshot.clone();
        let edits = blocking(move || import::edits_for(&document, near, &sources)).await.ok()??;
        self.expect_imports(snapshot, &edits);
        Some(edits)
    }

    fn expect_imports(&self, before: &Snapshot, edits: &[Edit]) {
        let moved = Moved::new(&before.text, &with_edits(before, edits).text, edits);
        if let Some(open) = self.lock().documents.get_mut(&before.uri) {
            open.imports = ImportChange::Expected(moved);
        }
    }
}
