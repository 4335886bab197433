//! The open documents by address. It has no lock and no LSP types: its owner has both.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::edit::{Change, Edit};
use super::history::History;
use super::position::Encoding;
use super::{Document, Snapshot};
use crate::language::Language;

/// A change of a document that is not open: the client and we no longer agree; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{uri} is not open: the change to version {version} was dropped; closing and opening the file mends it"
)]
pub struct NotOpen {
    /// The address the client gave.
    pub uri: String,
    /// The version it wanted to reach.
    pub version: i32,
}

/// Whether a change's version followed the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It was larger.
    Kept,
    /// It was not. The change was applied all the same: the client's text is the truth, and arrival is its order.
    Broken {
        /// The version before it.
        before: i32,
    },
}

/// The open documents and their recent edits.
#[derive(Debug, Default)]
pub struct Store {
    documents: HashMap<Arc<str>, Document>,
    history: History,
}

impl Store {
    /// Open a document; one that was open under the same address is forgotten.
    pub fn open(&mut self, uri: &str, version: i32, text: &str, language: Option<Arc<Language>>) {
        self.history.forget(uri);
        let document = Document::new(uri, version, text, language);
        self.documents.insert(document.uri(), document);
    }

    /// Apply an editor's changes one after another, each in the coordinates left by the one before.
    pub fn change(
        &mut self,
        uri: &str,
        version: i32,
        changes: &[Change],
        encoding: Encoding,
    ) -> Result<Order, NotOpen> {
        self.update(uri, version, changes, |document, change| change.resolve(document.text(), encoding))
    }

    /// The same for edits already in bytes.
    pub fn edit(&mut self, uri: &str, version: i32, edits: &[Edit]) -> Result<Order, NotOpen> {
        self.update(uri, version, edits, |_, edit| edit.clone())
    }

    fn update<T>(
        &mut self,
        uri: &str,
        version: i32,
        changes: &[T],
        resolve: impl Fn(&Document, &T) -> Edit,
    ) -> Result<Order, NotOpen> {
        let document = self.documents.get_mut(uri).ok_or_else(|| NotOpen { uri: uri.to_owned(), version })?;
        let (before, at) = (document.version(), Instant::now());
        document.begin(version);
        for change in changes {
            let edit = resolve(document, change);
            self.history.record(&document.uri(), &document.edit(&edit), at);
        }
        Ok(if version > before { Order::Kept } else { Order::Broken { before } })
    }

    /// Close a document: its text, tree and history are freed. False when it was not open.
    pub fn close(&mut self, uri: &str) -> bool {
        self.history.forget(uri);
        self.documents.remove(uri).is_some()
    }

    /// The open document at `uri`.
    pub fn get(&self, uri: &str) -> Option<&Document> {
        self.documents.get(uri)
    }

    /// The same, to give it the tree of a finished parse.
    pub fn get_mut(&mut self, uri: &str) -> Option<&mut Document> {
        self.documents.get_mut(uri)
    }

    /// The present view of the document at `uri`.
    pub fn snapshot(&self, uri: &str) -> Option<Snapshot> {
        self.get(uri).map(Document::snapshot)
    }

    /// All open documents, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.documents.values()
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The recent edits of the open documents.
    pub fn history(&self) -> &History {
        &self.history
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> Change {
        Change { range: Some((from, to)), text: text.into() }
    }

    #[test]
    fn each_change_is_in_the_coordinates_left_by_the_one_before() {
        let mut store = Store::default();
        store.open("a", 1, "𝒳y\n", None);
        let changes =
            [change((0, 2), (0, 3), "z\n"), change((1, 0), (1, 0), "w"), change((9, 9), (0, 0), "all")];
        assert_eq!(store.change("a", 2, &changes[..2], Encoding::Utf16), Ok(Order::Kept));
        assert_eq!(store.get("a").unwrap().text().to_string(), "𝒳z\nw\n");
        assert_eq!(store.change("a", 3, &changes[2..], Encoding::Utf16), Ok(Order::Kept));
        assert_eq!(store.get("a").unwrap().text().to_string(), "all");
        store.change("a", 4, &[Change { range: None, text: "new".into() }], Encoding::Utf16).unwrap();
        assert_eq!(store.get("a").unwrap().text().to_string(), "new");
    }

    #[test]
    fn a_change_of_an_unknown_document_is_reported() {
        let error = Store::default().change("nowhere", 2, &[], Encoding::Utf8).unwrap_err();
        assert_eq!(error, NotOpen { uri: "nowhere".into(), version: 2 });
    }

    #[test]
    fn a_version_that_does_not_rise_is_applied_and_reported() {
        let mut store = Store::default();
        store.open("a", 5, "", None);
        assert_eq!(store.edit("a", 5, &[Edit::insert(0, "x")]), Ok(Order::Broken { before: 5 }));
        assert_eq!(store.get("a").unwrap().text().to_string(), "x");
    }

    #[test]
    fn closing_forgets_the_document_and_its_history() {
        let mut store = Store::default();
        for uri in ["a", "b"] {
            store.open(uri, 1, "", None);
            store.edit(uri, 2, &[Edit::insert(0, "x")]).unwrap();
        }
        assert!(store.close("a"));
        assert!(!store.close("a"));
        assert_eq!(store.history().iter().map(|recent| &*recent.uri).collect::<Vec<_>>(), ["b"]);
        assert_eq!((store.len(), store.snapshot("a").is_none()), (1, true));
    }
}
