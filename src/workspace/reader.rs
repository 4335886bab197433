//! Reads the files of a workspace in small batches, follows what changes, and decides when each text is told. One thread does it all.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::changes::Changes;
use super::event::WorkspaceEvent;
use super::memory::WorkspaceMemory;
use super::progress::{ReadingState, WorkspaceProgress};
use super::rules::ReadRules;
use super::scan::{Candidate, Scan, too_wide};
use super::typing::Typing;
use super::{order, priority};
use crate::config::Config;
use crate::document::uri;
use crate::engine::Engine;
use crate::session::{Session, SessionEvent, WorkspaceView};

/// How long the thread sleeps when there is nothing to do. Whatever happens wakes it.
const IDLE: Duration = Duration::from_secs(60);
/// How long it waits before it looks again whether a pause of the user's is over.
const PAUSED: Duration = Duration::from_secs(1);
/// How long it looks for files before it pauses.
const SCAN_STEP: Duration = Duration::from_millis(15);

/// When and how fast the reader works.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After the engine has become ready, if no suggestion was answered before.
    pub begin: Duration,
    /// Without a change before an open text is told.
    pub quiet: Duration,
    /// An open text is told so often while there is no such pause.
    pub longest: Duration,
    /// After a file has changed, because many programs write more than once.
    pub files: Duration,
    /// After something has changed that may concern all files.
    pub all: Duration,
    /// Bytes that are read before a pause; a larger file is read whole.
    pub batch: usize,
    /// That pause.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            begin: Duration::from_secs(5),
            quiet: Duration::from_secs(1),
            longest: Duration::from_secs(10),
            files: Duration::from_millis(200),
            all: Duration::from_millis(500),
            // 5 MB a second: less than what a model's tokenizer takes, and no key waits for more than one batch.
            batch: 128 << 10,
            pause: Duration::from_millis(25),
        }
    }
}

/// The state of the thread.
pub struct ReaderThread {
    session: Weak<Session>,
    events: Receiver<WorkspaceEvent>,
    progress: watch::Sender<WorkspaceProgress>,
    pace: Pace,
    /// The engine that is ready.
    engine: Option<Weak<dyn Engine>>,
    ready_at: Option<Instant>,
    /// Whether a first suggestion was answered, or waited for long enough.
    has_begun: bool,
    is_on: bool,
    /// The settings that matter here.
    settings: Option<Arc<Config>>,
    memory: WorkspaceMemory,
    typing: Typing,
    changes: Changes,
    scan: Option<Scan>,
    queue: VecDeque<Candidate>,
    /// How many files the last scan has found.
    files: usize,
    not_read: Vec<String>,
    /// The next batch is not read before.
    next_batch: Instant,
    /// Nothing is done before.
    not_before: Instant,
}

impl ReaderThread {
    /// Starts the thread.
    pub fn start(
        session: Weak<Session>,
        events: Receiver<WorkspaceEvent>,
        progress: watch::Sender<WorkspaceProgress>,
        pace: Pace,
    ) {
        let now = Instant::now();
        let reader = Self {
            session,
            events,
            progress,
            pace,
            engine: None,
            ready_at: None,
            has_begun: false,
            is_on: true,
            settings: None,
            memory: WorkspaceMemory::default(),
            typing: Typing::default(),
            changes: Changes::default(),
            scan: None,
            queue: VecDeque::new(),
            files: 0,
            not_read: Vec::new(),
            next_batch: now,
            not_before: now,
        };
        let run = move || {
            priority::lower();
            reader.run();
        };
        // Without the thread suggestions are made all the same.
        if let Err(error) = std::thread::Builder::new().name("workspace".into()).spawn(run) {
            tracing::error!("the workspace is not read: {error}");
        }
    }

