//! Lets the built-in model stand in for a configured one that cannot be used: missing, unreadable, broken, or lost again and again.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use tokio::sync::watch;

use super::stand_in::StandIn;
use super::state::Session;
use crate::config::{Config, ModelSection};
use crate::engine::{Engine, Status};
use crate::models;
use crate::paths::FileStamp;

impl Session {
    /// Watches whether the built-in model stands in for the configured one.
    pub fn stand_in(&self) -> watch::Receiver<StandIn> {
        self.stand_in.subscribe()
    }

    /// Puts the built-in model in the place of the engine with this `status`, started for `config`, when that has failed; the same
    /// model without its adapter, when that is what cannot be used. Blocks for as long as that engine is in use.
    pub(super) fn watch_over(session: &Weak<Self>, config: &Config, mut status: watch::Receiver<Status>) {
        let mut tried = config.model.clone();
        loop {
            let failed = status.wait_for(|status| matches!(status, Status::Failed(_)));
            let why = match futures::executor::block_on(failed).as_deref() {
                Ok(Status::Failed(why)) => why.clone(),
                // Another engine took its place.
                _ => return,
            };
            let Some(session) = session.upgrade() else { return };
            let Some((next, used)) = Instead::of(&tried, &why) else { return };
            let engine = (session.starter)(&Config { model: next.clone(), ..config.clone() });
            if matches!(*engine.status().borrow(), Status::Failed(_)) {
                if next.path.is_some() {
                    // Without its adapter it does not even start: its file is what is wrong.
                    (tried, status) = (next, engine.status());
                    continue;
                }
                // This build has no model inside: the error of the configured one is the better one to read.
                session.stand_in.send_if_modified(|stand_in| {
                    let undecided = *stand_in == StandIn::Watching;
                    *stand_in = if undecided { StandIn::None } else { stand_in.clone() };
                    undecided
                });
                return;
            }
            tracing::warn!("{}", used.notice);
            let file = FileStamp::of(&used.path);
            let used = StandIn::Used { notice: used.notice, path: used.path, file };
            let now = engine.status();
            if !session.replace_engine(config, engine, used) || next.path.is_none() {
                return;
            }
            // It is still being read, and may turn out to be as bad as its adapter.
            (tried, status) = (next, now);
        }
    }

    /// Tries the configured model again if its file was written since it failed.
    pub fn retry_model(self: &Arc<Self>) {
        let StandIn::Used { path, file, .. } = self.stand_in.borrow().clone() else { return };
        let now = FileStamp::of(&path);
        if now.is_some() && now != file && models::check(&path).is_ok() {
            self.stand_in.send_replace(StandIn::Watching);
            self.start_engine();
        }
    }

    /// Puts `engine` in the place of the one before, unless another change of the settings has come since `config`; then its
    /// thread brings the engine. Whether it did.
    pub(super) fn replace_engine(&self, config: &Config, engine: Arc<dyn Engine>, stand_in: StandIn) -> bool {
        let now = self.config();
        let current = now.model == config.model && now.engine == config.engine && now.remote == config.remote;
        if current {
            // Before the engine: who sees the engine knows whether it stands in.
            self.stand_in.send_replace(stand_in);
            self.engine.send_replace(Some(engine));
            self.lock().times.forget();
        }
        current
    }
}

/// What takes the place of a model that cannot be used.
struct Instead {
    /// What the user is told.
    notice: String,
    /// The file that cannot be used.
    path: PathBuf,
}

impl Instead {
    /// The model that takes the place of `failed`, which has failed because of `why`: the same without its adapter, if that is it, else
    /// the built-in one. None where the built-in one has failed.
    fn of(failed: &ModelSection, why: &str) -> Option<(ModelSection, Self)> {
        match (&failed.adapter, &failed.path) {
            (Some(adapter), _) if why.starts_with(models::ADAPTER_SETTING) => {
                let notice = models::without_adapter_notice(why);
                Some((
                    ModelSection { adapter: None, ..failed.clone() },
                    Self { notice, path: adapter.clone() },
                ))
            }
            (_, Some(path)) => {
                let notice = models::stand_in_notice(path, why);
                Some((ModelSection::default(), Self { notice, path: path.clone() }))
            }
            (_, None) => None,
        }
    }
}
