//! Joins the cell of a notebook with the other cells in its language: they are read together, and only the cell is changed.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::{Edit, Known, OtherCells, Snapshot, with_line_ends};

/// A notebook's cells as one text.
#[derive(Debug, Clone)]
pub struct Joined {
    /// All of them.
    pub snapshot: Snapshot,
    /// The bytes of the cell.
    pub cell: Range<usize>,
}

impl Joined {
    /// Bytes of the cell as bytes of the whole.
    pub fn inside(&self, bytes: &Range<usize>) -> Range<usize> {
        self.cell.start + bytes.start..self.cell.start + bytes.end
    }

    /// Edits of the whole as edits of the cell; None when one of them leaves it.
    pub fn edits_of_cell(&self, edits: Vec<Edit>) -> Option<Vec<Edit>> {
        edits.into_iter().map(|edit| Some(Edit { range: self.of_cell(&edit.range)?, ..edit })).collect()
    }

    /// Bytes of the whole as bytes of the cell; None when they leave it.
    pub fn of_cell(&self, bytes: &Range<usize>) -> Option<Range<usize>> {
        let is_inside = self.cell.start <= bytes.start && bytes.end <= self.cell.end;
        is_inside.then(|| bytes.start - self.cell.start..bytes.end - self.cell.start)
    }
}

impl Snapshot {
    /// The same snapshot with the other cells of its notebook beside it.
    pub fn beside(self, cells: Option<Arc<OtherCells>>) -> Self {
        Self { cells, ..self }
    }

    /// Whether this is a cell of a notebook that is written in another language as a whole.
    pub fn is_foreign(&self) -> bool {
        let cells = self.language.as_ref().and_then(|language| language.cells);
        cells.is_some_and(|cells| cells.is_foreign(&self.text.to_string()))
    }

    /// The cells of the notebook as one text. None for what is no cell, has none beside it, or is written in another language.
    /// It reads all of them: call it on a blocking thread.
    pub fn joined(&self) -> Option<Joined> {
        let (others, cells) = (self.cells.as_ref()?, self.language.as_ref()?.cells?);
        let (before, after) = others.texts(cells);
        if before.is_empty() && after.is_empty() || self.is_foreign() {
            return None;
        }
        let [mut text, after] =
            [before, after].map(|text| Rope::from(with_line_ends(&text, self.line_ending())));
        let cell = text.len_bytes()..text.len_bytes() + self.len();
        text.append(self.text.clone());
        text.append(after);
        let snapshot = Self { text, known: Known::Nothing, hypothesis: true, cells: None, ..self.clone() };
        Some(Joined { snapshot, cell })
    }
}
