//! Answers `codeAction/resolve`: makes the edit of the lazy action that the user chose. The action's `data` holds all that is
//! needed; the server remembers nothing of the menu.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::Range;

use crate::actions::{self, ActionSpec, LazyAction};
use crate::completion::Reason;
use crate::document::{Edit, Encoding, Snapshot};
use crate::lsp::convert::{self, text_edits, to_be_confirmed, workspace_edit};
use crate::lsp::server::Server;
use crate::lsp::work_done::ActionProgress;
use crate::session::ResolveError;

/// A lazy action on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub struct ActionData {
    uri: String,
    version: i32,
    /// [`ActionSpec::id`].
    action: String,
    range: Range,
    /// [`LazyAction::unknown`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    /// The title, for the display of progress.
    #[serde(default)]
    label: String,
    /// [`LazyAction::instruction`].
    #[serde(default, rename = "told", skip_serializing_if = "String::is_empty")]
    instruction: String,
    /// [`LazyAction::is_draft`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    draft: bool,
}

pub async fn handle(server: &Server, mut action: Value) -> Result<Value> {
    // Helix asks to resolve every action, also complete ones.
    let Some((data, spec)) = ActionData::read(&action["data"]) else { return Ok(action) };
    let progress =
        action.as_object_mut().and_then(|action| action.remove("workDoneToken")).unwrap_or_default();
    if let Some(edits) = data.resolve(spec, server, progress).await? {
        let edit = workspace_edit(&data.uri, data.version, edits, server.negotiated());
        action["edit"] = data.as_asked(edit, server);
    }
    Ok(action)
}

/// The error for a document that is no longer what an action was offered for.
pub fn moved_on() -> Error {
    let message = "the document has changed since this was offered".into();
    Error { code: ErrorCode::ContentModified, message, data: None }
}

impl ActionData {
    /// An action about a snapshot.
    pub fn new(action: &LazyAction, snapshot: &Snapshot, encoding: Encoding) -> Self {
        Self {
            uri: snapshot.uri.to_string(),
            version: snapshot.version,
            action: action.action.id.to_owned(),
            range: convert::to_range(snapshot, &action.range, encoding),
            unknown: action.unknown.clone(),
            label: action.title.clone(),
            instruction: action.instruction.clone(),
            draft: action.is_draft,
        }
    }

    /// The edit; that of a draft is to be confirmed.
    pub fn as_asked(&self, edit: Value, server: &Server) -> Value {
        if self.draft { to_be_confirmed(edit, &self.label, server.negotiated()) } else { edit }
    }

    /// Reads one; None when `data` is not of this server.
    pub fn read(data: &Value) -> Option<(Self, &'static ActionSpec)> {
        let data = Self::deserialize(data).ok()?;
        let spec = actions::by_id(&data.action)?;
        Some((data, spec))
    }

    /// Makes the edits, as they are on the wire. None when there are none, which the user is told.
    ///
    /// # Errors
    /// `ContentModified` when the document has changed.
    pub async fn resolve(
        &self,
        spec: &'static ActionSpec,
        server: &Server,
        progress: Value,
    ) -> Result<Option<Vec<Value>>> {
        match self.run(spec, server, progress).await {
            Ok((snapshot, edits)) => Ok(Some(text_edits(&snapshot, &edits, server.negotiated().encoding))),
            Err(ResolveError::Moved) => Err(moved_on()),
            Err(ResolveError::Nothing(reason)) => {
                self.report(spec, server, &reason);
                Ok(None)
            }
        }
    }

    /// Runs the action for the document as it is now, with its progress shown.
    async fn run(
        &self,
        spec: &'static ActionSpec,
        server: &Server,
        progress: Value,
    ) -> std::result::Result<(Snapshot, Vec<Edit>), ResolveError> {
        let pending = server.session.begin_action(&self.uri, self.version)?;
        let _shown = ActionProgress::show(server, progress, &self.label);
        let snapshot = pending.snapshot.clone();
        let range = convert::to_bytes(&snapshot, self.range, server.negotiated().encoding);
        let action = LazyAction {
            instruction: self.instruction.clone(),
            unknown: self.unknown.clone(),
            ..LazyAction::new(spec, self.label.clone(), range)
        };
        Ok((snapshot, server.session.resolve_action(pending, action).await?))
    }

    fn report(&self, spec: &ActionSpec, server: &Server, reason: &Reason) {
        let what = if self.label.is_empty() { "the action" } else { &self.label };
        server.messages.warn(&format!("nothing was changed ({what}): {}", spec.failure_message(reason)));
    }
}
