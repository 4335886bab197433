//! `treefill.apply`: carries an action out for clients that know actions only as commands. The edit is theirs to apply.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::request::Request;

use super::code_action::workspace_edit;
use crate::lsp::server::Server;

/// `workspace/applyEdit` with addresses as strings; see `ext`.
enum ApplyEdit {}

impl Request for ApplyEdit {
    type Params = Value;
    type Result = Value;
    const METHOD: &'static str = "workspace/applyEdit";
}

/// Ask the client to apply `{uri, version, edits}`, unless the document has moved on.
pub fn handle(server: &Server, argument: &Value) -> Result<Value> {
    let version = argument["version"].as_i64().and_then(|version| i32::try_from(version).ok());
    let (Some(uri), Some(version), Value::Array(edits)) =
        (argument["uri"].as_str(), version, &argument["edits"])
    else {
        return Err(Error::invalid_params("treefill.apply: give {uri, version, edits}"));
    };
    if server.session.version(uri) != Some(version) {
        let message = "the document has changed since this was offered".into();
        return Err(Error { code: ErrorCode::ContentModified, message, data: None });
    }
    let edit = workspace_edit(uri, version, edits.clone(), server.negotiated());
    let params = json!({ "label": argument["label"], "edit": edit });
    let client = server.client.clone();
    // Not awaited here: a handler that waits for the client can wait for ever.
    tokio::spawn(async move {
        match client.send_request::<ApplyEdit>(params).await {
            Ok(answer) if answer["applied"] == true => {}
            Ok(_) => tracing::warn!("the editor did not apply the change"),
            Err(error) => tracing::warn!("the editor did not apply the change: {error}"),
        }
    });
    Ok(Value::Null)
}
