//! Follows the engine in use: whenever one has become ready, it knows nothing, and the reader is told.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};

use super::event::WorkspaceEvent;
use crate::engine::{Engine, Status};
use crate::session::Session;

/// Runs for the life of the server.
pub async fn follow(session: Arc<Session>, events: Sender<WorkspaceEvent>) {
    let mut slot = session.engine();
    loop {
        let engine: Option<(Weak<dyn Engine>, _)> =
            slot.borrow_and_update().as_ref().map(|engine| (Arc::downgrade(engine), engine.status()));
        let Some((engine, mut status)) = engine else {
            if slot.changed().await.is_err() {
                return;
            }
            continue;
        };
        loop {
            // Every change to "ready" is one from another state, even where that one was too short to be seen.
            let event = match *status.borrow_and_update() {
                Status::Ready(_) => WorkspaceEvent::Ready(Weak::clone(&engine)),
                _ => WorkspaceEvent::NotReady,
            };
            if events.send(event).is_err() {
                return;
            }
            let changed = async {
                if status.changed().await.is_err() {
                    // Only another engine changes that.
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = changed => {}
                other = slot.changed() => match other {
                    Ok(()) => break,
                    Err(_) => return,
                }
            }
        }
    }
}
