//! Lets the client watch the files of the workspace; where it cannot, the reader of the workspace does it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::Client;
use tower_lsp::lsp_types::request::RegisterCapability;
use tower_lsp::lsp_types::{Registration, RegistrationParams};

use super::server::Server;
use super::transport::tower_lsp::ask;
use crate::language::Registry;
use crate::session::Session;
use crate::workspace::{WorkspaceEvent, WorkspaceReader, ignore_files};

/// How long the client may take to agree. Nothing else waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the client to watch the files, in a task of its own.
pub fn start(server: &Server) {
    let (session, workspace) = (Arc::clone(&server.session), server.workspace.clone());
    if !server.negotiated().watches_files {
        return workspace.tell(WorkspaceEvent::WatchDisk);
    }
    tokio::spawn(register(session, workspace, server.client.clone()));
}

async fn register(session: Arc<Session>, workspace: WorkspaceReader, client: Client) {
    // The languages may still be loading.
    let watchers = tokio::task::spawn_blocking(move || watchers(session.languages())).await;
    let registration = |watchers| Registration {
        id: "treefill/files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: Some(json!({ "watchers": watchers })),
    };
    let agreed = match watchers {
        Ok(watchers) => {
            let params = RegistrationParams { registrations: vec![registration(watchers)] };
            ask::<RegisterCapability>(&client, params, PATIENCE).await.is_some()
        }
        Err(_) => false,
    };
    if !agreed {
        workspace.tell(WorkspaceEvent::WatchDisk);
    }
}

/// The files of all languages, and those by which a project excludes others.
fn watchers(languages: &Registry) -> Value {
    let described: Vec<_> = languages.iter().map(|language| language.describe()).collect();
    let extensions = described.iter().flat_map(|it| &it.extensions).map(|extension| format!("*.{extension}"));
    let names = described.iter().flat_map(|it| it.file_names.iter().cloned());
    let ignore = ignore_files().map(str::to_owned);
    let globs = extensions.chain(names).chain(ignore);
    globs.map(|glob| json!({ "globPattern": format!("**/{glob}") })).collect()
}
