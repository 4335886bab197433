//! Keeps the texts of workspaces as tokens: those that are open or were changed lately, which are indexed anew with every
//! change, and the rest, which is indexed when enough has come together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::index::{Index, SEPARATOR};
use crate::engine::TokenId;

/// Tokens of one workspace at most: 8 bytes each, twice that while it is indexed anew. Later texts are left out.
pub const MOST_TOKENS: usize = 12_000_000;
/// Tokens of open and changed texts; sorting so many takes some 15 ms. What was told longest ago joins the rest.
const NEAR_TOKENS: usize = 128_000;

/// How much an engine remembers of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemoryStats {
    /// Tokens that can be found.
    pub tokens: usize,
    /// Tokens that were told and are not indexed yet.
    pub waiting: usize,
    /// Changes made since the workspace was told first, or forgotten.
    pub changes: u64,
}

/// What is remembered of a workspace, as one moment has it.
#[derive(Debug, Default, Clone)]
pub struct Shelf {
    pub(super) near: Arc<Part>,
    pub(super) rest: Arc<Part>,
    /// Documents of `rest` that count no more, by their numbers.
    pub(super) hidden: Arc<HashSet<u32>>,
    /// Tokens that are not indexed yet.
    waiting: usize,
    changes: u64,
}

/// Some texts in one index.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub index: Index,
    /// In the order of their places.
    documents: Vec<Placed>,
    /// Where a document stands in that order.
    numbers: HashMap<Arc<str>, u32>,
}

/// Where a text begins.
#[derive(Debug)]
struct Placed {
    start: u32,
    folder: u32,
    name: Arc<str>,
}

/// Tokens of a document.
#[derive(Debug, Clone)]
struct Text {
    name: Arc<str>,
    folder: u32,
    tokens: Vec<TokenId>,
}

impl Part {
    fn of<'a>(texts: impl Iterator<Item = (&'a Arc<str>, u32, &'a [TokenId])>) -> Self {
        let (mut tokens, mut documents) = (Vec::new(), Vec::new());
        for (name, folder, text) in texts {
            documents.push(Placed { start: tokens.len() as u32, folder, name: Arc::clone(name) });
            tokens.extend_from_slice(text);
            tokens.push(SEPARATOR);
        }
        let named = documents.iter().map(|placed| Arc::clone(&placed.name));
        let numbers = named.zip(0..).collect();
        Self { index: Index::new(tokens), documents, numbers }
    }

    fn texts(&self) -> impl Iterator<Item = (u32, &Placed, &[TokenId])> {
        self.documents.iter().enumerate().map(|(number, placed)| {
            let end =
                self.documents.get(number + 1).map_or(self.index.tokens().len(), |next| next.start as usize);
            (number as u32, placed, &self.index.tokens()[placed.start as usize..end.saturating_sub(1)])
        })
    }

    /// The number of a document.
    pub fn number(&self, document: &str) -> Option<u32> {
        self.numbers.get(document).copied()
    }

    /// The number and the folder of the document at a place.
    pub fn document(&self, place: usize) -> (u32, u32) {
        let number =
            self.documents.partition_point(|placed| placed.start as usize <= place).saturating_sub(1);
        (number as u32, self.documents.get(number).map_or(0, |placed| placed.folder))
    }
}

impl Shelf {
    /// The folder of a document that can be found.
    pub fn folder(&self, document: &str) -> Option<u32> {
        let of = |part: &Part, number: u32| part.documents[number as usize].folder;
        let near = self.near.numbers.get(document).map(|&number| of(&self.near, number));
        near.or_else(|| self.in_rest(document).map(|number| of(&self.rest, number)))
    }

    /// The number of a document of the rest that counts.
    fn in_rest(&self, document: &str) -> Option<u32> {
        self.rest.numbers.get(document).copied().filter(|number| !self.hidden.contains(number))
    }

    /// How much it is.
    pub fn stats(&self) -> MemoryStats {
        let tokens = self.near.index.tokens().len() + self.rest.index.tokens().len();
        MemoryStats { tokens, waiting: self.waiting, changes: self.changes }
    }
}

/// The texts of one workspace while they change.
#[derive(Debug, Default)]
struct Workspace {
    shelf: Shelf,
    /// Open and changed ones, the one told longest ago first.
    near: Vec<Text>,
    /// Others that are not indexed yet.
    waiting: Vec<Text>,
    /// The folders that were named, by their paths.
    folders: HashMap<String, u32>,
}

