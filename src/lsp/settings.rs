//! Keeps the settings up to date: the user's file with the editor's settings on top. The editor's are trusted as little as a
//! project's, because an editor may read them from a file that came with the code.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tower_lsp::Client;
use tower_lsp::lsp_types::ConfigurationItem;

use super::client::Messages;
use crate::config::{Config, ConfigProblem, Reloaded, Trust};
use crate::paths::FileStamp;
use crate::session::Session;

/// How often the file is looked at. Polled, because that works on any disk and with any way to save, and costs next to nothing.
const LOOK: Duration = Duration::from_millis(500);

/// Keeps the session's settings up to date.
pub struct SettingsSync {
    session: Arc<Session>,
    messages: Messages,
    /// The user's file.
    file: Option<PathBuf>,
    /// Whether the model runs in this process whatever the file says.
    in_process: bool,
    state: Mutex<State>,
}

struct State {
    /// What the file said when it was read last.
    user: Config,
    /// Which file that was.
    read: Option<FileStamp>,
    /// Which file was there at the last look.
    seen: Option<FileStamp>,
    /// What the editor sent last.
    editor: Value,
    /// The problems that were reported already.
    reported: HashSet<String>,
}

impl SettingsSync {
    /// Settings that come from `file`, which says `user` now; with `in_process` the model runs in this process whatever it says.
    pub fn new(
        session: Arc<Session>,
        messages: Messages,
        user: Config,
        file: Option<PathBuf>,
        in_process: bool,
    ) -> Arc<Self> {
        let read = file.as_deref().and_then(FileStamp::of);
        let state = State { user, read, seen: read, editor: Value::Null, reported: HashSet::new() };
        Arc::new(Self { session, messages, file, in_process, state: Mutex::new(state) })
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

    /// The same after reading the user's file again, if it has changed.
    pub fn reload(&self, new: Value) {
        match self.file.as_ref().filter(|file| file.exists()) {
            Some(file) if FileStamp::of(file) != self.state.lock().read => self.read_again(file, new),
            _ => self.apply(new),
        }
    }

    /// Looks at the user's file again and again, and applies what was saved, whoever did it. Then it calls `applied`. Runs for the
    /// life of the server.
    pub async fn watch(self: Arc<Self>, applied: impl Fn()) {
        loop {
            tokio::time::sleep(LOOK).await;
            let settings = Arc::clone(&self);
            // Not on a thread that answers: a disk elsewhere may hang.
            if tokio::task::spawn_blocking(move || settings.look()).await.is_ok_and(|changed| changed) {
                applied();
            }
        }
    }

    /// Applies the file if it has changed since it was read, and has stood still since the last look: some programs empty it
    /// first, or remove it. Whether it did.
    fn look(&self) -> bool {
        self.session.retry_model();
        let Some(file) = &self.file else { return false };
        let now = FileStamp::of(file);
        let changed = {
            let mut state = self.state.lock();
            let still = std::mem::replace(&mut state.seen, now) == now;
            still && now != state.read
        };
        if changed {
            self.read_again(file, Value::Null);
        }
        changed
    }

    /// Reads the file again, applies it with what the editor sent, and says what is new in it, or where it is broken: then
    /// everything stays as it was.
    fn read_again(&self, file: &Path, new: Value) {
        let before = {
            let mut state = self.state.lock();
            state.read = FileStamp::of(file);
            state.user.clone()
        };
        let reloaded = match file.exists() {
            true => Config::reload(file, &before),
            false => Reloaded::Settings(Box::default(), Vec::new()),
        };
        match reloaded {
            Reloaded::Broken(problems) => {
                self.apply(new);
                let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let text = texts.join("\n").replace(", line ignored", "");
                if self.state.lock().reported.insert(text.clone()) {
                    self.messages.error(&format!("{text}\nThe settings from before stay in force."));
                }
            }
            Reloaded::Settings(mut config, problems) => {
                config.engine.in_process |= self.in_process;
                let (live, later) = before.differences(&config);
                self.take(file, *config, &problems);
                self.report(&problems);
                self.apply(new);
                if let Some(text) = changes(&live, &later) {
                    self.messages.info(&format!("{}: {text}", file.display()));
                }
            }
        }
    }

    /// Takes over what the file says. Its old problems are mended, and would be new if they came again.
    fn take(&self, file: &Path, config: Config, problems: &[ConfigProblem]) {
        let mut state = self.state.lock();
        state.user = config;
        let origin = file.display().to_string();
        let now: HashSet<String> = problems.iter().map(ToString::to_string).collect();
        state.reported.retain(|text| !text.starts_with(&origin) || now.contains(text));
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

/// What has changed, in words.
fn changes(live: &[String], later: &[String]) -> Option<String> {
    let now = (!live.is_empty()).then(|| format!("{} changed, in force now", live.join(", ")));
    let then = (!later.is_empty())
        .then(|| format!("{} changed, in force when the editor starts this server again", later.join(", ")));
    match (now, then) {
        (None, None) => None,
        (now, then) => Some(now.into_iter().chain(then).collect::<Vec<_>>().join("; ")),
    }
}
