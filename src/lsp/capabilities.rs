//! Reads what the client can do from the raw JSON, and says what we announce to it. A capability of an odd shape counts
//! as absent and never fails `initialize`: Helix sends `workspace.diagnostic`, which no version of the protocol has.

use serde_json::Value;
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CompletionOptions, CompletionOptionsCompletionItem,
    ExecuteCommandOptions, FileOperationFilter, FileOperationPattern, FileOperationPatternKind,
    FileOperationRegistrationOptions, OneOf, PositionEncodingKind, SaveOptions, ServerCapabilities,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

use super::commands;
use crate::document::Encoding;

/// What matters about the client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientCapabilities {
    /// What it calls itself; empty where it does not say.
    pub name: String,
    /// Whether the user chooses from the commands that we announce, and sees no answer but a message.
    pub lists_commands: bool,
    /// What positions count.
    pub encoding: Encoding,
    /// Whether it shows inline completions; one that does gets no menu entries unless the user wants them.
    pub inline: bool,
    /// Whether it shows progress.
    pub progress: bool,
    /// Whether it shows what the engine is doing, told by `treefill/status`.
    pub status: bool,
    /// Whether it can be asked for its settings.
    pub configuration: bool,
    /// Whether it has to be, because it sent none.
    pub pulls_settings: bool,
    /// Whether it can be asked to watch files.
    pub watches_files: bool,
    /// Whether menu documentation may be Markdown.
    pub markdown: bool,
    /// Whether a menu entry may carry details beside its label.
    pub label_details: bool,
    /// Whether it takes code actions as literals, with their edits; others get commands.
    pub action_literals: bool,
    /// Whether it asks for the edit of an action that the user chose; others get commands for those that take a model.
    pub resolves_edits: bool,
    /// Whether it can be asked to apply an edit.
    pub applies_edits: bool,
    /// Whether an edit may name the version it is for.
    pub versioned_edits: bool,
    /// Whether it can ask the user to confirm an edit.
    pub confirms_edits: bool,
    /// Whether it can be told to insert further lines as they are.
    pub as_is: bool,
}

/// Clients, by `clientInfo.name`, that show the documentation of a menu entry as Markdown whatever they are told, and do
/// not announce it: plain text would lose its underscores, and its lines would run together. Helix 25.01 to 25.07, in
/// the real editor. (It indents only the further lines of snippets, which we do not send.)
const UNANNOUNCED_MARKDOWN: &[&str] = &["helix"];

/// Clients, by `clientInfo.name`, that let the user choose from the commands that are announced (`:lsp-workspace-command`), and send
/// others without asking whether they are: those for programs would only be in the way.
const LISTS_COMMANDS: &[&str] = &["helix"];

