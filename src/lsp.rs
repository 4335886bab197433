//! Serves one editor: the only module that knows tower-lsp and LSP types. `session` and what is below decides.

mod capabilities;
mod client;
mod commands;
mod convert;
mod hint;
mod methods;
mod notifications;
pub(crate) mod process;
mod progress;
pub(crate) mod protocol;
mod protocol_notebook;
mod publish_diagnostics;
mod requests;
pub(crate) mod server;
mod settings;
mod status;
mod status_file;
pub mod transport;
mod watched_files;
mod work_done;
mod workspace_progress;

use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::Duration;

pub use hint::HintOptions;
pub use methods::service;
pub use process::log_panics_without_their_text;
pub use server::ServeOptions;
pub use status::{BetterModel, from_server as server_sentence};

use crate::calibration::{Learner, Store};
use crate::config::Config;
use crate::engine::{self, Engine, ModelRole};
use crate::language::Registry;
use crate::paths::FolderProblem;
use crate::session::Session;
use crate::stats::{self, Recorder};

/// How long the end of the process waits for the last numbers: editors kill a server that takes 2 s.
const LAST_NUMBERS: Duration = Duration::from_millis(150);

/// Serves one editor over stdin and stdout until it ends. The process should end with the returned code at once.
pub fn serve(mut options: ServeOptions) -> ExitCode {
    process::log_panics_without_their_text();
    let problems = crate::paths::problems();
    options.folder_problems = folder_problems(&problems, &options.config);
    let events = mpsc::channel();
    // Before any other thread starts, so that all of them leave the signals to the one that waits for them.
    process::watch_signals(events.0.clone());
    let output = match process::take_stdout() {
        Ok(output) => output,
        Err(error) => {
            tracing::error!("stdout cannot be used: {error}; start treefill from an editor, with pipes");
            return ExitCode::FAILURE;
        }
    };
    let session = Session::new(languages, options.config.clone(), Arc::new(start_engine));
    session.instruct_by(Arc::new(start_instruct));
    let state = problems.iter().all(|problem| problem.name != "state");
    let recorder = stats::default_file().filter(|_| state).map_or_else(Recorder::off, Recorder::start);
    session.record_to(recorder.clone());
    if options.config.stats.enabled
        && let Some(file) = stats::default_file()
    {
        session.learn_from(file);
    }
    let learner = Learner::start(Store::default_folder().filter(|_| state && options.config.stats.enabled));
    session.calibrate_by(learner.clone());
    session.load_languages();
    session.start_engine();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        // Handlers are short and the parsing is bounded; two keep one free while the other parses.
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_time()
        .thread_name("handler")
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("cannot start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let status_file = options.status_file.clone();
    let service = {
        let _inside = runtime.enter();
        service(Arc::clone(&session), options, events.0.clone())
    };
    let code = transport::run((std::io::stdin(), output), service, runtime.handle(), events);
    // Most editors say `shutdown` first; one that was killed does not.
    session.finish();
    recorder.flush(LAST_NUMBERS);
    learner.flush(LAST_NUMBERS);
    if let Some(file) = status_file {
        // It may never have been written.
        let _ = std::fs::remove_file(file);
    }
    // Threads may be stuck in native code, whose destructors must not run under them; all output is flushed.
    process::quit(code)
}

/// What is wrong with the user's folders, a sentence each; the work goes on without them.
fn folder_problems(problems: &[FolderProblem], config: &Config) -> Vec<String> {
    let matters = |problem: &&FolderProblem| match problem.name {
        // Only the model inside is unpacked, and only once.
        "cache" => config.model.path.is_none() && !crate::models::is_cached(),
        _ => true,
    };
    problems.iter().filter(matters).map(ToString::to_string).collect()
}

/// The file by which this process tells `treefill status` what it does.
pub(crate) fn status_file() -> Option<std::path::PathBuf> {
    status_file::own()
}

/// What each running server tells.
pub(crate) fn running_servers() -> anyhow::Result<Vec<serde_json::Value>> {
    status_file::of_all(process::is_alive)
}

/// What a server told of its last request, `now` seconds after 1970, in a sentence.
pub(crate) fn last_request(told: &serde_json::Value, now: u64) -> String {
    status::said_later(told, now)
}

/// The embedded languages with the user's overrides; a broken one is reported and left out.
fn languages() -> Registry {
    let overrides = crate::paths::config_dir().map(|folder| folder.join("grammars"));
    let (registry, problems) = Registry::load(overrides.as_deref());
    for problem in problems {
        tracing::error!("{problem}");
    }
    registry
}

/// The engine for these settings, or one that says why there is none.
fn start_engine(config: &Config) -> Arc<dyn Engine> {
    if config.remote.is_used() {
        let settings = |model| config.remote_settings(model);
        return engine::start_remote(&config.remote, &config.model.path, config.host(), settings);
    }
    let settings = |model| config.engine_settings(model);
    engine::start(ModelRole::Infill, &config.model.path, config.host(), settings)
}

/// The engine for the model that takes instructions.
fn start_instruct(config: &Config) -> Arc<dyn Engine> {
    let settings = |model| config.instruct_settings(model);
    engine::start(ModelRole::Instruct, &config.instruct.path, config.host(), settings)
}
