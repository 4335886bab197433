//! Asks a server to run the model: the same jobs as a local engine, over HTTP. Only the engine's process and the command line start it.
//!
//! A thread for each server asks it, one job after another, as a queue feeds it; [`team`] shares the jobs among them. Prompts are fitted, ordered and healed by the code that local engines use;
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
mod prompt_form;
pub mod settings;
mod share;
mod socket;
mod team;
mod text;
mod vocabulary;
mod worker;

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use self::connection::ConnectedServer;
use self::dialect::{Ask, Beginning};
use self::failure::RemoteError;
use self::http::HttpServer;
use self::key::Key;
use self::settings::{RemoteSettings, TeamServer, shown_address};
use self::share::Share;
use self::team::Team;
use self::worker::RemoteWorker;
use super::power::Prefetch;
use super::queue::Ticket;
use super::windows::Windows;
use super::{DaemonOptions, Engine, EngineError, Generation, Job, ModelTuning, Status};
use crate::cancel::CancelToken;

/// All that a remote engine is told.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// What the user set; its address is there, or its servers are.
    pub settings: RemoteSettings,
    /// The family of the model, the longest context, the time for a prompt.
    pub tuning: ModelTuning,
    /// Sent with every request to the one server.
    pub key: Option<Key>,
    /// Of several servers, the key of each, in their order.
    pub keys: Vec<Option<Key>>,
    /// Whether work ahead is sent to the server: only if the user always wants it.
    pub prefetch: Prefetch,
    /// The model that works here while the server does not answer.
    pub fallback: Option<LocalStarter>,
}

/// Starts the model of this machine, when it is first needed.
#[derive(Clone)]
pub struct LocalStarter(pub Arc<dyn Fn() -> Arc<dyn Engine> + Send + Sync>);

impl LocalStarter {
    /// One that starts the model once, whoever asks for it.
    fn once(self) -> Self {
        let started: OnceLock<Arc<dyn Engine>> = OnceLock::new();
        Self(Arc::new(move || Arc::clone(started.get_or_init(|| (self.0)()))))
    }
}

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
            keys: Vec::new(),
            prefetch: Prefetch::Never,
            fallback: None,
        }
    }

    /// Of an engine's process, without a fallback: reads the keys, which may run programs. None where no server is asked.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn of(options: &DaemonOptions) -> Option<Result<Self, String>> {
        let settings = options.remote.clone().filter(RemoteSettings::is_used)?;
        let several = !settings.servers.is_empty();
        let read = |one: &RemoteSettings| {
            let url = shown_address(one.url.as_deref().unwrap_or_default());
            Key::read(one).map_err(|why| if several { format!("the server {url}: {why}") } else { why })
        };
        let keys = settings.each().and_then(|each| each.iter().map(read).collect::<Result<Vec<_>, _>>());
        Some(keys.map(|mut keys| {
            let (tuning, prefetch) = (options.options.tuning.clone(), options.options.prefetch);
            let key = if several { None } else { keys.pop().flatten() };
            Self { settings, tuning, key, keys, prefetch, fallback: None }
        }))
    }

    /// The options of each server as if it were the only one, in their order.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn each(&self) -> Result<Vec<Self>, String> {
        let several = !self.settings.servers.is_empty();
        let key = |at: usize| if several { self.keys.get(at).cloned().flatten() } else { self.key.clone() };
        let each = self.settings.each()?.into_iter().enumerate();
        Ok(each
            .map(|(at, settings)| {
                let own = self.settings.servers.get(at).and_then(|server| server.family.clone());
                let tuning =
                    ModelTuning { family: own.or_else(|| self.tuning.family.clone()), ..self.tuning.clone() };
                Self { settings, key: key(at), keys: Vec::new(), tuning, ..self.clone() }
            })
            .collect())
    }
}

/// The shares of the servers of `settings` in the documents, in their order.
fn shares(settings: &RemoteSettings, each: &[RemoteOptions]) -> Vec<Share> {
    let one = TeamServer::default();
    let of = |(at, options): (usize, &RemoteOptions)| {
        let (url, model) = (options.settings.url.as_deref(), options.settings.model.as_deref());
        let server = settings.servers.get(at).unwrap_or(&one);
        Share {
            name: format!("{} {}", url.unwrap_or_default(), model.unwrap_or_default()),
            weight: server.weight.unwrap_or(1),
            languages: server.languages.clone(),
        }
    };
    each.iter().enumerate().map(of).collect()
}