impl Workspace {
    fn put(&mut self, name: &str, folder: &str, open: bool, tokens: Vec<TokenId>) {
        let fresh = self.folders.len() as u32;
        let folder = *self.folders.entry(folder.to_owned()).or_insert(fresh);
        let was_near = self.take_out(name);
        let text = Text { name: Arc::from(name), folder, tokens };
        if !open {
            if self.known() + text.tokens.len() <= MOST_TOKENS {
                self.waiting.push(text);
            }
            if was_near {
                self.index_near();
            }
            return;
        }
        self.near.push(text);
        let mut tokens: usize = self.near.iter().map(|text| text.tokens.len()).sum();
        while tokens > NEAR_TOKENS && self.near.len() > 1 {
            let oldest = self.near.remove(0);
            tokens -= oldest.tokens.len();
            self.waiting.push(oldest);
        }
        self.index_near();
    }

    fn known(&self) -> usize {
        let texts = self.near.iter().chain(&self.waiting);
        self.shelf.rest.index.tokens().len() + texts.map(|text| text.tokens.len()).sum::<usize>()
    }

    fn remove(&mut self, name: &str) {
        if self.take_out(name) {
            self.index_near();
        }
    }

    /// Takes a document out; whether it was a near one, whose index still has it.
    fn take_out(&mut self, name: &str) -> bool {
        let near = self.near.len();
        self.near.retain(|text| *text.name != *name);
        self.waiting.retain(|text| *text.name != *name);
        if let Some(number) = self.shelf.in_rest(name) {
            Arc::make_mut(&mut self.shelf.hidden).insert(number);
        }
        near != self.near.len()
    }

    fn index_near(&mut self) {
        let texts = self.near.iter().map(|text| (&text.name, text.folder, &*text.tokens));
        self.shelf.near = Arc::new(Part::of(texts));
    }

    fn waiting_tokens(&self) -> usize {
        self.waiting.iter().map(|text| text.tokens.len()).sum()
    }

    /// Whether what waits is worth indexing the rest anew; `idle`: nothing else is to be done.
    fn should_settle(&self, idle: bool) -> bool {
        let waiting = self.waiting_tokens();
        let share = self.shelf.rest.index.tokens().len() / 4;
        (idle && waiting > 0) || waiting > share.max(NEAR_TOKENS)
    }

    fn settle(&mut self) {
        let hidden = &self.shelf.hidden;
        let kept = self.shelf.rest.texts().filter(|(number, ..)| !hidden.contains(number));
        let kept = kept.map(|(_, placed, tokens)| (&placed.name, placed.folder, tokens));
        let waiting = self.waiting.iter().map(|text| (&text.name, text.folder, &*text.tokens));
        let rest = Part::of(kept.chain(waiting));
        self.waiting = Vec::new();
        self.shelf.rest = Arc::new(rest);
        self.shelf.hidden = Arc::default();
    }
}

/// The workspaces of an engine. One thread changes them, another one reads what is published.
#[derive(Debug, Default)]
pub struct Shelves {
    workspaces: Mutex<HashMap<String, Workspace>>,
    published: Mutex<HashMap<String, Arc<Shelf>>>,
}

impl Shelves {
    /// What is remembered of a workspace.
    pub fn get(&self, workspace: &str) -> Option<Arc<Shelf>> {
        self.published.lock().get(workspace).cloned()
    }

    /// A document's tokens, in the place of those before. `folder` tells which documents are near each other; `open` ones count
    /// at once, others after [`Shelves::settle`].
    pub fn put(&self, workspace: &str, document: &str, folder: &str, open: bool, tokens: Vec<TokenId>) {
        self.change(workspace, |texts| {
            texts.shelf.changes += 1;
            texts.put(document, folder, open, tokens);
            if texts.should_settle(false) {
                texts.settle();
            }
        });
    }

    /// A document is gone.
    pub fn remove(&self, workspace: &str, document: &str) {
        self.change(workspace, |texts| {
            texts.shelf.changes += 1;
            texts.remove(document);
        });
    }

    /// Forget a workspace.
    pub fn clear(&self, workspace: &str) {
        self.workspaces.lock().remove(workspace);
        self.published.lock().remove(workspace);
    }

    /// Index what waits; to be called when there is nothing else to do.
    pub fn settle(&self) {
        let names: Vec<String> = {
            let workspaces = self.workspaces.lock();
            let waiting = workspaces.iter().filter(|(_, texts)| texts.should_settle(true));
            waiting.map(|(name, _)| name.clone()).collect()
        };
        for name in names {
            self.change(&name, Workspace::settle);
        }
    }

    fn change(&self, workspace: &str, change: impl FnOnce(&mut Workspace)) {
        let shelf = {
            let mut workspaces = self.workspaces.lock();
            let texts = workspaces.entry(workspace.to_owned()).or_default();
            change(texts);
            texts.shelf.waiting = texts.waiting_tokens();
            Arc::new(texts.shelf.clone())
        };
        self.published.lock().insert(workspace.to_owned(), shelf);
    }
}
