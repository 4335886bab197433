//! Runs a server with one notebook, and asks what it answers and what its engine was told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{Job, MemoryText, Role};

use crate::lsp::support::{PATIENCE, TestServer};
use crate::lsp::workspace::project::known;

pub const BOOK: &str = "file:///w/sales.ipynb";

/// A server, its engine, and what it was told of one notebook.
pub struct Book {
    pub server: TestServer,
    pub engine: Arc<ScriptedEngine>,
    pub version: i32,
}

pub fn uri(cell: usize) -> String {
    format!("vscode-notebook-cell:/w/sales.ipynb#W{cell}sZmlsZQ%3D%3D")
}

pub fn cell(number: usize, kind: i64) -> Value {
    json!({ "kind": kind, "document": uri(number) })
}

pub fn document(number: usize, text: &str) -> Value {
    json!({ "uri": uri(number), "languageId": "python", "version": 1, "text": text })
}

impl Book {
    /// A client that tells of notebooks, and has UTF-16.
    pub fn start(text: &str, config: &str) -> Self {
        let engine = ScriptedEngine::always(text);
        let capabilities = json!({ "textDocument": {
            "inlineCompletion": {}, "codeAction": { "codeActionLiteralSupport": {} },
        } });
        let mut params = json!({ "capabilities": capabilities });
        params["capabilities"]["workspace"] = json!({ "applyEdit": true });
        let server = TestServer::start_with(Arc::clone(&engine) as _, params, config);
        Self { server, engine, version: 1 }
    }

    /// The notebook is opened with these cells of code.
    pub fn open(&mut self, texts: &[&str]) {
        let cells: Vec<Value> = (0..texts.len()).map(|number| cell(number, 2)).collect();
        let documents: Vec<Value> =
            texts.iter().enumerate().map(|(number, text)| document(number, text)).collect();
        let book = json!({ "uri": BOOK, "notebookType": "jupyter-notebook", "version": 1, "cells": cells });
        let params = json!({ "notebookDocument": book, "cellTextDocuments": documents });
        self.server.client().notify("notebookDocument/didOpen", params);
    }

    pub fn change(&mut self, cells: Value) {
        self.version += 1;
        let book = json!({ "uri": BOOK, "version": self.version });
        let params = json!({ "notebookDocument": book, "change": { "cells": cells } });
        self.server.client().notify("notebookDocument/didChange", params);
    }

    /// Types `text` at a place.
    pub fn type_at(&mut self, number: usize, line: u32, character: u32, text: &str) {
        let at = json!({ "line": line, "character": character });
        let change = json!({ "range": { "start": at, "end": at }, "text": text });
        let document = json!({ "uri": uri(number), "version": self.version + 1 });
        self.change(json!({ "textContent": [{ "document": document, "changes": [change] }] }));
    }

    pub fn items(&mut self, uri: &str, line: u32, character: u32) -> Vec<Value> {
        let at = json!({ "line": line, "character": character });
        let params =
            json!({ "textDocument": { "uri": uri }, "position": at, "context": { "triggerKind": 1 } });
        let id = self.server.client().request("textDocument/inlineCompletion", params);
        self.server.items(id)
    }

    /// What the model is told when a suggestion is asked for: the whole text that it reads, in the order of the document.
    pub fn prompt(&mut self, number: usize, line: u32, character: u32) -> String {
        let before = self.engine.jobs().len();
        self.items(&uri(number), line, character);
        self.engine.jobs().get(before).map_or(String::new(), read)
    }

    /// The complete fixes for a diagnostic: title and edits.
    pub fn fixes(&mut self, uri: &str, line: u32, from: u32, to: u32, message: &str) -> Vec<(String, Value)> {
        let place = |character| json!({ "line": line, "character": character });
        let range = json!({ "start": place(from), "end": place(to) });
        let told = json!({ "range": range, "message": message, "severity": 1, "source": "other" });
        let context = json!({ "diagnostics": [told], "only": ["quickfix"] });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
        let found = self.server.client().call("textDocument/codeAction", params);
        let complete = found.as_array().unwrap().iter().filter(|action| action["edit"].is_object());
        complete
            .map(|action| {
                let changes = action["edit"]["changes"].as_object().unwrap();
                assert_eq!(changes.keys().collect::<Vec<_>>(), [uri], "only the cell is changed");
                (action["title"].as_str().unwrap().to_owned(), changes[uri].clone())
            })
            .collect()
    }

    /// Waits until the engine knows what is `wanted`.
    pub fn until(&mut self, wanted: impl Fn(&BTreeMap<String, MemoryText>) -> bool) {
        let start = Instant::now();
        loop {
            self.documents();
            let now = known(&self.engine);
            if wanted(&now) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{now:#?}");
        }
    }

    pub fn documents(&mut self) -> Value {
        self.server.command("treefill.status", json!([]))["documents"].clone()
    }
}

/// The whole text that a job shows to the model, in the order of the document.
pub fn read(job: &Job) -> String {
    let of = |role| job.segments.iter().filter(move |it| it.role == role).map(|it| it.text.as_str());
    of(Role::Prefix).chain(["ˇ"]).chain(of(Role::Suffix)).collect()
}
