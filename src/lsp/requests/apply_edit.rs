//! Handles `treefill.apply`: carries an action out for clients that cannot do it by themselves. The client applies the edit.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::request::Request;

use super::resolve_action::{ActionData, moved_on};
use crate::lsp::convert::workspace_edit;
use crate::lsp::server::Server;

/// `workspace/applyEdit` with URIs as strings; see `protocol`.
pub enum ApplyEdit {}

impl Request for ApplyEdit {
    type Params = Value;
    type Result = Value;
    const METHOD: &'static str = "workspace/applyEdit";
}

/// Ask the client to apply `{uri, version, edits}`, or what comes of `{uri, version, action, range}`, unless the document has
/// moved on.
pub async fn handle(server: &Server, argument: &Value, progress: Value) -> Result<Value> {
    let version = argument["version"].as_i64().and_then(|version| i32::try_from(version).ok());
    let asked = ActionData::read(argument);
    let made = match &asked {
        Some((data, spec)) => match data.resolve(spec, server, progress).await? {
            Some(edits) => Value::Array(edits),
            // The user was told.
            None => return Ok(Value::Null),
        },
        None => argument["edits"].clone(),
    };
    let (Some(uri), Some(version), Value::Array(edits)) = (argument["uri"].as_str(), version, made) else {
        return Err(Error::invalid_params(
            "treefill.apply: give {uri, version, edits} or {uri, version, action, range}",
        ));
    };
    if server.session.version(uri) != Some(version) {
        return Err(moved_on());
    }
    let edit = workspace_edit(uri, version, edits, server.negotiated());
    let edit = match &asked {
        Some((data, _)) => data.as_asked(edit, server),
        None => edit,
    };
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
