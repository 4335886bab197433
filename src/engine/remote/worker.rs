//! Runs one job after another on a server: fits its prompt, asks, delivers, and leaves a server alone that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::RemoteOptions;
use super::asking::RemoteRequest;
use super::connection::ConnectedServer;
use super::delivery::Delivery;
use super::failure::{self, RemoteError};
use super::health::Health;
use super::http::HttpServer;
use super::local::FallbackModel;
use super::team::Team;
use crate::engine::power::Prefetch;
use crate::engine::queue::{Next, Queue, Ticket};
use crate::engine::windows::Windows;
use crate::engine::{
    Capabilities, DraftStats, EngineError, Finish, Job, JobSummary, Lane, MemoryStats, ModelInfo,
    ModelOptions, PromptStats, ServerInfo, Status, Task, Update,
};

/// Between two looks at whether a connection is open, while nobody asks.
const IDLE: Duration = Duration::from_millis(300);
/// Between two attempts to reach a server that has never answered, before there are longer pauses.
const UNREACHED: Duration = Duration::from_secs(1);

/// So long a server may be silent before those who give up count as its failure. A key that follows another one comes sooner.
const SILENT: Duration = Duration::from_secs(1);

/// Works through jobs with one server.
pub struct RemoteWorker {
    options: RemoteOptions,
    server: HttpServer,
    /// The servers, of which this one is at that place.
    team: Arc<Team>,
    at: usize,
    /// What is known of the server, once it has answered.
    connection: Option<ConnectedServer>,
    /// Why it has never answered.
    unreached: Option<RemoteError>,
    health: Health,
    windows: Windows,
    local: Option<FallbackModel>,
    /// Whether the connection was closed to end an answer, so that the next job would open one.
    closed: bool,
    /// Whether the job that runs, or the last one, got some of the server's text.
    begun: bool,
    writes: f32,
}

impl RemoteWorker {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// A sentence for the user: a setting is wrong.
    pub fn new(options: RemoteOptions, team: Arc<Team>, at: usize) -> Result<Self, String> {
        let server = HttpServer::new(&options.settings, options.key.clone())?;
        let local = options.fallback.clone().map(FallbackModel::new);
        Ok(Self {
            options,
            server,
            team,
            at,
            connection: None,
            unreached: None,
            health: Health::default(),
            windows: Windows::default(),
            local,
            closed: false,
            begun: false,
            writes: 0.0,
        })
    }

    /// Ask the server what it is, if it may be asked now, and tell what came of it.
    pub fn connect(&mut self, waits: Option<&Ticket>) -> Result<(), RemoteError> {
        if self.connection.is_some() {
            return Ok(());
        }
        if let Some(why) = self.health.pause(Instant::now()) {
            return Err(why.clone());
        }
        if let Some(why) = self.unreached.clone().filter(|_| waits.is_some() && self.team.has_others()) {
            // Another one does it sooner; this one is tried when there is time.
            return Err(why);
        }
        // Not given up for a newer job: that would need it, too. The job that waits shows a sign of life.
        let (closing, pulse) = (self.queue().closing(), waits.map(Ticket::watcher));
        self.server.patience.watch(move || {
            let _ = pulse.as_ref().map(|pulse| pulse());
            closing()
        });
        let connected = ConnectedServer::open(&self.options, &self.server);
        let result = match connected {
            Ok(connection) => {
                self.connection = Some(connection);
                self.unreached = None;
                self.health.good();
                Ok(())
            }
            Err(error) => {
                self.health.bad(&error, Instant::now());
                self.unreached = Some(error.clone());
                Err(error)
            }
        };
        if !matches!(result, Err(RemoteError::Given)) {
            self.tell();
        }
        result
    }

    /// Tell what is known, with what is wrong.
    fn tell(&self) {
        let trouble = self.health.trouble().or(self.unreached.as_ref()).map(|why| match &self.local {
            Some(_) => format!("{}; the model on this machine works meanwhile", why.text()),
            None => why.text().to_owned(),
        });
        let info = Arc::new(self.info(trouble));
        if !matches!(self.team.told(self.at), Status::Ready(known) if known == info) {
            if let Some(trouble) = info.server.as_ref().and_then(|server| server.trouble.as_ref()) {
                tracing::warn!("{}", failure::logged(trouble));
            }
            self.team.tell(self.at, Status::Ready(info));
        }
    }

