//! The methods of the language server, one line each: what they do is in `notifications/` and `requests/`.

use std::sync::{Arc, OnceLock, mpsc};

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{CompletionResponse, InitializeParams, InitializeResult, InitializedParams};
use tower_lsp::{Client, ClientSocket, LanguageServer, LspService};

use super::capabilities;
use super::client::Messages;
use super::protocol::{
    CodeActionParams, CompletionParams, DidChange, DidChangeConfiguration, DidClose, DidOpen, ExecuteCommand,
    InlineCompletionList, InlineCompletionParams,
};
use super::publish_diagnostics::PublishDiagnostics;
use super::settings::Settings;
use super::transport::message::Call;
use super::transport::{Adapter, Event};
use super::{ServeOptions, notifications, requests};
use crate::session::Session;

/// The server's own state; all about documents is the session's.
pub struct Server {
    pub(super) session: Arc<Session>,
    pub(super) client: Client,
    pub(super) messages: Messages,
    pub(super) settings: Arc<Settings>,
    pub(super) diagnostics: PublishDiagnostics,
    pub(super) options: ServeOptions,
    pub(super) events: mpsc::Sender<Event>,
    /// What `initialize` told of the client.
    negotiated: OnceLock<capabilities::Client>,
}

/// Methods whose parameters we read ourselves. tower-lsp registers its own, stricter handlers under the real names and
/// keeps the first registration, so ours go by another name.
const OWN: &[&str] = &[
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/didSave",
    "workspace/didChangeConfiguration",
    "workspace/executeCommand",
    "textDocument/completion",
    "textDocument/codeAction",
    "codeAction/resolve",
];

/// The service, ready for the transport. Call it inside a runtime.
pub fn service(
    session: Arc<Session>,
    options: ServeOptions,
    events: mpsc::Sender<Event>,
) -> (LspService<Server>, ClientSocket) {
    LspService::build(|client| Server::new(session, options, client, events))
        .custom_method("own/textDocument/didOpen", Server::did_open)
        .custom_method("own/textDocument/didChange", Server::did_change)
        .custom_method("own/textDocument/didClose", Server::did_close)
        .custom_method("own/textDocument/didSave", Server::did_save)
        .custom_method("own/workspace/didChangeConfiguration", Server::did_change_configuration)
        .custom_method("own/workspace/executeCommand", Server::execute_command)
        .custom_method("own/textDocument/completion", Server::completion)
        .custom_method("own/textDocument/codeAction", Server::code_action)
        .custom_method("own/codeAction/resolve", Server::resolve_action)
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method("$/setTrace", Server::set_trace)
        .finish()
}

/// Our conventions on tower-lsp's wire.
pub const ADAPTER: Adapter = Adapter { inbound, outbound };

fn inbound(call: &mut Call) {
    if OWN.contains(&call.method.as_str()) {
        call.method.insert_str(0, "own/");
    } else if call.method == "initialize" {
        // lsp-types refuses the whole message for one capability of an odd shape; in the options everything passes.
        let params = call.params.take().unwrap_or_default();
        call.params = Some(json!({ "capabilities": {}, "initializationOptions": params }));
    }
}

fn outbound(method: &str, result: &mut Value) {
    if method == "initialize" {
        // Always static: Neovim 0.12 ignores a dynamic registration of it.
        result["capabilities"]["inlineCompletionProvider"] = json!(true);
    }
}

impl Server {
    fn new(
        session: Arc<Session>,
        options: ServeOptions,
        client: Client,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let messages = Messages::start(client.clone());
        let file = options.config_file.clone();
        let settings = Settings::new(Arc::clone(&session), messages.clone(), options.config.clone(), file);
        let diagnostics = PublishDiagnostics::start(Arc::clone(&session), client.clone());
        Self {
            session,
            client,
            messages,
            settings,
            diagnostics,
            options,
            events,
            negotiated: OnceLock::new(),
        }
    }

    /// What is known of the client; the defaults before `initialize`.
    pub(super) fn negotiated(&self) -> &capabilities::Client {
        self.negotiated.get_or_init(capabilities::Client::default)
    }

    pub(super) fn negotiate(&self, client: capabilities::Client) -> &capabilities::Client {
        self.negotiated.get_or_init(|| client)
    }

    async fn did_open(&self, params: DidOpen) {
        notifications::did_open::handle(self, params);
    }

    async fn did_change(&self, params: DidChange) {
        notifications::did_change::handle(self, params);
    }

    async fn did_close(&self, params: DidClose) {
        notifications::did_close::handle(self, &params);
    }

    /// Announced because some clients insist on sending it; what is on the disk does not matter here.
    async fn did_save(&self, _: DidClose) {}

    /// Tracing is for stderr, by the configuration.
    async fn set_trace(&self, _: Value) {}

    async fn did_change_configuration(&self, params: DidChangeConfiguration) {
        notifications::did_change_configuration::handle(self, params);
    }

    async fn inline_completion(&self, params: InlineCompletionParams) -> Result<InlineCompletionList> {
        Ok(requests::inline_completion::handle(self, params).await)
    }

    async fn completion(&self, params: CompletionParams) -> Result<CompletionResponse> {
        Ok(requests::completion::handle(self, params).await)
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Vec<Value>> {
        Ok(requests::code_action::handle(self, params).await)
    }

    async fn execute_command(&self, params: ExecuteCommand) -> Result<Value> {
        requests::execute_command::handle(self, params).await
    }

    async fn resolve_action(&self, action: Value) -> Result<Value> {
        requests::resolve_action::handle(self, action).await
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(requests::initialize::handle(self, params.initialization_options.unwrap_or_default()))
    }

    async fn initialized(&self, _: InitializedParams) {
        notifications::initialized::handle(self);
    }

    async fn shutdown(&self) -> Result<()> {
        self.session.finish();
        Ok(())
    }
}
