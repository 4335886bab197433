//! `codeAction/resolve`: the edit of an action that takes a model, made for the one that the user chose. What is asked is all
//! in the action's `data`; nothing is remembered from the menu.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::Range;

use crate::actions::{Action, LazyAction, failure_message};
use crate::document::Snapshot;
use crate::lsp::convert::{self, text_edits, workspace_edit};
use crate::lsp::server::Server;
use crate::lsp::work_done::ActionProgress;
use crate::session::ResolveError;

/// An action that is still to be made, as it travels.
#[derive(Debug, Serialize, Deserialize)]
pub struct ActionData {
    uri: String,
    version: i32,
    action: Action,
    range: Range,
    /// [`LazyAction::unknown`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    /// What it is called, for the display of progress.
    #[serde(default)]
    label: String,
    /// What the model is told besides.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    told: String,
}

pub async fn handle(server: &Server, mut action: Value) -> Result<Value> {
    // Helix asks to resolve every action, also complete ones.
    let Some(promised) = ActionData::read(&action["data"]) else { return Ok(action) };
    let progress =
        action.as_object_mut().and_then(|action| action.remove("workDoneToken")).unwrap_or_default();
    if let Some(edits) = promised.keep(server, progress).await? {
        action["edit"] = workspace_edit(&promised.uri, promised.version, edits, server.negotiated());
    }
    Ok(action)
}

/// The error that says so.
pub fn moved_on() -> Error {
    let message = "the document has changed since this was offered".into();
    Error { code: ErrorCode::ContentModified, message, data: None }
}

impl ActionData {
    /// A promise about a snapshot.
    pub fn new(promise: &LazyAction, snapshot: &Snapshot, server: &Server) -> Self {
        Self {
            uri: snapshot.uri.to_string(),
            version: snapshot.version,
            action: promise.action,
            range: convert::to_range(snapshot, &promise.range, server.negotiated().encoding),
            unknown: promise.unknown.clone(),
            label: promise.title.clone(),
            told: promise.told.clone(),
        }
    }

    /// The promise, about its snapshot.
    fn about(&self, snapshot: &Snapshot, server: &Server) -> LazyAction {
        let range = convert::to_bytes(snapshot, self.range, server.negotiated().encoding);
        LazyAction {
            told: self.told.clone(),
            unknown: self.unknown.clone(),
            ..LazyAction::new(self.action, self.label.clone(), range)
        }
    }

    /// Read one; what is no promise of ours is none.
    pub fn read(data: &Value) -> Option<Self> {
        Self::deserialize(data).ok()
    }

    /// Make it: its edits on the wire. None when there is nothing to apply, which the user is told.
    pub async fn keep(&self, server: &Server, progress: Value) -> Result<Option<Vec<Value>>> {
        let begun = server.session.begin_action(&self.uri, self.version);
        let made = match begun {
            Err(refusal) => Err(refusal),
            Ok(making) => {
                let _shown = ActionProgress::show(server, progress, &self.label);
                let snapshot = making.snapshot.clone();
                let encoding = server.negotiated().encoding;
                let edits = server.session.resolve_action(making, self.about(&snapshot, server)).await;
                edits.map(|edits| text_edits(&snapshot, &edits, encoding))
            }
        };
        match made {
            Ok(edits) => Ok(Some(edits)),
            Err(ResolveError::Moved) => Err(moved_on()),
            Err(ResolveError::Nothing(reason)) => {
                let what = if self.label.is_empty() { "the action" } else { &self.label };
                server.messages.warn(&format!(
                    "nothing was changed ({what}): {}",
                    failure_message(self.action, &reason)
                ));
                Ok(None)
            }
        }
    }

    /// The same as JSON.
    pub fn data(&self) -> Value {
        json!(self)
    }
}
