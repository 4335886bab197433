//! Everything a running treefill remembers, behind one mutex: open documents, what was shown where, the settings, the
//! off switches, the engine. It knows no LSP types; the language server and the command line both drive it.
//!
//! The mutex is never held across an `.await` (clippy denies it) and never while parsing or generating.

mod acts;
mod complete;
mod counts;
mod engines;
mod fates;
mod kept;
mod prefetch;
mod rank_fixes;
mod resolve;
mod switches;
pub mod uri;
mod view;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, OnceLock, Weak};
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

pub use complete::{CompletionAnswer, PendingRequest, Query};
pub use counts::Counts;
pub use engines::Start;
pub use resolve::{PendingAction, ResolveError};
pub use switches::{Off, Scope, Switches};
pub use view::View;

use crate::cancel::CancelSource;
use crate::completion::{Reason, Shown};
use crate::config::{Config, Disabled};
use crate::document::{Change, Encoding, NotOpen, Order, Snapshot, Store, Tree};
use crate::engine::Engine;
use crate::language::{Language, Registry};
use crate::stats::{History, Recorder};

/// Loads the languages.
type Load = Box<dyn FnOnce() -> Registry + Send>;

/// The state of one running treefill.
pub struct Session {
    state: Mutex<State>,
    /// Compiling the queries of all languages takes longer than an editor should wait for `initialize`.
    registry: LazyLock<Registry, Load>,
    /// Filled once the engine has been started; requests wait for that.
    engine: watch::Sender<Option<Arc<dyn Engine>>>,
    start: Start,
    /// The engine of the model that takes instructions, filled when it is first needed.
    instruct: watch::Sender<Option<Arc<dyn Engine>>>,
    start_instruct: OnceLock<Start>,
}

/// What the mutex guards.
struct State {
    store: Store,
    open: HashMap<Arc<str>, Open>,
    config: Arc<Config>,
    disabled: Disabled,
    switches: Switches,
    counts: Counts,
    last_id: u64,
    /// The folders that the editor works in.
    roots: Vec<PathBuf>,
    recorder: Recorder,
    /// What the user took in earlier sessions.
    history: Arc<History>,
    /// Accepted texts that will be looked at again, oldest first.
    waiting: VecDeque<fates::Waiting>,
    last_waiting: u64,
    /// Whether a thread makes the engine of the model that takes instructions.
    instruct_starts: bool,
}

/// What is remembered of an open document besides its text.
struct Open {
    path: Option<PathBuf>,
    /// The editor's language identifier, or the name of the language that was recognised.
    language: String,
    /// False for read-only views: they are kept in step but nothing is suggested in them.
    editable: bool,
    /// What was found last, likeliest first: typing any of it needs no model.
    shown: Vec<Shown>,
    /// The suggestion that is on the screen, until it is known what became of it.
    pending: Option<fates::Pending>,
    /// What was prepared for the case that the user takes what is shown.
    ahead: Vec<Shown>,
    /// The request that runs for it; the next one cancels it.
    running: Weak<CancelSource>,
    /// What is known of the code actions it was offered.
    acts: acts::Acts,
    /// How likely its repairs are.
    weighed: rank_fixes::RankedFixes,
    /// The action that is being made for it; a change of the text cancels it, for it would be refused.
    making: Weak<CancelSource>,
    /// The work ahead that runs for it; any request cancels it.
    preparing: Option<CancelSource>,
}

