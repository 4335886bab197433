//! Defines the inference engine for the rest of treefill: a [`Job`] of text segments in, a stream of text pieces out.
//!
//! It knows neither documents nor syntax trees. The only files that touch llama.cpp are `engine/llama.rs` and its folder.

pub mod cores;
#[cfg(unix)]
pub mod daemon;
pub mod family;
pub mod file_vocabulary;
pub mod fit;
pub mod heal;
mod job;
pub mod kv;
pub mod languages;
#[cfg(feature = "llama")]
pub mod llama;
pub mod local;
pub mod memo;
pub mod memory;
pub mod power;
pub mod queue;
mod remembered;
pub mod remote;
pub mod sampling;
pub mod scripted;
mod settings;
pub mod speed;
mod start;
pub mod stop;
pub mod utf8;
pub mod windows;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use job::{
    ChatMessage, DraftStats, FileName, Finish, Generation, Job, JobSummary, Lane, MemoryChange, MemoryText,
    MemoryUpdate, Piece, PromptStats, Role, Sampling, Segment, Speaker, Stop, Task, TextScore,
    TokenExplanation, Update,
};
pub use memory::MemoryStats;
pub use remembered::remembered;
pub use remote::settings::{DialectChoice, Fallback, FillChoice, RemoteSettings, TeamServer, shown_address};
use serde::{Deserialize, Serialize};
pub use settings::{
    CacheType, DaemonOptions, IdleLimits, ModelOptions, ModelRole, ModelTuning, SandboxOptions,
};
pub use start::{Host, Unavailable, model_beside, prepare, start, start_in_process, start_remote};
use tokio::sync::watch;

use crate::cancel::CancelToken;

/// A token's id in the model's vocabulary.
pub type TokenId = i32;

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
    /// `general.name` of the GGUF, or the file name; with an adapter, the name of its file behind it.
    pub name: String,
    /// File the model was read from.
    pub path: PathBuf,
    /// The adapter that changes it, if there is one.
    #[serde(default)]
    pub adapter: Option<PathBuf>,
    /// Number of parameters.
    pub parameters: u64,
    /// Tokens of context in use.
    pub context: u32,
    /// FIM family and prompt order, e.g. `qwen2.5-coder (prefix-empty, suffix first)`.
    pub family: String,
    /// CPU features or GPU devices in use, as ggml names them.
    pub backend: String,
    /// The languages it knows, by their names in lower case; None when it may know any.
    #[serde(default)]
    pub languages: Option<Vec<String>>,
    /// Threads used.
    pub threads: usize,
    /// Layers of the model, the output counted as one.
    pub layers: u32,
    /// Of these, computed on a GPU.
    pub gpu_layers: u32,
    /// What a batch of so many tokens costs, in batches of one, measured when the model was read; empty where tokens are not
    /// verified in batches.
    #[serde(default)]
    pub batch_costs: Vec<(usize, f32)>,
    /// Milliseconds that writing a token takes, measured when the model was read; 0 where that was not.
    #[serde(default)]
    pub token_ms: f32,
    /// What its file says of its prompts that its family contradicts.
    #[serde(default)]
    pub doubts: Vec<String>,
    /// The server that runs it; None where it runs on this machine.
    #[serde(default)]
    pub server: Option<ServerInfo>,
    /// What can be asked of it.
    #[serde(default)]
    pub capabilities: Capabilities,
}

/// Facts about a server that runs the model, for people.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Its name and port.
    pub host: String,
    /// What it speaks.
    pub dialect: String,
    /// Who tokenises.
    pub tokenizer: String,
    /// Tokens of a prompt that it reads in a second, as measured; 0 before that.
    pub reads: f32,
    /// Tokens that it writes in a second, as measured; 0 before that.
    pub writes: f32,
    /// Why it does not answer at present, and what is done meanwhile.
    pub trouble: Option<String>,
    /// The others of several servers: this one answered last.
    #[serde(default)]
    pub others: Vec<OtherServer>,
}

/// One of several servers, beside the one that answered last.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OtherServer {
    /// Its name and port.
    pub host: String,
    /// Its model.
    pub model: String,
    /// Why it does not answer at present.
    pub trouble: Option<String>,
}

impl ServerInfo {
    /// This server, and those that other documents go to.
    pub fn hosts(&self) -> String {
        let others: Vec<&str> = self.others.iter().map(|other| &*other.host).collect();
        if others.is_empty() {
            self.host.clone()
        } else {
            format!("{} (others: {})", self.host, others.join(", "))
        }
    }

    /// What is to be said of those that do not answer, a sentence each with a space before it.
    pub fn left_out(&self) -> String {
        let about = |other: &OtherServer| {
            let trouble = other.trouble.as_deref()?.trim_end_matches('.');
            Some(format!(" {} is left out: {trouble}.", other.host))
        };
        self.others.iter().filter_map(about).collect()
    }
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

/// What an engine can do besides generating one text for a prompt. The pipeline and the actions ask before they rely on
/// it: an engine elsewhere may lack any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// [`Piece::logprob`] is the model's own; without it suggestions cannot be ranked by likelihood.
    pub log_probabilities: bool,
    /// [`Task::Score`]: the likelihood of given texts.
    pub scoring: bool,
    /// Several candidates of one prompt for little more than the price of one.
    pub branches: bool,
    /// Prompts are tokenised by the engine, so control tokens in user text stay text.
    pub token_ids: bool,
    /// The common start of two prompts of one document is evaluated once ([`kv`]).
    pub kv_plan: bool,
}

impl Capabilities {
    /// Of llama.cpp, in this process or in the shared one.
    pub const LLAMA: Self =
        Self { log_probabilities: true, scoring: true, branches: true, token_ids: true, kv_plan: true };

    /// What both can do.
    pub fn and(self, other: Self) -> Self {
        Self {
            log_probabilities: self.log_probabilities && other.log_probabilities,
            scoring: self.scoring && other.scoring,
            branches: self.branches && other.branches,
            token_ids: self.token_ids && other.token_ids,
            kv_plan: self.kv_plan && other.kv_plan,
        }
    }

    /// How many candidates to ask for where `wanted` are useful: one where each costs a prompt of its own.
    pub fn candidates(self, wanted: usize) -> usize {
        if self.branches { wanted } else { 1 }
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Self::LLAMA
    }
}

/// Something that continues prompts. Implementations: llama.cpp on a thread (`llama`), a server elsewhere ([`remote`]), either
/// of them in a process of its own (`daemon`, on Unix), and a script ([`scripted`]).
pub trait Engine: Send + Sync {
    /// Queue `job`. Returns at once; the work happens elsewhere and stops soon after `cancel` is set or the
    /// returned [`Generation`] is dropped. A newer job of the same document and lane supersedes an older one.
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation;

    /// Remember a text of a workspace, or forget it. Returns at once; an engine without a memory does nothing.
    fn remember(&self, _update: MemoryUpdate) {}

    /// Watch the engine's state; the current value is available at once.
    fn status(&self) -> watch::Receiver<Status>;

    /// What it can do besides generating text.
    fn capabilities(&self) -> Capabilities {
        match &*self.status().borrow() {
            Status::Ready(model) => model.capabilities,
            _ => Capabilities::LLAMA,
        }
    }

    /// How long the job that runs has shown no sign of life; zero when none runs, or where it cannot be told.
    fn stuck_for(&self) -> Duration {
        Duration::ZERO
    }
}
