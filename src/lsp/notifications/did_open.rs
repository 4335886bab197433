//! `textDocument/didOpen`.

use crate::lsp::protocol::DidOpen;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: DidOpen) {
    let document = params.text_document;
    server.session.open(&document.uri, &document.language_id, document.version.unwrap_or(0), &document.text);
    server.diagnostics.look(&document.uri, server.negotiated().encoding);
}
