//! Keeps the settings up to date: the user's file with the editor's settings on top. The editor's are trusted as little as a
//! project's, because an editor may read them from a file that came with the code.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tower_lsp::Client;
use tower_lsp::lsp_types::ConfigurationItem;

use super::client::Messages;
use crate::config::{Config, ConfigProblem, Trust};
use crate::session::Session;

/// Keeps the session's settings up to date.
pub struct SettingsSync {
    session: Arc<Session>,
    messages: Messages,
    /// The user's file.
    file: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    /// What the file said when it was read last.
    user: Config,
    /// What the editor sent last.
    editor: Value,
    /// The problems that were reported already.
    reported: HashSet<String>,
}

impl SettingsSync {
    /// Settings that come from `file`, which says `user` now.
    pub fn new(session: Arc<Session>, messages: Messages, user: Config, file: Option<PathBuf>) -> Arc<Self> {
        let state = State { user, editor: Value::Null, reported: HashSet::new() };
        Arc::new(Self { session, messages, file, state: Mutex::new(state) })
    }

    /// Puts the editor's settings on top of the user's; an empty `new` leaves those it sent before.
    pub fn apply(&self, new: Value) {
        let (config, problems) = {
            let mut state = self.state.lock();
            if new.as_object().is_none_or(|fields| !fields.is_empty()) && !new.is_null() {
                state.editor = new;
            }
            let mut config = state.user.clone();
            let problems = config.merge_options(state.editor.clone(), Trust::Workspace);
            (config, problems)
        };
        self.report(&problems);
        self.session.configure(config);
    }

    /// The same after reading the user's file again: that is how a model is changed without restarting the editor.
    pub fn reload(&self, new: Value) {
        if let Some(file) = self.file.as_ref().filter(|file| file.exists()) {
            let (user, problems) = Config::load(file);
            self.state.lock().user = user;
            self.report(&problems);
        }
        self.apply(new);
    }

    /// Reports what was not applied: all in one message, each problem once.
    pub fn report(&self, problems: &[ConfigProblem]) {
        let mut state = self.state.lock();
        let texts = problems.iter().map(ToString::to_string);
        let news: Vec<String> = texts.filter(|text| state.reported.insert(text.clone())).collect();
        if !news.is_empty() {
            self.messages.warn(&news.join("\n"));
        }
    }

    /// Asks the editor for its settings: VS Code says only that they changed. Runs by itself: it may never answer.
    pub fn pull(self: &Arc<Self>, client: Client) {
        let settings = Arc::clone(self);
        tokio::spawn(async move {
            let item = ConfigurationItem { scope_uri: None, section: Some("treefill".to_owned()) };
            if let Ok(values) = client.configuration(vec![item]).await {
                settings.apply(values.into_iter().next().unwrap_or_default());
            }
        });
    }
}
