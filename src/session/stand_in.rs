//! Describes whether the built-in model stands in for the configured one.

use std::path::PathBuf;

use crate::paths::FileStamp;

/// Whether the built-in model stands in for the configured one.
#[derive(Debug, Clone, PartialEq)]
pub enum StandIn {
    /// No: what runs is what was asked for, or there is nothing that could stand in.
    None,
    /// A model is configured; if it fails it will be decided.
    Watching,
    /// Yes.
    Used {
        /// Why, and the way out.
        notice: String,
        /// The configured file that cannot be used.
        path: PathBuf,
        /// It as it was when it failed.
        file: Option<FileStamp>,
    },
}

impl StandIn {
    /// Why the built-in model is used in place of the configured one, if it is, and the way out.
    pub fn notice(&self) -> Option<&str> {
        match self {
            Self::Used { notice, .. } => Some(notice),
            Self::None | Self::Watching => None,
        }
    }
}
