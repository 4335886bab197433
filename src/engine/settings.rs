//! Defines how an engine is started: the model file, its role and the limits that the user set.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Task;
use super::power;
use super::remote::settings::RemoteSettings;

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

/// How precisely the keys and values of a context are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheType {
    /// What suits the model.
    #[default]
    Auto,
    /// Two bytes for each number.
    F16,
    /// Little more than one.
    #[serde(rename = "q8_0")]
    Q8,
}

/// The settings of a model, beside its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelTuning {
    /// How its fill-in-the-middle prompt is laid out, when the file's own data would be read wrongly.
    #[schemars(extend("x-unset" = "read from the model file", "x-example" = "\"qwen2.5-coder\""))]
    pub family: Option<String>,
    /// Layers kept on the GPU, in a build with the feature cuda, metal or vulkan; 0 uses the CPU only.
    #[schemars(range(max = 1000), extend("x-unset" = "as many as fit into its free memory", "x-example" = "20"))]
    pub gpu_layers: Option<u32>,
    /// Tokens of context kept in memory for each model; more costs memory, and time on a cold prompt.
    #[schemars(range(min = 256, max = 131_072), extend("x-unset" = "chosen from the model", "x-example" = "4096"))]
    pub context: Option<u32>,
    /// Threads that compute.
    #[schemars(range(min = 1, max = 512), extend(
        "x-unset" = "one for a model below 100 M parameters, else one for each physical core",
        "x-example" = "4"
    ))]
    pub threads: Option<usize>,
    /// Most tokens evaluated in one go.
    #[schemars(range(min = 32, max = 4096), extend("x-unset" = "512", "x-example" = "1024"))]
    pub batch: Option<u32>,
    /// How precisely keys and values of the context are kept: auto takes q8_0, half the memory, where two contexts would take more
    /// than half a gigabyte, and f16 elsewhere.
    pub cache_type: CacheType,
    /// Milliseconds that reading a whole new prompt may take; the measured speed turns it into a number of tokens.
    #[schemars(range(min = 20, max = 60_000), extend("x-formerly" = "prompt_ms"))]
    pub max_prefill_ms: u32,
    /// Make what your files say at such places more likely: the model learns your project's names as you type.
    pub memory: bool,
    /// Let the model verify several tokens at once that your files propose: the same text, sooner.
    pub drafts: bool,
}

impl Default for ModelTuning {
    fn default() -> Self {
        // A pause long enough to wait for; the next key reuses the work.
        Self {
            family: None,
            gpu_layers: None,
            context: None,
            threads: None,
            batch: None,
            cache_type: CacheType::Auto,
            max_prefill_ms: 1500,
            memory: true,
            drafts: true,
        }
    }
}

/// How to run a model. Everything but the file has a default that suits an ordinary machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelOptions {
    /// The GGUF to load; see [`crate::models::resolve`].
    pub model: PathBuf,
    /// A LoRA adapter of it (GGUF), if there is one.
    #[serde(default)]
    pub adapter: Option<PathBuf>,
    /// What is asked of it.
    pub role: ModelRole,
    /// What the user may set.
    pub tuning: ModelTuning,
    /// Most tokens evaluated in one go.
    pub batch: u32,
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
            adapter: None,
            role: ModelRole::default(),
            tuning: ModelTuning::default(),
            batch: 512,
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
    /// When it gives up what nobody uses.
    pub idle: IdleLimits,
    /// What it may reach; engines of earlier versions report none.
    #[serde(default)]
    pub sandbox: SandboxOptions,
    /// The server that runs the model; then the file of `options` is that of the fallback, or no path at all.
    #[serde(default)]
    pub remote: Option<RemoteSettings>,
}

/// What an engine process may reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SandboxOptions {
    /// Keep the engine's process from files, programs and network that running a model does not need. Linux only.
    pub sandbox: bool,
    /// Megabytes of memory that the engine's process may take, beside the model's file. Linux only.
    #[schemars(range(min = 256, max = 16_777_216), extend(
        "x-unset" = "far more than the model needs; no limit in a build for GPUs",
        "x-example" = "4096"
    ))]
    pub memory_mb: Option<u64>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self { sandbox: true, memory_mb: None }
    }
}

/// When an engine process gives up what nobody uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct IdleLimits {
    /// Seconds that the engine's process stays after the last editor has gone.
    #[schemars(range(max = 604_800), extend("x-formerly" = "linger_s"))]
    pub exit_after_idle_s: u64,
    /// Seconds without work after which the engine gives the model's memory back until the next key; 0: never.
    #[schemars(range(max = 604_800), extend("x-formerly" = "unload_s"))]
    pub unload_after_idle_s: u64,
}

impl Default for IdleLimits {
    fn default() -> Self {
        // An editor that is restarted finds its engine, and an evening without one does not keep the memory.
        Self { exit_after_idle_s: 300, unload_after_idle_s: 0 }
    }
}

impl DaemonOptions {
    /// The defaults for a model.
    pub fn new(options: ModelOptions) -> Self {
        Self { options, idle: IdleLimits::default(), sandbox: SandboxOptions::default(), remote: None }
    }
}
