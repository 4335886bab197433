//! Keeps what the engine was told, so that nothing is told twice and what is gone is taken back.

use std::collections::HashMap;
use std::hash::Hasher as _;

use twox_hash::XxHash64;

use crate::engine::{Engine, MemoryChange, MemoryText, MemoryUpdate};
use crate::paths::FileStamp;

/// The name of the workspace: one server has one.
const WORKSPACE: &str = "";

/// Where a text came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOrigin {
    /// An open document.
    Editor,
    /// A file, as it was then.
    Disk(FileStamp),
}

#[derive(Debug)]
struct ToldText {
    /// The address under which it was told.
    document: String,
    origin: TextOrigin,
    open: bool,
    hash: u64,
    bytes: usize,
}

/// What an engine was told, by the [normal](crate::document::uri::normal) addresses of the documents.
#[derive(Debug, Default)]
pub struct Told {
    texts: HashMap<String, ToldText>,
    bytes: usize,
}

impl Told {
    /// Tells a text, unless the engine knows it so. One that was told under another address is taken back first.
    pub fn tell(&mut self, engine: &dyn Engine, normal: &str, text: MemoryText, origin: TextOrigin) {
        let hash = hash(&text.text);
        let (document, open, bytes) = (text.document.clone(), text.open, text.text.len());
        if let Some(told) = self.texts.get_mut(normal) {
            if (&told.document, told.open, told.hash, told.bytes) == (&document, open, hash, bytes) {
                told.origin = origin;
                return;
            }
            if told.document != document {
                send(engine, MemoryChange::Remove { document: told.document.clone() });
            }
            self.bytes -= told.bytes;
        }
        self.bytes += bytes;
        self.texts.insert(normal.to_owned(), ToldText { document, origin, open, hash, bytes });
        send(engine, MemoryChange::Text(text));
    }

    /// Takes a text back, if it was told.
    pub fn remove(&mut self, engine: &dyn Engine, normal: &str) {
        if let Some(told) = self.texts.remove(normal) {
            self.bytes -= told.bytes;
            send(engine, MemoryChange::Remove { document: told.document });
        }
    }

    /// Takes everything back.
    pub fn clear(&mut self, engine: &dyn Engine) {
        *self = Self::default();
        send(engine, MemoryChange::Clear);
    }

    /// The address under which a document was told.
    pub fn document(&self, normal: &str) -> Option<&str> {
        self.texts.get(normal).map(|told| told.document.as_str())
    }

    /// Whether a file was told as it is on the disk, and as one that is `open` or not.
    pub fn knows(&self, normal: &str, stamp: FileStamp, open: bool) -> bool {
        self.texts.get(normal).is_some_and(|told| told.origin == TextOrigin::Disk(stamp) && told.open == open)
    }

    /// The documents that were told and are not `wanted`.
    pub fn unwanted(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.texts.keys().filter(|normal| !wanted(normal)).cloned().collect()
    }

    /// The bytes of a text that was told.
    pub fn bytes(&self, normal: &str) -> usize {
        self.texts.get(normal).map_or(0, |told| told.bytes)
    }

    /// Whether a document was told whose address begins so.
    pub fn has_below(&self, start: &str) -> bool {
        self.texts.keys().any(|normal| normal.starts_with(start))
    }

    /// How many texts, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        (self.texts.len(), self.bytes)
    }
}

fn send(engine: &dyn Engine, change: MemoryChange) {
    engine.remember(MemoryUpdate { workspace: WORKSPACE.to_owned(), change });
}

/// Tells a text from others.
pub fn hash(text: &str) -> u64 {
    let mut hasher = XxHash64::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}