    fn info(&self, trouble: Option<String>) -> ModelInfo {
        let host = self.server.host.clone();
        let none = Capabilities {
            log_probabilities: false,
            scoring: false,
            branches: false,
            token_ids: true,
            kv_plan: true,
        };
        let Some(connection) = &self.connection else {
            let server = ServerInfo {
                host: host.clone(),
                dialect: "not known yet".into(),
                trouble,
                ..ServerInfo::default()
            };
            let name = self.options.settings.model.clone().unwrap_or(host);
            let context = self.options.tuning.context.unwrap_or(ModelOptions::CONTEXT);
            return ModelInfo {
                name,
                context,
                server: Some(server),
                capabilities: none,
                ..ModelInfo::default()
            };
        };
        let server = ServerInfo {
            host,
            dialect: connection.dialect.name().to_owned(),
            tokenizer: connection.vocabulary.describe(),
            reads: connection.speed.rate().round(),
            writes: self.writes.round(),
            trouble,
            others: Vec::new(),
        };
        ModelInfo {
            name: connection.facts.name.clone(),
            parameters: connection.facts.parameters,
            context: connection.context,
            family: connection.vocabulary.layout.describe(),
            backend: "a server".to_owned(),
            server: Some(server),
            capabilities: connection.capabilities(),
            ..ModelInfo::default()
        }
    }

    /// How long to wait for a job before there is something else to do; none: for ever.
    pub fn rest(&self) -> Option<Duration> {
        match self.health.left(Instant::now()) {
            Some(left) => Some(left.max(IDLE)),
            None if self.connection.is_none() => Some(UNREACHED),
            None => self.closed.then_some(IDLE),
        }
    }

    /// Use the time: ask a server that has failed how it does, or open the connection for the next job.
    pub fn idle(&mut self) {
        // Whoever comes does not wait for it.
        self.server.patience.watch(self.queue().wanted());
        self.closed = false;
        let Some(path) = self.connection.as_ref().map(|connection| connection.dialect.facts_path()) else {
            let _ = self.connect(None);
            return;
        };
        if self.health.pause(Instant::now()).is_some() {
            return;
        }
        match self.server.get(path) {
            // A server that says so answers.
            Ok(_) | Err(RemoteError::Absent(_)) if self.health.trouble().is_some() => {
                self.health.rested();
                self.tell();
            }
            Ok(_) | Err(RemoteError::Absent(_)) => {}
            Err(error) if self.health.trouble().is_some() => self.note(&error),
            // One that is down is found out by the next job.
            Err(_) => {}
        }
    }

    /// Remember a failure, and tell it when it is the last straw.
    fn note(&mut self, error: &RemoteError) {
        let before = self.health.trouble().cloned();
        self.health.bad(error, Instant::now());
        if self.health.trouble() != before.as_ref() {
            self.tell();
        }
    }

    fn queue(&self) -> &Arc<Queue> {
        &self.team.member(self.at).queue
    }

    /// Do a job, sending its updates and its end; or give it on.
    pub fn run(&mut self, ticket: Ticket) {
        // A panic fails this job only.
        let result = catch_unwind(AssertUnwindSafe(|| self.work(&ticket)));
        match result.unwrap_or_else(|_| {
            Err(Fault::Engine(EngineError::Failed("internal error (see the log)".into())))
        }) {
            Ok(summary) => ticket.send(Update::Done(summary)),
            Err(Fault::Engine(error)) => ticket.fail(error),
            Err(Fault::Server(error)) => self.without_server(ticket, error),
        }
    }

    /// The server has failed at a job: another one may do it, or this machine.
    fn without_server(&mut self, ticket: Ticket, error: RemoteError) {
        // Their text would stand behind what the server has written.
        if error == RemoteError::Given || self.begun {
            return ticket.fail(error.into());
        }
        let Err(ticket) = self.team.pass_on(ticket, self.at) else { return };
        match self.local.as_mut().map(|local| local.run(&ticket)) {
            None => ticket.fail(error.into()),
            Some(Ok(summary)) => ticket.send(Update::Done(summary)),
            Some(Err(error)) => ticket.fail(error),
        }
    }

    fn work(&mut self, ticket: &Ticket) -> Result<JobSummary, Fault> {
        match &ticket.job.task {
            Task::Generate { .. } => self.generate(ticket),
            Task::Explain { .. } => {
                ticket.send(Update::Explained(Vec::new()));
                Ok(summary(Finish::EndOfText, PromptStats::default(), 0, [0.0; 2]))
            }
            Task::Score { .. } => Err(EngineError::Failed("this server does not score texts".into()).into()),
            Task::Chat { .. } => Err(EngineError::Failed(
                "questions are not sent to a server; name a model that runs here in instruct.path".into(),
            )
            .into()),
        }
    }

