//! Holds everything that a running treefill remembers, behind one mutex.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use ropey::Rope;
use tokio::sync::{Notify, watch};

use super::asked_model::SessionCalibration;
use super::counts::Counts;
use super::events::{Listener, SessionEvent};
use super::last_request::LastRequest;
use super::notebooks::Notebooks;
use super::open_document::OpenDocument;
use super::speed::RecentTimes;
use super::stand_in::StandIn;
use super::switches::{Off, Switches};
use crate::completion::Reason;
use crate::config::{Config, Disabled};
use crate::engine::Engine;
use crate::feedback::Feedback;
use crate::language::Registry;
use crate::stats::{History, Recorder};
use crate::symbols::SymbolIndex;

/// Loads the languages.
type Load = Box<dyn FnOnce() -> Registry + Send>;

/// Makes an engine from the settings. It may block: a model is unpacked, a file is looked at.
pub type EngineStarter = Arc<dyn Fn(&Config) -> Arc<dyn Engine> + Send + Sync>;

/// The state of one running treefill.
pub struct Session {
    state: Mutex<State>,
    /// Told of every answer to a request for a suggestion.
    pub(super) answers: Notify,
    /// Told when switches are turned or settings change: what a document shows may be another state.
    pub(super) turned: watch::Sender<()>,
    /// Compiling the queries of all languages takes longer than an editor should wait for `initialize`.
    pub(super) registry: LazyLock<Registry, Load>,
    /// Filled once the engine has been started; requests wait for that.
    pub(super) engine: watch::Sender<Option<Arc<dyn Engine>>>,
    pub(super) starter: EngineStarter,
    /// Whether the built-in model stands in for the configured one.
    pub(super) stand_in: watch::Sender<StandIn>,
    /// The engine of the model that takes instructions, filled when it is first needed.
    pub(super) instruct: watch::Sender<Option<Arc<dyn Engine>>>,
    pub(super) instruct_starter: OnceLock<EngineStarter>,
    /// Who is told of what happens.
    pub(super) listener: OnceLock<Listener>,
}

/// What the mutex guards.
pub struct State {
    /// By the URI as the client spells it.
    pub documents: HashMap<Arc<str>, OpenDocument>,
    /// How the client spells the URI of an open document, by its [`normal`](crate::document::uri::normal) spelling.
    pub spellings: HashMap<String, Arc<str>>,
    /// Which of the documents are the cells of one notebook.
    pub notebooks: Notebooks,
    pub config: Arc<Config>,
    pub disabled: Disabled,
    pub switches: Switches,
    pub counts: Counts,
    /// The number of the last answer.
    pub last_answer: u64,
    /// What came of the last request, for "why nothing?".
    pub last_request: Option<LastRequest>,
    /// How long the last answers of the model took.
    pub times: RecentTimes,
    /// Until when nothing comes by itself, because the user dismissed something.
    pub quiet_until: Option<tokio::time::Instant>,
    /// What the files of the workspace define, as far as they were read.
    pub symbols: Arc<SymbolIndex>,
    /// The folders that the editor works in.
    pub roots: Vec<PathBuf>,
    pub feedback: Feedback,
    /// What is learned of the model that is asked.
    pub calibration: SessionCalibration,
    /// Whether a thread makes the engine of the model that takes instructions.
    pub instruct_starts: bool,
}

