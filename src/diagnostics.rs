//! Reads diagnostics of other servers and compilers, with the changes that some of them carry.

mod read;
mod rendered;

use std::ops::Range;

use crate::document::Edit;
pub use read::read;

/// One diagnostic of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnostic {
    /// Bytes of the snapshot.
    pub range: Range<usize>,
    pub message: String,
    /// Its code, as text.
    pub code: String,
    /// The server or tool that reports it.
    pub source: String,
    /// Whether it is reported as less than an error.
    pub minor: bool,
    /// Whether its range begins behind the end of its line or of the text: it is of another text.
    pub is_outside: bool,
    /// The version of the document that it was made for, where it says so.
    pub version: Option<i32>,
    /// The line that it is about as its source shows it, where it does.
    pub line: Option<String>,
    /// What it says about other places of the same document.
    pub related: Vec<RelatedPlace>,
    /// The changes that came with it, best first.
    pub suggestions: Vec<SuggestedFix>,
}

/// What a diagnostic says about another place of its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedPlace {
    /// Bytes of the snapshot.
    pub range: Range<usize>,
    pub message: String,
}

/// A change that comes with a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestedFix {
    /// What it does, in the words of its source.
    pub title: String,
    /// The change, in bytes of the snapshot.
    pub edits: Vec<Edit>,
    /// Whether its source says that it may be applied without a look.
    pub safe: bool,
}
