//! Finds the GGUF to load: the configured file, checked, or the embedded model, extracted to the cache.

mod adapter;
mod embedded;
mod facts;
mod gguf;
mod parts;
mod purpose;
mod replica;
mod shape;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub use adapter::{ADAPTER_SETTING, WITHOUT_ADAPTER, check_adapter, without_adapter_notice};
pub use embedded::{
    LANGUAGES as EMBEDDED_LANGUAGES, bytes as embedded_bytes, is_cached, is_extracted as is_embedded,
};
pub use facts::{GgufFacts, facts};
pub use gguf::check;
pub use parts::parts;
pub use purpose::EMBEDS;
pub use replica::ReplicaPlan;
pub use shape::{TransformerShape, WeightType};

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

/// What a user is told while the built-in model stands in for the one at `path`, which cannot be used because of `why`.
pub fn stand_in_notice(path: &Path, why: &str) -> String {
    let why = match path.try_exists() {
        Ok(false) => format!("{} was not found", path.display()),
        // Who configured it knows which setting this is.
        _ => why.strip_prefix("the setting `model.path`: ").unwrap_or(why).trim_end_matches('.').to_owned(),
    };
    format!(
        "the built-in model is used in place of yours: {why}; set model.path in config.toml to a GGUF file that can be read, or remove that line to keep the built-in one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_names_the_file_and_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone.gguf");
        let error = infill(&Some(gone.clone())).unwrap_err();
        let notice = stand_in_notice(&gone, &format!("{error:#}"));
        assert!(
            notice.starts_with(&format!(
                "the built-in model is used in place of yours: {} was not found; set model.path",
                gone.display()
            )),
            "{notice}"
        );

        let text = folder.path().join("text.gguf");
        std::fs::write(&text, "no model").unwrap();
        let error = infill(&Some(text.clone())).unwrap_err();
        let notice = stand_in_notice(&text, &format!("{error:#}"));
        assert!(
            notice.starts_with("the built-in model is used in place of yours: the model ")
                && notice.contains("not a GGUF file"),
            "{notice}"
        );
    }
}
