//! `textDocument/didChange`: rope and tree are edited; nothing is parsed.

use crate::document::Order;
use crate::lsp::convert;
use crate::lsp::protocol::DidChange;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: DidChange) {
    let uri = params.text_document.uri;
    // A client that sends no version still sends its changes in order.
    let version = || server.session.version(&uri).unwrap_or(0).saturating_add(1);
    let version = params.text_document.version.unwrap_or_else(version);
    let changes: Vec<_> = params.content_changes.into_iter().map(convert::to_change).collect();
    match server.session.change(&uri, version, &changes, server.negotiated().encoding) {
        Ok(Order::Kept) => {}
        Ok(Order::Broken { before }) => tracing::warn!(version, before, "a document's version did not rise"),
        Err(not_open) => tracing::warn!("{not_open}"),
    }
    server.diagnostics.look(&uri, server.negotiated().encoding);
}
