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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::completion::{Outcome, Reason, TriggerKind};
    use crate::document::{Change, Encoding};
    use crate::session::Query;
    use crate::session::testing::saying;
    use crate::stats::{self, Disposition, Recorder, RequestKind, UsageEvent};

    const URI: &str = "file:///x.py";
    const BEFORE: &str = "\"\"\"A module with some words that stand above, so that the place is far.\"\"\"\n\nimport os\n\nx = \n";

    fn replace(session: &Arc<Session>, text: &str) {
        let change = Change { range: None, text: text.to_owned() };
        session.change(URI, None, &[change], Encoding::Utf8).unwrap();
    }

    /// A session that shows `Path()` behind [`BEFORE`], and the file of its statistics.
    async fn showing() -> (Arc<Session>, Recorder, tempfile::TempDir, Snapshot, Suggestion, u64) {
        let session = saying("Path()\n");
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(folder.path().join("stats.jsonl"));
        session.record_to(recorder.clone());
        session.start_engine();
        session.engine().wait_for(Option::is_some).await.unwrap();
        session.open(URI, "python", 1, BEFORE);
        let request = session.begin(URI, RequestKind::Automatic).unwrap();
        let query = Query { offset: BEFORE.len() - 1, trigger: TriggerKind::Automatic, selected: None };
        let answer = session.complete(request, query).await;
        let Outcome::Suggested(suggestion) = answer.outcome else { panic!("{:?}", answer.outcome) };
        assert_eq!(suggestion.imports.len(), 1);
        (session, recorder, folder, answer.snapshot, suggestion, answer.id)
    }

    fn ended(session: &Session, recorder: &Recorder, folder: &tempfile::TempDir) -> Vec<Disposition> {
        session.finish();
        recorder.flush(Duration::from_secs(20));
        let events = stats::read(&folder.path().join("stats.jsonl")).unwrap().events;
        let fate = |event: &UsageEvent| match event {
            UsageEvent::Ended(ended) => Some(ended.fate),
            _ => None,
        };
        events.iter().filter_map(fate).collect()
    }

    #[tokio::test]
    async fn an_entry_that_came_with_its_import_is_accepted() {
        let (session, recorder, folder, snapshot, suggestion, _) = showing().await;
        let edits = session.imports_beside(&snapshot, &suggestion).await.unwrap();
        let all: Vec<Edit> = edits.into_iter().chain(suggestion.edits).collect();
        replace(&session, &with_edits(&snapshot, &all).text.to_string());
        assert_eq!(ended(&session, &recorder, &folder), [Disposition::Accepted]);
    }

    #[tokio::test]
    async fn an_import_that_comes_behind_is_no_edit_of_the_users_and_an_undo_of_both_is_one() {
        let (session, recorder, folder, _, suggestion, id) = showing().await;
        let with = BEFORE.replace("x = ", "x = Path()");
        replace(&session, &with);
        session.accepted(id);
        let snapshot = session.view(URI).unwrap().snapshot;
        let near = suggestion.range().start;
        let edits = session.imports_for(&snapshot, near, suggestion.imports.to_vec()).await.unwrap();
        replace(&session, &with_edits(&snapshot, &edits).text.to_string());
        assert!(session.lock().feedback.dismissed_in(URI).is_empty());
        assert_eq!(session.lock().feedback.reactions().counts(), (1, 1));
        replace(&session, BEFORE);
        let again = session.begin(URI, RequestKind::Automatic).unwrap();
        let query = Query { offset: BEFORE.len() - 1, trigger: TriggerKind::Automatic, selected: None };
        let again = session.complete(again, query).await.outcome;
        assert_eq!(again, Outcome::Skipped(Reason::DismissedBefore));
        assert_eq!(ended(&session, &recorder, &folder), [Disposition::Accepted]);
    }
}
