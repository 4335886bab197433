//! Runs one job after another on a server: fits its prompt, asks, delivers, and leaves a server alone that fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use super::RemoteOptions;
use super::connection::Connection;
use super::delivery::Delivery;
use super::dialect::{Ask, Beginning, Event, Healing};
use super::failure::RemoteError;
use super::health::Health;
use super::http::HttpServer;
use super::local::LocalModel;
use super::prompt::Composed;
use crate::engine::power::Prefetch;
use crate::engine::queue::{Queue, Ticket};
use crate::engine::speed::Speed;
use crate::engine::windows::Windows;
use crate::engine::{
    Capabilities, DraftStats, EngineError, Finish, Job, JobSummary, Lane, MemoryStats, ModelInfo,
    ModelOptions, PromptStats, ServerInfo, Status, Task, Update,
};

/// Between two looks at whether a connection is open, while nobody asks.
const IDLE: Duration = Duration::from_millis(300);

/// Works through jobs with one server.
pub struct Worker<'a> {
    options: RemoteOptions,
    server: HttpServer,
    queue: &'a Queue,
    status: &'a watch::Sender<Status>,
    /// What is known of the server, once it has answered.
    connection: Option<Connection>,
    health: Health,
    windows: Windows,
    local: Option<LocalModel>,
    /// Whether the connection was closed to end an answer, so that the next job would open one.
    closed: bool,
    writes: f32,
}

impl<'a> Worker<'a> {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// A sentence for the user: a setting is wrong.
    pub fn new(
        options: RemoteOptions,
        queue: &'a Queue,
        status: &'a watch::Sender<Status>,
    ) -> Result<Self, String> {
        let server = HttpServer::new(&options.settings, options.key.clone())?;
        let local = options.fallback.clone().map(LocalModel::new);
        let (connection, health, windows) = (None, Health::default(), Windows::default());
        Ok(Self {
            options,
            server,
            queue,
            status,
            connection,
            health,
            windows,
            local,
            closed: false,
            writes: 0.0,
        })
    }

