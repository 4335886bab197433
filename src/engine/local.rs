//! Reports what llama.cpp knows of this machine and of a model file, without running it. A build without llama.cpp (cargo feature
//! `llama`) knows of no devices and reads no vocabulary.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file_vocabulary::FileVocabulary;

/// Something that computes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its name and what it is, e.g. `CUDA0 (NVIDIA H100)`.
    pub name: String,
    /// Whether it is a GPU.
    pub gpu: bool,
    /// Bytes of its memory that are free.
    pub free: u64,
    /// Bytes of its memory.
    pub total: u64,
}

/// What ggml can compute on in this build, on this machine.
pub fn devices() -> Vec<Device> {
    #[cfg(feature = "llama")]
    return super::llama::devices();
    #[cfg(not(feature = "llama"))]
    Vec::new()
}

/// The vocabulary in the GGUF at `path`, for a model that fills in; `family` is the user's choice of how it is asked.
///
/// # Errors
/// A text for the user, that follows the file's name.
#[cfg_attr(not(feature = "llama"), allow(unused_variables, reason = "read by llama.cpp only"))]
pub fn vocabulary(path: &Path, family: Option<&str>) -> Result<FileVocabulary, String> {
    #[cfg(feature = "llama")]
    {
        // It checks a file before llama.cpp, which aborts on a bad one, may see it.
        crate::models::check(path).map_err(|error| format!("{error:#}"))?;
        super::llama::Tokenizer::open(path)?.vocabulary(family)
    }
    #[cfg(not(feature = "llama"))]
    Err("cannot be read: this treefill was built without llama.cpp (cargo feature `llama`)".to_owned())
}

/// The CPU features and devices that ggml uses, as it prints them.
pub fn system_info() -> String {
    #[cfg(feature = "llama")]
    return super::llama::system_info();
    #[cfg(not(feature = "llama"))]
    "nothing: this treefill was built without llama.cpp".to_owned()
}

/// Whether a conversation can be put into the chat template of the model at `path`.
///
/// # Errors
/// Says what is missing in the file.
#[cfg_attr(not(feature = "llama"), allow(unused_variables, reason = "read by llama.cpp only"))]
pub fn check_chat_template(path: &Path) -> Result<(), String> {
    #[cfg(feature = "llama")]
    {
        use super::{ChatMessage, Speaker};
        let question = ChatMessage { speaker: Speaker::User, text: "?".into() };
        super::llama::Tokenizer::open(path)?.conversation(&[question]).map(drop)
    }
    #[cfg(not(feature = "llama"))]
    Err("this treefill was built without llama.cpp (cargo feature `llama`)".to_owned())
}
