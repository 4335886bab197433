//! Describes how far the reading of a workspace is, for people.

use std::fmt;

use serde::Serialize;

use crate::text::amounts::counted;

/// What the reader does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadingState {
    /// The settings switch it off.
    Off,
    /// The model is not ready, or has just become so.
    #[default]
    Waiting,
    /// Looks which files there are.
    Looking,
    /// Reads them.
    Reading,
    /// Everything is read; what changes is followed.
    Done,
}

/// How far the reading of a workspace is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct WorkspaceProgress {
    /// What the reader does.
    pub state: ReadingState,
    /// Files that it has read, or looked into and left out.
    pub read: usize,
    /// Files that it has read or will read.
    pub files: usize,
    /// Texts that the engine was told, open ones too.
    pub texts: usize,
    /// Their bytes.
    pub bytes: usize,
    /// What they define, as far as it is known.
    pub definitions: usize,
    /// Folders that are not read as a whole, and why.
    pub not_read: Vec<String>,
    /// Changes that the engine was told since it knew nothing.
    #[serde(skip)]
    pub changes: u64,
    /// The last [`WorkspaceReader::settled`](super::WorkspaceReader::settled) that it has noticed.
    #[serde(skip)]
    pub(super) mark: u64,
    /// Whether it knows of something that it has not told yet.
    #[serde(skip)]
    pub(super) pending: bool,
}

impl fmt::Display for WorkspaceProgress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, files, .. } = self;
        match self.state {
            ReadingState::Off => write!(out, "not read (workspace.enabled, completion.enabled)")?,
            ReadingState::Waiting => write!(out, "read when the model is ready")?,
            ReadingState::Looking => write!(out, "looking for files")?,
            ReadingState::Reading => write!(out, "{read} of {} read", counted(*files as u64, "file"))?,
            ReadingState::Done => write!(out, "{} read", counted(*files as u64, "file"))?,
        }
        self.not_read.iter().try_for_each(|folder| write!(out, "; {folder}"))
    }
}
