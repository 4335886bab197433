//! Answers `textDocument/codeAction`: complete fixes with their edits, and actions whose edits `codeAction/resolve` or a command
//! makes later.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::resolve_action::ActionData;
use crate::actions::fix_diagnostic::fits;
use crate::actions::{self, ActionRequest, ActionSpec, Fix, LazyAction, MENU_TIME, MenuKind};
use crate::diagnostics::{self, Diagnostic};
use crate::document::Snapshot;
use crate::lsp::capabilities::ClientCapabilities;
use crate::lsp::commands;
use crate::lsp::convert::{self, text_edits, workspace_edit};
use crate::lsp::protocol::CodeActionParams;
use crate::lsp::server::Server;
use crate::session::{Session, View};

/// The kind of actions that repair an error.
pub const QUICK_FIX: &str = "quickfix";
/// The kind of actions that write or change code.
pub const REWRITE: &str = "refactor.rewrite";

pub async fn handle(server: &Server, params: CodeActionParams) -> Vec<Value> {
    let Some(View { snapshot, models, workspace, silence: None, .. }) =
        server.session.view(&params.text_document.uri)
    else {
        return Vec::new();
    };
    let client = server.negotiated();
    let only = params.context.only.as_deref();
    let range = convert::to_bytes(&snapshot, params.range, client.encoding);
    let sent = &params.context.diagnostics;
    // Those that cannot be read keep their place: fixes name diagnostics by their index.
    let read = |value| diagnostics::read(&snapshot, value, client.encoding).unwrap_or_default();
    let diagnostics = sent.iter().map(read).collect();
    let session = Arc::clone(&server.session);
    let (range, time) = (Some(range), MENU_TIME);
    let mut request = ActionRequest { snapshot: snapshot.clone(), range, diagnostics, workspace, time };
    let [fixes_wanted, rewrites_wanted] = [QUICK_FIX, REWRITE].map(|kind| wanted(only, kind));
    let look = move || {
        // Parsed once for all actions.
        let tree = request.snapshot.parse();
        if let Some(tree) = &tree {
            request.snapshot = request.snapshot.with_tree(tree.clone());
        }
        leave_out_outdated(&mut request, &session);
        let fixes = if fixes_wanted { actions::fixes(&request) } else { Vec::new() };
        let mut later = actions::lazy_actions(&request, models);
        later.retain(|action| match action.action.kind {
            MenuKind::QuickFix => fixes_wanted,
            MenuKind::Rewrite => rewrites_wanted,
        });
        (tree, fixes, later)
    };
    // A panic there costs this menu only; the log has it.
    let (tree, fixes, later) = tokio::task::spawn_blocking(look).await.unwrap_or_default();
    let mut snapshot = snapshot;
    if let Some(tree) = tree {
        snapshot = snapshot.with_tree(tree.clone());
        server.session.store_tree(&snapshot, tree);
    }
    let fixes = server.session.by_habit(server.session.by_likelihood(&snapshot, fixes).await);
    let specs: Vec<&ActionSpec> = later.iter().map(|action| action.action).collect();
    server.session.offered(&snapshot, &fixes, &specs);
    let fixes = fixes.iter().map(|fix| complete(&snapshot, fix, sent, client));
    fixes.chain(later.iter().map(|action| lazy(&snapshot, action, sent, server))).collect()
}

/// Leaves out the diagnostics that are about another text than the one that is there: each keeps its index.
fn leave_out_outdated(request: &mut ActionRequest, session: &Session) {
    let ActionRequest { snapshot, diagnostics, .. } = request;
    if diagnostics.is_empty() {
        return;
    }
    let text = snapshot.text.to_string();
    let foreign = snapshot.language.as_ref().map_or(Vec::new(), |language| language.foreign(&snapshot.text));
    for diagnostic in diagnostics {
        let is_unchanged = |since, range: &Range<usize>| session.is_unchanged(snapshot, since, range);
        let place = &diagnostic.range;
        let is_foreign = foreign.iter().any(|range| range.start <= place.start && place.start <= range.end);
        if is_foreign || !fits(snapshot, &text, diagnostic, is_unchanged) {
            tracing::debug!(source = diagnostic.source, "a diagnostic is of another text");
            *diagnostic = Diagnostic::default();
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

/// A fix on the wire: a literal with its edit, or a command for clients that know no literals.
fn complete(snapshot: &Snapshot, fix: &Fix, sent: &[Value], client: &ClientCapabilities) -> Value {
    let edits = text_edits(snapshot, &fix.edits, client.encoding);
    if !client.action_literals {
        let data =
            json!({ "uri": &*snapshot.uri, "version": snapshot.version, "edits": edits, "label": fix.title });
        return command(&fix.title, data);
    }
    let mut action = literal(&fix.title, fix.action, &fix.fixes, sent);
    action["edit"] = workspace_edit(&snapshot.uri, snapshot.version, edits, client);
    if fix.preferred {
        action["isPreferred"] = json!(true);
    }
    action
}

fn literal(title: &str, action: &ActionSpec, fixes: &[usize], sent: &[Value]) -> Value {
    let kind = match action.kind {
        MenuKind::QuickFix => QUICK_FIX,
        MenuKind::Rewrite => REWRITE,
    };
    let diagnostics: Vec<&Value> = fixes.iter().filter_map(|index| sent.get(*index)).collect();
    let mut literal = json!({ "title": title, "kind": kind });
    if !diagnostics.is_empty() {
        literal["diagnostics"] = json!(diagnostics);
    }
    literal
}

/// A lazy action on the wire: a literal to be resolved, one with a command for clients that cannot resolve, or the command.
fn lazy(snapshot: &Snapshot, action: &LazyAction, sent: &[Value], server: &Server) -> Value {
    let client = server.negotiated();
    let data = json!(ActionData::new(action, snapshot, client.encoding));
    if !client.action_literals {
        return command(&action.title, data);
    }
    let mut literal = literal(&action.title, action.action, &action.fixes, sent);
    if client.resolves_edits {
        literal["data"] = data;
    } else {
        literal["command"] = command(&action.title, data);
    }
    literal
}

fn command(title: &str, data: Value) -> Value {
    json!({ "title": title, "command": commands::APPLY, "arguments": [data] })
}
