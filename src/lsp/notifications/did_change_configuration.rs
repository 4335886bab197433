//! Handles `workspace/didChangeConfiguration`: reads the user's file again and puts the editor's settings on top.

use crate::lsp::protocol::DidChangeConfiguration;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: DidChangeConfiguration) {
    let pull = params.settings.is_null() && server.negotiated().configuration;
    server.settings.reload(params.settings);
    if pull {
        server.settings.pull(server.client.clone());
    }
    server.diagnostics.update_all(server.negotiated().encoding);
}
