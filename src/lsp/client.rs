//! Sends messages to the user in order, without waiting: a handler that waits for the editor can wait for ever.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::lsp_types::MessageType;

/// Sends messages from anywhere; one task delivers them.
#[derive(Debug, Clone)]
pub struct Messages {
    queue: UnboundedSender<(MessageType, String)>,
    open: Arc<Notify>,
}

impl Messages {
    /// Messages to `client`, held until [`Messages::open`]. Call it inside a runtime.
    pub fn start(client: tower_lsp::Client) -> Self {
        let (queue, messages) = unbounded_channel();
        let open = Arc::new(Notify::new());
        tokio::spawn(deliver(client, messages, Arc::clone(&open)));
        Self { queue, open }
    }

    /// The client takes messages from now on: it said `initialized`.
    pub fn open(&self) {
        self.open.notify_one();
    }

    /// Show a warning once, prefixed with our name, because editors do not show the sender.
    pub fn warn(&self, text: &str) {
        self.send(MessageType::WARNING, text);
    }

    /// Say what went as it should.
    pub fn info(&self, text: &str) {
        self.send(MessageType::INFO, text);
    }

    pub fn error(&self, text: &str) {
        self.send(MessageType::ERROR, text);
    }

    fn send(&self, kind: MessageType, text: &str) {
        // The task ends only with the server.
        let _ = self.queue.send((kind, format!("treefill: {text}")));
    }
}

async fn deliver(
    client: tower_lsp::Client,
    mut messages: UnboundedReceiver<(MessageType, String)>,
    open: Arc<Notify>,
) {
    open.notified().await;
    while let Some((kind, text)) = messages.recv().await {
        client.show_message(kind, text).await;
    }
}
