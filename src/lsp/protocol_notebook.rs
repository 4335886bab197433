//! Defines the wire types of `notebookDocument/…` (LSP 3.17), as much of them as is used; lsp-types 0.94 has none that tower-lsp
//! reads.

use serde::Deserialize;
use serde_json::{Value, json};

use super::protocol::{ContentChange, OpenedDocument, TextDocument, VersionedDocument, or_default};
use crate::language::Cells;
use crate::session::ToldCell;

/// The kind of a cell that holds code; 1 is one of text.
const CODE: i64 = 2;

/// `notebookDocument/didOpen`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidOpenNotebook {
    pub notebook_document: OpenedNotebook,
    #[serde(default, deserialize_with = "or_default")]
    pub cell_text_documents: Vec<OpenedDocument>,
}

/// A notebook with its cells in order.
#[derive(Debug, Deserialize)]
pub struct OpenedNotebook {
    pub uri: String,
    #[serde(default, deserialize_with = "or_default")]
    pub cells: Vec<CellData>,
}

/// What is said of a cell besides its text.
#[derive(Debug, Deserialize)]
pub struct CellData {
    pub kind: i64,
    /// Its address.
    pub document: String,
}

/// `notebookDocument/didChange`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidChangeNotebook {
    pub notebook_document: TextDocument,
    pub change: NotebookChange,
}

#[derive(Debug, Deserialize)]
pub struct NotebookChange {
    #[serde(default, deserialize_with = "or_default")]
    pub cells: CellsChange,
}

/// What became of cells.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CellsChange {
    #[serde(default)]
    pub structure: Option<StructureChange>,
    #[serde(default, deserialize_with = "or_default")]
    pub data: Vec<CellData>,
    #[serde(default, deserialize_with = "or_default")]
    pub text_content: Vec<CellTextChange>,
}

/// Cells that came, went or moved.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StructureChange {
    pub array: CellArrayChange,
    #[serde(default, deserialize_with = "or_default")]
    pub did_open: Vec<OpenedDocument>,
    #[serde(default, deserialize_with = "or_default")]
    pub did_close: Vec<TextDocument>,
}

/// Cells in the place of others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CellArrayChange {
    pub start: usize,
    pub delete_count: usize,
    #[serde(default, deserialize_with = "or_default")]
    pub cells: Vec<CellData>,
}

/// The changes of a cell's text.
#[derive(Debug, Deserialize)]
pub struct CellTextChange {
    pub document: VersionedDocument,
    pub changes: Vec<ContentChange>,
}

/// `notebookDocument/didClose`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DidCloseNotebook {
    pub notebook_document: TextDocument,
    #[serde(default, deserialize_with = "or_default")]
    pub cell_text_documents: Vec<TextDocument>,
}

/// The cells as the session takes them.
pub fn told(cells: Vec<CellData>) -> Vec<ToldCell> {
    cells.into_iter().map(|cell| ToldCell { uri: cell.document, is_code: cell.kind == CODE }).collect()
}

/// What we announce: the cells of the languages that notebooks are written in, in notebooks of any kind.
pub fn notebook_sync() -> Value {
    let cells: Vec<Value> = Cells::languages().iter().map(|name| json!({ "language": name })).collect();
    json!({ "notebookSelector": [{ "notebook": "*", "cells": cells }] })
}
