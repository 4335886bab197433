//! Handles `textDocument/didChange`: edits rope and tree, and parses nothing.

use crate::document::VersionOrder;
use crate::lsp::convert;
use crate::lsp::protocol::DidChange;
use crate::lsp::server::Server;
use crate::session::Changed;

pub fn handle(server: &Server, params: DidChange) {
    let (uri, version) = (params.text_document.uri, params.text_document.version);
    let encoding = server.negotiated().encoding;
    let changes: Vec<_> = params.content_changes.into_iter().map(convert::to_change).collect();
    // A client that sends no version still sends its changes in order.
    match server.session.change(&uri, version, &changes, encoding) {
        Ok(Changed { order, diagnose }) => {
            if let VersionOrder::Broken { before } = order {
                tracing::warn!(version, before, "a document's version did not rise");
            }
            server.diagnostics.update(&uri, diagnose, encoding);
        }
        Err(not_open) => tracing::warn!("{not_open}"),
    }
}
