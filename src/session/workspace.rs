//! What else there is to look at for a document: the other open ones, and the folders that the editor works in. And
//! whether anything may be offered in it.

use std::path::PathBuf;

use super::Session;
use crate::actions::Workspace;

impl Session {
    /// The editor works in these folders.
    pub fn work_in(&self, roots: Vec<PathBuf>) {
        self.lock().roots = roots;
    }

    /// What surrounds an open document. Its paths are files: addresses of other kinds have nothing on the disk.
    pub fn workspace(&self, uri: &str) -> Workspace {
        let state = self.lock();
        let file = |uri: &str, open: &super::Open| open.path.clone().filter(|_| uri.starts_with("file:"));
        let path = state.open.get(uri).and_then(|open| file(uri, open));
        let others = state.open.iter().filter(|(other, _)| &***other != uri);
        let open = others
            .filter_map(|(other, open)| Some((file(other, open)?, state.store.snapshot(other)?)))
            .collect();
        Workspace { path, roots: state.roots.clone(), open }
    }

    /// The addresses of the open documents.
    pub fn open_documents(&self) -> Vec<String> {
        self.lock().open.keys().map(|uri| uri.to_string()).collect()
    }

    /// Whether the user has switched everything off in this document, or it is one that nobody types into.
    pub fn is_off(&self, uri: &str) -> bool {
        self.lock().silence(uri).is_some()
    }
}
