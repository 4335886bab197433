//! The inference engine as the rest of treefill sees it: a [`Job`] of text segments in, a stream of text pieces out.
//!
//! It knows neither documents nor syntax trees. The only files that touch llama.cpp are `engine/llama.rs` and its folder.

pub mod cores;
#[cfg(unix)]
pub mod daemon;
pub mod family;
pub mod fit;
pub mod heal;
mod job;
pub mod kv;
pub mod llama;
mod memo;
pub mod power;
pub mod queue;
pub mod sampling;
pub mod scripted;
pub mod speed;
pub mod stop;
pub mod utf8;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use job::{
    Ban, Finish, Generation, Job, Lane, Message, Piece, Prompt, Role, Sampling, Score, Segment, Speaker,
    Stop, Summary, Task, Update,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::cancel::CancelToken;

/// A token's id in the model's vocabulary.
pub type Token = i32;

/// Seconds that an engine process stays without clients: an editor that is restarted finds its engine, and an evening
/// without one does not keep the memory.
pub const LINGER_S: u64 = 300;

/// What a model is for; each reads other things in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Purpose {
    /// Filling in what is missing at a place: [`Task::Generate`] and [`Task::Score`].
    #[default]
    Infill,
    /// Answering in a conversation: [`Task::Chat`].
    Instruct,
}

impl Purpose {
    /// The setting that names its model.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Infill => "model.path",
            Self::Instruct => "instruct.path",
        }
    }
}

/// How to run a model. Everything but the file has a default that suits an ordinary machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The GGUF to load; see [`crate::models::resolve`].
    pub model: PathBuf,
    /// What is asked of it.
    pub purpose: Purpose,
    /// Tokens of context; by default what the model was trained with, at most [`Options::CONTEXT`].
    pub context: Option<u32>,
    /// Most tokens evaluated in one go.
    pub batch: u32,
    /// CPU threads; by default the physical cores.
    pub threads: Option<usize>,
    /// Layers on the GPU; by default as many as fit where a GPU backend is compiled in, else none.
    pub gpu_layers: Option<u32>,
    /// FIM family or prompt order by name; none or `auto` means: found out from the vocabulary.
    pub family: Option<String>,
    /// Milliseconds a cold prompt may take; with the measured speed this bounds the prompt's length.
    pub prompt_ms: u32,
    /// When the prompt of a place may be extended while nobody waits.
    pub work_ahead: power::WorkAhead,
    /// Milliseconds without a job after which nobody waits.
    pub pause_ms: u32,
}

impl Options {
    /// Default context: more is rarely filled within `prompt_ms`, and the KV cache of a 7B model takes 0.5 GB here.
    pub const CONTEXT: u32 = 4096;

    /// The defaults for `model`.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            purpose: Purpose::default(),
            context: None,
            batch: 512,
            threads: None,
            gpu_layers: None,
            family: None,
            // A pause long enough to wait for; the next key reuses the work.
            prompt_ms: 1500,
            work_ahead: power::WorkAhead::default(),
            // Whoever has not pressed a key for so long is reading.
            pause_ms: 300,
        }
    }
}

/// What an engine is doing, for progress display and `doctor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// The model is being read; 0.0 ..= 1.0.
    Loading(f32),
    /// The engine's process has ended and is started again.
    Restarting,
    /// Jobs run.
    Ready(Arc<ModelInfo>),
    /// No job will ever run on this engine; the text says what is wrong and how to fix it.
    Failed(String),
}

/// Facts about a loaded model, for people.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelInfo {
    /// `general.name` of the GGUF, or the file name.
    pub name: String,
    /// File the model was read from.
    pub path: PathBuf,
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
    /// Layers of the model, the output counted as one.
    pub layers: u32,
    /// Of these, computed on a GPU.
    pub gpu_layers: u32,
}

/// Why an engine could not finish a job.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub enum EngineError {
    /// A newer job of the same document and lane took this one's place, or its token was cancelled.
    #[error("superseded by a newer request")]
    Cancelled,
    /// The engine's process ended during the job; another one is being started.
    #[error("the engine has ended and is being started again")]
    Restarting,
    /// The model could not be loaded, or the engine is gone.
    #[error("{0}")]
    Unavailable(String),
    /// A conversation is longer than the model's context.
    #[error("a question of {tokens} tokens does not fit into the context of {context}")]
    TooLong {
        /// Tokens that the question and its answer would take.
        tokens: usize,
        /// Tokens that there are.
        context: usize,
    },
    /// llama.cpp refused the work.
    #[error("the engine failed: {0}")]
    Failed(String),
}

impl Status {
    /// Whether waiting may help: the model is being read, or the engine comes back.
    pub fn is_coming(&self) -> bool {
        matches!(self, Self::Loading(_) | Self::Restarting)
    }
}

/// Something that continues prompts. Implementations: llama.cpp on a thread ([`llama`]), the same in a process of its own
/// (`daemon`, on Unix) and a script ([`scripted`]).
pub trait Engine: Send + Sync {
    /// Queue `job`. Returns at once; the work happens elsewhere and stops soon after `cancel` is set or the
    /// returned [`Generation`] is dropped. A newer job of the same document and lane supersedes an older one.
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation;

    /// Watch the engine's state; the current value is available at once.
    fn status(&self) -> watch::Receiver<Status>;

    /// How long the job that runs has shown no sign of life; zero when none runs, or where it cannot be told.
    fn stuck_for(&self) -> Duration {
        Duration::ZERO
    }
}
