//! Converts positions, ranges, changes and edits between the protocol and bytes of a snapshot. `document::position` clamps.

use std::ops::Range;
use std::path::PathBuf;

use tower_lsp::lsp_types::{self as lsp, Position};

use serde_json::{Value, json};

use super::capabilities::ClientCapabilities;
use crate::document::{Change, Edit, Encoding, Snapshot, uri};

use super::protocol::ContentChange;

pub fn to_byte(snapshot: &Snapshot, position: Position, encoding: Encoding) -> usize {
    snapshot.to_byte(position.line, position.character, encoding)
}

/// The bytes of a range; an end before the start counts as the start.
pub fn to_bytes(snapshot: &Snapshot, range: lsp::Range, encoding: Encoding) -> Range<usize> {
    let start = to_byte(snapshot, range.start, encoding);
    start..to_byte(snapshot, range.end, encoding).max(start)
}

/// The protocol's range of some bytes.
pub fn to_range(snapshot: &Snapshot, bytes: &Range<usize>, encoding: Encoding) -> lsp::Range {
    let position = |byte| {
        let (line, character) = snapshot.from_byte(byte, encoding);
        Position { line, character }
    };
    lsp::Range { start: position(bytes.start), end: position(bytes.end) }
}

/// The editor's change as documents take it.
pub fn to_change(change: ContentChange) -> Change {
    let pair = |position: Position| (position.line, position.character);
    Change { range: change.range.map(|range| (pair(range.start), pair(range.end))), text: change.text }
}

/// Edits on the wire.
pub fn text_edits(snapshot: &Snapshot, edits: &[Edit], encoding: Encoding) -> Vec<Value> {
    let range = |edit: &Edit| to_range(snapshot, &edit.range, encoding);
    edits.iter().map(|edit| json!({ "range": range(edit), "newText": edit.text })).collect()
}

/// Edits of one document, bound to its version where the client can check it.
pub fn workspace_edit(uri: &str, version: i32, edits: Vec<Value>, client: &ClientCapabilities) -> Value {
    if client.versioned_edits {
        let document = json!({ "uri": uri, "version": version });
        return json!({ "documentChanges": [{ "textDocument": document, "edits": edits }] });
    }
    let mut changes = serde_json::Map::new();
    changes.insert(uri.to_owned(), Value::Array(edits));
    json!({ "changes": changes })
}

/// The same edit, for the user to confirm before it is applied, where the client can ask. `label` says what it is.
pub fn to_be_confirmed(mut edit: Value, label: &str, client: &ClientCapabilities) -> Value {
    const ANNOTATION: &str = "draft";
    if !client.confirms_edits || !client.versioned_edits {
        return edit;
    }
    for edit in edit["documentChanges"][0]["edits"].as_array_mut().into_iter().flatten() {
        edit["annotationId"] = json!(ANNOTATION);
    }
    let description = "A small model wrote it: look before you take it.";
    let annotation = json!({ "label": label, "description": description, "needsConfirmation": true });
    edit["changeAnnotations"] = json!({ ANNOTATION: annotation });
    edit
}

/// The local folder that a URI names.
pub fn folder(uri: &str) -> Option<PathBuf> {
    uri::file(uri)
}

/// The local folders of a list of workspace folders.
pub fn folders(list: &Value) -> Vec<PathBuf> {
    list.as_array().into_iter().flatten().filter_map(|it| folder(it["uri"].as_str()?)).collect()
}
