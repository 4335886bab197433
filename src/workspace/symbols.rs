//! Keeps the index of what the files of a workspace define: the same texts that the engine is told, without their keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::told::hash;
use crate::document::uri;
use crate::language::Registry;
use crate::session::Session;
use crate::symbols::{FileSymbols, SymbolIndex};

/// The index, and which texts are in it.
#[derive(Debug, Default)]
pub struct WorkspaceSymbols {
    index: SymbolIndex,
    /// The texts by the [normal](uri::normal) addresses of their documents.
    texts: HashMap<String, u64>,
    /// Whether that is more than what requests see.
    has_changed: bool,
}

impl WorkspaceSymbols {
    /// Reads what a text defines, unless it is the one that is known.
    pub fn read(&mut self, languages: &Registry, normal: &str, text: &str) {
        let hash = hash(text);
        if self.texts.get(normal) == Some(&hash) {
            return;
        }
        let Some(path) = uri::file(normal) else { return };
        let Some(language) = languages.by_path(&path) else { return };
        self.has_changed = true;
        self.texts.insert(normal.to_owned(), hash);
        match FileSymbols::read(&path, &language, text) {
            Ok(symbols) => self.index.insert(symbols),
            Err(why) => {
                tracing::debug!(path = %path.display(), %why, "no symbols");
                self.index.remove(&path);
            }
        }
    }

    /// Forgets a text.
    pub fn remove(&mut self, normal: &str) {
        if self.texts.remove(normal).is_some()
            && let Some(path) = uri::file(normal)
        {
            self.has_changed = true;
            self.index.remove(&path);
        }
    }

    /// Forgets what is not `wanted`.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        let unwanted: Vec<String> = self.texts.keys().filter(|normal| !wanted(normal)).cloned().collect();
        unwanted.iter().for_each(|normal| self.remove(normal));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self { has_changed: true, ..Self::default() };
    }

    /// Shows requests what is known. While `more` is read they see what was known before: half of a project makes names look
    /// unique that are not, and a prompt that changes with every file is evaluated with every file.
    pub fn show(&mut self, session: &Session, more: bool) {
        if self.has_changed && !more {
            self.has_changed = false;
            session.set_symbols(Arc::new(self.index.clone()));
        }
    }

    /// How many definitions are known.
    pub fn count(&self) -> usize {
        self.index.definition_count()
    }
}
