//! Keeps private files to themselves: the patterns that a user writes for them, as `.gitignore` reads them.

mod patterns;

pub use patterns::{PathPatterns, pattern_fault};
