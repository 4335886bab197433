//! Handles `textDocument/completion`: the suggestion as one menu entry, for editors without ghost text (Helix).

use std::ops::Range;

use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionList, CompletionResponse,
    CompletionTextEdit, Documentation, InsertTextFormat, InsertTextMode, MarkupContent, MarkupKind, TextEdit,
};

use super::add_imports::AcceptedImports;
use crate::completion::{Outcome, Suggestion, TriggerKind};
use crate::document::{Edit, Snapshot};
use crate::lsp::capabilities::ClientCapabilities;
use crate::lsp::convert;
use crate::lsp::protocol::CompletionParams;
use crate::lsp::server::Server;
use crate::session::Query;
use crate::stats::RequestKind;
use crate::text::fenced;

/// Longest label, in characters: menus are about this wide.
const LABEL: usize = 60;

/// Sorts behind what other servers offer.
const LAST: &str = "\u{7f}treefill";

pub async fn handle(server: &Server, params: CompletionParams) -> CompletionResponse {
    let items = suggest(server, params).await.into_iter().collect();
    // Incomplete: the menu must ask again as the user types, or it would keep showing this one.
    CompletionResponse::List(CompletionList { is_incomplete: true, items })
}

async fn suggest(server: &Server, params: CompletionParams) -> Option<CompletionItem> {
    let mut request = server.session.begin(&params.text_document.uri, RequestKind::Menu).ok()?;
    // A menu that opens interrupts nobody, and most of those that the user opened say so.
    if params.context["triggerKind"] == 1 {
        request = request.asked_for();
    }
    let client = server.negotiated();
    let offset = convert::to_byte(&request.snapshot, params.position, client.encoding);
    // A trigger kind of 1 is also sent while a word is typed. Outside of words, or again for the same text, it is the user.
    let again = server.session.asks_again(&request, offset);
    let invoked =
        params.context["triggerKind"] == 1 && (again || word_before(&request.snapshot, offset).is_empty());
    let trigger = if invoked { TriggerKind::Invoked } else { TriggerKind::Automatic };
    let query = Query { offset, trigger, selected: None };
    let answer = server.session.complete(request, query).await;
    match answer.outcome {
        Outcome::Suggested(suggestion) => {
            let imports = server.session.imports_beside(&answer.snapshot, &suggestion).await?;
            item(&answer.snapshot, &suggestion, &imports, client, answer.id)
        }
        Outcome::Skipped(_) => None,
    }
}

/// The entry, which also makes the edits `imports`; or none when it would replace more than one line, which a menu entry may not.
fn item(
    snapshot: &Snapshot,
    completion: &Suggestion,
    imports: &[Edit],
    client: &ClientCapabilities,
    id: u64,
) -> Option<CompletionItem> {
    let offset = completion.range().start;
    let word = word_before(snapshot, offset);
    let range = convert::to_range(snapshot, &(word.start..completion.range().end), client.encoding);
    if range.start.line != range.end.line {
        return None;
    }
    let word = snapshot.slice(word);
    let first_line = completion.text().lines().next().unwrap_or_default();
    let text = format!("{word}{}", completion.text());
    let shown_line = completion.text().lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let label = if shown_line == first_line { format!("{word}{first_line}") } else { shown_line.to_owned() };
    let adds = AcceptedImports::of(completion, snapshot, client.encoding).map(|imports| imports.adds);
    let described = adds.as_ref().map_or_else(|| "treefill".to_owned(), |adds| format!("treefill: {adds}"));
    let additional = |edit: &Edit| TextEdit {
        range: convert::to_range(snapshot, &edit.range, client.encoding),
        new_text: edit.text.clone(),
    };
    Some(CompletionItem {
        label: shorten(label.trim()),
        label_details: client
            .label_details
            .then(|| CompletionItemLabelDetails { detail: None, description: Some("treefill".to_owned()) }),
        detail: (!client.label_details || adds.is_some()).then_some(described),
        kind: Some(CompletionItemKind::TEXT),
        documentation: Some(documentation(snapshot, (completion, &text), client)),
        preselect: Some(false),
        sort_text: Some(LAST.to_owned()),
        filter_text: Some(format!("{word}{first_line}")),
        insert_text_format: Some(InsertTextFormat::PLAIN_TEXT),
        insert_text_mode: client.as_is.then_some(InsertTextMode::AS_IS),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: text.clone() })),
        additional_text_edits: (!imports.is_empty()).then(|| imports.iter().map(additional).collect()),
        command: Some(super::inline_completion::accepted(id, None)),
        ..CompletionItem::default()
    })
}

/// The word that ends at `offset`: what the menu filters by, so the entry must cover it.
fn word_before(snapshot: &Snapshot, offset: usize) -> Range<usize> {
    let line = snapshot.slice(snapshot.line_start(offset)..offset);
    let word = line
        .chars()
        .rev()
        .take_while(|&c| c.is_alphanumeric() || c == '_')
        .map(char::len_utf8)
        .sum::<usize>();
    offset - word..offset
}

fn shorten(label: &str) -> String {
    match label.char_indices().nth(LABEL) {
        Some((end, _)) => format!("{}…", &label[..end]),
        None => label.to_owned(),
    }
}

/// The text; several lines as they will stand in the file, without the indentation that all of them share. As code where the client shows
/// Markdown.
fn documentation(
    snapshot: &Snapshot,
    (completion, text): (&Suggestion, &str),
    client: &ClientCapabilities,
) -> Documentation {
    let start = completion.range().start;
    let before = snapshot.slice(snapshot.line_start(start)..start);
    let text = match completion.text().contains('\n') {
        true => dedented(&format!("{before}{}", completion.text())),
        false => text.to_owned(),
    };
    if !client.markdown {
        return Documentation::String(text);
    }
    let language = snapshot.language.as_ref().map_or("", |language| language.name());
    let value = fenced(language, &text);
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

/// A text without the white space that all its lines begin with.
fn dedented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> = text.lines().map(|line| line.get(common..).unwrap_or("")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_places_to_one_another() {
        assert_eq!(
            dedented("        for item in items:\n            yield item\n\n        return"),
            "for item in items:\n    yield item\n\nreturn"
        );
        assert_eq!(dedented("\t\tx(\n\t\t\ty"), "x(\n\ty");
        assert_eq!(dedented("a\n    b"), "a\n    b");
    }
}
