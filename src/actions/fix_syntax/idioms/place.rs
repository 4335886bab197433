//! Describes a place where an idiom is, and what its pattern captured there.

use std::ops::Range;

use crate::language::CaptureKind;

/// Where an idiom is.
#[derive(Debug, Clone)]
pub struct IdiomMatch<'a> {
    /// The bytes that the cure replaces.
    pub range: Range<usize>,
    /// What was captured, by name.
    pub captures: Vec<Captured<'a>>,
}

/// What was captured.
#[derive(Debug, Clone)]
pub struct Captured<'a> {
    /// The name in the pattern.
    pub name: &'a str,
    /// What it may be.
    pub kind: &'a CaptureKind,
    /// Its bytes.
    pub range: Range<usize>,
}
