//! `textDocument/codeAction`: what can be done at a place. All of it is checked and complete, so nothing is left for
//! `codeAction/resolve`.

use serde_json::{Value, json};

use crate::actions::{self, MENU_TIME, Offer, Request};
use crate::document::Snapshot;
use crate::lsp::capabilities::Client;
use crate::lsp::ext::CodeActionParams;
use crate::lsp::server::Server;
use crate::lsp::{convert, told};

/// The kind of a repair.
pub const QUICK_FIX: &str = "quickfix";

pub async fn handle(server: &Server, params: CodeActionParams) -> Vec<Value> {
    let Some(snapshot) = server.session.snapshot(&params.text_document.uri) else { return Vec::new() };
    let client = server.negotiated();
    if server.session.is_off(&params.text_document.uri) || !wanted(params.context.only.as_deref()) {
        return Vec::new();
    }
    let range = convert::to_bytes(&snapshot, params.range, client.encoding);
    let told = &params.context.diagnostics;
    // Those that cannot be read keep their place: offers name diagnostics by their number.
    let read = |value| told::diagnostic(&snapshot, value, client.encoding).unwrap_or_default();
    let diagnostics = told.iter().map(read).collect();
    let workspace = server.session.workspace(&params.text_document.uri);
    let request =
        Request { snapshot: snapshot.clone(), range: Some(range), diagnostics, workspace, time: MENU_TIME };
    let offers = tokio::task::spawn_blocking(move || actions::applicable(&request)).await;
    // A panic there costs this menu only; the log has it.
    let offers = offers.unwrap_or_default();
    offers.iter().map(|offer| action(&snapshot, offer, told, client)).collect()
}

/// Whether the editor asks for repairs among others: `quickfix`, or a kind inside of it.
fn wanted(only: Option<&[String]>) -> bool {
    let within = |kind: &String| kind.is_empty() || kind == QUICK_FIX || kind.starts_with("quickfix.");
    only.is_none_or(|kinds| kinds.iter().any(within))
}

/// An offer on the wire: a literal with its edit, or a command for clients that know no literals.
fn action(snapshot: &Snapshot, offer: &Offer, told: &[Value], client: &Client) -> Value {
    let edits: Vec<Value> = offer
        .edits
        .iter()
        .map(|edit| {
            json!({ "range": convert::to_range(snapshot, &edit.range, client.encoding), "newText": edit.text })
        })
        .collect();
    if !client.action_literals {
        let arguments = [
            json!({ "uri": &*snapshot.uri, "version": snapshot.version, "edits": edits, "label": offer.title }),
        ];
        return json!({ "title": offer.title, "command": super::execute_command::APPLY, "arguments": arguments });
    }
    let diagnostics: Vec<&Value> = offer.mends.iter().filter_map(|number| told.get(*number)).collect();
    let mut action = json!({
        "title": offer.title,
        "kind": QUICK_FIX,
        "edit": workspace_edit(&snapshot.uri, snapshot.version, edits, client),
    });
    if offer.preferred {
        action["isPreferred"] = json!(true);
    }
    if !diagnostics.is_empty() {
        action["diagnostics"] = json!(diagnostics);
    }
    action
}

/// Edits of one document, bound to its version where the client can check it.
pub fn workspace_edit(uri: &str, version: i32, edits: Vec<Value>, client: &Client) -> Value {
    if client.versioned_edits {
        let document = json!({ "uri": uri, "version": version });
        return json!({ "documentChanges": [{ "textDocument": document, "edits": edits }] });
    }
    let mut changes = serde_json::Map::new();
    changes.insert(uri.to_owned(), Value::Array(edits));
    json!({ "changes": changes })
}
