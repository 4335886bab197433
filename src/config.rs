//! Holds the settings: one TOML file of the user's, and what an editor sends on top of it. Features never see [`Config`]: they
//! define option structs, which are its fields.

mod adapters;
mod apply;
mod disable;
mod edit;
mod file;
mod reload;
pub(crate) mod render;
pub(crate) mod schema;
pub(crate) mod settings;

use std::path::{Path, PathBuf};

pub use adapters::FolderAdapter;
pub use apply::{ConfigProblem, Trust};
pub use disable::Disabled;
pub use edit::{ModelSetting, set_model};
pub use reload::Reloaded;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::completion::CompletionOptions;
use crate::{engine, paths};

/// Name of the environment variable that names another configuration file.
pub const FILE_VARIABLE: &str = "TREEFILL_CONFIG";

/// A model that takes instructions is large and asked now and then.
const INSTRUCT_UNLOAD_S: u64 = 600;

/// All settings. The doc comment of a field is what a user reads about it; [`settings`] derives everything else from them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// Which model, and how it is run. Read from this file only, never from an editor or a project.
    pub model: ModelSection,
    /// A second model, for the actions that take an instruction: it is read when the first of them is chosen, and given back
    /// after ten minutes without one. Read from this file only.
    pub instruct: InstructSection,
    /// The process that runs the model. Read from this file only.
    pub engine: EngineSection,
    /// A server that runs the model in the place of this machine, as a team has one. Then the text around your cursor leaves this
    /// machine. Read from this file only.
    pub remote: engine::RemoteSettings,
    /// How suggestions are made.
    pub completion: CompletionSection,
    /// What is read of the folders that you work in, so that the model knows their words. It stays in memory, on this machine.
    /// Read from this file only.
    pub workspace: WorkspaceSection,
    /// Where to stay silent.
    pub disable: DisableSection,
    /// What is said about your code.
    pub diagnostics: DiagnosticsSection,
    /// What is counted. Nothing of it leaves this machine. Read from this file only.
    pub stats: StatsSection,
    /// What is written to stderr.
    pub log: LogSection,
}

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelSection {
    /// A GGUF model trained to fill in the middle. Relative to this file; ~ is your home folder.
    #[schemars(extend(
        "format" = "path",
        "x-unset" = "the model inside the program",
        "x-example" = "\"~/models/qwen2.5-coder-1.5b-q8_0.gguf\""
    ))]
    pub path: Option<PathBuf>,
    /// A LoRA adapter (GGUF) made for this model: it was trained on a little more, say on your project. Relative to this file.
    #[schemars(extend(
        "format" = "path",
        "x-unset" = "the model is used as it is",
        "x-example" = "\"~/models/my-project-lora.gguf\""
    ))]
    pub adapter: Option<PathBuf>,
    /// Adapters of folders of their own, a [[model.adapters]] each: there in the place of model.adapter.
    pub adapters: Vec<FolderAdapter>,
    #[expect(missing_docs, reason = "its fields are documented")]
    #[serde(flatten)]
    pub tuning: engine::ModelTuning,
}

/// `[instruct]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct InstructSection {
    /// A GGUF model that follows instructions (chat, instruct). Relative to this file; ~ is your home folder.
    #[schemars(extend(
        "format" = "path",
        "x-unset" = "there is none, and the actions that need one are not offered",
        "x-example" = "\"~/models/qwen2.5-coder-7b-instruct-q4_k_m.gguf\""
    ))]
    pub path: Option<PathBuf>,
    /// Tokens of context kept in memory for it: question and answer have to fit.
    #[schemars(range(min = 256, max = 131_072), extend("x-unset" = "chosen from the model", "x-example" = "8192"))]
    pub context: Option<u32>,
    /// Its layers kept on the GPU, as model.gpu_layers.
    #[schemars(range(max = 1000), extend("x-unset" = "as many as fit into its free memory", "x-example" = "20"))]
    pub gpu_layers: Option<u32>,
}

/// `[engine]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EngineSection {
    /// Run the model inside each editor's server, instead of in one process that all of them share.
    pub in_process: bool,
    /// Prepare the next suggestion, and read more of the file, while you read or pause; auto: not on a battery.
    #[schemars(extend("x-formerly" = "work_ahead"))]
    pub prefetch: engine::power::Prefetch,
    #[expect(missing_docs, reason = "its fields are documented")]
    #[serde(flatten)]
    pub idle: engine::IdleLimits,
    #[expect(missing_docs, reason = "its fields are documented")]
    #[serde(flatten)]
    pub sandbox: engine::SandboxOptions,
}

