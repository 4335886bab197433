//! Keeps notebooks in step with the editor, and puts beside the snapshot of a cell the other cells of its notebook.

use std::sync::Arc;

use super::notebooks::{Notebook, NotebookCell, ToldCell};
use super::open_document::OpenDocument;
use super::state::{Session, State};
use crate::document::{OtherCells, Snapshot, uri};

impl Session {
    /// An editor tells of a notebook. The texts of its cells follow.
    pub fn open_notebook(&self, uri: &str, cells: Vec<ToldCell>) {
        let mut state = self.lock();
        let (uri, told) = (uri::normal(uri), uri.to_owned());
        let cells: Vec<NotebookCell> = cells.into_iter().map(NotebookCell::from).collect();
        // From here on this is what counts.
        cells.iter().for_each(|cell| state.notebooks.closed(&cell.uri));
        state.notebooks.0.retain(|other| other.uri != uri);
        state.notebooks.0.push(Notebook { uri: uri.clone(), told: Some(told), cells });
        state.mark_cells(&uri);
    }

    /// In the place of `removed` cells from `start` on, a notebook has others.
    pub fn change_notebook(&self, uri: &str, start: usize, removed: usize, cells: Vec<ToldCell>) {
        let mut state = self.lock();
        let uri = uri::normal(uri);
        let Some(notebook) = state.notebooks.0.iter_mut().find(|it| it.uri == uri) else { return };
        let start = start.min(notebook.cells.len());
        let end = start.saturating_add(removed).min(notebook.cells.len());
        notebook.cells.splice(start..end, cells.into_iter().map(NotebookCell::from));
        state.mark_cells(&uri);
    }

    /// What is said of cells has changed. Returns whether one of them has become code or ceased to be.
    pub fn change_cells(&self, uri: &str, cells: Vec<ToldCell>) -> bool {
        let mut state = self.lock();
        let uri = uri::normal(uri);
        let Some(notebook) = state.notebooks.0.iter_mut().find(|it| it.uri == uri) else { return false };
        let mut changed = false;
        for told in cells.into_iter().map(NotebookCell::from) {
            for cell in notebook.cells.iter_mut().filter(|cell| cell.uri == told.uri) {
                changed |= std::mem::replace(&mut cell.is_code, told.is_code) != told.is_code;
            }
        }
        state.mark_cells(&uri);
        changed
    }

    /// A notebook was closed. Returns its cells that are open still.
    pub fn close_notebook(&self, uri: &str) -> Vec<Arc<str>> {
        let mut state = self.lock();
        let uri = uri::normal(uri);
        let Some(at) = state.notebooks.0.iter().position(|it| it.uri == uri) else { return Vec::new() };
        let notebook = state.notebooks.0.remove(at);
        notebook.cells.iter().filter_map(|cell| state.spellings.get(&cell.uri).cloned()).collect()
    }
}

impl State {
    /// An open document at this moment, with the other cells of its notebook beside it.
    pub fn snapshot(&self, open: &OpenDocument) -> Snapshot {
        let snapshot = open.document.snapshot();
        let others = self.other_cells(open, &snapshot).map(Arc::new);
        snapshot.beside(others)
    }

    /// The other cells in the language of a cell. What is switched off is no context.
    fn other_cells(&self, open: &OpenDocument, snapshot: &Snapshot) -> Option<OtherCells> {
        // Most documents are in no notebook.
        snapshot.language.as_ref()?.cells?;
        let (notebook, place) = self.notebooks.of(&uri::normal(&snapshot.uri))?;
        let text = |cell: &NotebookCell| {
            let spelling = self.spellings.get(&cell.uri)?;
            let other = self.documents.get(spelling).filter(|other| other.language == open.language)?;
            self.silence(spelling).is_none().then(|| other.document.text().clone())
        };
        let texts = |cells: &[NotebookCell]| cells.iter().filter_map(text).collect();
        Some(OtherCells {
            before: texts(&notebook.cells[..place]),
            after: texts(&notebook.cells[place + 1..]),
        })
    }

    /// Nothing is suggested in the cells of a notebook that hold no code.
    fn mark_cells(&mut self, notebook: &str) {
        let Self { notebooks, documents, spellings, .. } = self;
        for cell in notebooks.0.iter().filter(|it| it.uri == notebook).flat_map(|it| &it.cells) {
            if let Some(open) = spellings.get(&cell.uri).and_then(|spelling| documents.get_mut(spelling)) {
                open.editable = cell.is_code;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::completion::{Outcome, TriggerKind};
    use crate::session::Query;
    use crate::session::testing::saying;
    use crate::stats::RequestKind;

    /// How many names of the suggestion `text` at the end of the last of these cells nothing accounts for.
    async fn unknown_names(text: &str, cells: &[&str]) -> f32 {
        let session = saying(text);
        session.start_engine();
        session.engine().wait_for(Option::is_some).await.unwrap();
        let uri = |number| format!("vscode-notebook-cell:/n.ipynb#W{number}");
        for (number, cell) in cells.iter().enumerate() {
            session.open(&uri(number), "python", 1, cell);
        }
        let request = session.begin(&uri(cells.len() - 1), RequestKind::Automatic).unwrap();
        let offset = request.snapshot.len();
        let query = Query { offset, trigger: TriggerKind::Automatic, selected: None };
        let answer = session.complete(request, query).await;
        let Outcome::Suggested(found) = answer.outcome else { panic!("{:?}", answer.outcome) };
        assert_eq!((found.text(), found.range()), (text, offset..offset));
        let feature = crate::completion::rank::NAMES.iter().position(|name| *name == "unknown_names");
        found.rank.features[feature.unwrap()]
    }

    #[tokio::test]
    async fn names_of_other_cells_are_known() {
        let others = ["import pandas as pd\n", "%time\ntable = pd.DataFrame()\n!ls", "x = "];
        assert_eq!(unknown_names("pd.concat(table)", &others).await, 0.0);
        assert!(
            unknown_names("pd.concat(table)", &others[1..]).await > 0.0,
            "pd is of a cell that is not there"
        );
    }
}
