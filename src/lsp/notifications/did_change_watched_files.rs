//! Handles `workspace/didChangeWatchedFiles`: hands the paths on. The disk is looked at elsewhere.

use serde_json::Value;

use crate::document::uri;
use crate::lsp::server::Server;
use crate::workspace::WorkspaceEvent;

pub fn handle(server: &Server, params: &Value) {
    let changes = params["changes"].as_array().into_iter().flatten();
    let uris = changes.filter_map(|change| change["uri"].as_str());
    for path in uris.filter_map(uri::file) {
        server.workspace.tell(WorkspaceEvent::Disk(path));
    }
}
