//! Holds the language server's own state. All about documents is in the session; the methods are in `methods.rs`.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, mpsc};

use tower_lsp::Client;

use super::capabilities::ClientCapabilities;
use super::client::Messages;
use super::hint::HintOptions;
use super::publish_diagnostics::PublishDiagnostics;
use super::settings::SettingsSync;
use super::transport::ServerEvent;
use crate::config::{Config, ConfigProblem};
use crate::session::Session;
use crate::workspace::{Pace, WorkspaceReader};

/// How to serve.
#[derive(Debug, Default)]
pub struct ServeOptions {
    /// The settings from the user's file.
    pub config: Config,
    /// What was wrong with them; shown in the editor once.
    pub problems: Vec<ConfigProblem>,
    /// What is wrong with the user's folders; shown in the editor once.
    pub folder_problems: Vec<String>,
    /// The file they came from, read again when it was saved, and when the editor says that settings changed.
    pub config_file: Option<PathBuf>,
    /// Whether the model runs in this process whatever the file says.
    pub in_process: bool,
    /// Whether to end when the editor's process is gone.
    pub watch_parent: bool,
    /// The file that tells `treefill status` what this server does; none where nobody asks for it.
    pub status_file: Option<PathBuf>,
    /// When and how fast the workspace is read.
    pub pace: Pace,
    /// How it is found out that a better model fits this machine; none where nobody is to be told.
    pub hint: Option<HintOptions>,
}

/// The server's own state.
pub struct Server {
    pub(super) session: Arc<Session>,
    pub(super) client: Client,
    pub(super) messages: Messages,
    pub(super) settings: Arc<SettingsSync>,
    pub(super) diagnostics: PublishDiagnostics,
    pub(super) workspace: WorkspaceReader,
    pub(super) options: ServeOptions,
    pub(super) events: mpsc::Sender<ServerEvent>,
    /// What `initialize` said about the client.
    negotiated: OnceLock<ClientCapabilities>,
}

impl Server {
    /// A server for one client. Call it inside a runtime.
    pub(super) fn new(
        session: Arc<Session>,
        options: ServeOptions,
        client: Client,
        events: mpsc::Sender<ServerEvent>,
    ) -> Self {
        let messages = Messages::start(client.clone());
        let (user, file) = (options.config.clone(), options.config_file.clone());
        let settings =
            SettingsSync::new(Arc::clone(&session), messages.clone(), user, file, options.in_process);
        let diagnostics = PublishDiagnostics::start(Arc::clone(&session), client.clone());
        let workspace = WorkspaceReader::start(&session, options.pace);
        let negotiated = OnceLock::new();
        Self { session, client, messages, settings, diagnostics, workspace, options, events, negotiated }
    }

    /// Spells a URI as the client did when it opened that document: some clients spell it in several ways.
    pub(super) fn respell(&self, uri: &mut String) {
        if let Some(spelling) = self.session.other_spelling(uri) {
            *uri = spelling.to_string();
        }
    }

    /// What is known of the client; the defaults before `initialize`.
    pub(super) fn negotiated(&self) -> &ClientCapabilities {
        self.negotiated.get_or_init(ClientCapabilities::default)
    }

    /// Keeps what `initialize` said about the client.
    pub(super) fn negotiate(&self, client: ClientCapabilities) -> &ClientCapabilities {
        self.negotiated.get_or_init(|| client)
    }
}
