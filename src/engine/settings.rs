//! How an engine is started: the model file, its role and the limits that the user set. It starts nothing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Task;
use super::power;

/// Seconds that an engine process stays without clients: an editor that is restarted finds its engine, and an evening
/// without one does not keep the memory.
pub const EXIT_AFTER_IDLE_S: u64 = 300;

/// What a model is for; each reads other things in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ModelRole {
    /// Filling in what is missing at a place: [`Task::Generate`] and [`Task::Score`].
    #[default]
    Infill,
    /// Answering in a conversation: [`Task::Chat`].
    Instruct,
}

impl ModelRole {
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
pub struct ModelOptions {
    /// The GGUF to load; see [`crate::models::resolve`].
    pub model: PathBuf,
    /// What is asked of it.
    pub role: ModelRole,
    /// Tokens of context; by default what the model was trained with, at most [`ModelOptions::CONTEXT`].
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
    pub max_prefill_ms: u32,
    /// When the prompt of a place may be extended while nobody waits.
    pub prefetch: power::Prefetch,
    /// Milliseconds without a job after which nobody waits.
    pub pause_ms: u32,
}

impl ModelOptions {
    /// Default context: more is rarely filled within `max_prefill_ms`, and the KV cache of a 7B model takes 0.5 GB here.
    pub const CONTEXT: u32 = 4096;

    /// The defaults for `model`.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            role: ModelRole::default(),
            context: None,
            batch: 512,
            threads: None,
            gpu_layers: None,
            family: None,
            // A pause long enough to wait for; the next key reuses the work.
            max_prefill_ms: 1500,
            prefetch: power::Prefetch::default(),
            // Whoever has not pressed a key for so long is reading.
            pause_ms: 300,
        }
    }
}

/// All that an engine process is told when it is started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DaemonOptions {
    /// The model, and how to run it.
    pub options: ModelOptions,
    /// Seconds that it stays after its last client has gone.
    pub exit_after_idle_s: u64,
    /// Seconds without work after which the model is given up until the next job; 0 keeps it.
    pub unload_after_idle_s: u64,
}

impl DaemonOptions {
    /// The defaults for a model.
    pub fn new(options: ModelOptions) -> Self {
        Self { options, exit_after_idle_s: EXIT_AFTER_IDLE_S, unload_after_idle_s: 0 }
    }
}
