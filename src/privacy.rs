//! Keeps private what is: files, by patterns of the user's, their names and ignore files of projects; and keys in any file.

mod ignore_files;
mod keys;
mod patterns;
mod screen;
mod secret_files;

pub use keys::{REDACTED, keys, masked};
pub use patterns::{PathPatterns, pattern_fault};
pub use screen::{Exclusion, Screen, ScreenOptions};
pub use secret_files::ignore_file_names;
