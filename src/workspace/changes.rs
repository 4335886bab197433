//! Collects what changes on the disk, until it is time to look at it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// With more changed files it is cheaper to look at all: another branch was checked out.
const MANY: usize = 200;

/// Files to look at, and whether to look at all of them.
#[derive(Debug, Default)]
pub struct Changes {
    /// And whether they count as open from now on, because a person works on them.
    files: HashMap<PathBuf, bool>,
    files_due: Option<Instant>,
    all_due: Option<Instant>,
}

impl Changes {
    /// A file has to be looked at, at `due` or earlier.
    pub fn file(&mut self, path: &Path, recent: bool, due: Instant) {
        *self.files.entry(path.to_path_buf()).or_default() |= recent;
        self.files_due = earlier(self.files_due, due);
        if self.files.len() > MANY {
            self.files.clear();
            self.files_due = None;
            self.all(due);
        }
    }

    /// All files have to be looked at, at `due` or earlier.
    pub fn all(&mut self, due: Instant) {
        self.all_due = earlier(self.all_due, due);
    }

    /// Whether the time has come to look at all files.
    pub fn take_all(&mut self, now: Instant) -> bool {
        self.all_due.take_if(|due| *due <= now).is_some()
    }

    /// The files to look at now, and whether they count as open.
    pub fn take_files(&mut self, now: Instant) -> Vec<(PathBuf, bool)> {
        match self.files_due.take_if(|due| *due <= now) {
            Some(_) => self.files.drain().collect(),
            None => Vec::new(),
        }
    }

    /// When the next moment comes.
    pub fn next(&self) -> Option<Instant> {
        self.files_due.into_iter().chain(self.all_due).min()
    }
}

fn earlier(known: Option<Instant>, due: Instant) -> Option<Instant> {
    Some(known.map_or(due, |known| known.min(due)))
}
