//! The settings: one TOML file of the user's, and what an editor sends on top of it. Features never see [`Config`]: it
//! is turned into the option structs that they define.

mod apply;
mod disable;
mod file;
pub mod render;
pub mod schema;
pub mod settings;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use apply::{Problem, Trust};
pub use disable::Disabled;
use serde::{Deserialize, Serialize};

use crate::{completion, engine, paths};

/// Name of the environment variable that names another configuration file.
pub const FILE_VARIABLE: &str = "TREEFILL_CONFIG";

/// A model that takes instructions is large and asked now and then.
#[cfg(unix)]
const INSTRUCT_UNLOAD_S: u64 = 600;

/// All settings. What each one means is said once, in [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Config {
    /// Which model, and how it is run.
    pub model: Model,
    /// The model that takes instructions.
    pub instruct: Instruct,
    /// The process that runs them.
    pub engine: Engine,
    /// How suggestions are made.
    pub completion: Suggestion,
    /// Where to stay silent.
    pub disable: Disable,
    /// What is said about the code.
    pub diagnostics: Diagnostics,
    /// What is counted.
    pub stats: Stats,
    /// What is written to stderr.
    pub log: Log,
}

/// `[model]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Model {
    pub path: Option<PathBuf>,
    pub family: Option<String>,
    pub gpu_layers: Option<u32>,
    pub context: Option<u32>,
    pub threads: Option<usize>,
    pub max_prefill_ms: u32,
}

/// `[instruct]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Instruct {
    pub path: Option<PathBuf>,
    pub context: Option<u32>,
    pub gpu_layers: Option<u32>,
}

/// `[engine]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Engine {
    pub in_process: bool,
    pub exit_after_idle_s: u64,
    pub unload_after_idle_s: u64,
    pub prefetch: engine::power::Prefetch,
}

/// `[completion]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Suggestion {
    pub enabled: bool,
    pub max_tokens: usize,
    pub max_lines: usize,
    pub debounce_ms: u64,
    pub deadline_ms: u64,
    pub menu: Menu,
    pub on_risk: completion::OnRisk,
}

/// Whether suggestions are offered as entries of the completion menu too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Menu {
    /// To editors that show no ghost text.
    #[default]
    Auto,
    /// To all.
    Always,
    /// To none.
    Never,
}

/// `[disable]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Disable {
    pub languages: Vec<String>,
    pub paths: Vec<String>,
}

/// `[diagnostics]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Diagnostics {
    /// Off: most people have a server that says it, and nobody wants to read it twice.
    pub syntax: bool,
}

/// `[stats]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Stats {
    pub enabled: bool,
}

/// `[log]`: see [`settings::SETTINGS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Log {
    pub level: String,
}

impl Default for Model {
    fn default() -> Self {
        let options = engine::ModelOptions::new("");
        Self {
            path: None,
            family: options.family,
            gpu_layers: options.gpu_layers,
            context: options.context,
            threads: options.threads,
            max_prefill_ms: options.max_prefill_ms,
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        // Elsewhere there are no sockets that only one user can reach.
        Self {
            in_process: !cfg!(unix),
            exit_after_idle_s: engine::EXIT_AFTER_IDLE_S,
            unload_after_idle_s: 0,
            prefetch: engine::power::Prefetch::default(),
        }
    }
}

impl Default for Suggestion {
    fn default() -> Self {
        let options = completion::CompletionOptions::default();
        Self {
            enabled: true,
            max_tokens: options.max_tokens,
            max_lines: options.max_lines,
            debounce_ms: milliseconds(options.debounce),
            deadline_ms: milliseconds(options.deadline),
            menu: Menu::default(),
            on_risk: options.on_risk,
        }
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "warn".to_owned() }
    }
}

