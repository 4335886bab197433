//! Keeps the open documents in step with the editor.

use std::sync::Arc;

use super::events::SessionEvent;
use super::open_document::{Foreign, ImportChange, OpenDocument, RankedFixes};
use super::state::{Session, State};
use super::tasks::Tasks;
use crate::document::{BOM, Change, Document, Encoding, Snapshot, Tree, VersionOrder, uri};
use crate::feedback::DocumentFeedback;
use crate::language::Language;

/// A change of a document that is not open: the client and treefill no longer agree, and nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{uri} is not open: its change was dropped; closing and opening the file fixes it")]
pub struct NotOpen {
    /// The URI the client gave.
    pub uri: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Whether its version followed the one before.
    pub order: VersionOrder,
    /// Whether the user wants our own syntax errors to be shown in the document.
    pub diagnose: bool,
}

impl Session {
    /// The language of a document: what the editor says, else its path, else its first line. A notebook's cell may say more.
    fn language_of(&self, lsp_id: &str, uri: &str, text: &str, is_cell: bool) -> Option<Arc<Language>> {
        let language = self
            .registry
            .by_lsp_id(lsp_id)
            .or_else(|| uri::path(uri).and_then(|path| self.registry.by_path(&path)))
            .or_else(|| self.registry.by_shebang(text.lines().next()?.trim_start_matches(BOM)))?;
        Some(if is_cell { self.registry.in_cells(language) } else { language })
    }

    /// A document was opened; one that was open under the same URI is forgotten. Returns whether the user wants our own
    /// syntax errors to be shown in it.
    pub fn open(&self, uri: &str, lsp_id: &str, version: i32, text: &str) -> bool {
        let told = self.lock().notebooks.told(uri).map(|(notebook, is_code)| (notebook.to_owned(), is_code));
        let language = self.language_of(lsp_id, uri, text, told.is_some() || uri::is_cell(uri));
        let name = language.as_ref().map_or_else(|| lsp_id.to_owned(), |language| language.name().to_owned());
        let document = Document::new(uri, version, text, language);
        let open = OpenDocument {
            path: uri::path(told.as_ref().map_or(uri, |(notebook, _)| notebook)),
            editable: told.as_ref().map_or(!uri::is_view(uri), |(_, is_code)| *is_code),
            found: Vec::new(),
            prefetched: Vec::new(),
            feedback: DocumentFeedback::new(document.uri(), &name),
            menu_asked: None,
            ranked: RankedFixes::default(),
            imports: ImportChange::default(),
            foreign: Foreign::default(),
            tasks: Tasks::default(),
            language: name,
            document,
        };
        let mut state = self.lock();
        let spelling = open.document.uri();
        state.spellings.insert(uri::normal(uri), Arc::clone(&spelling));
        state.documents.insert(Arc::clone(&spelling), open);
        state.notebooks.opened(uri);
        let diagnose = state.diagnoses(uri);
        drop(state);
        self.happened(SessionEvent::Opened(spelling));
        diagnose
    }

    /// How the client spelled the URI of an open document when it opened it, if that was in another way than `uri`.
    pub fn other_spelling(&self, uri: &str) -> Option<Arc<str>> {
        let state = self.lock();
        if state.documents.contains_key(uri) {
            return None;
        }
        state.spellings.get(&uri::normal(uri)).cloned()
    }

    /// A document was changed: `changes` one after another, each in the coordinates left by the one before. Without a
    /// `version`, it is the next one.
    ///
    /// # Errors
    /// The document is not open.
    pub fn change(
        self: &Arc<Self>,
        uri: &str,
        version: Option<i32>,
        changes: &[Change],
        encoding: Encoding,
    ) -> Result<Changed, NotOpen> {
        let mut state = self.lock();
        let State { documents, feedback, .. } = &mut *state;
        let open = documents.get_mut(uri).ok_or_else(|| NotOpen { uri: uri.to_owned() })?;
        let version = version.unwrap_or_else(|| open.document.version().saturating_add(1));
        let before = open.document.text().clone();
        let order = open.document.change(version, changes, encoding);
        open.tasks.text_changed();
        open.ranked = RankedFixes::default();
        if let Some(moved) = open.imports_arrived() {
            // A menu's entry and its imports may come at once.
            feedback.text_changed(&mut open.feedback, &moved.before);
            feedback.moved(&mut open.feedback, &moved);
        }
        let (checks, unwanted) = feedback.text_changed(&mut open.feedback, open.document.text());
        if unwanted {
            open.forget_seen();
        }
        let judged = open.judged(&before);
        let spelling = open.document.uri();
        state.learn(judged);
        let diagnose = state.diagnoses(uri);
        drop(state);
        self.check_later(checks);
        self.happened(SessionEvent::Changed(spelling));
        Ok(Changed { order, diagnose })
    }

    /// Takes back the tree of a snapshot, so that the next parse starts from it.
    pub fn store_tree(&self, snapshot: &Snapshot, tree: Tree) {
        if let Some(open) = self.lock().documents.get_mut(&snapshot.uri) {
            open.document.store_tree(snapshot, tree);
        }
    }

    /// The version of an open document.
    pub fn version(&self, uri: &str) -> Option<i32> {
        self.lock().documents.get(uri).map(|open| open.document.version())
    }

    /// Whether the bytes `range` of a snapshot are what they were in the version `since`, at the same place. False also when
    /// that is no longer known.
    pub fn is_unchanged(&self, snapshot: &Snapshot, since: i32, range: &std::ops::Range<usize>) -> bool {
        let state = self.lock();
        let open = state.documents.get(&snapshot.uri);
        open.is_some_and(|open| open.document.is_unchanged(since, snapshot.version, range))
    }

    /// A document was closed: everything of it is freed, and what runs for it is stopped. Returns the size of its text
    /// in bytes.
    pub fn close(&self, uri: &str) -> usize {
        let mut state = self.lock();
        let State { documents, spellings, feedback, switches, notebooks, .. } = &mut *state;
        // The name of an unsaved document is used again for another one; a file that is opened again is the same.
        if !uri::is_file(uri) {
            switches.forget(uri);
        }
        let Some(mut open) = documents.remove(uri) else { return 0 };
        spellings.remove(&uri::normal(uri));
        notebooks.closed(uri);
        feedback.end_shown(&mut open.feedback, false);
        feedback.check_document(uri, |_| Some(open.document.text().clone()));
        let judged = open.feedback.predictions.closed(open.document.text());
        state.learn(judged);
        drop(state);
        self.happened(SessionEvent::Closed(open.document.uri()));
        open.document.text().len_bytes()
    }

    /// The URIs of the open documents, and whether the user wants our own syntax errors to be shown in each.
    pub fn open_documents(&self) -> Vec<(String, bool)> {
        let state = self.lock();
        state.documents.keys().map(|uri| (uri.to_string(), state.diagnoses(uri))).collect()
    }
}
