//! Connects an editor's server to the engine process: finds it, starts it, watches it and starts it again. Dropping this
//! client leaves the process to the others.

use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

mod budget;
mod connection;

use self::budget::{RESTARTS, RestartBudget, WINDOW};
use self::connection::{Connection, Ending, Handshake, Submission, shake_hands};
use super::address::Address;
use super::launch::{self, LaunchOption, Launcher};
use super::{DaemonOptions, log};
use crate::cancel::CancelToken;
use crate::engine::{Engine, Generation, Job, MemoryUpdate, ModelRole, Status};
use crate::text::amounts::span;

/// How long a process may take from its start to its first word; the model is read after that. 20 to 50 ms are usual.
const STARTING: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);
/// Starts for one attempt: an engine that is just leaving makes the first one end at once.
const STARTS: usize = 3;
/// How long a process that closed its socket may take until its end can be read.
const ENDING: Duration = Duration::from_millis(300);

/// The engine process of one model, through its socket.
pub struct DaemonEngine {
    submissions: mpsc::UnboundedSender<Submission>,
    memory: mpsc::UnboundedSender<MemoryUpdate>,
    status: watch::Receiver<Status>,
}

impl DaemonEngine {
    /// Find or start the engine for `settings`. Returns at once; what happens shows in the status.
    ///
    /// # Errors
    /// When there is no place for a socket, or the model is not there.
    pub fn start(settings: DaemonOptions) -> anyhow::Result<Arc<Self>> {
        let address = Address::of(&settings)?;
        address.check()?;
        Ok(Self::with(settings, address, Launcher::this_binary()?)?)
    }

    /// The same with another address and program.
    ///
    /// # Errors
    /// When no thread can be started, or there is no working folder.
    pub fn with(
        mut settings: DaemonOptions,
        address: Address,
        launcher: Launcher,
    ) -> std::io::Result<Arc<Self>> {
        // The engine's process works in another folder.
        let model = Some(&mut settings.options.model).filter(|model| !model.as_os_str().is_empty());
        for file in model.into_iter().chain(&mut settings.options.adapter) {
            *file = std::path::absolute(&*file)?;
        }
        let (submissions, receiver) = mpsc::unbounded_channel();
        let (memory, updates) = mpsc::unbounded_channel();
        let (status_sender, status) = watch::channel(Status::Loading(0.0));
        let supervisor = Supervisor {
            settings,
            address,
            launcher,
            options: Vec::new(),
            submissions: receiver,
            memory: updates,
            first: None,
            status: status_sender,
            budget: RestartBudget::default(),
            child: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("engine-client".into())
            .spawn(move || runtime.block_on(supervisor.run()))?;
        Ok(Arc::new(Self { submissions, memory, status }))
    }
}

impl Engine for DaemonEngine {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        // Fails only when the thread has ended by a panic; then the stream ends, which is an answer too.
        let _ = self.submissions.send(Submission { job, cancel, updates });
        generation
    }

    fn remember(&self, update: MemoryUpdate) {
        let _ = self.memory.send(update);
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }
}

/// Why no engine could be reached.
enum Failure {
    /// Trying again may help.
    Lost(String),
    Hopeless(String),
}

struct Supervisor {
    settings: DaemonOptions,
    address: Address,
    launcher: Launcher,
    /// The ways to start an engine, the fastest first; looked for when the first one is needed.
    options: Vec<LaunchOption>,
    submissions: mpsc::UnboundedReceiver<Submission>,
    /// What is said while no engine is there is not kept: the next one is told everything.
    memory: mpsc::UnboundedReceiver<MemoryUpdate>,
    /// A submission that came while no engine was there.
    first: Option<Submission>,
    status: watch::Sender<Status>,
    budget: RestartBudget,
    /// The process that we started last, to learn how it ends.
    child: Option<Child>,
}

