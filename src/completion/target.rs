//! Locates the text to complete: the document with the selected menu entry in it, as if that were accepted already.

use super::outcome::Reason;
use super::request::{CompletionRequest, SelectedEntry};
use crate::document::{Edit, Snapshot};

/// The place that a request asks about.
#[derive(Debug, Clone)]
pub struct Target {
    /// The document as the editor has it.
    pub document: Snapshot,
    /// The cursor, in bytes of `document`.
    pub cursor: usize,
    /// The text that the stages complete: `document`, with the entry accepted, among the other cells of its notebook.
    pub snapshot: Snapshot,
    /// The cursor, in bytes of `snapshot`.
    pub offset: usize,
    /// The selected entry; its range is in bytes of `document`.
    pub entry: Option<SelectedEntry>,
}

impl Target {
    /// The place of a request.
    ///
    /// # Errors
    /// [`Reason::MenuConflict`] when the selected entry does not hold the cursor, or replaces more than one line.
    pub fn of(request: &CompletionRequest) -> Result<Self, Reason> {
        let document = request.snapshot.clone();
        let cursor = document.floor(request.offset);
        let Some(entry) = request.selected.clone() else {
            return Ok(Self { snapshot: document.clone(), offset: cursor, document, cursor, entry: None });
        };
        let (text, range) = (&document.text, &entry.range);
        let is_sound = range.start <= cursor
            && cursor <= range.end
            && range.end <= text.len_bytes()
            && document.floor(range.start) == range.start
            && document.floor(range.end) == range.end
            && text.byte_to_line(range.start) == text.byte_to_line(range.end);
        if !is_sound {
            return Err(Reason::MenuConflict);
        }
        let snapshot = document.with_edit(&Edit::replace(range.clone(), entry.text.as_str()));
        let offset = range.start + entry.text.len();
        Ok(Self { document, cursor, snapshot, offset, entry: Some(entry) })
    }

    /// The same place among the other cells of its notebook, where it is in one.
    pub fn in_notebook(self) -> Self {
        match self.snapshot.joined() {
            Some(joined) => {
                Self { offset: joined.cell.start + self.offset, snapshot: joined.snapshot, ..self }
            }
            None => self,
        }
    }
}