impl ClientCapabilities {
    pub fn read(params: &Value) -> Self {
        let capabilities = &params["capabilities"];
        let document = &capabilities["textDocument"];
        let item = &document["completion"]["completionItem"];
        let has = |list: &Value, wanted: Value| list.as_array().is_some_and(|list| list.contains(&wanted));
        let configuration = capabilities["workspace"]["configuration"] == true;
        let name = params["clientInfo"]["name"].as_str().unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|client| name.eq_ignore_ascii_case(client));
        let markdown = is_one_of(UNANNOUNCED_MARKDOWN);
        Self {
            name: name.to_owned(),
            lists_commands: is_one_of(LISTS_COMMANDS),
            encoding: negotiate(&capabilities["general"]["positionEncodings"]),
            inline: document["inlineCompletion"].is_object(),
            progress: capabilities["window"]["workDoneProgress"] == true,
            status: capabilities["experimental"]["treefillStatus"] == true,
            configuration,
            pulls_settings: configuration && params["initializationOptions"].is_null(),
            watches_files: capabilities["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"] == true,
            markdown: markdown || has(&item["documentationFormat"], "markdown".into()),
            label_details: item["labelDetailsSupport"] == true,
            action_literals: document["codeAction"]["codeActionLiteralSupport"].is_object(),
            resolves_edits: document["codeAction"]["dataSupport"] == true
                && has(&document["codeAction"]["resolveSupport"]["properties"], "edit".into()),
            applies_edits: capabilities["workspace"]["applyEdit"] == true,
            confirms_edits: capabilities["workspace"]["workspaceEdit"]["changeAnnotationSupport"].is_object(),
            versioned_edits: capabilities["workspace"]["workspaceEdit"]["documentChanges"] == true,
            as_is: has(&item["insertTextModeSupport"]["valueSet"], 1.into()),
        }
    }

    /// What we announce. Inline completion is added by the transport: lsp-types 0.94 has no field for it.
    pub fn answer(&self, menu: bool) -> ServerCapabilities {
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        };
        let completion = CompletionOptions {
            completion_item: Some(CompletionOptionsCompletionItem { label_details_support: Some(true) }),
            ..CompletionOptions::default()
        };
        let actions = CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::REFACTOR_REWRITE]),
            resolve_provider: Some(true),
            ..CodeActionOptions::default()
        };
        let commands = if self.lists_commands { commands::BY_HAND } else { commands::ALL };
        ServerCapabilities {
            position_encoding: Some(match self.encoding {
                Encoding::Utf8 => PositionEncodingKind::UTF8,
                Encoding::Utf16 => PositionEncodingKind::UTF16,
                Encoding::Utf32 => PositionEncodingKind::UTF32,
            }),
            text_document_sync: Some(sync.into()),
            completion_provider: menu.then_some(completion),
            code_action_provider: Some(actions.into()),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
                file_operations: self.watches_files.then(folder_operations),
            }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: commands.iter().map(|&name| name.to_owned()).collect(),
                ..ExecuteCommandOptions::default()
            }),
            ..ServerCapabilities::default()
        }
    }
}

/// Who watches files for us does not tell of each file in a folder that is renamed or deleted.
fn folder_operations() -> WorkspaceFileOperationsServerCapabilities {
    let pattern = FileOperationPattern {
        glob: "**".to_owned(),
        matches: Some(FileOperationPatternKind::Folder),
        options: None,
    };
    let filters = vec![FileOperationFilter { scheme: Some("file".to_owned()), pattern }];
    let options = FileOperationRegistrationOptions { filters };
    WorkspaceFileOperationsServerCapabilities {
        did_rename: Some(options.clone()),
        did_delete: Some(options),
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}

/// UTF-8 where it is offered, because it needs no counting; else the client's first choice; else UTF-16, which every
/// client must support.
fn negotiate(offered: &Value) -> Encoding {
    let known = |name: &Value| match name.as_str()? {
        "utf-8" => Some(Encoding::Utf8),
        "utf-16" => Some(Encoding::Utf16),
        "utf-32" => Some(Encoding::Utf32),
        _ => None,
    };
    let offered: Vec<Encoding> = offered.as_array().into_iter().flatten().filter_map(known).collect();
    if offered.contains(&Encoding::Utf8) {
        Encoding::Utf8
    } else {
        offered.first().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn encodings() {
        for (offered, expected) in [
            (json!(["utf-32", "utf-8"]), Encoding::Utf8),
            (json!(["utf-32"]), Encoding::Utf32),
            (json!(["utf-16"]), Encoding::Utf16),
            (json!(["utf-7"]), Encoding::Utf16),
            (json!(3), Encoding::Utf16),
            (json!(null), Encoding::Utf16),
        ] {
            assert_eq!(negotiate(&offered), expected, "{offered}");
        }
    }

    #[test]
    fn odd_shapes_count_as_absent() {
        for params in
            [json!(null), json!(7), json!({"capabilities": []}), json!({"capabilities": {"window": 3}})]
        {
            assert_eq!(ClientCapabilities::read(&params), ClientCapabilities::default());
        }
    }
}
