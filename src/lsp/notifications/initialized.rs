//! `initialized`: from here on the client takes messages.

use crate::lsp::progress::Progress;
use crate::lsp::server::Server;

pub fn handle(server: &Server) {
    server.messages.open();
    tokio::spawn(Progress::new(server).watch());
    if server.negotiated().pulls_settings {
        server.settings.pull(server.client.clone());
    }
}
