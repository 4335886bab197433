//! Describes what actions are asked for: a place in a document, the diagnostics there, and the models at hand.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::Workspace;
use crate::diagnostics::Diagnostic;
use crate::document::Snapshot;
use crate::engine::ModelRole;
use crate::language::Language;
use crate::verify::Verifier;

/// What an editor, or a command, asks for.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    /// The selection, or the cursor, in bytes of the snapshot. None asks for the first error of the file.
    pub range: Option<Range<usize>>,
    /// The diagnostics there.
    pub diagnostics: Vec<Diagnostic>,
    /// The files around the document.
    pub workspace: Workspace,
    /// Time for the search of one repair, besides the parses of the whole file before and after.
    pub time: Duration,
}

impl ActionRequest {
    /// The selection, or the cursor; the beginning of the file where none is given.
    pub fn place(&self) -> Range<usize> {
        self.range.clone().unwrap_or_default()
    }
}

/// The file of a request, copied and parsed once for all actions that find complete fixes.
pub struct RequestedFile {
    /// Its language.
    pub language: Arc<Language>,
    /// Its text as its parsers read it: [`Language::masked`].
    pub text: String,
    /// Verifies changes of it, and has its tree.
    pub verifier: Verifier,
}

impl RequestedFile {
    /// Reads it. None when its language is unknown or it cannot be parsed.
    pub fn read(snapshot: &Snapshot) -> Option<Self> {
        let (language, verifier) = (snapshot.language.clone()?, Verifier::new(snapshot)?);
        let text = language.masked(&snapshot.text.to_string()).into_owned();
        Some(Self { language, text, verifier })
    }
}

/// Time that an editor's menu may take: it opens on a key, and must not seem to hang. Tests of an unoptimised build share the machine.
pub const MENU_TIME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });

/// The models at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AvailableModels {
    /// One that fills in.
    pub infill: bool,
    /// One that takes instructions.
    pub instruct: bool,
    /// Whether the one that fills in is small: what it writes by itself is a draft.
    pub is_small: bool,
}

/// A model with fewer parameters than this is small.
pub const SMALL_PARAMETERS: u64 = 500_000_000;

impl AvailableModels {
    /// Whether there is one of this role.
    pub fn has(self, role: ModelRole) -> bool {
        match role {
            ModelRole::Infill => self.infill,
            ModelRole::Instruct => self.instruct,
        }
    }
}
