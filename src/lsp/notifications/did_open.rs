//! Handles `textDocument/didOpen`.

use crate::lsp::protocol::DidOpen;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: DidOpen) {
    let document = params.text_document;
    let (uri, version) = (&document.uri, document.version.unwrap_or(0));
    // The same document in another spelling: from here on this one counts.
    if let Some(before) = server.session.other_spelling(uri) {
        server.diagnostics.forget(&before);
        server.session.close(&before);
    }
    let diagnose = server.session.open(uri, &document.language_id, version, &document.text);
    server.diagnostics.update(uri, diagnose, server.negotiated().encoding);
}
