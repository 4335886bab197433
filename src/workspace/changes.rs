//! Collects what changes on the disk, until it is time to look at it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::privacy;

/// The paths of files by which a project excludes others, in the folders that they are about. Whether one of them excludes a file
/// is asked elsewhere.
pub fn ignore_files() -> impl Iterator<Item = &'static str> {
    // The crate `ignore` reads that one too.
    privacy::ignore_file_names().chain([".ignore"])
}

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

/// Whether a file is one by which a project excludes others.
pub fn is_ignore_file(path: &Path) -> bool {
    ignore_files().any(|name| path.ends_with(name))
}

fn earlier(known: Option<Instant>, due: Instant) -> Option<Instant> {
    Some(known.map_or(due, |known| known.min(due)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn files_are_looked_at_together_and_many_as_all() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut changes = Changes::default();
        changes.file(Path::new("/a"), false, at(200));
        changes.file(Path::new("/b"), false, at(300));
        changes.file(Path::new("/a"), true, at(400));
        assert!(changes.next() == Some(at(200)) && changes.take_files(at(199)).is_empty());
        let mut files = changes.take_files(at(200));
        files.sort();
        assert_eq!(files, [(PathBuf::from("/a"), true), (PathBuf::from("/b"), false)]);
        assert_eq!((changes.next(), changes.take_all(at(500))), (None, false));
        (0..=MANY).for_each(|number| changes.file(&PathBuf::from(number.to_string()), true, at(600)));
        assert!(
            changes.take_files(at(600)).is_empty() && !changes.take_all(at(599)) && changes.take_all(at(600))
        );
    }

    #[test]
    fn every_kind_of_ignore_file_is_known() {
        for name in [".gitignore", ".ignore", ".aiignore", ".git/info/exclude"] {
            assert!(is_ignore_file(&Path::new("/p").join(name)), "{name}");
        }
        assert!(!is_ignore_file(Path::new("/p/exclude")) && !is_ignore_file(Path::new("/p/a.py")));
    }
}
