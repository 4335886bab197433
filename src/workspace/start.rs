//! Starts the reader of a workspace, and is what the language server holds of it.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use tokio::sync::watch;

use super::engine;
use super::event::WorkspaceEvent;
use super::pace::Pace;
use super::progress::WorkspaceProgress;
use super::reader::ReaderThread;
use crate::session::Session;

/// Reads the workspace of a session on a thread of its own, for the life of the session.
#[derive(Debug, Clone)]
pub struct WorkspaceReader {
    events: Sender<WorkspaceEvent>,
    progress: watch::Receiver<WorkspaceProgress>,
}

impl WorkspaceReader {
    /// Starts to listen to the session; nothing is read before its engine is ready. Call it inside a runtime.
    pub fn start(session: &Arc<Session>, pace: Pace) -> Self {
        let (events, received) = channel();
        let (sender, progress) = watch::channel(WorkspaceProgress::default());
        let listener = events.clone();
        // The reader ends with the session.
        session.listen(move |event| drop(listener.send(WorkspaceEvent::Session(event))));
        tokio::spawn(engine::follow(Arc::clone(session), events.clone()));
        ReaderThread::start(Arc::downgrade(session), (events.clone(), received), sender, pace);
        Self { events, progress }
    }

    /// Watches how far it is.
    pub fn progress(&self) -> watch::Receiver<WorkspaceProgress> {
        self.progress.clone()
    }

    /// Tells it that something happened. Returns at once.
    pub(crate) fn tell(&self, event: WorkspaceEvent) {
        let _ = self.events.send(event);
    }
}
