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
    pub fn configure(self: &Arc<Self>, mut config: Config) {
        let (model_changed, instruct_changed) = {
            let mut state = self.lock();
            config.take_adapter_of(&state.roots);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::config::FolderAdapter;
    use crate::engine::scripted::ScriptedEngine;

    #[test]
    fn a_folder_with_an_adapter_of_its_own_gets_an_engine_with_it() {
        let (started, adapters) = mpsc::channel();
        let engine = ScriptedEngine::always("x");
        let starter = Arc::new(move |config: &Config| {
            let _ = started.send(config.model.adapter.clone());
            Arc::clone(&engine) as _
        });
        let mut config = Config::default();
        config.model.adapters =
            vec![FolderAdapter { folder: "/src/api".into(), file: Some("api.gguf".into()) }];
        let session = Session::new(crate::testing::registry, Config::default(), starter);
        session.configure(config.clone());
        assert_eq!(adapters.recv().unwrap(), None);
        session.change_folders(vec!["/src/api".into()], &[]);
        session.configure(config.clone());
        assert_eq!(adapters.recv().unwrap(), Some("api.gguf".into()));
        session.change_folders(Vec::new(), &["/src/api".into()]);
        session.configure(config);
        assert_eq!(adapters.recv().unwrap(), None);
    }
}
