//! Messages to the editor, in order and without waiting: a handler that waits for the editor can wait for ever.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::lsp_types::MessageType;

/// Sends messages from anywhere; one task delivers them.
#[derive(Debug, Clone)]
pub struct Messages(UnboundedSender<(MessageType, String)>);

impl Messages {
    /// Start delivering to `client`. Call it inside a runtime.
    pub fn start(client: tower_lsp::Client) -> Self {
        let (sender, messages) = unbounded_channel();
        tokio::spawn(deliver(client, messages));
        Self(sender)
    }

    /// Show a warning once, prefixed with our name: editors do not say who speaks.
    pub fn warn(&self, text: &str) {
        self.send(MessageType::WARNING, text);
    }

    /// Show an error.
    pub fn error(&self, text: &str) {
        self.send(MessageType::ERROR, text);
    }

    fn send(&self, kind: MessageType, text: &str) {
        // The task ends only with the server.
        let _ = self.0.send((kind, format!("treefill: {text}")));
    }
}

async fn deliver(client: tower_lsp::Client, mut messages: UnboundedReceiver<(MessageType, String)>) {
    while let Some((kind, text)) = messages.recv().await {
        client.show_message(kind, text).await;
    }
}