/// A model on a server, or on several. Dropping it ends its threads, and the requests that run.
pub struct RemoteEngine {
    team: Arc<Team>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl RemoteEngine {
    /// Start asking the servers what they are, and return at once. Jobs may be sent already: they wait. What happens shows in the
    /// status, which is `Failed` only for what needs other settings.
    pub fn start(mut options: RemoteOptions) -> Arc<dyn Engine> {
        // Several threads may need it, and it is read once.
        options.fallback = options.fallback.map(LocalStarter::once);
        let each = options.each();
        let shares = each.as_ref().map_or_else(|_| Vec::new(), |each| shares(&options.settings, each));
        let team = Arc::new(Team::new(if shares.is_empty() { vec![Share::default()] } else { shares }));
        let threads = each.and_then(|each| threads(each, &team)).unwrap_or_else(|why| {
            tracing::error!("{why}");
            team.fail(&why);
            Vec::new()
        });
        Arc::new(Self { team, threads: Mutex::new(threads) })
    }
}

/// A thread for each server.
fn threads(each: Vec<RemoteOptions>, team: &Arc<Team>) -> Result<Vec<JoinHandle<()>>, String> {
    // All of them are looked at before the first is asked.
    let workers: Result<Vec<_>, _> = each
        .into_iter()
        .enumerate()
        .map(|(at, options)| RemoteWorker::new(options, Arc::clone(team), at))
        .collect();
    let mut threads = Vec::new();
    for (at, worker) in workers?.into_iter().enumerate() {
        let team = Arc::clone(team);
        let thread = std::thread::Builder::new().name("remote".into()).spawn(move || run(worker, &team, at));
        threads.push(thread.map_err(|error| format!("cannot start the engine's thread: {error}"))?);
    }
    Ok(threads)
}

impl Engine for RemoteEngine {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        self.team.send(Ticket::new(job, cancel, updates));
        generation
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.team.status()
    }

    fn stuck_for(&self) -> Duration {
        self.team.stuck_for()
    }
}

impl Drop for RemoteEngine {
    fn drop(&mut self) {
        self.team.close(&EngineError::Unavailable("the engine was stopped".into()));
        for thread in self.threads.get_mut().drain(..) {
            let _ = thread.join();
        }
    }
}

/// The thread of one server: find out what it is, then serve jobs until the queue is closed.
fn run(mut worker: RemoteWorker, team: &Team, at: usize) {
    if catch_unwind(AssertUnwindSafe(|| worker.serve())).is_err() && !team.member(at).queue.is_closed() {
        let text = "the engine's thread ended by an internal error (see the log)".to_owned();
        tracing::error!("{text}");
        team.member(at).queue.close(EngineError::Unavailable(text.clone()));
        team.tell(at, Status::Failed(text));
    }
}

/// What one request to each server looks like, as text: the sample prompt that is its content, where it goes, and its body. It asks the
/// servers what they are, and sends them nothing else.
///
/// # Errors
/// A sentence for the user, where no server can be asked.
pub fn explain(options: &RemoteOptions) -> Result<String, String> {
    let each = options.each()?;
    if let [one] = &each[..] {
        return explain_one(one);
    }
    let (mut text, mut answers) = (String::new(), false);
    for ((at, one), share) in each.iter().enumerate().zip(shares(&options.settings, &each)) {
        let url = shown_address(one.settings.url.as_deref().unwrap_or_default());
        let takes = match &share.languages[..] {
            [] => "files in all languages that no other server names".to_owned(),
            names => format!("files in {}", names.join(", ")),
        };
        let of = each.len();
        let _ = writeln!(text, "Server {} of {of}: {url}, weight {}, for {takes}\n", at + 1, share.weight);
        match explain_one(one) {
            Ok(shown) => {
                answers = true;
                text.push_str(&shown);
            }
            Err(why) => {
                let _ = writeln!(text, "It is not asked now: {why}");
            }
        }
        text.push('\n');
    }
    if answers { Ok(text) } else { Err(text) }
}

/// The same of the one server of `options`.
fn explain_one(options: &RemoteOptions) -> Result<String, String> {
    let server = HttpServer::new(&options.settings, options.key.clone())?;
    let told = |error: RemoteError| error.text().to_owned();
    let connection = ConnectedServer::open(options, &server).map_err(told)?;
    let job = worker::sample();
    let prompt = connection.compose(&job, job.max_tokens, &mut Windows::default(), &server).map_err(told)?;
    let text = connection.text_of(&prompt.prompt, &server);
    let typed = String::from_utf8_lossy(prompt.heal.pending()).into_owned();
    let begins = if typed.is_empty() { Beginning::Free } else { Beginning::Text(&typed) };
    let ask = Ask {
        sampling: job.sampling,
        one_line: true,
        begins,
        ..connection.ask(&prompt.prompt, job.max_tokens)
    };
    let (path, body) = connection.dialect.completion(&ask, true);
    Ok(format!(
        "The prompt, as text:\n\n{text}\n\nTyped last, which the answer has to begin with: {typed:?}\n\nThe request:\n\n{}",
        server.describe(path, &body)
    ))
}
