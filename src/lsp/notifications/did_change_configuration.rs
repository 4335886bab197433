//! `workspace/didChangeConfiguration`: the user's file is read again, the editor's settings are put on top.

use crate::lsp::protocol::DidChangeConfiguration;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: DidChangeConfiguration) {
    let pull = params.settings.is_null() && server.negotiated().configuration;
    server.settings.reload(params.settings);
    if pull {
        server.settings.pull(server.client.clone());
    }
    server.diagnostics.look_at_all(server.negotiated().encoding);
}