/// `[completion]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CompletionSection {
    /// Whether anything is suggested at all.
    #[schemars(extend("x-scope" = "anyone"))]
    pub enabled: bool,
    /// Entries in the completion menu as well: auto is for editors without ghost text. Needs a restart.
    #[schemars(extend("x-scope" = "anyone"))]
    pub menu: Menu,
    #[expect(missing_docs, reason = "its fields are documented")]
    #[serde(flatten)]
    pub options: CompletionOptions,
}

/// Whether suggestions are offered as entries of the completion menu too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
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

/// `[workspace]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WorkspaceSection {
    // For the user's file only: a project may not switch on what its user has switched off.
    /// Read the source files of the folders that you work in, without private ones: what they say is more likely to be suggested.
    pub enabled: bool,
    /// Most megabytes of text that are read, the files nearest to open ones first.
    #[schemars(range(min = 1, max = 1024))]
    pub max_mb: u32,
}

/// `[disable]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DisableSection {
    /// Languages, as your editor calls them, in which nothing is suggested.
    #[schemars(extend("x-scope" = "anyone"))]
    pub languages: Vec<String>,
    /// Files and folders in which nothing is suggested, as in a .gitignore: private/, *.env, ~/notes, !private/ok.py.
    #[schemars(extend("x-scope" = "anyone", "format" = "glob"))]
    pub paths: Vec<String>,
    // The others are for the user's file only: a project may not open what its user keeps closed.
    /// Keep away from files that hold secrets by their name, like .env, *.pem or id_rsa: no suggestions, and none of it in a prompt.
    pub secrets: bool,
    /// Keep away from files that .gitignore, .aiignore, .cursorignore, .copilotignore, .noai and their like exclude.
    pub ignored: bool,
    /// Files that secrets and ignored let in, as in a .gitignore.
    #[schemars(extend("format" = "glob"))]
    pub except: Vec<String>,
}

/// `[diagnostics]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DiagnosticsSection {
    // Off: most people have a server that says it, and nobody wants to read it twice.
    /// Show the syntax errors that are found here: for editors in which no other server does.
    #[schemars(extend("x-scope" = "anyone"))]
    pub syntax: bool,
}

/// `[stats]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StatsSection {
    // For the user's file only: a project may not switch on what its user has switched off.
    /// Keep numbers for `treefill stats`, and to learn how likely a model's suggestions are, in files on this machine: times, sizes,
    /// reasons and outcomes, no text and no names of files.
    pub enabled: bool,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LogSection {
    /// What is written to stderr. Source text is written at the level trace only.
    #[schemars(extend("enum" = ["off", "error", "warn", "info", "debug", "trace"]))]
    pub level: String,
}

impl Default for EngineSection {
    fn default() -> Self {
        Self {
            // Elsewhere there are no sockets that only one user can reach.
            in_process: !cfg!(unix),
            prefetch: engine::power::Prefetch::default(),
            idle: engine::IdleLimits::default(),
            sandbox: engine::SandboxOptions::default(),
        }
    }
}

impl Default for CompletionSection {
    fn default() -> Self {
        Self { enabled: true, menu: Menu::default(), options: CompletionOptions::default() }
    }
}

impl Default for WorkspaceSection {
    fn default() -> Self {
        Self { enabled: true, max_mb: 64 }
    }
}

impl Default for DisableSection {
    fn default() -> Self {
        Self { languages: Vec::new(), paths: Vec::new(), secrets: true, ignored: true, except: Vec::new() }
    }
}

impl Default for StatsSection {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for LogSection {
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
    pub fn load_user(explicit: Option<&Path>) -> (Self, Vec<ConfigProblem>) {
        let by_name =
            explicit.is_some() || std::env::var_os(FILE_VARIABLE).is_some_and(|value| !value.is_empty());
        match Self::user_file(explicit) {
            Some(path) if by_name || path.exists() => Self::load(&path),
            _ => (Self::default(), Vec::new()),
        }
    }

