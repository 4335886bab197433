//! Keeps private files to themselves: patterns of the user's, names of files with secrets, ignore files of projects.

mod ignore_files;
mod patterns;
mod screen;
mod secret_files;

pub use patterns::{PathPatterns, pattern_fault};
pub use screen::{Screen, ScreenOptions};
