//! Adds the imports that an accepted suggestion needs, for clients that cannot insert them with it: the client applies the edit.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::lsp_types::Position;

use super::apply_edit::ApplyEdit;
use crate::completion::{ImportSource, Suggestion, import};
use crate::document::{Encoding, Snapshot};
use crate::lsp::convert::{self, text_edits, workspace_edit};
use crate::lsp::server::Server;
use crate::session::View;

/// How often the edit is made anew when the user types on before the client has applied it.
const TRIES: usize = 5;

/// How long a change that the client made before an answer may take behind it.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// The imports of a suggestion on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub struct AcceptedImports {
    uri: String,
    /// Where the suggestion begins: the imports are for the names near it.
    position: Position,
    sources: Vec<ImportSource>,
    /// What the user is told: "adds `from pathlib import Path`".
    #[serde(default)]
    pub adds: String,
}

impl AcceptedImports {
    /// Those of a suggestion for `snapshot`; None when it needs none.
    pub fn of(suggestion: &Suggestion, snapshot: &Snapshot, encoding: Encoding) -> Option<Self> {
        let written: Vec<String> = suggestion
            .imports
            .iter()
            .map(|source| format!("`{}`", import::written(snapshot, source)))
            .collect();
        (!written.is_empty()).then(|| Self {
            uri: snapshot.uri.to_string(),
            position: convert::to_range(snapshot, &suggestion.range(), encoding).start,
            sources: suggestion.imports.to_vec(),
            adds: format!("adds {}", written.join(", ")),
        })
    }
}

/// Adds `{uri, position, sources}`, as far as they are missing by now. The document may have moved on: what is added is found and
/// verified for the text as it is.
pub fn handle(server: &Server, argument: &Value) {
    if argument.is_null() {
        return;
    }
    let Ok(mut imports) = AcceptedImports::deserialize(argument) else {
        tracing::debug!("imports of an odd shape");
        return;
    };
    server.respell(&mut imports.uri);
    let Some(view) = server.session.view(&imports.uri) else { return };
    let (session, sender) = (Arc::clone(&server.session), server.client.clone());
    let client = server.negotiated().clone();
    let mut view: Option<View> = Some(view);
    // Not awaited here: a handler that waits for the client can wait for ever.
    tokio::spawn(async move {
        for _ in 0..TRIES {
            let Some(View { snapshot, silence: None, .. }) = view else { return };
            let near = convert::to_byte(&snapshot, imports.position, client.encoding);
            let Some(edits) = session.imports_for(&snapshot, near, imports.sources.clone()).await else {
                tracing::debug!(
                    sources = imports.sources.len(),
                    "no import is missing, or none fits any more"
                );
                return;
            };
            let edits = text_edits(&snapshot, &edits, client.encoding);
            let edit = workspace_edit(&imports.uri, snapshot.version, edits, &client);
            let label = format!("treefill {}", imports.adds);
            match sender.send_request::<ApplyEdit>(json!({ "label": label.trim_end(), "edit": edit })).await {
                Ok(answer) if answer["applied"] == true => return,
                Ok(answer) => {
                    // The change because of which it refused may still be on its way to here: answers are read first.
                    tokio::time::sleep(ON_ITS_WAY).await;
                    if session.version(&imports.uri) == Some(snapshot.version) {
                        let why = answer["failureReason"].as_str().unwrap_or("it does not say why");
                        tracing::debug!("the editor did not add the imports: {why}");
                        return;
                    }
                }
                Err(error) => {
                    tracing::debug!("the editor did not add the imports: {error}");
                    return;
                }
            }
            view = session.view(&imports.uri);
        }
    });
}