    fn generate(&mut self, ticket: &Ticket) -> Result<JobSummary, Fault> {
        // Work ahead costs others of the team their turn.
        if ticket.job.lane == Lane::Background && self.options.prefetch != Prefetch::Always {
            return Err(EngineError::Cancelled.into());
        }
        self.begun = false;
        let asked = match self.health.pause(Instant::now()) {
            Some(why) => Err(why.clone()),
            // It notes itself what fails.
            None => self.connect(Some(ticket)).and_then(|()| {
                self.server.patience.watch(ticket.watcher());
                self.ask(ticket).inspect_err(|error| self.note(error))
            }),
        };
        let summary = asked.map_err(Fault::Server)?;
        let was_in_trouble = self.health.trouble().is_some();
        self.health.good();
        if was_in_trouble {
            self.tell();
        }
        Ok(summary)
    }

    /// Ask the server for one text.
    fn ask(&mut self, ticket: &Ticket) -> Result<JobSummary, RemoteError> {
        let Some(connection) = &mut self.connection else { return Err(RemoteError::Given) };
        let started = Instant::now();
        let max_tokens = ticket.job.max_tokens.clamp(1, (connection.context as usize / 2).max(1));
        let prompt = connection.compose(&ticket.job, max_tokens, &mut self.windows, &self.server)?;
        let mut asking = RemoteRequest {
            connection,
            server: &self.server,
            ticket,
            max_tokens,
            started,
            prefilled: None,
            closed: false,
        };
        let mut delivery = Delivery::new(ticket, prompt.tokens, prompt.heal.clone());
        let finished = asking.run(prompt, &mut delivery);
        let (prefilled, closed) = (asking.prefilled, asking.closed);
        self.begun = delivery.has_text();
        if self.begun {
            // Most who ask have enough before the end.
            self.team.answered(self.at);
        }
        if matches!(finished, Err(RemoteError::Given)) && prefilled.is_none() && started.elapsed() > SILENT {
            let limits = "completion.deadline_ms and remote.first_byte_ms say how long to wait";
            self.note(&failure::late(&self.server.host, limits));
        }
        let finish = finished?;
        self.closed = closed;
        let now = Instant::now();
        let prefilled = prefilled.unwrap_or(now);
        let decode = now.duration_since(prefilled);
        if delivery.generated >= 8 {
            let rate = delivery.generated as f32 / decode.as_secs_f32().max(1e-3);
            let changed = (rate - self.writes).abs() > self.writes / 2.0;
            if changed {
                self.writes = rate;
                self.tell();
            }
        }
        let ms = [prefilled.duration_since(started), decode].map(|time| time.as_secs_f32() * 1000.0);
        Ok(summary(finish, delivery.prompt(), delivery.generated, ms))
    }

    /// Serve jobs until the queue is closed.
    pub fn serve(&mut self) {
        let _ = self.connect(None);
        if matches!(self.team.told(self.at), Status::Loading(_)) {
            self.tell();
        }
        loop {
            match self.queue().take_within(self.rest()) {
                Next::Job(ticket) => self.run(*ticket),
                Next::Closed => return,
                Next::Nothing => self.idle(),
            }
        }
    }
}

/// Why a job was not done.
enum Fault {
    /// The server could not; another one may.
    Server(RemoteError),
    /// Nobody can.
    Engine(EngineError),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

fn summary(
    finish: Finish,
    prompt: PromptStats,
    generated_tokens: usize,
    [prefill_ms, decode_ms]: [f32; 2],
) -> JobSummary {
    let (drafts, remembered) = (DraftStats::default(), MemoryStats::default());
    JobSummary { finish, prompt, generated_tokens, prefill_ms, decode_ms, drafts, remembered }
}

/// A job whose prompt can be looked at.
pub(super) fn sample() -> Job {
    use crate::engine::{Role, Sampling, Segment, Stop};
    let segment = |role, text: &str| Segment {
        role,
        text: text.into(),
        share: 100,
        file: None,
        boundaries: Vec::new(),
    };
    Job {
        document: "explain".into(),
        lane: Lane::Interactive,
        segments: vec![
            segment(Role::Prefix, "def add(a, b):\n    retu"),
            segment(Role::Suffix, "\n\nprint(add(1, 2))\n"),
        ],
        max_tokens: 64,
        stop: Stop { lines: 1 },
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    }
}
