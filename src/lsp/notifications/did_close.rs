//! `textDocument/didClose`.

use crate::lsp::ext::DidClose;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: &DidClose) {
    server.session.close(&params.text_document.uri);
}
