//! Handles `textDocument/didClose`.

use crate::lsp::process;
use crate::lsp::protocol::DidClose;
use crate::lsp::server::Server;

/// From this size on it is worth a few milliseconds to give the memory back at once.
const LARGE: usize = 1 << 20;

pub fn handle(server: &Server, params: &DidClose) {
    server.diagnostics.forget(&params.text_document.uri);
    if server.session.close(&params.text_document.uri) >= LARGE {
        process::give_memory_back();
    }
}