    fn run(mut self) {
        if let Some(session) = self.session.upgrade() {
            self.look_at_settings(&session, Instant::now());
        }
        loop {
            let wait = self.next(Instant::now()).saturating_duration_since(Instant::now());
            let event = match self.events.recv_timeout(wait.min(IDLE)) {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let Some(session) = self.session.upgrade() else { return };
            let mut next = event;
            while let Some(event) = next {
                self.take(&session, event, Instant::now());
                next = self.events.try_recv().ok();
            }
            self.work(&session, Instant::now());
            self.publish();
        }
    }

    /// When there is something to do.
    fn next(&self, now: Instant) -> Instant {
        if self.engine.is_none() || !self.is_on {
            return now + IDLE;
        }
        if !self.has_begun {
            return self.ready_at.map_or(now + IDLE, |ready| ready + self.pace.begin);
        }
        let batch = self.has_batch().then_some(self.next_batch);
        let next = self.typing.next().into_iter().chain(self.changes.next()).chain(batch).min();
        next.map_or(now + IDLE, |next| next.max(self.not_before))
    }

    fn has_batch(&self) -> bool {
        self.scan.is_some() || !self.queue.is_empty()
    }

    fn engine(&self) -> Option<Arc<dyn Engine>> {
        self.engine.as_ref().and_then(Weak::upgrade)
    }

    /// Notes what has happened.
    fn take(&mut self, session: &Session, event: WorkspaceEvent, now: Instant) {
        match event {
            WorkspaceEvent::Session(event) => self.take_of_session(session, event, now),
            WorkspaceEvent::Ready(engine) => {
                self.stop();
                self.engine = Some(engine);
                self.ready_at = Some(now);
                self.memory.forget();
                self.changes.all(now);
            }
            WorkspaceEvent::NotReady => {
                self.stop();
                self.engine = None;
            }
            WorkspaceEvent::Disk(path) => self.disk(&path, now),
            WorkspaceEvent::DiskAll => self.changes.all(now + self.pace.all),
        }
    }

    fn take_of_session(&mut self, session: &Session, event: SessionEvent, now: Instant) {
        match event {
            SessionEvent::Opened(uri) => self.opened(session, uri, now),
            SessionEvent::Changed(uri) => self.typing.changed(&uri, now, self.pace.quiet, self.pace.longest),
            SessionEvent::Closed(uri) => self.closed(&uri, now),
            SessionEvent::Folders | SessionEvent::Switches => self.changes.all(now),
            SessionEvent::Settings => self.look_at_settings(session, now),
            // One from before the engine was ready says nothing.
            SessionEvent::Answered => self.has_begun |= self.engine.is_some(),
        }
    }

    fn look_at_settings(&mut self, session: &Session, now: Instant) {
        let config = session.config();
        let before = self.settings.replace(Arc::clone(&config));
        let same = |before: Arc<Config>| {
            let suggests = before.completion.enabled == config.completion.enabled;
            suggests && before.workspace == config.workspace && before.disable == config.disable
        };
        if before.is_some_and(same) {
            return;
        }
        let is_on = config.workspace.enabled && config.completion.enabled;
        if std::mem::replace(&mut self.is_on, is_on) && !is_on {
            self.stop();
            if let Some(engine) = self.engine() {
                self.memory.clear(&*engine);
            }
        }
        self.changes.all(now);
    }

    /// Drops what is to be read.
    fn stop(&mut self) {
        self.scan = None;
        self.queue.clear();
    }

    fn opened(&mut self, session: &Session, uri: Arc<str>, now: Instant) {
        if let Some(folder) = uri::path(&uri).as_deref().and_then(Path::parent) {
            order::nearest_first(self.queue.make_contiguous(), |file| &file.path, &[folder.to_path_buf()]);
        }
        self.typing.at_once(uri, now);
        self.folder_of_open_files(session, now);
    }

    fn closed(&mut self, uri: &str, now: Instant) {
        self.typing.forget(uri);
        let (normal, path) = (uri::normal(uri), uri::path(uri).filter(|_| uri.starts_with("file:")));
        let (Some(path), Some(session)) = (path, self.session.upgrade()) else {
            if let Some(engine) = self.engine() {
                self.memory.remove(&*engine, &normal);
            }
            return;
        };
        self.changes.file(&path, true, now);
        self.folder_of_open_files(&session, now);
    }

    /// Where the editor works in no folder, the open files say what is read beside them.
    fn folder_of_open_files(&mut self, session: &Session, now: Instant) {
        if session.workspace_view().roots.is_empty() {
            self.changes.all(now + self.pace.files);
        }
    }

    /// Something has changed on the disk.
    fn disk(&mut self, path: &Path, now: Instant) {
        self.changes.file(path, true, now + self.pace.files);
    }

    /// Does what is due.
    fn work(&mut self, session: &Session, now: Instant) {
        let Some(engine) = self.engine().filter(|_| self.is_on && self.next(now) <= now) else { return };
        self.has_begun = true;
        let view = session.workspace_view();
        if view.paused {
            self.not_before = now + PAUSED;
            return;
        }
        let rules = ReadRules::of(&view);
        if self.changes.take_all(now) {
            self.start_scan(&view, now);
        }
        for uri in self.typing.due(now) {
            self.memory.tell_open(session, &rules, &*engine, &uri);
        }
        for (path, recent) in self.changes.take_files(now) {
            self.look_at(session, &view, &*engine, &path, recent);
        }
        if self.has_batch() && self.next_batch <= now {
            match &mut self.scan {
                Some(scan) => {
                    if scan.step(session.languages(), now + SCAN_STEP) {
                        self.end_scan(session, &view, &*engine);
                    }
                }
                None => self.read_batch(session, &rules, &*engine),
            }
            self.next_batch = Instant::now() + self.pace.pause;
        }
    }

    /// Begins to look at everything: the files, and the open texts, which may have become private.
    fn start_scan(&mut self, view: &WorkspaceView, now: Instant) {
        self.stop();
        let said = |root: &PathBuf| Some(format!("{} is not read: {}", root.display(), too_wide(root)?));
        self.not_read = view.roots.iter().filter_map(said).collect();
        self.scan = Some(Scan::of(view));
        view.open.iter().for_each(|open| self.typing.at_once(Arc::clone(&open.uri), now));
    }

    /// Takes back what does not belong any more, and lets everything that is new be read.
    fn end_scan(&mut self, session: &Session, view: &WorkspaceView, engine: &dyn Engine) {
        let Some(scan) = self.scan.take() else { return };
        let folders = view.open.iter().filter_map(|open| Some(open.path.as_ref()?.parent()?.to_path_buf()));
        let most = u64::from(view.section.max_mb) << 20;
        let found = scan.finish(session.languages(), &folders.collect::<Vec<_>>(), most);
        tracing::debug!(files = found.files.len(), left_out = found.left_out.len(), "workspace");
        let wanted: HashSet<&str> = found.files.iter().map(|file| file.normal.as_str()).collect();
        self.memory.keep(session, engine, |normal| wanted.contains(normal));
        self.files = found.files.len();
        self.queue = found.files.into_iter().filter(|file| !self.memory.knows(file)).collect();
    }

    fn read_batch(&mut self, session: &Session, rules: &ReadRules, engine: &dyn Engine) {
        let mut bytes = 0;
        while bytes < self.pace.batch {
            let Some(file) = self.queue.pop_front() else { return };
            bytes += self.memory.tell_file(session, rules, engine, &file);
        }
    }

    /// Looks at one file that may have changed, or be gone.
    fn look_at(
        &mut self,
        session: &Session,
        view: &WorkspaceView,
        engine: &dyn Engine,
        path: &Path,
        recent: bool,
    ) {
        let normal = uri::normal(&uri::of_path(path));
        if session.spelling(&normal).is_some() {
            return;
        }
        let mut scan = Scan::of_file(view, path);
        while !scan.step(session.languages(), Instant::now() + IDLE) {}
        let most = u64::from(view.section.max_mb) << 20;
        let found = scan.finish(session.languages(), &[], most.saturating_sub(self.memory.size().1 as u64));
        match found.files.first() {
            Some(file) => {
                let last = if recent { self.memory.is_recent(&normal) } else { None };
                if let Some(last) = last {
                    self.changes.file(&last, false, Instant::now());
                }
                self.memory.tell_file(session, &ReadRules::of(view), engine, file);
            }
            None => self.memory.remove(engine, &normal),
        }
    }

    fn publish(&self) {
        let state = match self.engine {
            _ if !self.is_on => ReadingState::Off,
            Some(_) if self.scan.is_some() => ReadingState::Looking,
            Some(_) if !self.queue.is_empty() => ReadingState::Reading,
            Some(_) if self.has_begun => ReadingState::Done,
            _ => ReadingState::Waiting,
        };
        let (texts, bytes) = self.memory.size();
        let now = WorkspaceProgress {
            state,
            read: self.files - self.queue.len().min(self.files),
            files: self.files,
            texts,
            bytes,
            not_read: self.not_read.clone(),
        };
        self.progress.send_if_modified(|before| {
            let is_new = *before != now;
            if is_new {
                *before = now;
            }
            is_new
        });
    }
}
