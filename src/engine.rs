//! The inference engine as the rest of treefill sees it: a [`Job`] of text segments in, a stream of text pieces out.
//!
//! It knows neither documents nor syntax trees. The only file that touches llama.cpp is `engine/llama.rs`.

mod job;
pub mod scripted;

use std::sync::Arc;

pub use job::{Ban, Finish, Generation, Job, Lane, Piece, Role, Sampling, Segment, Stop, Summary, Update};
use tokio::sync::watch;

use crate::cancel::CancelToken;

/// What an engine is doing, for progress display and `doctor`.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// The model is being read; 0.0 ..= 1.0.
    Loading(f32),
    /// Jobs run.
    Ready(Arc<ModelInfo>),
    /// No job will ever run on this engine; the text says what is wrong and how to fix it.
    Failed(String),
}

/// Facts about a loaded model, for people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelInfo {
    /// `general.name` of the GGUF, or the file name.
    pub name: String,
    /// File the model was read from.
    pub path: std::path::PathBuf,
    /// Number of parameters.
    pub parameters: u64,
    /// Tokens of context in use.
    pub context: u32,
    /// FIM family and prompt order, e.g. `qwen2.5-coder (prefix-empty, suffix first)`.
    pub family: String,
    /// CPU features or GPU devices in use, as ggml names them.
    pub backend: String,
    /// Threads used.
    pub threads: usize,
}

/// Why an engine could not finish a job.
#[derive(Debug, Clone, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum EngineError {
    /// A newer job of the same document and lane took this one's place, or its token was cancelled.
    #[error("superseded by a newer request")]
    Cancelled,
    /// The model could not be loaded, or the engine is gone.
    #[error("{0}")]
    Unavailable(String),
    /// llama.cpp refused the work.
    #[error("the engine failed: {0}")]
    Failed(String),
}

/// Something that continues prompts. Implementations: llama.cpp on a thread ([`llama`]) and a script ([`scripted`]).
pub trait Engine: Send + Sync {
    /// Queue `job`. Returns at once; the work happens elsewhere and stops soon after `cancel` is set or the
    /// returned [`Generation`] is dropped. A newer job of the same document and lane supersedes an older one.
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation;

    /// Watch the engine's state; the current value is available at once.
    fn status(&self) -> watch::Receiver<Status>;
}
