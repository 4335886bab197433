//! `workspace/didChangeConfiguration`: the user's file is read again, the editor's settings are put on top.

use crate::lsp::ext::DidChangeConfiguration;
use crate::lsp::server::Server;
use crate::lsp::settings;

pub fn handle(server: &Server, params: DidChangeConfiguration) {
    settings::reload(server, params.settings);
}
