//! Handles `initialize`: agrees on an encoding and says what we can do. It does not wait for the model.

use std::path::PathBuf;

use serde_json::Value;
use tower_lsp::lsp_types::{InitializeResult, ServerInfo};

use crate::config::Menu;
use crate::lsp::capabilities::ClientCapabilities;
use crate::lsp::convert;
use crate::lsp::process;
use crate::lsp::server::Server;

pub fn handle(server: &Server, mut params: Value) -> InitializeResult {
    let client = server.negotiate(ClientCapabilities::read(&params));
    if server.options.watch_parent
        && let Some(id) = params["processId"].as_u64().and_then(|id| u32::try_from(id).ok())
    {
        process::watch_parent(id, server.events.clone());
    }
    server.session.work_in(roots(&params));
    server.settings.report(&server.options.problems);
    if !server.options.folder_problems.is_empty() {
        server.messages.warn(&server.options.folder_problems.join("\n"));
    }
    server.settings.apply(params["initializationOptions"].take());
    let menu = match server.session.config().completion.menu {
        Menu::Auto => !client.inline,
        Menu::Always => true,
        Menu::Never => false,
    };
    let info =
        ServerInfo { name: "treefill".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
    InitializeResult { capabilities: client.answer(menu), server_info: Some(info) }
}

/// The folders that the editor works in, in the newest of the three ways to say it that is used.
fn roots(params: &Value) -> Vec<PathBuf> {
    let listed = params["workspaceFolders"].as_array().is_some_and(|folders| !folders.is_empty());
    if listed {
        return convert::folders(&params["workspaceFolders"]);
    }
    match params["rootUri"].as_str() {
        Some(root) => convert::folder(root).into_iter().collect(),
        None => params["rootPath"].as_str().map(PathBuf::from).into_iter().collect(),
    }
}
