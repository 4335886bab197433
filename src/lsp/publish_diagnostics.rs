//! Our own syntax errors as diagnostics, where the user wants them (`diagnostics.syntax`): after a pause in typing, taken
//! back when they are mended, switched off, or the document is closed. What other servers say is none of its business.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Notification;

use super::convert;
use crate::actions::fix_syntax;
use crate::document::{Encoding, Snapshot};
use crate::session::Session;

/// A pause in typing after which they are shown: while one types, most code is broken and everybody knows.
const PAUSE: Duration = Duration::from_millis(400);
/// Shown at most: after some errors the others follow from them.
const MOST: usize = 20;

/// `textDocument/publishDiagnostics` with addresses as strings; see `ext`.
enum Publish {}

impl Notification for Publish {
    type Params = Value;
    const METHOD: &'static str = "textDocument/publishDiagnostics";
}

/// Shows and takes back.
#[derive(Clone)]
pub struct PublishDiagnostics {
    session: Arc<Session>,
    /// One queue, so that what is taken back does not overtake what was shown.
    queue: UnboundedSender<Value>,
    state: Arc<Mutex<HashMap<String, Shown>>>,
}

/// What is known of a document.
#[derive(Default)]
struct Shown {
    /// The look that counts; older ones are dropped.
    look: u64,
    /// Whether the editor shows any.
    any: bool,
}

impl PublishDiagnostics {
    /// For this editor. Call it inside a runtime.
    pub fn start(session: Arc<Session>, client: Client) -> Self {
        let (queue, messages) = unbounded_channel();
        tokio::spawn(deliver(client, messages));
        Self { session, queue, state: Arc::default() }
    }

    /// The document is new or has changed: look at it after a pause.
    pub fn look(&self, uri: &str, encoding: Encoding) {
        let wanted = self.session.config().diagnostics.syntax && !self.session.is_off(uri);
        let look = {
            let mut state = self.state.lock();
            if !wanted {
                if state.remove(uri).is_some_and(|shown| shown.any) {
                    self.send(uri, None, &[]);
                }
                return;
            }
            let shown = state.entry(uri.to_owned()).or_default();
            shown.look += 1;
            shown.look
        };
        let (complaints, uri) = (self.clone(), uri.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            if complaints.counts(&uri, look) {
                let look = move || complaints.show(&uri, look, encoding);
                // A panic there costs these diagnostics only; the log has it.
                let _ = tokio::task::spawn_blocking(look).await;
            }
        });
    }

    /// Settings or switches changed: look at everything that was looked at, and at what is open.
    pub fn look_at_all(&self, encoding: Encoding) {
        for uri in self.session.open_documents() {
            self.look(&uri, encoding);
        }
    }

    /// The document was closed.
    pub fn forget(&self, uri: &str) {
        let mut state = self.state.lock();
        if state.remove(uri).is_some_and(|shown| shown.any) {
            self.send(uri, None, &[]);
        }
    }

    fn counts(&self, uri: &str, look: u64) -> bool {
        let state = self.state.lock();
        state.get(uri).is_some_and(|shown| shown.look == look)
    }

    /// Parse, and show what is found if it is still about the document as it stands.
    fn show(&self, uri: &str, look: u64, encoding: Encoding) {
        let Some(snapshot) = self.session.snapshot(uri) else { return };
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
        let Some(shown) = state.get_mut(uri).filter(|shown| shown.look == look) else { return };
        if shown.any || !diagnostics.is_empty() {
            shown.any = !diagnostics.is_empty();
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
