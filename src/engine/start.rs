//! Starts an engine: in this process or in the one that all editors share. Where none can be started, an [`Unavailable`]
//! one takes its place and says why.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

#[cfg(unix)]
use super::daemon::client::DaemonEngine;
use super::remote::{LocalStarter, RemoteEngine, RemoteOptions};
use super::{
    DaemonOptions, Engine, EngineError, Fallback, Generation, Job, ModelOptions, ModelRole, RemoteSettings,
    Status,
};
use crate::cancel::CancelToken;
use crate::models;

/// Why no server is asked from within an editor's server.
const IN_PROCESS: &str = "a server (remote.url) is asked by the engine's own process only, because an editor's server opens no network connection; \
     remove engine.in_process and --in-process, or remote.url";

/// Where a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// On a thread of this process.
    ThisProcess,
    /// In the engine process of this user, which is started if none runs. The same as [`Host::ThisProcess`] where there
    /// are no Unix sockets.
    Shared,
}

/// Start the engine for `role` with the model file that the user configured, or the embedded one. It may block while a
/// model is unpacked or its file is looked at; the model itself is read in the background.
pub fn start(
    role: ModelRole,
    configured: &Option<PathBuf>,
    host: Host,
    settings: impl FnOnce(PathBuf) -> DaemonOptions,
) -> Arc<dyn Engine> {
    let started = models::resolve(role.setting(), configured, role == ModelRole::Infill).and_then(|model| {
        let settings = settings(model);
        if let Some(adapter) = &settings.options.adapter {
            models::check_adapter(adapter, &settings.options.model)?;
        }
        match host {
            // Without a folder for the socket there is no process to share.
            #[cfg(unix)]
            Host::Shared if crate::paths::runtime_dir().is_ok() => {
                Ok(DaemonEngine::start(settings)? as Arc<dyn Engine>)
            }
            _ => Ok(start_in_process(settings.options)),
        }
    });
    started.unwrap_or_else(|error| Unavailable::because(format!("{error:#}")))
}

/// Start the engine that asks the server of `remote`, in the engine process of this user: that alone opens network connections, so
/// where there is none, or `host` wants none, the engine only says so. `configured` is the model that stands in, if the settings
/// want one.
pub fn start_remote(
    remote: &RemoteSettings,
    configured: &Option<PathBuf>,
    host: Host,
    settings: impl FnOnce(PathBuf) -> DaemonOptions,
) -> Arc<dyn Engine> {
    if host == Host::ThisProcess {
        return Unavailable::because(IN_PROCESS);
    }
    let started = model_beside(remote, configured).and_then(|model| shared(settings(model)));
    started.unwrap_or_else(|error| Unavailable::because(format!("{error:#}")))
}

/// The model of this machine that an engine for a server has beside it: the configured one or the one inside where it may stand in for the
/// server, else an empty path.
///
/// # Errors
/// A sentence for the user, if that model cannot be used.
pub fn model_beside(remote: &RemoteSettings, configured: &Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match remote.fallback {
        Fallback::None => Ok(PathBuf::new()),
        Fallback::Local => models::infill(configured),
    }
}

#[cfg(unix)]
fn shared(settings: DaemonOptions) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(DaemonEngine::start(settings)?)
}

#[cfg(not(unix))]
fn shared(_: DaemonOptions) -> anyhow::Result<Arc<dyn Engine>> {
    anyhow::bail!(
        "a server (remote.url) is asked by the engine's own process, which this system has no sockets for; remove remote.url"
    )
}

/// What an engine process does before its sandbox: read a server's key, which may run a program. The result starts the engine.
pub fn prepare(settings: &DaemonOptions) -> impl Fn() -> Arc<dyn Engine> + Send + Sync + use<> {
    let options = settings.options.clone();
    let mut remote = RemoteOptions::of(settings);
    if let Some(Ok(remote)) = &mut remote
        && remote.settings.fallback == Fallback::Local
    {
        let options = options.clone();
        remote.fallback = Some(LocalStarter(Arc::new(move || start_in_process(options.clone()))));
    }
    move || match &remote {
        None => start_in_process(options.clone()),
        Some(Ok(remote)) => RemoteEngine::start(remote.clone()),
        Some(Err(why)) => Unavailable::because(why.clone()),
    }
}

/// Start llama.cpp on a thread of this process.
#[cfg(feature = "llama")]
pub fn start_in_process(options: ModelOptions) -> Arc<dyn Engine> {
    super::llama::LlamaEngine::start(options)
}

/// This build runs no model.
#[cfg(not(feature = "llama"))]
pub fn start_in_process(_: ModelOptions) -> Arc<dyn Engine> {
    Unavailable::because(
        "this treefill was built without llama.cpp (cargo feature `llama`); build it with `make build`",
    )
}

/// An engine that could not be started. It answers every job with the reason.
pub struct Unavailable {
    why: String,
    status: watch::Sender<Status>,
}

impl Unavailable {
    /// `why` is for the user: it names what to do.
    pub fn because(why: impl Into<String>) -> Arc<dyn Engine> {
        let why = why.into();
        Arc::new(Self { status: watch::Sender::new(Status::Failed(why.clone())), why })
    }
}

impl Engine for Unavailable {
    fn generate(&self, _: Job, _: CancelToken) -> Generation {
        let (sender, generation) = Generation::channel();
        let _ = sender.send(Err(EngineError::Unavailable(self.why.clone())));
        generation
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }
}
