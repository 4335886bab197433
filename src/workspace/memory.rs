//! Tells one engine texts and takes them back, and reads what they define: what is open wins over the disk, and what is private is
//! never told.

use std::path::{Path, PathBuf};

use super::contents::{LARGEST, written};
use super::recent::Recent;
use super::rules::{ReadRules, masked};
use super::scan::Candidate;
use super::symbols::WorkspaceSymbols;
use super::told::{TextOrigin, Told};
use crate::document::uri;
use crate::engine::{Engine, MemoryText};
use crate::session::Session;

/// What the engine in use knows of the workspace.
#[derive(Debug, Default)]
pub struct WorkspaceMemory {
    told: Told,
    /// Files that count as open.
    recent: Recent,
    /// What the texts define. It outlives the engine that they were told.
    pub symbols: WorkspaceSymbols,
}

impl WorkspaceMemory {
    /// Another engine is in use, which knows nothing.
    pub fn forget(&mut self) {
        self.told = Told::default();
    }

    /// Takes everything back.
    pub fn clear(&mut self, engine: &dyn Engine) {
        self.told.clear(engine);
    }

    /// Tells the text of an open document as it is now, or takes it back if it may not be told any more.
    pub fn tell_open(&mut self, session: &Session, rules: &ReadRules, engine: &dyn Engine, uri: &str) {
        let normal = uri::normal(uri);
        let may = |path: &Option<PathBuf>| path.as_ref().is_none_or(|path| rules.excludes(path).is_none());
        let open = session.open_text(uri).filter(|open| may(&open.path));
        let text = open.filter(|open| open.text.len_bytes() as u64 <= LARGEST).and_then(|open| {
            let text = masked(written(&open.text.to_string()).ok()?);
            let folder = folder(open.path.as_deref());
            Some(MemoryText { document: uri.to_owned(), folder, open: true, text })
        });
        match text {
            Some(text) => {
                self.symbols.read(session.languages(), &normal, &text.text);
                self.told.tell(engine, &normal, text, TextOrigin::Editor);
            }
            None => self.remove(engine, &normal),
        }
    }

    /// Reads a file and tells its text, or takes it back if it is none that may be told. What is open is left alone. Returns
    /// the bytes that were read.
    pub fn tell_file(
        &mut self,
        session: &Session,
        rules: &ReadRules,
        engine: &dyn Engine,
        file: &Candidate,
    ) -> usize {
        if session.spelling(&file.normal).is_some() || self.knows(file) {
            return 0;
        }
        match rules.read(&file.path) {
            Ok(text) => {
                let bytes = text.len();
                self.symbols.read(session.languages(), &file.normal, &text);
                let known = self.told.document(&file.normal).map(str::to_owned);
                let document = known.unwrap_or_else(|| uri::of_path(&file.path));
                let (folder, open) = (folder(Some(&file.path)), self.recent.contains(&file.normal));
                let text = MemoryText { document, folder, open, text };
                self.told.tell(engine, &file.normal, text, TextOrigin::Disk(file.stamp));
                bytes
            }
            Err(_) => {
                self.remove(engine, &file.normal);
                // It may have been read to its end.
                usize::try_from(file.bytes).unwrap_or(usize::MAX)
            }
        }
    }

    /// Takes the text of a document back.
    pub fn remove(&mut self, engine: &dyn Engine, normal: &str) {
        self.told.remove(engine, normal);
        self.symbols.remove(normal);
    }

    /// Takes back what is neither open nor `wanted`.
    pub fn keep(&mut self, session: &Session, engine: &dyn Engine, wanted: impl Fn(&str) -> bool) {
        let stays = |normal: &str| wanted(normal) || session.spelling(normal).is_some();
        for normal in self.told.unwanted(stays) {
            self.told.remove(engine, &normal);
        }
        self.symbols.keep(stays);
    }

    /// Whether a file was told as it is on the disk.
    pub fn knows(&self, file: &Candidate) -> bool {
        self.told.knows(&file.normal, file.stamp, self.recent.contains(&file.normal))
    }

    /// A file counts as open for a while. Returns the one that does no longer, if there is one.
    pub fn is_recent(&mut self, normal: &str) -> Option<PathBuf> {
        uri::path(&self.recent.push(normal)?)
    }

    /// The bytes of a text that was told.
    pub fn bytes(&self, normal: &str) -> usize {
        self.told.bytes(normal)
    }

    /// Whether a text was told that is in this folder, or was.
    pub fn has_below(&self, folder: &Path) -> bool {
        let normal = uri::normal(&uri::of_path(folder));
        self.told.has_below(&format!("{}/", normal.trim_end_matches(['?', '#'])))
    }

    /// How many texts were told, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        self.told.size()
    }
}

fn folder(path: Option<&Path>) -> String {
    path.and_then(Path::parent).map_or_else(String::new, |folder| folder.display().to_string())
}
