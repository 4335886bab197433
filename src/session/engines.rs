//! Starts the session's engines in the background, waits for their models, and replaces them when settings change.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::stand_in::StandIn;
use super::state::{EngineStarter, Session, spawn};
use crate::completion::Reason;
use crate::engine::{Engine, Status, Unavailable};

/// How long a request waits for a model to be read. Long, because the next keystroke replaces the request anyway, and a
/// user who pauses wants the first suggestion as soon as there is one.
const LONGEST_LOAD: Duration = Duration::from_secs(30);

/// The same for a model that takes instructions. It is larger, and the user sees the chosen action running and may stop it.
const LONGEST_INSTRUCT_LOAD: Duration = Duration::from_secs(120);

/// The message where there is no such model.
const NOT_INSTRUCTED: &str =
    "this takes one that follows instructions; name its file in instruct.path, in treefill's config.toml";

impl Session {
    /// Starts the engine of the present settings on a thread of its own; it takes the old one's place when it is there. One for a
    /// configured model is watched there: if it fails, the built-in model stands in.
    pub fn start_engine(self: &Arc<Self>) {
        let session = Arc::clone(self);
        let start = move || {
            let config = session.config();
            let engine = (session.starter)(&config);
            let status = engine.status();
            let own = config.model.path.is_some() || config.model.adapter.is_some();
            let configured = own && !config.remote.is_used();
            let stand_in = if configured { StandIn::Watching } else { StandIn::None };
            if session.replace_engine(&config, engine, stand_in) && configured {
                let weak = Arc::downgrade(&session);
                drop(session);
                Self::watch_over(&weak, &config, status);
            }
        };
        spawn("engine-start", start);
    }

    /// Sets how the engine for the model that takes instructions is made, when it is first needed.
    pub fn instruct_by(&self, starter: EngineStarter) {
        let _ = self.instruct_starter.set(starter);
    }

    /// Why nothing that takes instructions can be done, if there is no model for it.
    pub fn instruct_missing(&self) -> Option<Reason> {
        self.config().instruct.path.is_none().then(|| Reason::NoEngine(NOT_INSTRUCTED.into()))
    }

    /// The engine for the model that takes instructions, once that is read.
    pub(super) async fn ready_instruct(self: &Arc<Self>) -> Result<Arc<dyn Engine>, Reason> {
        if self.config().instruct.path.is_none() {
            return Err(Reason::NoEngine(NOT_INSTRUCTED.into()));
        }
        self.begin_instruct();
        let ready = async {
            let mut slot = self.instruct.subscribe();
            let there = slot.wait_for(Option::is_some).await;
            let engine = there.map_err(|_| Reason::ModelLoading)?.clone().ok_or(Reason::ModelLoading)?;
            loaded(&mut engine.status()).await;
            Ok(engine)
        };
        tokio::time::timeout(LONGEST_INSTRUCT_LOAD, ready).await.unwrap_or(Err(Reason::ModelLoading))
    }

    /// Starts that engine on a thread of its own, unless it is there or on its way.
    fn begin_instruct(self: &Arc<Self>) {
        let failed = |engine: &Arc<dyn Engine>| matches!(*engine.status().borrow(), Status::Failed(_));
        {
            let mut state = self.lock();
            let wanted = self.instruct.borrow().as_ref().is_none_or(failed);
            if !wanted || std::mem::replace(&mut state.instruct_starts, true) {
                return;
            }
        }
        // The one before has failed; the user may have repaired the cause.
        self.instruct.send_replace(None);
        let session = Arc::clone(self);
        let start = move || {
            loop {
                let config = session.config();
                let engine = match session.instruct_starter.get() {
                    Some(starter) => starter(&config),
                    None => Unavailable::because(NOT_INSTRUCTED),
                };
                let mut state = session.lock();
                if state.config.instruct == config.instruct && state.config.engine == config.engine {
                    state.instruct_starts = false;
                    session.instruct.send_replace(Some(engine));
                    return;
                }
            }
        };
        spawn("instruct-start", start);
    }

    /// Forgets that engine, because its settings have changed: the next request that needs it starts another.
    pub(super) fn end_instruct(&self) {
        self.instruct.send_replace(None);
    }

    /// Watches which engine is in use; none until the first one is started.
    pub fn engine(&self) -> watch::Receiver<Option<Arc<dyn Engine>>> {
        self.engine.subscribe()
    }

    /// The engine, once its model is read.
    pub(crate) async fn ready_engine(&self) -> Result<Arc<dyn Engine>, Reason> {
        let ready = async {
            let mut slot = self.engine.subscribe();
            loop {
                let engine = slot.borrow_and_update().clone();
                let loaded = async {
                    match &engine {
                        Some(engine) => loaded(&mut engine.status()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = loaded => return engine.ok_or(Reason::ModelLoading),
                    changed = slot.changed() => changed.map_err(|_| Reason::ModelLoading)?,
                }
            }
        };
        tokio::time::timeout(LONGEST_LOAD, ready).await.unwrap_or(Err(Reason::ModelLoading))
    }
}

/// Waits while the model is being read; the pipeline reports a failure.
async fn loaded(status: &mut watch::Receiver<Status>) {
    // An engine that is gone will say so when it is asked.
    let _ = status.wait_for(|status| !status.is_coming()).await;
}
