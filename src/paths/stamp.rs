//! Tells whether a file was written anew, by what the folder says about it.

use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

/// What changes when a file is written, replaced by another one, or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Its number on the disk, where there are such: another program may save by renaming.
    node: u64,
}

impl FileStamp {
    /// The stamp of the file at `path`; none where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::from)
    }
}

impl From<&Metadata> for FileStamp {
    fn from(about: &Metadata) -> Self {
        #[cfg(unix)]
        let node = std::os::unix::fs::MetadataExt::ino(about);
        #[cfg(not(unix))]
        let node = 0;
        Self { length: about.len(), modified: about.modified().ok(), node }
    }
}
