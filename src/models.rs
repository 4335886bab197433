//! Which GGUF to load: the configured file, checked, or the embedded model, extracted to the cache. It loads nothing.

mod embedded;
mod gguf;

use std::path::PathBuf;

use anyhow::Context as _;

pub use gguf::check;

/// The file to load: `configured` if it is one that can be, else the embedded model.
///
/// # Errors
/// A text that names the file and says what is wrong with it.
pub fn resolve(configured: &Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match configured {
        Some(path) => {
            check(path).context("the setting `model.path`")?;
            Ok(path.clone())
        }
        None => embedded::extract(),
    }
}