impl Supervisor {
    async fn run(mut self) {
        loop {
            let failure = match self.reach().await {
                Ok(link) => match link
                    .run(self.first.take(), &mut self.submissions, &mut self.memory, &self.status)
                    .await
                {
                    Ending::Dropped => return,
                    Ending::Left => {
                        // Whoever stopped it meant to. The next job brings it back.
                        self.first = self.submissions.recv().await;
                        if self.first.is_none() {
                            return;
                        }
                        self.status.send_replace(Status::Loading(0.0));
                        continue;
                    }
                    Ending::Lost { how, was_ready, pid } => {
                        Failure::Lost(self.explain(how, was_ready, pid).await)
                    }
                },
                Err(failure) => failure,
            };
            let why = match failure {
                Failure::Hopeless(why) => return self.degrade(why).await,
                Failure::Lost(why) => why,
            };
            tracing::warn!("the engine {why}");
            if self.submissions.is_closed() {
                return;
            }
            match self.budget.restart(Instant::now()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    let why = self.hopeless(&why);
                    return self.degrade(why).await;
                }
            }
        }
    }

    fn hopeless(&self, why: &str) -> String {
        let role = self.settings.options.role;
        let remote = self.settings.remote.as_ref();
        let off = match role {
            ModelRole::Infill if remote.is_some() => {
                "Suggestions are off until the editor is restarted; everything else goes on"
            }
            // The session puts the built-in one in its place.
            ModelRole::Infill if !crate::models::is_embedded(&self.settings.options.model) => {
                "It is not started again until the editor is restarted"
            }
            ModelRole::Infill => "Suggestions are off until the editor is restarted; everything else goes on",
            ModelRole::Instruct => "It is started again when another action that needs it is chosen",
        };
        format!(
            "the engine was lost {} times within {}, the last time it {why}. {off}. Its log is {}; {}",
            RESTARTS + 1,
            span(WINDOW),
            self.address.log.display(),
            match remote {
                Some(remote) =>
                    format!("`treefill doctor` tries the server, which {} names", remote.where_set()),
                None => {
                    let setting = role.setting();
                    format!("`treefill doctor` tries the model, and the setting {setting} names another one")
                }
            }
        )
    }

    /// No engine any more: every submission is answered with the reason, which the status shows too.
    async fn degrade(mut self, why: String) {
        tracing::error!("{why}");
        self.status.send_replace(Status::Failed(why.clone()));
        let mut next = self.first.take();
        loop {
            let submission = match next.take() {
                Some(submission) => submission,
                None => match self.submissions.recv().await {
                    Some(submission) => submission,
                    None => return,
                },
            };
            let _ = submission.updates.send(Err(crate::engine::EngineError::Unavailable(why.clone())));
        }
    }

    /// A connection to the engine, which is started if nobody answers.
    async fn reach(&mut self) -> Result<Connection, Failure> {
        let start = Instant::now();
        let mut starts = 0;
        while start.elapsed() < STARTING {
            match shake_hands(&self.address).await {
                Handshake::Open(link) => return Ok(*link),
                Handshake::Refused(why) => {
                    return Err(Failure::Hopeless(format!(
                        "the engine at {} refused this client: {why}; `treefill engine stop` ends it",
                        self.address.socket.display()
                    )));
                }
                Handshake::Unresponsive(pid) => {
                    tracing::warn!("the engine's process {pid} does not answer and is ended");
                    launch::kill(pid);
                }
                Handshake::Absent if starts < STARTS => starts += usize::from(self.start_if_needed()?),
                Handshake::Absent => {}
            }
            tokio::time::sleep(POLL).await;
        }
        Err(Failure::Lost(format!("did not answer within {} s of its start", STARTING.as_secs())))
    }

    /// Start a process, unless the one started before may still come up. True: one was started.
    fn start_if_needed(&mut self) -> Result<bool, Failure> {
        if let Some(child) = &mut self.child {
            let Ok(ended) = child.try_wait() else { return Ok(false) };
            let Some(status) = ended else { return Ok(false) };
            self.child = None;
            if launch::is_crash(status) {
                return Err(Failure::Lost(self.crashed(status)));
            }
            if !status.success() {
                let how = self.with_log(status);
                return Err(Failure::Hopeless(format!("no engine could be started: it {how}")));
            }
            // It found another one at work, which may be about to leave: try again.
        }
        if self.options.is_empty() {
            self.options = self.launcher.options();
        }
        let option = &self.options[self.crossed_out()];
        let child = self.launcher.start(option, &self.address, &self.settings).map_err(|error| {
            Failure::Hopeless(format!(
                "the engine {} could not be started: {error}",
                option.program.display()
            ))
        })?;
        tracing::debug!(process = child.id(), program = %option.program.display(), "engine started");
        self.child = Some(child);
        Ok(true)
    }

    /// How an engine was lost, as far as its process tells.
    async fn explain(&mut self, how: String, was_ready: bool, pid: u32) -> String {
        let start = Instant::now();
        while let Some(child) = self.child.as_mut().filter(|child| child.id() == pid)
            && start.elapsed() < ENDING
        {
            if let Ok(Some(status)) = child.try_wait() {
                self.child = None;
                let crashed = launch::is_crash(status) && !was_ready;
                return if crashed { self.crashed(status) } else { self.with_log(status) };
            }
            tokio::time::sleep(POLL).await;
        }
        how
    }

    /// A process crashed before its model was read. Where there is a safer way to start it, that one is used from now on.
    fn crashed(&self, status: ExitStatus) -> String {
        let how = self.with_log(status);
        let next = self.crossed_out() + 1;
        if next < self.options.len() {
            tracing::warn!(
                "the engine crashed at its start; it is started in a safer way from now on (remove {} to try again)",
                self.address.crashed.display()
            );
            if let Err(error) = std::fs::write(&self.address.crashed, format!("{next}\n{how}\n")) {
                tracing::warn!("{}: {error}", self.address.crashed.display());
            }
        }
        how
    }

    /// How many of the ways are known to crash; one always remains.
    fn crossed_out(&self) -> usize {
        let text = std::fs::read_to_string(&self.address.crashed).unwrap_or_default();
        let count = text.lines().next().and_then(|line| line.parse().ok()).unwrap_or(0);
        usize::min(count, self.options.len().saturating_sub(1))
    }

    /// How a process ended; where it may have said why, with the last line of its log.
    fn with_log(&self, status: ExitStatus) -> String {
        let how = launch::describe(status);
        let says = launch::is_crash(status) || status.code().is_some_and(|code| code != 0);
        match log::last_line(&self.address.log).filter(|_| says) {
            Some(line) => format!("{how} (its log ends with: {line})"),
            None => how,
        }
    }
}
