//! Registers the methods of the language server, one line each; `notifications/` and `requests/` handle them.

use std::sync::{Arc, mpsc};

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{CompletionResponse, InitializeParams, InitializeResult, InitializedParams};
use tower_lsp::{ClientSocket, LanguageServer, LspService};

use super::protocol::{
    CodeActionParams, CompletionParams, DidChange, DidChangeConfiguration, DidClose, DidOpen, ExecuteCommand,
    InlineCompletionList, InlineCompletionParams,
};
use super::protocol_notebook::{DidChangeNotebook, DidCloseNotebook, DidOpenNotebook};
use super::server::{ServeOptions, Server};
use super::transport::ServerEvent;
use super::transport::tower_lsp::{initialize_params, own};
use super::{notifications, requests};
use crate::session::Session;

/// The service, ready for the transport. Call it inside a runtime.
pub fn service(
    session: Arc<Session>,
    options: ServeOptions,
    events: mpsc::Sender<ServerEvent>,
) -> (LspService<Server>, ClientSocket) {
    LspService::build(|client| Server::new(session, options, client, events))
        .custom_method(own!("textDocument/didOpen"), Server::did_open)
        .custom_method(own!("textDocument/didChange"), Server::did_change)
        .custom_method(own!("textDocument/didClose"), Server::did_close)
        .custom_method(own!("textDocument/didSave"), Server::did_save)
        .custom_method(own!("workspace/didChangeConfiguration"), Server::did_change_configuration)
        .custom_method(own!("workspace/didChangeWorkspaceFolders"), Server::did_change_workspace_folders)
        .custom_method(own!("workspace/didChangeWatchedFiles"), Server::did_change_watched_files)
        .custom_method(own!("workspace/didRenameFiles"), Server::did_move_folders)
        .custom_method(own!("workspace/didDeleteFiles"), Server::did_move_folders)
        .custom_method(own!("workspace/executeCommand"), Server::execute_command)
        .custom_method(own!("textDocument/completion"), Server::completion)
        .custom_method(own!("textDocument/codeAction"), Server::code_action)
        .custom_method(own!("codeAction/resolve"), Server::resolve_action)
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("notebookDocument/didOpen", Server::did_open_notebook)
        .custom_method("notebookDocument/didChange", Server::did_change_notebook)
        .custom_method("notebookDocument/didSave", Server::did_save_notebook)
        .custom_method("notebookDocument/didClose", Server::did_close_notebook)
        .custom_method("$/setTrace", Server::set_trace)
        .finish()
}

impl Server {
    async fn did_open(&self, params: DidOpen) {
        notifications::did_open::handle(self, params);
    }

    async fn did_change(&self, mut params: DidChange) {
        self.respell(&mut params.text_document.uri);
        notifications::did_change::handle(self, params);
    }

    async fn did_close(&self, mut params: DidClose) {
        self.respell(&mut params.text_document.uri);
        notifications::did_close::handle(self, &params);
    }

    /// Announced because some clients insist on sending it; what is on the disk does not matter here.
    async fn did_save(&self, _: DidClose) {}

    async fn did_open_notebook(&self, params: DidOpenNotebook) {
        notifications::notebook::open(self, params);
    }

    async fn did_change_notebook(&self, params: DidChangeNotebook) {
        notifications::notebook::change(self, params);
    }

    async fn did_close_notebook(&self, params: DidCloseNotebook) {
        notifications::notebook::close(self, params);
    }

    async fn did_save_notebook(&self, _: Value) {}

    /// Tracing goes to stderr, as the settings say.
    async fn set_trace(&self, _: Value) {}

    async fn did_change_configuration(&self, params: DidChangeConfiguration) {
        notifications::did_change_configuration::handle(self, params);
    }

    async fn did_change_workspace_folders(&self, params: Value) {
        notifications::did_change_workspace_folders::handle(self, &params);
    }

    async fn did_change_watched_files(&self, params: Value) {
        notifications::did_change_watched_files::handle(self, &params);
    }

    async fn did_move_folders(&self, _: Value) {
        notifications::did_move_folders::handle(self);
    }

    async fn inline_completion(&self, mut params: InlineCompletionParams) -> Result<InlineCompletionList> {
        self.respell(&mut params.text_document.uri);
        Ok(requests::inline_completion::handle(self, params).await)
    }

    async fn completion(&self, mut params: CompletionParams) -> Result<CompletionResponse> {
        self.respell(&mut params.text_document.uri);
        Ok(requests::completion::handle(self, params).await)
    }

    async fn code_action(&self, mut params: CodeActionParams) -> Result<Vec<Value>> {
        self.respell(&mut params.text_document.uri);
        Ok(requests::code_action::handle(self, params).await)
    }

    async fn execute_command(&self, mut params: ExecuteCommand) -> Result<Value> {
        for argument in &mut params.arguments {
            if let Some(Value::String(uri)) = argument.get_mut("uri") {
                self.respell(uri);
            }
        }
        requests::execute_command::handle(self, params).await
    }

    async fn resolve_action(&self, action: Value) -> Result<Value> {
        requests::resolve_action::handle(self, action).await
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(requests::initialize::handle(self, initialize_params(params)))
    }

    async fn initialized(&self, _: InitializedParams) {
        notifications::initialized::handle(self);
    }

    async fn shutdown(&self) -> Result<()> {
        self.session.finish();
        Ok(())
    }
}
