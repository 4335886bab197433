//! Applies new settings, and the switches that the user turns while working.

use std::path::PathBuf;
use std::sync::Arc;

use super::events::SessionEvent;
use super::state::Session;
use super::switches::Switches;
use crate::config::Config;

impl Session {
    /// The settings in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.lock().config)
    }

    /// Applies new settings from the next request on. A changed model is started at once.
    pub fn configure(self: &Arc<Self>, config: Config) {
        let (model_changed, instruct_changed) = {
            let mut state = self.lock();
            let old = &state.config;
            let engine = old.engine != config.engine;
            let model = engine || old.model != config.model || old.remote != config.remote;
            // The model that takes instructions computes with as many threads as the other one.
            let threads = old.model.tuning.threads != config.model.tuning.threads;
            let instruct = engine || old.instruct != config.instruct || threads;
            state.disabled = config.disabled(&state.roots);
            state.feedback.enabled = config.stats.enabled;
            state.config = Arc::new(config);
            (model, instruct)
        };
        self.turned.send_replace(());
        self.happened(SessionEvent::Settings);
        if model_changed {
            self.start_engine();
        }
        if instruct_changed {
            self.end_instruct();
        }
    }

    /// Turns the off switches.
    pub fn switch<T>(&self, turn: impl FnOnce(&mut Switches) -> T) -> T {
        let turned = turn(&mut self.lock().switches);
        self.turned.send_replace(());
        self.happened(SessionEvent::Switches);
        turned
    }

    /// The editor works in these folders.
    pub fn work_in(&self, roots: Vec<PathBuf>) {
        {
            let mut state = self.lock();
            state.disabled = state.config.disabled(&roots);
            state.roots = roots;
        }
        self.happened(SessionEvent::Folders);
    }

    /// The editor works in other folders from now on.
    pub fn change_folders(&self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        let mut state = self.lock();
        let roots = &mut state.roots;
        // Paths are compared by their parts: a slash at the end makes no other folder.
        roots.retain(|root| !removed.contains(root));
        for folder in added {
            if !roots.contains(&folder) {
                roots.push(folder);
            }
        }
        state.disabled = state.config.disabled(&state.roots);
        drop(state);
        self.happened(SessionEvent::Folders);
    }
}
