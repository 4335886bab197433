//! Shows whoever reads the files of a workspace what one moment of the session says: folders, settings, switches, open texts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ropey::Rope;

use super::state::Session;
use super::switches::Switches;
use crate::config::{Disabled, WorkspaceSection};
use crate::document::uri;
use crate::language::Registry;
use crate::symbols::SymbolIndex;

/// The folders that an editor works in, and what of them may be read.
#[derive(Debug, Clone)]
pub struct WorkspaceView {
    pub section: WorkspaceSection,
    /// Whether the user has paused suggestions everywhere.
    pub paused: bool,
    pub roots: Vec<PathBuf>,
    pub disabled: Disabled,
    pub switches: Switches,
    /// The open documents.
    pub open: Vec<OpenFile>,
}

/// An open document without its text.
#[derive(Debug, Clone)]
pub struct OpenFile {
    /// As the client spells it.
    pub uri: Arc<str>,
    /// The path in its URI, if it has one.
    pub path: Option<PathBuf>,
    /// Its language's name, or the editor's identifier of it.
    pub language: String,
}

/// The text of an open document, as it is typed.
#[derive(Debug)]
pub struct OpenText {
    /// The path in its URI, if it has one.
    pub path: Option<PathBuf>,
    /// With the line ends of the editor.
    pub text: Rope,
}

impl Session {
    /// The workspace as it is now.
    pub(crate) fn workspace_view(&self) -> WorkspaceView {
        let state = self.lock();
        let open = state.documents.iter().map(|(uri, open)| OpenFile {
            uri: Arc::clone(uri),
            path: open.path.clone(),
            language: open.language.clone(),
        });
        WorkspaceView {
            section: state.config.workspace.clone(),
            paused: state.switches.is_paused(Instant::now()),
            roots: state.roots.clone(),
            disabled: state.disabled.clone(),
            switches: state.switches.clone(),
            open: open.collect(),
        }
    }

    /// The text of an open document in which something may be suggested, as far as its name, the settings and the switches say.
    pub(crate) fn open_text(&self, uri: &str) -> Option<OpenText> {
        // The cells of a notebook are left out for now: each is a text of a few lines, and its file is no source text.
        if uri::is_cell(uri) {
            return None;
        }
        let state = self.lock();
        if state.notebooks.told(uri).is_some() || state.silence(uri).is_some() {
            return None;
        }
        let open = state.documents.get(uri)?;
        Some(OpenText { path: open.path.clone(), text: open.document.text().clone() })
    }

    /// What the files of the workspace define, as far as they were read: the value of this moment.
    pub fn symbols(&self) -> Arc<SymbolIndex> {
        Arc::clone(&self.lock().symbols)
    }

    /// The files of the workspace were read, or have changed.
    pub(crate) fn set_symbols(&self, symbols: Arc<SymbolIndex>) {
        // What this replaces may be the last of it: it is dropped without the lock.
        let before = std::mem::replace(&mut self.lock().symbols, symbols);
        drop(before);
    }

    /// How the client spells the URI of an open document, by its [`normal`](uri::normal) spelling.
    pub(crate) fn spelling(&self, normal: &str) -> Option<Arc<str>> {
        self.lock().spellings.get(normal).cloned()
    }

    /// The languages; waits until they are loaded.
    pub(crate) fn languages(&self) -> &Registry {
        &self.registry
    }
}
