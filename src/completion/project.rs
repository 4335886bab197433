//! Chooses what of other files a prompt shows at a cursor: at the first request, after a pause and at another place, never while one
//! types on.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::{Snapshot, Tree, uri};
use crate::engine::{FileName, Job, ModelInfo, Role, Segment};
use crate::prompt::{ForeignText, SignaturePlace, find_signatures, signature_bytes};
use crate::symbols::SymbolIndex;

/// A model with fewer parameters has little context, and beside memory gained little from signatures: see benches/RESULTS.md.
const SMALL: u64 = 100_000_000;

/// Whether a part of the workspace goes into prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextPart {
    /// Where the model is large enough to make use of it.
    #[default]
    ByModel,
    /// With every model.
    On,
    /// With none.
    Off,
}

impl ContextPart {
    fn is_on(self, model: &ModelInfo) -> bool {
        match self {
            // An engine that does not say how large its model is says 0.
            Self::ByModel => model.parameters == 0 || model.parameters >= SMALL,
            Self::On => true,
            Self::Off => false,
        }
    }
}

/// Which parts of the workspace go into prompts, to measure what each is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkspaceContext {
    /// Signatures of what the file imports, and of names near the cursor.
    pub signatures: ContextPart,
}

/// What is known of the project at the moment of a request.
#[derive(Debug, Clone, Default)]
pub struct KnownProject {
    /// What its files define.
    pub symbols: Arc<SymbolIndex>,
    /// What the prompts of this document show of other files now.
    pub shown: Option<Arc<ForeignText>>,
    /// Whether that may change: nothing was typed for a while.
    pub rested: bool,
}

/// Two are the same when they are of the same moment.
impl PartialEq for KnownProject {
    fn eq(&self, other: &Self) -> bool {
        let is_same_index =
            Arc::ptr_eq(&self.symbols, &other.symbols) || self.symbols.is_empty() && other.symbols.is_empty();
        is_same_index
            && self.shown.as_ref().map(Arc::as_ptr) == other.shown.as_ref().map(Arc::as_ptr)
            && self.rested == other.rested
    }
}

/// A place in a document, to find text of other files for.
#[derive(Debug)]
pub struct ForeignPlace<'a> {
    /// The document.
    pub snapshot: &'a Snapshot,
    /// Its tree, or that of an older version.
    pub tree: Option<&'a Tree>,
    /// The cursor, in bytes.
    pub offset: usize,
}

impl KnownProject {
    /// What a prompt for a place shows of other files. Looks at trees and the disk: call it on a blocking thread.
    pub fn foreign(
        &self,
        place: &ForeignPlace<'_>,
        parts: WorkspaceContext,
        model: &ModelInfo,
    ) -> Option<Arc<ForeignText>> {
        let ForeignPlace { snapshot, tree, offset } = *place;
        // A notebook's cells show each other, and their names are of no file.
        if self.symbols.is_empty() || !parts.signatures.is_on(model) || snapshot.cells.is_some() {
            return None;
        }
        let path = file_path(&snapshot.uri)?;
        let line = snapshot.line_of(offset);
        let shown = self.shown.clone().filter(|shown| !self.rested && !shown.is_elsewhere(line));
        if shown.is_some() {
            return shown;
        }
        let bytes = signature_bytes(model.context);
        let place = SignaturePlace { path: &path, snapshot, tree, line };
        let found = find_signatures(&self.symbols, &place, bytes);
        Some(Arc::new(match &self.shown {
            Some(shown) => shown.renewed(found, line, bytes),
            None => ForeignText { signatures: found, line },
        }))
    }
}

/// Puts the text of other files in front of a prompt's segments, and names the file of the cursor, for a model with so many tokens
/// of context.
pub fn with_foreign(job: Job, foreign: Option<&ForeignText>, comment: &str, context: u32) -> Job {
    let Some(foreign) = foreign.filter(|foreign| !foreign.signatures.is_empty()) else { return job };
    let name = file_path(&job.document)
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .map(|path| FileName { path, comment: comment.to_owned() });
    let mut segments = foreign.segments(context, comment);
    segments.extend(job.segments.into_iter().map(|segment| match segment.role {
        Role::Prefix => Segment { file: name.clone(), ..segment },
        _ => segment,
    }));
    Job { segments, ..job }
}

/// The file of a document that is one of the disk, and no cell of a notebook.
pub(super) fn file_path(document: &str) -> Option<PathBuf> {
    uri::file(document).filter(|_| !uri::is_cell(document))
}
