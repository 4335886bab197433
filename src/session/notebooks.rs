//! Knows which cells form a notebook, and their order: as the editor tells it, or as their addresses do.

use crate::document::uri;

/// The notebooks of the open cells.
#[derive(Debug, Default)]
pub struct Notebooks(pub Vec<Notebook>);

/// A notebook by its cells.
#[derive(Debug)]
pub struct Notebook {
    /// Its address, [normal](uri::normal).
    pub uri: String,
    /// The address as the editor told it; None where cells come as documents only.
    pub told: Option<String>,
    pub cells: Vec<NotebookCell>,
}

/// A cell of a notebook, open or not.
#[derive(Debug)]
pub struct NotebookCell {
    /// Its address, [normal](uri::normal).
    pub uri: String,
    pub is_code: bool,
}

/// A cell as an editor tells of it.
#[derive(Debug, Clone)]
pub struct ToldCell {
    pub uri: String,
    /// Whether it holds code.
    pub is_code: bool,
}

impl From<ToldCell> for NotebookCell {
    fn from(told: ToldCell) -> Self {
        Self { uri: uri::normal(&told.uri), is_code: told.is_code }
    }
}

impl Notebooks {
    /// The notebook of a cell, and its place there.
    pub fn of(&self, cell: &str) -> Option<(&Notebook, usize)> {
        let place = |notebook: &Notebook| notebook.cells.iter().position(|it| it.uri == cell);
        self.0.iter().find_map(|notebook| Some((notebook, place(notebook)?)))
    }

    /// The address of the notebook that an editor told of as the one of a cell.
    pub fn told(&self, cell: &str) -> Option<(&str, bool)> {
        let (notebook, place) = self.of(&uri::normal(cell))?;
        Some((notebook.told.as_deref()?, notebook.cells[place].is_code))
    }

    /// A cell was opened as a document: it is one of the notebook that its address names, if no editor told of another.
    pub fn opened(&mut self, cell: &str) {
        let Some(of) = uri::notebook(cell) else { return };
        let cell = uri::normal(cell);
        if self.of(&cell).is_some() {
            return;
        }
        let cell = NotebookCell { uri: cell, is_code: true };
        match self.0.iter_mut().find(|notebook| notebook.uri == of) {
            Some(notebook) => {
                notebook.cells.push(cell);
                let number = |cell: &NotebookCell| uri::cell_number(&cell.uri);
                if notebook.told.is_none() && notebook.cells.iter().all(|cell| number(cell).is_some()) {
                    notebook.cells.sort_by_key(number);
                }
            }
            None => self.0.push(Notebook { uri: of, told: None, cells: vec![cell] }),
        }
    }

    /// A cell was closed; where its notebook was told, that says when it is gone.
    pub fn closed(&mut self, cell: &str) {
        let cell = uri::normal(cell);
        for notebook in self.0.iter_mut().filter(|notebook| notebook.told.is_none()) {
            notebook.cells.retain(|it| it.uri != cell);
        }
        self.0.retain(|notebook| notebook.told.is_some() || !notebook.cells.is_empty());
    }
}