impl Session {
    /// A session without open documents. No engine is started yet, and the languages are loaded when the first one is
    /// needed, or by [`Session::load_languages`].
    pub fn new(
        languages: impl FnOnce() -> Registry + Send + 'static,
        config: Config,
        starter: EngineStarter,
    ) -> Arc<Self> {
        let state = State {
            documents: HashMap::new(),
            spellings: HashMap::new(),
            notebooks: Notebooks::default(),
            disabled: config.disabled(&[]),
            feedback: Feedback::new(config.stats.enabled),
            calibration: SessionCalibration::default(),
            config: Arc::new(config),
            switches: Switches::default(),
            counts: Counts::default(),
            last_answer: 0,
            last_request: None,
            times: RecentTimes::default(),
            quiet_until: None,
            symbols: Arc::default(),
            roots: Vec::new(),
            instruct_starts: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            answers: Notify::new(),
            turned: watch::Sender::new(()),
            registry: LazyLock::new(Box::new(languages) as Load),
            engine: watch::Sender::new(None),
            starter,
            stand_in: watch::Sender::new(StandIn::None),
            instruct: watch::Sender::new(None),
            instruct_starter: OnceLock::new(),
            listener: OnceLock::new(),
        })
    }

    /// What the mutex guards. Never held while parsing or generating, nor across an `.await` (clippy denies that).
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Loads the languages on a thread of its own; a request that needs one meanwhile waits for it.
    pub fn load_languages(self: &Arc<Self>) {
        let session = Arc::clone(self);
        spawn("languages", move || {
            LazyLock::force(&session.registry);
            // Its patterns are compiled when they are first used.
            crate::privacy::keys("");
        });
    }

    /// Records what happens from now on. The command line does not: it shows nothing that a user could accept.
    pub fn record_to(&self, recorder: Recorder) {
        self.lock().feedback.recorder = recorder;
    }

    /// Ranks by what was accepted in earlier sessions, read from `file` on a thread of its own.
    pub fn learn_from(self: &Arc<Self>, file: PathBuf) {
        let session = Arc::clone(self);
        spawn("history", move || {
            let history = Arc::new(History::load(&file));
            session.lock().feedback.history = history;
        });
    }

    /// Calls `listener` with everything that happens from now on. Only the first one is heard.
    pub(crate) fn listen(&self, listener: impl Fn(SessionEvent) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Tells the listener, if there is one. Called without the lock.
    pub(super) fn happened(&self, event: SessionEvent) {
        if let Some(listener) = self.listener.get() {
            listener(event);
        }
    }

    /// A request for a suggestion was answered.
    pub(super) fn has_answered(&self) {
        self.answers.notify_one();
        self.happened(SessionEvent::Answered);
    }

    /// Waits for an answer to a request for a suggestion; those since the last wait count as one.
    pub async fn answered(&self) {
        self.answers.notified().await;
    }
}

impl State {
    /// The switch that turns a document off, if one does.
    pub fn off(&self, open: &OpenDocument) -> Option<Off> {
        let by_hand = self.switches.off(&open.document.uri(), &open.language, Instant::now());
        let by_settings = || self.disabled.matches(&open.language, open.path.as_deref());
        by_hand.or_else(|| by_settings().then_some(Off::Settings))
    }

    /// Why nothing may be offered in a document, if so.
    pub fn silence(&self, uri: &str) -> Option<Reason> {
        match self.documents.get(uri).filter(|open| open.editable) {
            None => Some(Reason::NotHere),
            Some(open) => self.off(open).map(|_| Reason::Disabled).or_else(|| self.secret(open)),
        }
    }

    /// Files with secrets by their name. What looks at the disk is in `screen`.
    fn secret(&self, open: &OpenDocument) -> Option<Reason> {
        self.disabled.screen().by_name(open.path.as_deref()?).map(Reason::from)
    }

    /// By how much the last reactions raise the bar, in logits.
    pub fn bar_logits(&self) -> f32 {
        let adapts = self.config.completion.options.eagerness_adapts;
        if adapts { self.feedback.reactions().bar_logits() } else { 0.0 }
    }

    /// How long nothing comes by itself.
    pub fn quiet(&self) -> Duration {
        let until =
            self.quiet_until.map(|until| until.saturating_duration_since(tokio::time::Instant::now()));
        until.unwrap_or_default()
    }

    /// Whether the user wants our own syntax errors to be shown in a document.
    pub fn diagnoses(&self, uri: &str) -> bool {
        self.config.diagnostics.syntax && self.silence(uri).is_none()
    }
}

/// Runs `work` on a thread with this name.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.into()).spawn(work).expect("a thread can be started");
}

pub fn text(documents: &HashMap<Arc<str>, OpenDocument>, uri: &str) -> Option<Rope> {
    documents.get(uri).map(|open| open.document.text().clone())
}