    /// The configuration in the file at `path`, and what is wrong with that file.
    pub fn load(path: &Path) -> (Self, Vec<ConfigProblem>) {
        let mut config = Self::default();
        let (entries, mut problems) = file::read(path);
        problems.extend(apply::apply(&mut config, entries, Trust::User));
        config.expand_paths(path);
        (config, problems)
    }

    /// Paths in the file at `path` are relative to it.
    fn expand_paths(&mut self, path: &Path) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let files = [&mut self.model.path, &mut self.model.adapter, &mut self.instruct.path];
        let adapters =
            self.model.adapters.iter_mut().flat_map(|one| one.file.iter_mut().chain([&mut one.folder]));
        for file in files.into_iter().flatten().chain(adapters).chain(self.remote.files_mut()) {
            *file = paths::expand(file, folder);
        }
    }

    /// Takes the model at `path` on this machine instead of the configured one, if one is given. An adapter belongs to the configured
    /// one.
    pub fn take_model(&mut self, path: Option<PathBuf>) {
        if path.is_some() {
            self.remote.switch_off();
        }
        if path.is_some() && path != self.model.path {
            self.model.adapter = None;
            self.model.adapters = Vec::new();
            self.model.path = path;
        }
    }

    /// Take over what an editor sent (`initializationOptions`, `didChangeConfiguration`): `{"completion": {…}}`, or
    /// the same inside `{"treefill": …}`. Null means "not set". Returns what was not taken, and why.
    pub fn merge_options(&mut self, options: serde_json::Value, trust: Trust) -> Vec<ConfigProblem> {
        apply::apply(self, apply::entries_of(options, "editor settings"), trust)
    }

    /// The settings of the engine, for the model file at `model` (what [`crate::models::resolve`] made of `model.path`).
    pub fn engine_options(&self, model: PathBuf) -> engine::ModelOptions {
        engine::ModelOptions {
            adapter: self.model.adapter.clone(),
            tuning: self.model.tuning.clone(),
            prefetch: self.engine.prefetch,
            ..engine::ModelOptions::new(model)
        }
    }

    /// The settings of the engine's process, for the same model file.
    pub fn engine_settings(&self, model: PathBuf) -> engine::DaemonOptions {
        engine::DaemonOptions {
            options: self.engine_options(model),
            idle: self.engine.idle.clone(),
            sandbox: self.engine.sandbox.clone(),
            remote: None,
        }
    }

    /// The settings of the engine's process that asks a server; `model` stands in for it, an empty path if none does.
    pub fn remote_settings(&self, model: PathBuf) -> engine::DaemonOptions {
        engine::DaemonOptions { remote: Some(self.remote.clone()), ..self.engine_settings(model) }
    }

    /// The settings of the engine's process for the model at `model` that takes instructions. One that nobody needs for ten
    /// minutes gives the memory back, whatever holds for the model that is asked at every key.
    pub fn instruct_settings(&self, model: PathBuf) -> engine::DaemonOptions {
        let tuning = engine::ModelTuning {
            context: self.instruct.context,
            threads: self.model.tuning.threads,
            gpu_layers: self.instruct.gpu_layers,
            drafts: self.model.tuning.drafts,
            ..engine::ModelTuning::default()
        };
        let options = engine::ModelOptions {
            role: engine::ModelRole::Instruct,
            tuning,
            prefetch: engine::power::Prefetch::Never,
            ..engine::ModelOptions::new(model)
        };
        let mut idle = self.engine.idle.clone();
        if idle.unload_after_idle_s == 0 {
            idle.unload_after_idle_s = INSTRUCT_UNLOAD_S;
        }
        engine::DaemonOptions { options, idle, sandbox: self.engine.sandbox.clone(), remote: None }
    }

    /// Where models run.
    pub fn host(&self) -> engine::Host {
        if self.engine.in_process { engine::Host::ThisProcess } else { engine::Host::Shared }
    }

    /// The settings of the completion pipeline.
    pub fn completion_options(&self) -> CompletionOptions {
        CompletionOptions { prefetch: self.engine.prefetch, ..self.completion.options.clone() }
    }

    /// Where nothing is suggested by an editor that works in `roots`, ready to be asked per request.
    pub fn disabled(&self, roots: &[PathBuf]) -> Disabled {
        Disabled::new(self.completion.enabled, &self.disable, roots)
    }
}
