//! Handles `treefill.rewrite`: changes the lines of a range as the user says. The client applies the change, as it does for any
//! other action.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Range;

use super::apply_edit;
use super::resolve_action::ActionData;
use crate::actions::rewrite;
use crate::lsp::convert;
use crate::lsp::server::Server;
use crate::session::View;

/// Makes the action and resolves it at once: only its caller knows the instruction.
pub async fn handle(server: &Server, argument: &Value, progress: Value) -> Result<Value> {
    let range: Option<Range> = serde_json::from_value(argument["range"].clone()).ok();
    let (Some(uri), Some(range), Some(instruction)) =
        (argument["uri"].as_str(), range, argument["instruction"].as_str())
    else {
        return Err(Error::invalid_params("treefill.rewrite: give {uri, range, instruction, version?}"));
    };
    let Some(View { snapshot, .. }) = server.session.view(uri) else {
        return Err(Error::invalid_params(format!("treefill.rewrite: {uri} is not open")));
    };
    let version = argument["version"].as_i64().unwrap_or_else(|| snapshot.version.into());
    if version != i64::from(snapshot.version) {
        return Err(super::resolve_action::moved_on());
    }
    if instruction.trim().is_empty() {
        return Err(Error::invalid_params("treefill.rewrite: the instruction says nothing"));
    }
    let encoding = server.negotiated().encoding;
    let range = convert::to_bytes(&snapshot, range, encoding);
    let data = json!(ActionData::new(&rewrite::action(&range, instruction), &snapshot, encoding));
    apply_edit::handle(server, &data, progress).await
}
