//! `textDocument/codeAction`: what can be done at a place. What needs no model is checked and complete; what does is only
//! promised, and made by `codeAction/resolve` or a command.

use serde_json::{Value, json};

use super::resolve_action::ActionData;
use crate::actions::{self, Action, ActionRequest, Fix, LazyAction, MENU_TIME};
use crate::diagnostics;
use crate::document::Snapshot;
use crate::lsp::capabilities::ClientCapabilities;
use crate::lsp::commands;
use crate::lsp::convert::{self, text_edits, workspace_edit};
use crate::lsp::protocol::CodeActionParams;
use crate::lsp::server::Server;
use crate::session::View;

/// The kind of a repair.
pub const QUICK_FIX: &str = "quickfix";
/// The kind of what a model writes.
pub const REWRITE: &str = "refactor.rewrite";

pub async fn handle(server: &Server, params: CodeActionParams) -> Vec<Value> {
    let Some(View { snapshot, models, workspace, silence: None, .. }) =
        server.session.view(&params.text_document.uri)
    else {
        return Vec::new();
    };
    let client = server.negotiated();
    let only = params.context.only.as_deref();
    let fixes = wanted(only, QUICK_FIX);
    let promised_kinds = [QUICK_FIX, REWRITE].map(|kind| (kind, wanted(only, kind)));
    let range = convert::to_bytes(&snapshot, params.range, client.encoding);
    let told = &params.context.diagnostics;
    // Those that cannot be read keep their place: offers name diagnostics by their number.
    let read = |value| diagnostics::read(&snapshot, value, client.encoding).unwrap_or_default();
    let diagnostics = told.iter().map(read).collect();
    let request = ActionRequest {
        snapshot: snapshot.clone(),
        range: Some(range),
        diagnostics,
        workspace,
        time: MENU_TIME,
    };
    let look = move || {
        // Parsed once for all of them.
        let known = request.snapshot.parse().map(|tree| request.snapshot.with_tree(tree));
        let request =
            ActionRequest { snapshot: known.unwrap_or_else(|| request.snapshot.clone()), ..request };
        let offers = if fixes { actions::applicable(&request) } else { Vec::new() };
        let mut promises = actions::promised(&request, models);
        promises.retain(|promise| promised_kinds.contains(&(kind(promise.action), true)));
        (request.snapshot.parse(), offers, promises)
    };
    // A panic there costs this menu only; the log has it.
    let (tree, offers, promises) = tokio::task::spawn_blocking(look).await.unwrap_or_default();
    let mut snapshot = snapshot;
    if let Some(tree) = tree {
        snapshot = snapshot.with_tree(tree.clone());
        server.session.store_tree(&snapshot, tree);
    }
    let offers = server.session.by_habit(server.session.by_likelihood(&snapshot, offers).await);
    let later: Vec<Action> = promises.iter().map(|promise| promise.action).collect();
    server.session.offered(&snapshot, &offers, &later);
    let offers = offers.iter().map(|offer| action(&snapshot, offer, told, client));
    offers.chain(promises.iter().map(|promise| promised(&snapshot, promise, told, server))).collect()
}

/// The kind of an action in the menu.
fn kind(action: Action) -> &'static str {
    match action {
        Action::FixSyntax | Action::FixDiagnostic | Action::Infill | Action::FixInstructed => QUICK_FIX,
        Action::Implement | Action::FromComment | Action::Docstring | Action::Explain | Action::Rewrite => {
            REWRITE
        }
    }
}

/// Whether the editor asks for actions of `kind` among others: by this kind, one around it, or one inside of it.
fn wanted(only: Option<&[String]>, kind: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        outer.is_empty()
            || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    only.is_none_or(|kinds| kinds.iter().any(|asked| inside(kind, asked) || inside(asked, kind)))
}

/// An offer on the wire: a literal with its edit, or a command for clients that know no literals.
fn action(snapshot: &Snapshot, offer: &Fix, told: &[Value], client: &ClientCapabilities) -> Value {
    let edits = text_edits(snapshot, &offer.edits, client.encoding);
    if !client.action_literals {
        let arguments = [
            json!({ "uri": &*snapshot.uri, "version": snapshot.version, "edits": edits, "label": offer.title }),
        ];
        return json!({ "title": offer.title, "command": commands::APPLY, "arguments": arguments });
    }
    let mut action = literal(&offer.title, offer.action, &offer.fixes, told);
    action["edit"] = workspace_edit(&snapshot.uri, snapshot.version, edits, client);
    if offer.preferred {
        action["isPreferred"] = json!(true);
    }
    action
}

/// What every literal has.
fn literal(title: &str, action: Action, fixes: &[usize], told: &[Value]) -> Value {
    let diagnostics: Vec<&Value> = fixes.iter().filter_map(|number| told.get(*number)).collect();
    let mut literal = json!({ "title": title, "kind": kind(action) });
    if !diagnostics.is_empty() {
        literal["diagnostics"] = json!(diagnostics);
    }
    literal
}

/// A promise on the wire: a literal whose edit can be asked for, one with a command for clients that cannot, or the command.
fn promised(snapshot: &Snapshot, promise: &LazyAction, told: &[Value], server: &Server) -> Value {
    let client = server.negotiated();
    let data = ActionData::new(promise, snapshot, server).data();
    let mut action = literal(&promise.title, promise.action, &promise.fixes, told);
    if client.action_literals && client.resolves_edits {
        action["data"] = data;
        return action;
    }
    let command = json!({ "title": promise.title, "command": commands::APPLY, "arguments": [data] });
    if !client.action_literals {
        return command;
    }
    action["command"] = command;
    action
}
