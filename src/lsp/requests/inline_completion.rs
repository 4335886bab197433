//! `textDocument/inlineCompletion`: ghost text.

use serde_json::json;
use tower_lsp::lsp_types::Command;

use crate::completion::{Outcome, SelectedEntry, TriggerKind};
use crate::lsp::protocol::{InlineCompletionItem, InlineCompletionList, InlineCompletionParams};
use crate::lsp::server::Server;
use crate::lsp::{commands, convert};
use crate::session::Query;
use crate::stats::RequestKind;

pub async fn handle(server: &Server, params: InlineCompletionParams) -> InlineCompletionList {
    let invoked = params.context.as_ref().is_some_and(|context| matches!(context.trigger_kind, 0 | 1));
    let kind = if invoked { RequestKind::Invoked } else { RequestKind::Automatic };
    let Ok(turn) = server.session.begin(&params.text_document.uri, kind) else {
        return InlineCompletionList::default();
    };
    let encoding = server.negotiated().encoding;
    let offset = convert::to_byte(&turn.snapshot, params.position, encoding);
    let selected = params.context.and_then(|context| context.selected_completion_info).map(|info| {
        SelectedEntry { range: convert::to_bytes(&turn.snapshot, info.range, encoding), text: info.text }
    });
    let trigger = if invoked { TriggerKind::Invoked } else { TriggerKind::Automatic };
    let answer = server.session.complete(turn, Query { offset, trigger, selected }).await;
    let items = match answer.outcome {
        Outcome::Suggested(completion) => {
            // Who asks wants to choose; who types wants one.
            let others = answer.others.into_iter().filter(|_| invoked);
            let items = std::iter::once(completion).chain(others).map(|completion| InlineCompletionItem {
                range: convert::to_range(&answer.snapshot, &completion.range, encoding),
                insert_text: completion.text,
                command: Some(accepted(answer.id)),
            });
            items.collect()
        }
        Outcome::Skipped(reason) => {
            tracing::debug!(?reason, "no suggestion");
            Vec::new()
        }
    };
    InlineCompletionList { items }
}

/// The command an editor runs when a suggestion is taken.
pub fn accepted(id: u64) -> Command {
    Command {
        title: "Suggestion accepted".to_owned(),
        command: commands::ACCEPTED.to_owned(),
        arguments: Some(vec![json!({ "id": id })]),
    }
}
