//! `initialized`: from here on the client takes messages.

use crate::lsp::server::Server;
use crate::lsp::{progress, settings};

pub fn handle(server: &Server) {
    settings::report(server, &server.options.problems);
    settings::apply(server, serde_json::Value::Null);
    let progress = progress::Progress::new(server);
    tokio::spawn(progress.watch());
}
