//! Takes the view that a request handler works on: one document and what is around it, read in one locked moment.

use std::sync::Arc;

use super::open_document::OpenDocument;
use super::state::{Session, State};
use crate::actions::{AvailableModels, SMALL_PARAMETERS, Workspace};
use crate::completion::Reason;
use crate::config::Config;
use crate::document::{Snapshot, uri};
use crate::engine::{Engine, Status};

/// An open document and what is around it, at one moment.
#[derive(Debug)]
pub struct View {
    pub snapshot: Snapshot,
    pub config: Arc<Config>,
    /// Why nothing may be offered in the document, if so: it is switched off, or nobody types into it.
    pub silence: Option<Reason>,
    /// The name of its language, as the switches know it.
    pub language: String,
    /// The models that are there or on their way.
    pub models: AvailableModels,
    /// The folders that the editor works in, and the other open files.
    pub workspace: Workspace,
}

impl Session {
    /// The view of an open document. A request handler calls this first, before it waits for anything.
    pub fn view(&self, uri: &str) -> Option<View> {
        let runs = |engine: &Arc<dyn Engine>| !matches!(&*engine.status().borrow(), Status::Failed(_));
        let is_small = |engine: &Arc<dyn Engine>| match &*engine.status().borrow() {
            // An engine that does not say how large its model is says 0.
            Status::Ready(info) => (1..SMALL_PARAMETERS).contains(&info.parameters),
            _ => false,
        };
        let [infill, is_small] =
            [&runs as &dyn Fn(&_) -> bool, &is_small].map(|is| self.engine.borrow().as_ref().is_some_and(is));
        let state = self.lock();
        let open = state.documents.get(uri)?;
        Some(View {
            snapshot: state.snapshot(open),
            config: Arc::clone(&state.config),
            silence: state.silence(uri),
            language: open.language.clone(),
            models: AvailableModels { infill, instruct: state.config.instruct.path.is_some(), is_small },
            workspace: state.workspace(uri),
        })
    }
}

impl State {
    /// The files around a document. URIs of other schemes than `file` have nothing on the disk.
    fn workspace(&self, uri: &str) -> Workspace {
        let file = |uri: &str, open: &OpenDocument| open.path.clone().filter(|_| uri::is_file(uri));
        let path = self.documents.get(uri).and_then(|open| file(uri, open));
        // What is switched off and private is no context either.
        let is_open = |uri: &str| self.silence(uri).is_none();
        let others = self.documents.iter().filter(|(other, _)| &***other != uri && is_open(other));
        let open =
            others.filter_map(|(uri, open)| Some((file(uri, open)?, open.document.snapshot()))).collect();
        let (screen, symbols) = (Arc::clone(self.disabled.screen()), Arc::clone(&self.symbols));
        Workspace { path, roots: self.roots.clone(), open, screen, symbols }
    }
}
