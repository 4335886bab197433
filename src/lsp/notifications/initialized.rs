//! Handles `initialized`: from here on the client takes messages.

use std::sync::Arc;

use crate::lsp::progress::ModelProgress;
use crate::lsp::server::Server;
use crate::lsp::{hint, status, status_file, watched_files, workspace_progress};

pub fn handle(server: &Server) {
    server.messages.open();
    tokio::spawn(ModelProgress::new(server).watch());
    if server.negotiated().status {
        let (session, workspace) = (Arc::clone(&server.session), server.workspace.clone());
        tokio::spawn(status::keep_told(session, workspace, server.client.clone()));
    }
    if let Some(file) = server.options.status_file.clone() {
        let (session, workspace) = (Arc::clone(&server.session), server.workspace.clone());
        let name = server.negotiated().name.clone();
        tokio::spawn(status_file::keep(session, workspace, name, file));
    }
    watched_files::start(server);
    if let Some(hint) = server.options.hint.clone() {
        let client = server.negotiated().status.then(|| server.client.clone());
        hint::start(hint, Arc::clone(&server.session), client, server.messages.clone());
    }
    if server.negotiated().progress {
        tokio::spawn(workspace_progress::watch(server.workspace.clone(), server.client.clone()));
    }
    let (diagnostics, encoding) = (server.diagnostics.clone(), server.negotiated().encoding);
    let watch = Arc::clone(&server.settings).watch(move || diagnostics.update_all(encoding));
    tokio::spawn(watch);
    if server.negotiated().pulls_settings {
        server.settings.pull(server.client.clone());
    }
}
