//! Handles `textDocument/inlineCompletion`: ghost text.

use serde_json::json;
use tower_lsp::lsp_types::Command;

use super::add_imports::AcceptedImports;
use crate::completion::{Outcome, SelectedEntry, Suggestion, TriggerKind};
use crate::document::with_line_feeds;
use crate::lsp::capabilities::ClientCapabilities;
use crate::lsp::protocol::{InlineCompletionItem, InlineCompletionList, InlineCompletionParams};
use crate::lsp::server::Server;
use crate::lsp::{commands, convert};
use crate::session::Query;
use crate::stats::RequestKind;

pub async fn handle(server: &Server, params: InlineCompletionParams) -> InlineCompletionList {
    let invoked = params.context.as_ref().is_some_and(|context| matches!(context.trigger_kind, 0 | 1));
    let kind = if invoked { RequestKind::Invoked } else { RequestKind::Automatic };
    let Ok(request) = server.session.begin(&params.text_document.uri, kind) else {
        return InlineCompletionList::default();
    };
    let ClientCapabilities { encoding, applies_edits, .. } = *server.negotiated();
    let request = if applies_edits { request } else { request.without_imports() };
    let offset = convert::to_byte(&request.snapshot, params.position, encoding);
    let selected = params.context.and_then(|context| context.selected_completion_info).map(|info| {
        SelectedEntry { range: convert::to_bytes(&request.snapshot, info.range, encoding), text: info.text }
    });
    let trigger = if invoked { TriggerKind::Invoked } else { TriggerKind::Automatic };
    let answer = server.session.complete(request, Query { offset, trigger, selected }).await;
    let Outcome::Suggested(suggestion) = answer.outcome else { return InlineCompletionList::default() };
    // A user who asks wants to choose; one who types wants one suggestion.
    let others = answer.others.into_iter().filter(|_| invoked);
    let item = |suggestion: Suggestion| InlineCompletionItem {
        command: Some(accepted(
            answer.id,
            AcceptedImports::of(&suggestion, &answer.snapshot, encoding).filter(|_| applies_edits),
        )),
        range: convert::to_range(&answer.snapshot, &suggestion.range(), encoding),
        // Clients put in the document's own line ends. VS Code does; Neovim splits at LF, and would show a CR as ^M.
        insert_text: with_line_feeds(suggestion.text().to_owned()),
    };
    InlineCompletionList { items: std::iter::once(suggestion).chain(others).map(item).collect() }
}

/// The command that an editor runs when a suggestion is accepted: it adds the imports that come with it.
pub fn accepted(id: u64, imports: Option<AcceptedImports>) -> Command {
    let (title, argument) = match imports {
        Some(imports) => {
            (format!("Suggestion accepted; {}", imports.adds), json!({ "id": id, "imports": imports }))
        }
        None => ("Suggestion accepted".to_owned(), json!({ "id": id })),
    };
    Command { title, command: commands::ACCEPTED.to_owned(), arguments: Some(vec![argument]) }
}
