//! Starts the reader of a workspace, and is what the language server holds of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use tokio::sync::watch;

use super::engine;
use super::event::WorkspaceEvent;
use super::pace::Pace;
use super::progress::WorkspaceProgress;
use super::reader::ReaderThread;
use super::told::WORKSPACE;
use crate::engine::{Engine, EngineError, MemoryStats, remembered};
use crate::session::Session;

/// How long to wait before the engine is asked again whether it has read everything.
const AGAIN: Duration = Duration::from_millis(20);

/// Reads the workspace of a session on a thread of its own, for the life of the session.
#[derive(Debug, Clone)]
pub struct WorkspaceReader {
    events: Sender<WorkspaceEvent>,
    progress: watch::Receiver<WorkspaceProgress>,
    marks: Arc<AtomicU64>,
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
        Self { events, progress, marks: Arc::default() }
    }

    /// Watches how far it is.
    pub fn progress(&self) -> watch::Receiver<WorkspaceProgress> {
        self.progress.clone()
    }

    /// Waits until all that has happened before is told, which takes an engine that is ready. How many changes the engine was
    /// told since it knew nothing.
    pub async fn settled(&self) -> u64 {
        let mark = self.marks.fetch_add(1, Ordering::Relaxed) + 1;
        self.tell(WorkspaceEvent::Mark(mark));
        let mut progress = self.progress();
        let settled = progress.wait_for(|now| now.mark >= mark && !now.pending).await;
        settled.map_or(0, |now| now.changes)
    }

    /// The same, and until the engine in use, whose memory is on, has read all of it and can find it. How much that is.
    ///
    /// # Errors
    /// When the engine fails.
    pub async fn remembered(&self, engine: &dyn Engine) -> Result<MemoryStats, EngineError> {
        loop {
            let told = self.settled().await;
            let remembered = remembered(engine, WORKSPACE).await?;
            if remembered.changes == told && remembered.waiting == 0 {
                return Ok(remembered);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Tells it that something happened. Returns at once.
    pub(crate) fn tell(&self, event: WorkspaceEvent) {
        let _ = self.events.send(event);
    }
}
