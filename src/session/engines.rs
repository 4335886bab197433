//! The session's engine: started in the background, waited for, replaced when the model setting changes. It runs no
//! model itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Session;
use crate::completion::Reason;
use crate::config::Config;
use crate::engine::{Engine, Status, Unavailable};

/// How an engine is made from the settings. It may block (a model is unpacked, a file is looked at).
pub type Start = Arc<dyn Fn(&Config) -> Arc<dyn Engine> + Send + Sync>;

/// How long a request waits for a model to be read. Long, because the next keystroke replaces the request anyway, and
/// whoever paused wants the first suggestion as soon as there is one.
const LONGEST_LOAD: Duration = Duration::from_secs(30);

/// The same for a model that takes instructions, which is larger: whoever chose an action sees it running, and may stop it.
const LONGEST_INSTRUCT_LOAD: Duration = Duration::from_secs(120);

/// What is said where there is none.
const NOT_INSTRUCTED: &str =
    "this takes one that follows instructions; name its file in instruct.path, in treefill's config.toml";

impl Session {
    /// Start the engine of the present settings on a thread of its own; it takes the old one's place when it is there.
    pub fn start_engine(self: &Arc<Self>) {
        let session = Arc::clone(self);
        let start = move || {
            let config = session.config();
            let engine = (session.start)(&config);
            // Another change of the settings may have come meanwhile; then its thread brings the engine.
            let now = session.config();
            if now.model == config.model && now.engine == config.engine {
                session.engine.send_replace(Some(engine));
            }
        };
        std::thread::Builder::new()
            .name("engine-start".into())
            .spawn(start)
            .expect("a thread can be started");
    }

    /// How the engine for the model that takes instructions is made; it is, when it is first needed.
    pub fn instruct_by(&self, start: Start) {
        let _ = self.start_instruct.set(start);
    }

    /// Whether there is to be a model that takes instructions.
    pub fn is_instructed(&self) -> bool {
        self.lock().config.instruct.path.is_some()
    }

    /// The engine for the model that takes instructions, once that is read.
    pub(super) async fn ready_instruct(self: &Arc<Self>) -> Result<Arc<dyn Engine>, Reason> {
        if !self.is_instructed() {
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

    /// Start that engine on a thread of its own, unless it is there, or on its way.
    fn begin_instruct(self: &Arc<Self>) {
        let failed = |engine: &Arc<dyn Engine>| matches!(*engine.status().borrow(), Status::Failed(_));
        {
            let mut state = self.lock();
            let wanted = self.instruct.borrow().as_ref().is_none_or(failed);
            if !wanted || std::mem::replace(&mut state.instruct_starts, true) {
                return;
            }
        }
        // Whoever repaired what was wrong asks again.
        self.instruct.send_replace(None);
        let session = Arc::clone(self);
        let start = move || {
            loop {
                let config = session.config();
                let engine = match session.start_instruct.get() {
                    Some(start) => start(&config),
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
        std::thread::Builder::new()
            .name("instruct-start".into())
            .spawn(start)
            .expect("a thread can be started");
    }

    /// Other settings hold for it: the next one who needs it starts another.
    pub(super) fn end_instruct(&self) {
        self.instruct.send_replace(None);
    }

    /// Watch which engine is in use; none until the first one is started.
    pub fn engine(&self) -> watch::Receiver<Option<Arc<dyn Engine>>> {
        self.engine.subscribe()
    }

    /// The engine, once its model is read.
    pub(super) async fn ready_engine(&self) -> Result<Arc<dyn Engine>, Reason> {
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

/// Wait while the model is being read; a failure is the pipeline's to report.
async fn loaded(status: &mut watch::Receiver<Status>) {
    // An engine that is gone will say so when it is asked.
    let _ = status.wait_for(|status| !status.is_coming()).await;
}