impl Session {
    /// A session without open documents. No engine is started yet, and the languages are loaded when the first one is
    /// asked for, or by [`Session::load_languages`].
    pub fn new(
        languages: impl FnOnce() -> Registry + Send + 'static,
        config: Config,
        start: Start,
    ) -> Arc<Self> {
        let registry = LazyLock::new(Box::new(languages) as Load);
        let state = State {
            store: Store::default(),
            open: HashMap::new(),
            disabled: config.disabled(),
            config: Arc::new(config),
            switches: Switches::default(),
            counts: Counts::default(),
            last_id: 0,
            roots: Vec::new(),
            recorder: Recorder::off(),
            history: Arc::default(),
            waiting: VecDeque::new(),
            last_waiting: 0,
            instruct_starts: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            registry,
            engine: watch::Sender::new(None),
            start,
            instruct: watch::Sender::new(None),
            start_instruct: OnceLock::new(),
        })
    }

    /// Record what happens from now on. The command line does not: it shows nothing that a user could take.
    pub fn record_to(&self, recorder: Recorder) {
        self.lock().recorder = recorder;
    }

    /// Rank by what was taken in earlier sessions, as `file` has it. It is read on a thread of its own.
    pub fn learn_from(self: &Arc<Self>, file: PathBuf) {
        let session = Arc::clone(self);
        let load = move || {
            let history = Arc::new(History::load(&file));
            session.lock().history = history;
        };
        std::thread::Builder::new().name("history".into()).spawn(load).expect("a thread can be started");
    }

    /// A panic in a handler poisons the mutex; what it guards is whole between any two statements that may panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The language of a document: what the editor says, else its path, else its first line.
    pub fn language_of(&self, lsp_id: &str, uri: &str, text: &str) -> Option<Arc<Language>> {
        self.registry
            .by_lsp_id(lsp_id)
            .or_else(|| uri::path(uri).and_then(|path| self.registry.by_path(&path)))
            .or_else(|| self.registry.by_shebang(text.lines().next()?))
    }

    /// Load the languages on a thread of its own; whoever needs one meanwhile waits for it.
    pub fn load_languages(self: &Arc<Self>) {
        let session = Arc::clone(self);
        let load = move || {
            LazyLock::force(&session.registry);
        };
        std::thread::Builder::new().name("languages".into()).spawn(load).expect("a thread can be started");
    }

    /// The languages known here.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A document was opened.
    pub fn open(&self, uri: &str, lsp_id: &str, version: i32, text: &str) {
        let language = self.language_of(lsp_id, uri, text);
        let name = language.as_ref().map_or_else(|| lsp_id.to_owned(), |language| language.name().to_owned());
        let open = Open {
            path: uri::path(uri),
            language: name,
            editable: !uri::is_view(uri),
            shown: Vec::new(),
            ahead: Vec::new(),
            pending: None,
            running: Weak::new(),
            acts: acts::Acts::default(),
            weighed: rank_fixes::RankedFixes::default(),
            making: Weak::new(),
            preparing: None,
        };
        let mut state = self.lock();
        state.store.open(uri, version, text, language);
        state.open.insert(uri.into(), open);
    }

    /// A document was changed: `changes` one after another, each in the coordinates left by the one before.
    pub fn change(
        self: &Arc<Self>,
        uri: &str,
        version: i32,
        changes: &[Change],
        encoding: Encoding,
    ) -> Result<Order, NotOpen> {
        let mut state = self.lock();
        let order = state.store.change(uri, version, changes, encoding)?;
        let State { store, open, .. } = &mut *state;
        let mut later = Vec::new();
        if let (Some(document), Some(open)) = (store.get(uri), open.get_mut(uri)) {
            open.stop_making();
            open.weighed = rank_fixes::RankedFixes::default();
            if let Some(pending) = &mut open.pending {
                pending.watch(document.text());
            }
            let (happened, document) = (open.acts.watch(document.text()), document.text().clone());
            later.extend(happened.into_iter().map(|happened| state.happened(uri, happened, &document)));
        }
        drop(state);
        later.into_iter().for_each(|waiting| self.look_later(waiting));
        Ok(order)
    }

    /// An open document as it is now.
    pub fn snapshot(&self, uri: &str) -> Option<Snapshot> {
        self.lock().store.snapshot(uri)
    }

    /// Take back the tree of a snapshot of an open document, so that the next parse starts from it.
    pub fn store_tree(&self, snapshot: &Snapshot, tree: Tree) {
        if let Some(document) = self.lock().store.get_mut(&snapshot.uri) {
            document.store_tree(snapshot, tree);
        }
    }

    /// The version of an open document.
    pub fn version(&self, uri: &str) -> Option<i32> {
        self.lock().store.get(uri).map(crate::document::Document::version)
    }

    /// A document was closed: everything of it is freed, and a request that still runs for it is stopped. Returns its
    /// size in bytes.
    pub fn close(&self, uri: &str) -> usize {
        let mut state = self.lock();
        let size = state.store.get(uri).map_or(0, |document| document.text().len_bytes());
        state.end_shown(uri, false);
        state.look_again(|waiting| waiting.is_in(uri));
        state.store.close(uri);
        if let Some(open) = state.open.remove(uri) {
            open.stop_making();
            if let Some(running) = open.running.upgrade() {
                running.cancel();
            }
        }
        // The name of an unsaved document is used again for another one; a file that is opened again is the same.
        if !uri.starts_with("file:") {
            state.switches.forget(uri);
        }
        size
    }

    /// The settings in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.lock().config)
    }

    /// New settings. They hold from the next request on; a changed model is started at once.
    pub fn configure(self: &Arc<Self>, config: Config) {
        let (model_changed, instruct_changed) = {
            let mut state = self.lock();
            let engine = state.config.engine != config.engine;
            let changed = (
                engine || state.config.model != config.model,
                // It computes with as many threads as the other one.
                engine
                    || state.config.instruct != config.instruct
                    || state.config.model.tuning.threads != config.model.tuning.threads,
            );
            state.disabled = config.disabled();
            state.config = Arc::new(config);
            changed
        };
        if model_changed {
            self.start_engine();
        }
        if instruct_changed {
            self.end_instruct();
        }
    }

    /// Turn the off switches.
    pub fn switch<T>(&self, turn: impl FnOnce(&mut Switches) -> T) -> T {
        turn(&mut self.lock().switches)
    }

    /// The name of an open document's language, as switches know it.
    pub fn language_name(&self, uri: &str) -> Option<String> {
        self.lock().open.get(uri).map(|open| open.language.clone())
    }

    /// Why nothing is suggested in an open document, if it is switched off.
    pub fn off(&self, uri: &str) -> Option<Off> {
        let state = self.lock();
        state.open.get(uri).and_then(|open| state.off(uri, open))
    }

    /// The URIs of the open documents.
    pub fn open_documents(&self) -> Vec<String> {
        self.lock().open.keys().map(|uri| uri.to_string()).collect()
    }

    /// Whether the user has switched everything off in this document, or it is one that nobody types into.
    pub fn is_off(&self, uri: &str) -> bool {
        self.lock().silence(uri).is_some()
    }

    /// The user took a suggestion.
    pub fn accepted(self: &Arc<Self>, id: u64) {
        let waiting = {
            let mut state = self.lock();
            if id > state.last_id {
                return;
            }
            state.counts.accepted += 1;
            let shown = |open: &Open| open.pending.as_ref().is_some_and(|pending| pending.has(id));
            let uri = state.open.iter().find(|(_, open)| shown(open)).map(|(uri, _)| Arc::clone(uri));
            uri.and_then(|uri| state.end_shown(&uri, true))
        };
        self.look_later(waiting);
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.lock().counts.clone()
    }

    /// How many documents are open.
    pub fn documents(&self) -> usize {
        self.lock().store.len()
    }
}

impl State {
    /// Why nothing may be suggested in this document, if so.
    fn silence(&self, uri: &str) -> Option<Reason> {
        let open = self.open.get(uri).filter(|open| open.editable);
        let Some(open) = open else { return Some(Reason::NotHere) };
        self.off(uri, open).map(|_| Reason::Disabled)
    }

    fn off(&self, uri: &str, open: &Open) -> Option<Off> {
        let by_hand = self.switches.off(uri, &open.language, Instant::now());
        let by_settings = || self.disabled.matches(&open.language, open.path.as_deref());
        by_hand.or_else(|| by_settings().then_some(Off::Settings))
    }
}
