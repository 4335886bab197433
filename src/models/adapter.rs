//! Checks an adapter (LoRA) before llama.cpp gets it: that it is one, is whole, and was made for the model it is to change.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use super::{facts, gguf};

/// The setting that names an adapter: every error about one begins with it.
pub const ADAPTER_SETTING: &str = "the setting `model.adapter`";

/// How a notice begins of a model that runs without its adapter.
pub const WITHOUT_ADAPTER: &str = "without the adapter";

/// Check that the file at `path` is an adapter for the model at `model`.
///
/// # Errors
/// A text that names the setting and the file, and says what is wrong.
pub fn check_adapter(path: &Path, model: &Path) -> anyhow::Result<()> {
    checked(path, model).context(ADAPTER_SETTING)
}

fn checked(path: &Path, model: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    gguf::check_named(path, "adapter")?;
    let adapter = facts(path, &[])?;
    if adapter.kind != "adapter" {
        bail!("{shown} is no adapter; a whole model is named by model.path");
    }
    ensure!(
        adapter.adapter == "lora",
        "the adapter {shown} is of the kind \"{}\"; only LoRA adapters are read",
        adapter.adapter
    );
    let own = facts(model, &[])?;
    ensure!(
        adapter.architecture == own.architecture,
        "the adapter {shown} was made for a model of the architecture {}, and {} is of {}",
        adapter.architecture,
        model.display(),
        own.architecture
    );
    Ok(())
}

/// What a user is told while a model runs without the adapter that cannot be used because of `why`.
pub fn without_adapter_notice(why: &str) -> String {
    let why = why.strip_prefix(ADAPTER_SETTING).unwrap_or(why).trim_start_matches(": ").trim_end_matches('.');
    format!(
        "{WITHOUT_ADAPTER}: {why}; set model.adapter in config.toml to a LoRA adapter made for this model, or remove that line"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GGUF with these texts in its head and one tensor.
    fn gguf(texts: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(1u64.to_le_bytes());
        bytes.extend((texts.len() as u64).to_le_bytes());
        for (key, value) in texts {
            bytes.extend([text(key), 8u32.to_le_bytes().to_vec(), text(value)].concat());
        }
        bytes.extend([text("w"), 1u32.to_le_bytes().to_vec(), 2u64.to_le_bytes().to_vec()].concat());
        bytes.extend([0u32.to_le_bytes().to_vec(), 0u64.to_le_bytes().to_vec()].concat());
        bytes.resize(bytes.len().next_multiple_of(32) + 8, 0);
        let file = tempfile::NamedTempFile::with_suffix(".gguf").unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn what_is_wrong_is_said() {
        let model = gguf(&[("general.architecture", "llama")]);
        let verdict = |path: &Path| {
            let text = check_adapter(path, model.path())
                .map_or_else(|error| format!("{error:#}"), |()| String::new());
            assert!(
                text.is_empty() || text.starts_with(ADAPTER_SETTING) && text.contains(path.to_str().unwrap()),
                "{text}"
            );
            text
        };
        let adapter = |architecture: &str, kind: &str| {
            gguf(&[
                ("general.type", "adapter"),
                ("general.architecture", architecture),
                ("adapter.type", kind),
            ])
        };
        assert_eq!(verdict(adapter("llama", "lora").path()), "");
        assert!(verdict(Path::new("/none.gguf")).contains("the adapter /none.gguf was not found"));
        assert!(verdict(model.path()).contains("is no adapter; a whole model is named by model.path"));
        assert!(verdict(adapter("llama", "other").path()).contains("of the kind \"other\""));
        assert!(verdict(adapter("qwen2", "lora").path()).contains("architecture qwen2, and"));
        std::fs::write(model.path(), "no").unwrap();
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "text").unwrap();
        assert!(verdict(text.path()).contains("not a GGUF file"));
    }

    #[test]
    fn the_notice_names_the_way_out() {
        let why = format!("{:#}", check_adapter(Path::new("/none.gguf"), Path::new("/m.gguf")).unwrap_err());
        let notice = without_adapter_notice(&why);
        assert!(
            notice
                .starts_with("without the adapter: the adapter /none.gguf was not found; set model.adapter"),
            "{notice}"
        );
    }
}
