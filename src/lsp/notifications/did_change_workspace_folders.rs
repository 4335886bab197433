//! Handles `workspace/didChangeWorkspaceFolders`: the folders that the editor works in from now on.

use serde_json::Value;

use crate::lsp::convert;
use crate::lsp::server::Server;

pub fn handle(server: &Server, params: &Value) {
    let event = &params["event"];
    let (added, removed) = (convert::folders(&event["added"]), convert::folders(&event["removed"]));
    server.session.change_folders(added, &removed);
    // A folder may have an adapter of its own.
    server.settings.apply(Value::Null);
}
