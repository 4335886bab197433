//! Handles `notebookDocument/didOpen`, `didChange` and `didClose`: which cells there are; their texts are documents like others.

use super::{did_change, did_close, did_open};
use crate::lsp::protocol::{DidChange, DidClose, DidOpen, OpenedDocument, TextDocument};
use crate::lsp::protocol_notebook::{
    CellTextChange, DidChangeNotebook, DidCloseNotebook, DidOpenNotebook, told,
};
use crate::lsp::server::Server;

pub fn open(server: &Server, params: DidOpenNotebook) {
    let notebook = params.notebook_document;
    // One that is open already is forgotten.
    close_cells(server, &notebook.uri);
    server.session.open_notebook(&notebook.uri, told(notebook.cells));
    params.cell_text_documents.into_iter().for_each(|document| open_cell(server, document));
}

pub fn change(server: &Server, params: DidChangeNotebook) {
    let (uri, cells) = (params.notebook_document.uri, params.change.cells);
    if let Some(structure) = cells.structure {
        structure.did_close.into_iter().for_each(|document| close_cell(server, document));
        let array = structure.array;
        server.session.change_notebook(&uri, array.start, array.delete_count, told(array.cells));
        structure.did_open.into_iter().for_each(|document| open_cell(server, document));
    }
    if server.session.change_cells(&uri, told(cells.data)) {
        server.diagnostics.update_all(server.negotiated().encoding);
    }
    for CellTextChange { mut document, changes } in cells.text_content {
        server.respell(&mut document.uri);
        did_change::handle(server, DidChange { text_document: document, content_changes: changes });
    }
}

pub fn close(server: &Server, params: DidCloseNotebook) {
    params.cell_text_documents.into_iter().for_each(|document| close_cell(server, document));
    close_cells(server, &params.notebook_document.uri);
}

fn open_cell(server: &Server, text_document: OpenedDocument) {
    did_open::handle(server, DidOpen { text_document });
}

fn close_cell(server: &Server, mut text_document: TextDocument) {
    server.respell(&mut text_document.uri);
    did_close::handle(server, &DidClose { text_document });
}

/// Forgets a notebook and the cells of it that are open still.
fn close_cells(server: &Server, notebook: &str) {
    for cell in server.session.close_notebook(notebook) {
        close_cell(server, TextDocument { uri: cell.to_string() });
    }
}
