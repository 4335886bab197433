//! Defines wire types of our own: LSP 3.18's inline completion, which lsp-types 0.94 lacks, and parameters that it reads too
//! strictly. URIs stay strings, because `lsp_types::Url` respells them and refuses some that editors use.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tower_lsp::lsp_types::{Command, Position, Range};

/// A member that is null counts as one that is missing: clients in languages without "missing" send it so.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(value: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(value).map(Option::unwrap_or_default)
}

/// A document by its URI.
#[derive(Debug, Clone, Deserialize)]
pub struct TextDocument {
    pub uri: String,
}

/// `textDocument/didOpen`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidOpen {
    pub text_document: OpenedDocument,
}

/// A whole document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedDocument {
    pub uri: String,
    #[serde(default, deserialize_with = "or_default")]
    pub language_id: String,
    #[serde(default)]
    pub version: Option<i32>,
    pub text: String,
}

/// `textDocument/didChange`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidChange {
    pub text_document: VersionedDocument,
    pub content_changes: Vec<ContentChange>,
}

#[derive(Debug, Deserialize)]
pub struct VersionedDocument {
    pub uri: String,
    #[serde(default)]
    pub version: Option<i32>,
}

/// One change; without a range, the whole text.
#[derive(Debug, Deserialize)]
pub struct ContentChange {
    #[serde(default)]
    pub range: Option<Range>,
    pub text: String,
}

/// `textDocument/didClose` and `textDocument/didSave`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidClose {
    pub text_document: TextDocument,
}

/// `workspace/didChangeConfiguration`.
#[derive(Debug, Deserialize)]
pub struct DidChangeConfiguration {
    #[serde(default)]
    pub settings: Value,
}

/// `textDocument/completion`, as much of it as is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionParams {
    pub text_document: TextDocument,
    pub position: Position,
    #[serde(default)]
    pub context: Value,
}

/// `textDocument/inlineCompletion` (LSP 3.18).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineCompletionParams {
    pub text_document: TextDocument,
    pub position: Position,
    #[serde(default)]
    pub context: Option<InlineCompletionContext>,
}

/// Why inline completions are asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineCompletionContext {
    /// 1 invoked, 2 automatic. vscode-languageclient 9 sends VS Code's own numbers, 0 invoked and 1 automatic: its
    /// requests all count as invoked. None counts as automatic.
    #[serde(default = "automatic", deserialize_with = "or_automatic")]
    pub trigger_kind: i64,
    #[serde(default)]
    pub selected_completion_info: Option<SelectedCompletionInfo>,
}

fn automatic() -> i64 {
    2
}

fn or_automatic<'de, D: Deserializer<'de>>(value: D) -> Result<i64, D::Error> {
    Option::deserialize(value).map(|kind| kind.unwrap_or_else(automatic))
}

/// The entry selected in the completion menu.
#[derive(Debug, Deserialize)]
pub struct SelectedCompletionInfo {
    pub range: Range,
    pub text: String,
}

/// The answer to `textDocument/inlineCompletion`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct InlineCompletionList {
    pub items: Vec<InlineCompletionItem>,
}

/// One suggestion. `insertText` is always plain: Neovim ignores the range of a snippet. The range is always there:
/// Neovim 0.12.0 crashed without.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineCompletionItem {
    pub insert_text: String,
    pub range: Range,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// `textDocument/codeAction`, as much of it as is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeActionParams {
    pub text_document: TextDocument,
    pub range: Range,
    #[serde(default, deserialize_with = "or_default")]
    pub context: CodeActionContext,
}

/// What the editor knows of the place. Diagnostics stay as they came, to be sent back.
#[derive(Debug, Default, Deserialize)]
pub struct CodeActionContext {
    #[serde(default, deserialize_with = "or_default")]
    pub diagnostics: Vec<Value>,
    #[serde(default)]
    pub only: Option<Vec<String>>,
}

/// `workspace/executeCommand`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteCommand {
    pub command: String,
    #[serde(default, deserialize_with = "or_default")]
    pub arguments: Vec<Value>,
    #[serde(default)]
    pub work_done_token: Value,
}
