//! Lets the built-in model stand in for a configured one that cannot be used: missing, unreadable, broken, or lost again and again.

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
        let failed = status.wait_for(|status| matches!(status, Status::Failed(_)));
        let why = match futures::executor::block_on(failed).as_deref() {
            Ok(Status::Failed(why)) => why.clone(),
            // Another engine took its place.
            _ => return,
        };
        let Some(session) = session.upgrade() else { return };
        let adapter = config.model.adapter.as_ref().filter(|_| why.starts_with(models::ADAPTER_SETTING));
        let Some(path) = adapter.or(config.model.path.as_ref()) else { return };
        let model = match adapter {
            Some(_) => ModelSection { adapter: None, ..config.model.clone() },
            None => ModelSection::default(),
        };
        let engine = (session.starter)(&Config { model, ..config.clone() });
        if matches!(*engine.status().borrow(), Status::Failed(_)) {
            // This build has no model inside: the error of the configured one is the better one to read.
            session.stand_in.send_if_modified(|stand_in| {
                let undecided = *stand_in == StandIn::Watching;
                *stand_in = if undecided { StandIn::None } else { stand_in.clone() };
                undecided
            });
            return;
        }
        let notice = match adapter {
            Some(_) => models::without_adapter_notice(&why),
            None => models::stand_in_notice(path, &why),
        };
        tracing::warn!("{notice}");
        let used = StandIn::Used { notice, path: path.clone(), file: FileStamp::of(path) };
        session.replace_engine(config, engine, used);
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
