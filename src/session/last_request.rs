//! Remembers what came of the last request for a suggestion, and where: for "why nothing?". No text.

use std::sync::Arc;
use std::time::SystemTime;

use crate::completion::{Outcome, Reason};
use crate::document::Snapshot;
use crate::document::position::Encoding;
use crate::stats::RequestKind;

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRequest {
    /// The document.
    pub uri: Arc<str>,
    /// Its line and column, in characters from 0; none where nothing is suggested in the whole document.
    pub place: Option<(u32, u32)>,
    /// Why nothing was suggested; None when something was.
    pub reason: Option<Reason>,
    /// Who asked.
    pub kind: RequestKind,
    /// When it was answered.
    pub at: SystemTime,
}

impl LastRequest {
    /// What came of a request at byte `offset` of `asked`.
    pub fn of(asked: &Snapshot, offset: usize, outcome: &Outcome, kind: RequestKind) -> Self {
        let reason = match outcome {
            Outcome::Suggested(_) => None,
            Outcome::Skipped(reason) => Some(reason.clone()),
        };
        let place = Some(asked.from_byte(offset, Encoding::Utf32));
        Self { uri: Arc::clone(&asked.uri), place, reason, kind, at: SystemTime::now() }
    }

    /// Nothing is suggested in a document.
    pub fn silent(uri: &str, reason: Reason, kind: RequestKind) -> Self {
        Self { uri: uri.into(), place: None, reason: Some(reason), kind, at: SystemTime::now() }
    }
}