    /// Ask the server what it is, if it may be asked now, and tell what came of it.
    pub fn connect(&mut self) -> Result<(), RemoteError> {
        if self.connection.is_some() {
            return Ok(());
        }
        if let Some(why) = self.health.pause(Instant::now()) {
            return Err(why.clone());
        }
        let connected = Connection::open(&self.options, &self.server);
        let result = match connected {
            Ok(connection) => {
                self.connection = Some(connection);
                self.health.good();
                Ok(())
            }
            Err(error) => {
                self.health.bad(&error, Instant::now());
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
        let trouble = self.health.trouble().map(|why| match &self.local {
            Some(_) => format!("{}; the model on this machine works meanwhile", why.text()),
            None => why.text().to_owned(),
        });
        let info = Arc::new(self.info(trouble));
        let changed = |status: &Status| !matches!(status, Status::Ready(known) if *known == info);
        if changed(&self.status.borrow()) {
            if let Some(trouble) = info.server.as_ref().and_then(|server| server.trouble.as_ref()) {
                tracing::warn!("{trouble}");
            }
            self.status.send_replace(Status::Ready(info));
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
            tokenizer: connection.vocabulary.describe().to_owned(),
            reads: connection.speed.rate().round(),
            writes: self.writes.round(),
            trouble,
        };
        ModelInfo {
            name: connection.facts.name.clone(),
            parameters: connection.facts.parameters,
            context: connection.context,
            family: connection.vocabulary.layout.describe(),
            backend: "a server".to_owned(),
            server: Some(server),
            capabilities: connection.dialect.capabilities(),
            ..ModelInfo::default()
        }
    }

    /// How long to wait for a job before there is something else to do; none: for ever.
    pub fn rest(&self) -> Option<Duration> {
        match self.health.left(Instant::now()) {
            Some(left) => Some(left.max(IDLE)),
            None => self.closed.then_some(IDLE),
        }
    }

    /// Use the time: ask a server that has failed how it does, or open the connection for the next job.
    pub fn idle(&mut self) {
        let queue_is_wanted = Self::nobody();
        self.server.patience.watch(queue_is_wanted);
        self.closed = false;
        if self.connection.is_none() {
            let _ = self.connect();
        } else if self.health.trouble().is_none() || self.health.pause(Instant::now()).is_none() {
            match self.server.get("/v1/models") {
                Ok(_) if self.health.trouble().is_some() => {
                    self.health.good();
                    self.tell();
                }
                // A server without such a list is none the worse, and one that is down is found out by the next job.
                Ok(_) => {}
                Err(error) if self.health.trouble().is_some() => self.note(&error),
                Err(_) => {}
            }
        }
    }

    /// Nobody can give up what nobody waits for.
    fn nobody() -> impl Fn() -> bool + Send + 'static {
        || false
    }

    /// Remember a failure, and tell it when it is the last straw.
    fn note(&mut self, error: &RemoteError) {
        let before = self.health.trouble().cloned();
        self.health.bad(error, Instant::now());
        if self.health.trouble() != before.as_ref() {
            self.tell();
        }
    }

    /// Do a job, sending its updates and its end.
    pub fn run(&mut self, ticket: &Ticket) {
        let result = match &ticket.job.task {
            Task::Generate { .. } => self.generate(ticket),
            Task::Explain { .. } => {
                ticket.send(Update::Explained(Vec::new()));
                Ok(summary(Finish::EndOfText, PromptStats::default(), 0, [0.0; 2]))
            }
            Task::Score { .. } => Err(EngineError::Failed("this server does not score texts".into())),
            Task::Chat { .. } => Err(EngineError::Failed(
                "questions are not sent to a server; name a model that runs here in instruct.path".into(),
            )),
        };
        match result {
            Ok(summary) => ticket.send(Update::Done(summary)),
            Err(error) => ticket.fail(error),
        }
    }

    fn generate(&mut self, ticket: &Ticket) -> Result<JobSummary, EngineError> {
        // Work ahead costs others of the team their turn.
        if ticket.job.lane == Lane::Background && self.options.prefetch != Prefetch::Always {
            return Err(EngineError::Cancelled);
        }
        self.server.patience.watch(ticket.watcher());
        let asked = match self.health.pause(Instant::now()) {
            Some(why) => Err(why.clone()),
            None => self.connect().and_then(|()| self.ask(ticket)),
        };
        match asked {
            Ok(summary) => {
                if self.health.trouble().is_some() {
                    self.health.good();
                    self.tell();
                }
                self.health.good();
                Ok(summary)
            }
            Err(error) => {
                if self.health.pause(Instant::now()).is_none() {
                    self.note(&error);
                }
                match &mut self.local {
                    Some(local) if error != RemoteError::Given => local.run(ticket),
                    _ => Err(error.into()),
                }
            }
        }
    }

    /// Ask the server for one text.
    fn ask(&mut self, ticket: &Ticket) -> Result<JobSummary, RemoteError> {
        let Some(connection) = &mut self.connection else { return Err(RemoteError::Given) };
        let started = Instant::now();
        let max_tokens = ticket.job.max_tokens.clamp(1, connection.context as usize / 2);
        let prompt = connection.compose(&ticket.job, max_tokens, &mut self.windows, &self.server)?;
        let mut asking = Asking {
            connection,
            server: &self.server,
            ticket,
            max_tokens,
            started,
            prefilled: None,
            closed: false,
        };
        let mut delivery = Delivery::new(ticket, prompt.tokens.len(), prompt.heal.clone());
        let finish = asking.run(prompt, &mut delivery)?;
        self.closed = asking.closed;
        let now = Instant::now();
        let prefilled = asking.prefilled.unwrap_or(now);
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
        use crate::engine::queue::Next;
        self.server.patience.watch(Self::nobody());
        let _ = self.connect();
        if matches!(*self.status.borrow(), Status::Loading(_)) {
            self.tell();
        }
        loop {
            match self.queue.take_within(self.rest()) {
                Next::Job(ticket) => self.run(&ticket),
                Next::Closed => return,
                Next::Nothing => self.idle(),
            }
        }
    }
}

/// One request on its way.
struct Asking<'a> {
    connection: &'a mut Connection,
    server: &'a HttpServer,
    ticket: &'a Ticket,
    max_tokens: usize,
    started: Instant,
    /// When the first event came.
    prefilled: Option<Instant>,
    /// Whether the answer was ended by closing its connection.
    closed: bool,
}

