//! Runs a server that works in a folder of a test, and asks what its engine knows. Asserts only that it knows it in time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{MemoryChange, MemoryText};

use crate::lsp::support::{PATIENCE, TestServer};

/// A folder, and a server that works in it.
pub struct Project {
    pub folder: tempfile::TempDir,
    pub engine: Arc<ScriptedEngine>,
    pub server: TestServer,
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub fn uri(folder: &Path, name: &str) -> String {
    format!("file://{}/{name}", folder.display())
}

/// The texts that an engine knows after what it was told, by their documents.
pub fn known(engine: &ScriptedEngine) -> BTreeMap<String, MemoryText> {
    let mut known = BTreeMap::new();
    for update in engine.remembered() {
        assert_eq!(update.workspace, "");
        match update.change {
            MemoryChange::Text(text) => drop(known.insert(text.document.clone(), text)),
            MemoryChange::Remove { document } => drop(known.remove(&document)),
            MemoryChange::Clear => known.clear(),
        }
    }
    known
}

impl Project {
    /// With these files, and a client that works in their folder.
    pub fn start(files: &[(&str, &str)], config: &str) -> Self {
        Self::start_able(files, config, json!({}))
    }

    pub fn start_able(files: &[(&str, &str)], config: &str, capabilities: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| write(folder.path(), name, text));
        let params =
            json!({ "capabilities": capabilities, "rootUri": format!("file://{}", folder.path().display()) });
        let engine = ScriptedEngine::always("1");
        let server = TestServer::start_with(Arc::<ScriptedEngine>::clone(&engine), params, config);
        Self { folder, engine, server }
    }

    pub fn uri(&self, name: &str) -> String {
        uri(self.folder.path(), name)
    }

    pub fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    pub fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.server.open_as(&uri, "python", text);
    }

    pub fn close(&mut self, name: &str) {
        let document = json!({ "textDocument": { "uri": self.uri(name) } });
        self.server.client().notify("textDocument/didClose", document);
    }

    pub fn replace(&mut self, name: &str, text: &str) {
        let document = json!({ "uri": self.uri(name), "version": 2 });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.server.client().notify("textDocument/didChange", params);
    }

    /// What the engine knows once that is `wanted`. The server is asked for its status meanwhile, so this also waits for what was sent.
    pub fn until(
        &mut self,
        wanted: impl Fn(&BTreeMap<String, MemoryText>) -> bool,
    ) -> BTreeMap<String, MemoryText> {
        let start = Instant::now();
        loop {
            let status = self.server.command("treefill.status", json!([]));
            let now = known(&self.engine);
            if wanted(&now) {
                return now;
            }
            assert!(start.elapsed() < PATIENCE, "{now:#?}, {}", status["workspace"]);
        }
    }

    /// Waits until everything is read, and that is so many files.
    pub fn until_read(&mut self, files: usize) -> BTreeMap<String, MemoryText> {
        let start = Instant::now();
        loop {
            let status = self.server.command("treefill.status", json!([]))["workspace"].take();
            if status["state"] == "done" && status["files"] == files {
                return known(&self.engine);
            }
            assert!(start.elapsed() < PATIENCE, "{status}");
        }
    }

    /// Names of the files that the engine knows, and whether each is open.
    pub fn names(&self, known: &BTreeMap<String, MemoryText>) -> Vec<(String, bool)> {
        let own = format!("file://{}/", self.folder.path().display());
        known.values().map(|text| (text.document.replace(&own, ""), text.open)).collect()
    }

    /// The names alone.
    pub fn documents(&self, known: &BTreeMap<String, MemoryText>) -> Vec<String> {
        self.names(known).into_iter().map(|(name, _)| name).collect()
    }
}
