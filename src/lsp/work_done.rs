//! Shows the editor that an action is being resolved, until it is resolved, refused or given up.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::lsp_types::{NumberOrString, WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressEnd};

use super::progress;
use super::server::Server;

/// The display of one action's progress; dropping it ends the display.
pub struct ActionProgress(#[allow(dead_code, reason = "its drop is the message")] oneshot::Sender<()>);

impl ActionProgress {
    /// Show that `title` is under way, by the request's own token or, where the client shows such, by one of ours.
    pub fn show(server: &Server, given: Value, title: &str) -> Option<Self> {
        static SHOWN: AtomicU32 = AtomicU32::new(0);
        let given: Option<NumberOrString> = serde_json::from_value(given).ok();
        if given.is_none() && !server.negotiated().progress {
            return None;
        }
        let (sender, mut ended) = oneshot::channel::<()>();
        let (client, title) = (server.client.clone(), title.to_owned());
        // Nothing waits for it: an editor that is slow to agree gets its edit all the same.
        tokio::spawn(async move {
            let token = match given {
                Some(token) => token,
                None => {
                    let number = SHOWN.fetch_add(1, Ordering::Relaxed);
                    let token = NumberOrString::String(format!("treefill/action/{number}"));
                    let closed = ended.try_recv() == Err(oneshot::error::TryRecvError::Closed);
                    if closed || !progress::create(&client, &token).await {
                        return;
                    }
                    token
                }
            };
            let begin = WorkDoneProgressBegin {
                title: "treefill".to_owned(),
                // The user stops it by cancelling the request.
                cancellable: Some(false),
                message: Some(title).filter(|title| !title.is_empty()),
                percentage: None,
            };
            progress::send(&client, &token, WorkDoneProgress::Begin(begin)).await;
            let _ = ended.await;
            let end = WorkDoneProgressEnd { message: None };
            progress::send(&client, &token, WorkDoneProgress::End(end)).await;
        });
        Some(Self(sender))
    }
}