impl Asking<'_> {
    fn run(&mut self, prompt: Composed, delivery: &mut Delivery) -> Result<Finish, RemoteError> {
        let Composed { mut tokens, .. } = prompt;
        let by_tokens = self.connection.dialect.healing() == Healing::Tokens
            && self.connection.vocabulary.pieces().is_some();
        if by_tokens && let Some(finish) = self.spell(&mut tokens, delivery)? {
            return Ok(finish);
        }
        if delivery.generated >= self.max_tokens {
            return Ok(Finish::Length);
        }
        let pending = String::from_utf8_lossy(delivery.heal.pending()).into_owned();
        let begins = if pending.is_empty() { Beginning::Free } else { Beginning::Text(&pending) };
        let ask = self.question(&tokens, self.max_tokens - delivery.generated, begins);
        let (path, body) = self.connection.dialect.completion(&ask, true);
        let mut events = self.server.stream(path, &body)?;
        loop {
            let value = match events.next(self.server, path) {
                Ok(Some(value)) => value,
                // It says that it is done, and has not said why.
                Ok(None) => return Ok(Finish::EndOfText),
                // What has come in time is of use.
                Err(RemoteError::Late(_)) if self.prefilled.is_some() => {
                    self.closed = true;
                    return Ok(Finish::Length);
                }
                Err(error) => return Err(error),
            };
            if self.server.patience.check().is_err() {
                // Before anything is sent to somebody who does not listen.
                return Err(RemoteError::Given);
            }
            let event = self.event(&value, path)?;
            let ended = delivery.take(&event, &|token| self.connection.vocabulary.is_end(token));
            if let Some(finish) = ended {
                match event.finish {
                    Some(_) => events.finish(self.server, path),
                    None => self.closed = true,
                }
                return Ok(finish);
            }
        }
    }

    fn event(&mut self, value: &Value, path: &str) -> Result<Event, RemoteError> {
        let event = self.connection.dialect.event(value).ok_or_else(|| self.server.nonsense(path))?;
        if self.prefilled.is_none() {
            let now = Instant::now();
            self.prefilled = Some(now);
            if let Some((evaluated, ms)) = event.evaluated {
                let took = ms.map_or(now.duration_since(self.started), |ms| {
                    Duration::from_secs_f32(ms.max(0.0) / 1000.0)
                });
                self.connection.speed.measured(evaluated, took);
            }
        }
        Ok(event)
    }

    fn question<'b>(&'b self, prompt: &'b [i32], max_tokens: usize, begins: Beginning<'b>) -> Ask<'b> {
        Ask {
            model: &self.connection.facts.model,
            prompt,
            max_tokens,
            sampling: self.ticket.job.sampling,
            one_line: self.ticket.job.stop.lines == 1,
            begins,
            stops: &self.connection.vocabulary.layout.stops,
            limit_ms: self.connection.limit_ms,
        }
    }

    /// Let the server spell what was typed, a token at a time, as long as that takes. Some: the text ends there.
    fn spell(
        &mut self,
        tokens: &mut Vec<i32>,
        delivery: &mut Delivery,
    ) -> Result<Option<Finish>, RemoteError> {
        loop {
            let pieces = self.connection.vocabulary.pieces();
            let Some(candidates) = pieces.and_then(|pieces| delivery.heal.candidates(pieces)) else {
                return Ok(None);
            };
            if candidates.is_empty() {
                return Ok(Some(Finish::EndOfText));
            }
            let ask = Ask { one_line: false, ..self.question(tokens, 1, Beginning::Tokens(&candidates)) };
            let (path, body) = self.connection.dialect.completion(&ask, false);
            let answer = self.server.post(path, &body)?;
            let mut event = self.event(&answer, path)?;
            let pieces = self.connection.vocabulary.pieces();
            let Some((token, text)) =
                chosen(&event, &candidates, |token| pieces.map_or(&[], |pieces| pieces.text(token)))
            else {
                return Ok(Some(Finish::EndOfText));
            };
            tokens.push(token);
            // Byte by byte, which a server's own text need not be.
            event.text.clear();
            event.finish = None;
            let text = text.to_vec();
            event.tokens.truncate(1);
            if let Some(first) = event.tokens.first_mut() {
                first.bytes.clone_from(&text);
            }
            let ended = delivery.take(&event, &|_| false).or_else(|| delivery.give(&text));
            if ended.is_some() {
                return Ok(ended);
            }
            if delivery.generated >= self.max_tokens {
                return Ok(Some(Finish::Length));
            }
        }
    }
}

/// The token that the server chose of `candidates`, by its number, or by its text where that is not told.
fn chosen<'a>(event: &Event, candidates: &[i32], text: impl Fn(i32) -> &'a [u8]) -> Option<(i32, &'a [u8])> {
    let told = event.tokens.first().and_then(|token| token.id);
    let spelled = || candidates.iter().copied().find(|&token| text(token) == event.text.as_bytes());
    let token = told.filter(|token| candidates.contains(token)).or_else(spelled)?;
    Some((token, text(token)))
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
        workspace: None,
    }
}
