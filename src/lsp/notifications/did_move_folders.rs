//! Handles `workspace/didRenameFiles` and `workspace/didDeleteFiles`, which are asked for about folders only.

use crate::lsp::server::Server;
use crate::workspace::WorkspaceEvent;

pub fn handle(server: &Server) {
    server.workspace.tell(WorkspaceEvent::DiskAll);
}
