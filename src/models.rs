//! Finds the GGUF to load: the configured file, checked, or the embedded model, extracted to the cache.

mod embedded;
mod gguf;

use std::path::PathBuf;

use anyhow::Context as _;

pub use embedded::{LANGUAGES as EMBEDDED_LANGUAGES, is_cached, is_extracted as is_embedded};
pub use gguf::check;

/// The file to load for the setting `setting`: `configured` if it is one that can be, else the embedded model where that
/// will do.
///
/// # Errors
/// A text that names the file or the setting, and says what is wrong with it.
pub fn resolve(setting: &str, configured: &Option<PathBuf>, or_embedded: bool) -> anyhow::Result<PathBuf> {
    match configured {
        Some(path) => {
            check(path).with_context(|| format!("the setting `{setting}`"))?;
            Ok(path.clone())
        }
        None if or_embedded => embedded::extract(),
        None => anyhow::bail!("no model is configured: the setting `{setting}` names one"),
    }
}

/// The file of the model that fills in: `configured` (the setting `model.path`) or the embedded one.
///
/// # Errors
/// As [`resolve`].
pub fn infill(configured: &Option<PathBuf>) -> anyhow::Result<PathBuf> {
    resolve("model.path", configured, true)
}
