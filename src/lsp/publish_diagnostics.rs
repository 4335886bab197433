//! Publishes our own syntax errors as diagnostics, where the user wants them (`diagnostics.syntax`): after a pause in
//! typing, taken back when they are corrected, switched off, or the document is closed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Notification;

use super::convert;
use crate::actions::fix_syntax;
use crate::document::{Encoding, Snapshot};
use crate::session::{Session, View};

/// A pause in typing after which they are published: while the user types, most code is broken and the user knows it.
const PAUSE: Duration = Duration::from_millis(400);
/// Published at most: after some errors the others follow from them.
const MOST: usize = 20;

/// `textDocument/publishDiagnostics` with URIs as strings; see `protocol`.
enum Publish {}

impl Notification for Publish {
    type Params = Value;
    const METHOD: &'static str = "textDocument/publishDiagnostics";
}

/// Publishes syntax errors, and takes them back.
#[derive(Clone)]
pub struct PublishDiagnostics {
    session: Arc<Session>,
    /// One queue, so that what is taken back does not overtake what was published.
    queue: UnboundedSender<Value>,
    /// By URI.
    state: Arc<Mutex<HashMap<String, Published>>>,
    /// Whether anything was ever published: until then `didChange` takes no lock here.
    used: Arc<AtomicBool>,
}

/// What is known of a document.
#[derive(Default)]
struct Published {
    /// The number of the newest update; older ones are dropped.
    update: u64,
    /// Whether the editor shows any diagnostics of ours.
    any: bool,
}

impl PublishDiagnostics {
    /// Publishes to `client`. Call it inside a runtime.
    pub fn start(session: Arc<Session>, client: Client) -> Self {
        let (queue, messages) = unbounded_channel();
        tokio::spawn(deliver(client, messages));
        Self { session, queue, state: Arc::default(), used: Arc::default() }
    }

    /// A document is new or has changed: publishes its errors after a pause if they are `wanted`, else takes them back.
    pub fn update(&self, uri: &str, wanted: bool, encoding: Encoding) {
        if !wanted {
            return self.forget(uri);
        }
        self.used.store(true, Ordering::Relaxed);
        let update = {
            let mut state = self.state.lock();
            let published = state.entry(uri.to_owned()).or_default();
            published.update += 1;
            published.update
        };
        let (diagnostics, uri) = (self.clone(), uri.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            if diagnostics.is_newest(&uri, update) {
                let publish = move || diagnostics.publish(&uri, update, encoding);
                // A panic there costs these diagnostics only; the log has it.
                let _ = tokio::task::spawn_blocking(publish).await;
            }
        });
    }

    /// Settings or switches changed: updates every open document.
    pub fn update_all(&self, encoding: Encoding) {
        for (uri, wanted) in self.session.open_documents() {
            self.update(&uri, wanted, encoding);
        }
    }

    /// Takes back what was published for a document.
    pub fn forget(&self, uri: &str) {
        if !self.used.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state.lock();
        if state.remove(uri).is_some_and(|published| published.any) {
            self.send(uri, None, &[]);
        }
    }

    fn is_newest(&self, uri: &str, update: u64) -> bool {
        let state = self.state.lock();
        state.get(uri).is_some_and(|published| published.update == update)
    }

    /// Parses, and publishes what is found if the document is still the same.
    fn publish(&self, uri: &str, update: u64, encoding: Encoding) {
        let Some(View { snapshot, .. }) = self.session.view(uri) else { return };
        let found = fix_syntax::complaints(&snapshot);
        let diagnostics: Vec<Value> = found
            .iter()
            .take(MOST)
            .map(|complaint| {
                let range = convert::to_range(&snapshot, &whole(&snapshot, &complaint.range), encoding);
                json!({ "range": range, "severity": 1, "source": "treefill", "code": "syntax", "message": complaint.message })
            })
            .collect();
        let mut state = self.state.lock();
        let Some(published) = state.get_mut(uri).filter(|published| published.update == update) else {
            return;
        };
        if published.any || !diagnostics.is_empty() {
            published.any = !diagnostics.is_empty();
            self.send(uri, Some(snapshot.version), &diagnostics);
        }
    }

    fn send(&self, uri: &str, version: Option<i32>, diagnostics: &[Value]) {
        let mut params = json!({ "uri": uri, "diagnostics": diagnostics });
        if let Some(version) = version {
            params["version"] = version.into();
        }
        // The task ends only with the server.
        let _ = self.queue.send(params);
    }
}

/// The range, or a character of it where it is empty: editors draw nothing else.
fn whole(snapshot: &Snapshot, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let (start, end) = (snapshot.floor(range.start), snapshot.floor(range.end));
    if start < end {
        return start..end;
    }
    match snapshot.char_after(start).filter(|c| !matches!(c, '\n' | '\r')) {
        Some(c) => start..start + c.len_utf8(),
        None => start.saturating_sub(snapshot.char_before(start).map_or(0, char::len_utf8))..start,
    }
}

async fn deliver(client: Client, mut messages: UnboundedReceiver<Value>) {
    while let Some(params) = messages.recv().await {
        client.send_notification::<Publish>(params).await;
    }
}