impl Config {
    /// The user's configuration file: `explicit` (`--config`), or what `TREEFILL_CONFIG` names, or `config.toml` in the
    /// configuration folder. None only when there is no home folder.
    pub fn user_file(explicit: Option<&Path>) -> Option<PathBuf> {
        explicit
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(FILE_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from))
            .or_else(|| paths::config_dir().map(|folder| folder.join("config.toml")))
    }

    /// The user's configuration. A missing file is a problem only where it was asked for by name; everything that is
    /// right in a file counts, whatever else is wrong in it.
    pub fn load_user(explicit: Option<&Path>) -> (Self, Vec<Problem>) {
        let by_name =
            explicit.is_some() || std::env::var_os(FILE_VARIABLE).is_some_and(|value| !value.is_empty());
        match Self::user_file(explicit) {
            Some(path) if by_name || path.exists() => Self::load(&path),
            _ => (Self::default(), Vec::new()),
        }
    }

    /// The configuration in the file at `path`, and what is wrong with that file.
    pub fn load(path: &Path) -> (Self, Vec<Problem>) {
        let mut config = Self::default();
        let (entries, mut problems) = file::read(path);
        problems.extend(apply::apply(&mut config, entries, Trust::User));
        let folder = path.parent().unwrap_or(Path::new(""));
        for model in [&mut config.model.path, &mut config.instruct.path].into_iter().flatten() {
            *model = paths::expand(model, folder);
        }
        (config, problems)
    }

    /// Take over what an editor sent (`initializationOptions`, `didChangeConfiguration`): `{"completion": {…}}`, or
    /// the same inside `{"treefill": …}`. Null means "not set". Returns what was not taken, and why.
    pub fn merge_options(&mut self, options: serde_json::Value, trust: Trust) -> Vec<Problem> {
        apply::apply(self, apply::entries_of(options, "editor settings"), trust)
    }

    /// The settings of the engine, for the model file at `model` (what [`crate::models::resolve`] made of `model.path`).
    pub fn engine_options(&self, model: PathBuf) -> engine::ModelOptions {
        engine::ModelOptions {
            context: self.model.context,
            threads: self.model.threads,
            gpu_layers: self.model.gpu_layers,
            family: self.model.family.clone(),
            max_prefill_ms: self.model.max_prefill_ms,
            prefetch: self.engine.prefetch,
            ..engine::ModelOptions::new(model)
        }
    }

    /// The settings of the engine's process, for the same model file.
    pub fn engine_settings(&self, model: PathBuf) -> engine::DaemonOptions {
        engine::DaemonOptions {
            options: self.engine_options(model),
            exit_after_idle_s: self.engine.exit_after_idle_s,
            unload_after_idle_s: self.engine.unload_after_idle_s,
        }
    }

    /// The settings of the engine for the model at `model` that takes instructions.
    pub fn instruct_options(&self, model: PathBuf) -> engine::ModelOptions {
        engine::ModelOptions {
            role: engine::ModelRole::Instruct,
            context: self.instruct.context,
            threads: self.model.threads,
            gpu_layers: self.instruct.gpu_layers,
            prefetch: engine::power::Prefetch::Never,
            ..engine::ModelOptions::new(model)
        }
    }

    /// The settings of that engine's process: one that nobody needs for ten minutes gives the memory back, whatever holds
    /// for the model that is asked at every key.
    pub fn instruct_settings(&self, model: PathBuf) -> engine::DaemonOptions {
        engine::DaemonOptions {
            options: self.instruct_options(model),
            exit_after_idle_s: self.engine.exit_after_idle_s,
            unload_after_idle_s: if self.engine.unload_after_idle_s == 0 {
                INSTRUCT_UNLOAD_S
            } else {
                self.engine.unload_after_idle_s
            },
        }
    }

    /// Where models run.
    pub fn host(&self) -> engine::Host {
        if self.engine.in_process { engine::Host::ThisProcess } else { engine::Host::Shared }
    }

    /// The settings of the completion pipeline.
    pub fn completion_options(&self) -> completion::CompletionOptions {
        completion::CompletionOptions {
            max_tokens: self.completion.max_tokens,
            max_lines: self.completion.max_lines,
            debounce: Duration::from_millis(self.completion.debounce_ms),
            deadline: Duration::from_millis(self.completion.deadline_ms),
            prefetch: self.engine.prefetch,
            on_risk: self.completion.on_risk,
            ..completion::CompletionOptions::default()
        }
    }

    /// Where nothing is suggested, ready to be asked per request.
    pub fn disabled(&self) -> Disabled {
        Disabled::new(self.completion.enabled, &self.disable)
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
