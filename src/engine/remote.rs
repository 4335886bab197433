//! Asks a server to run the model: the same jobs as a local engine, over HTTP. Only the engine's process and the command line start it.
//!
//! One thread asks, one job after another, as a queue feeds it. Prompts are fitted, ordered and healed by the code that local engines use;
//! [`dialect`] says how each server is spoken to.

mod asking;
mod connection;
mod delivery;
pub mod dialect;
mod events;
mod failure;
mod health;
mod http;
pub mod key;
mod local;
mod prompt;
pub mod settings;
mod socket;
mod vocabulary;
mod worker;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use self::connection::ConnectedServer;
use self::dialect::{Ask, Beginning};
use self::failure::RemoteError;
use self::http::HttpServer;
use self::key::Key;
use self::settings::RemoteSettings;
use super::power::Prefetch;
use super::queue::{Queue, Ticket};
use super::windows::Windows;
use super::{DaemonOptions, Engine, EngineError, Generation, Job, ModelTuning, Status};
use crate::cancel::CancelToken;

/// All that a remote engine is told.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// What the user set; its address is there.
    pub settings: RemoteSettings,
    /// The family of the model, the longest context, the time for a prompt.
    pub tuning: ModelTuning,
    /// Sent with every request.
    pub key: Option<Key>,
    /// Whether work ahead is sent to the server: only if the user always wants it.
    pub prefetch: Prefetch,
    /// The model that works here while the server does not answer.
    pub fallback: Option<LocalStarter>,
}

/// Starts the model of this machine, when it is first needed.
#[derive(Clone)]
pub struct LocalStarter(pub Arc<dyn Fn() -> Arc<dyn Engine> + Send + Sync>);

impl fmt::Debug for LocalStarter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LocalStarter")
    }
}

impl RemoteOptions {
    /// For these settings, without a key and without a fallback.
    pub fn new(settings: RemoteSettings) -> Self {
        Self {
            settings,
            tuning: ModelTuning::default(),
            key: None,
            prefetch: Prefetch::Never,
            fallback: None,
        }
    }

    /// Of an engine's process, without a fallback: reads the key, which may run a program. None where no server is asked.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn of(options: &DaemonOptions) -> Option<Result<Self, String>> {
        let settings = options.remote.clone().filter(RemoteSettings::is_used)?;
        Some(Key::read(&settings).map(|key| {
            let (tuning, prefetch) = (options.options.tuning.clone(), options.options.prefetch);
            Self { settings, tuning, key, prefetch, fallback: None }
        }))
    }
}

/// A model on a server. Dropping it ends its thread, and the request that runs.
pub struct RemoteEngine {
    queue: Arc<Queue>,
    status: watch::Receiver<Status>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl RemoteEngine {
    /// Start asking the server what it is, and return at once. Jobs may be sent already: they wait. What happens shows in the
    /// status, which is `Failed` only for what needs other settings.
    pub fn start(options: RemoteOptions) -> Arc<dyn Engine> {
        let queue = Arc::new(Queue::default());
        let (status_sender, status) = watch::channel(Status::Loading(0.0));
        let thread = std::thread::Builder::new().name("remote".into()).spawn({
            let (queue, status) = (Arc::clone(&queue), status_sender.clone());
            move || run(options, &queue, &status)
        });
        let thread = match thread {
            Ok(thread) => Some(thread),
            Err(error) => {
                fail(&queue, &status_sender, format!("cannot start the engine's thread: {error}"));
                None
            }
        };
        Arc::new(Self { queue, status, thread: Mutex::new(thread) })
    }
}

impl Engine for RemoteEngine {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        self.queue.push(Ticket::new(job, cancel, updates));
        generation
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    fn stuck_for(&self) -> Duration {
        self.queue.stuck_for()
    }
}

impl Drop for RemoteEngine {
    fn drop(&mut self) {
        self.queue.close(EngineError::Unavailable("the engine was stopped".into()));
        if let Some(thread) = self.thread.get_mut().take() {
            let _ = thread.join();
        }
    }
}

fn fail(queue: &Queue, status: &watch::Sender<Status>, text: String) {
    tracing::error!("{text}");
    queue.close(EngineError::Unavailable(text.clone()));
    status.send_replace(Status::Failed(text));
}

/// The engine's thread: find out what the server is, then serve jobs until the queue is closed.
fn run(options: RemoteOptions, queue: &Arc<Queue>, status: &watch::Sender<Status>) {
    let served = catch_unwind(AssertUnwindSafe(|| serve(options, queue, status)));
    let served =
        served.unwrap_or_else(|_| Err("the engine's thread ended by an internal error (see the log)".into()));
    match served {
        Err(_) if queue.is_closed() => {}
        Err(text) => fail(queue, status, text),
        Ok(()) => {}
    }
}

fn serve(options: RemoteOptions, queue: &Arc<Queue>, status: &watch::Sender<Status>) -> Result<(), String> {
    worker::RemoteWorker::new(options, queue, status)?.serve();
    Ok(())
}

/// What one request to the server looks like, as text: the sample prompt that is its content, where it goes, and its body. It asks the
/// server what it is, and sends it nothing else.
///
/// # Errors
/// A sentence for the user.
pub fn explain(options: &RemoteOptions) -> Result<String, String> {
    let server = HttpServer::new(&options.settings, options.key.clone())?;
    let told = |error: RemoteError| error.text().to_owned();
    let connection = ConnectedServer::open(options, &server).map_err(told)?;
    let job = worker::sample();
    let prompt = connection.compose(&job, job.max_tokens, &mut Windows::default(), &server).map_err(told)?;
    let text = connection.dialect.detokenize(&server, &connection.facts.model, &prompt.tokens);
    let text = text.unwrap_or_else(|error| format!("(as ids below; {})", error.text()));
    let typed = String::from_utf8_lossy(prompt.heal.pending()).into_owned();
    let begins = if typed.is_empty() { Beginning::Free } else { Beginning::Text(&typed) };
    let ask = Ask {
        model: &connection.facts.model,
        prompt: &prompt.tokens,
        max_tokens: job.max_tokens,
        sampling: job.sampling,
        one_line: true,
        begins,
        stops: &connection.vocabulary.layout.stops,
        limit_ms: connection.limit_ms,
    };
    let (path, body) = connection.dialect.completion(&ask, true);
    Ok(format!(
        "The prompt, as text:\n\n{text}\n\nTyped last, which the answer has to begin with: {typed:?}\n\nThe request:\n\n{}",
        server.describe(path, &body)
    ))
}
