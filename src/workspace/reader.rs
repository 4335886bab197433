//! Reads the files of a workspace in small batches, follows what changes, and decides when each text is told. One thread does it all.

mod work;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::changes::{Changes, is_ignore_file};
use super::event::WorkspaceEvent;
use super::memory::WorkspaceMemory;
use super::order;
use super::pace::Pace;
use super::progress::{ReadingState, WorkspaceProgress};
use super::scan::{Candidate, Scan, is_own};
use super::typing::Typing;
use super::watch::DiskWatch;
use crate::config::Config;
use crate::document::uri;
use crate::engine::{Engine, cores};
use crate::privacy;
use crate::session::{Session, SessionEvent};

/// How long the thread sleeps when there is nothing to do. Whatever happens wakes it.
const IDLE: Duration = Duration::from_secs(60);

/// All files are looked at again after so long, when somebody types: editors do not tell of renamed folders, nor of what happens
/// outside of them.
const LOOK_AGAIN: Duration = Duration::from_secs(600);
/// The same where not all folders could be watched.
const LOOK_AGAIN_UNWATCHED: Duration = Duration::from_secs(60);

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
    /// What watches the disk, where the editor does not.
    watch: Option<DiskWatch>,
    sender: Sender<WorkspaceEvent>,
    last_scan: Instant,
    /// How many files the last scan has found.
    files: usize,
    not_read: Vec<String>,
    /// The last mark that was noticed.
    mark: u64,
    /// The next batch is not read before.
    next_batch: Instant,
    /// Nothing is done before.
    not_before: Instant,
}

impl ReaderThread {
    /// Starts the thread.
    pub fn start(
        session: Weak<Session>,
        (sender, events): (Sender<WorkspaceEvent>, Receiver<WorkspaceEvent>),
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
            watch: None,
            sender,
            last_scan: now,
            files: 0,
            not_read: Vec::new(),
            mark: 0,
            next_batch: now,
            not_before: now,
        };
        let run = move || {
            // What is made once is made at full priority: whoever needs it too waits for it.
            if let Some(session) = reader.session.upgrade() {
                session.languages();
            }
            privacy::keys("");
            cores::lower_priority();
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
            let more = self.has_batch() || self.is_on && self.engine.is_none();
            self.memory.symbols.show(&session, more);
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

    /// Whether there is something to do, now or later.
    fn has_work(&self) -> bool {
        self.has_batch() || self.typing.next().is_some() || self.changes.next().is_some()
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
            WorkspaceEvent::WatchDisk => {
                self.watch.get_or_insert_with(|| DiskWatch::new(self.sender.clone()));
                // It is the scan that says which folders there are.
                self.changes.all(now);
            }
            WorkspaceEvent::Disk(path) => self.disk(session, &path, now),
            WorkspaceEvent::DiskAll => self.changes.all(now + self.pace.all),
            WorkspaceEvent::Mark(mark) => self.mark = self.mark.max(mark),
        }
    }

    fn take_of_session(&mut self, session: &Session, event: SessionEvent, now: Instant) {
        match event {
            SessionEvent::Opened(uri) => self.opened(session, uri, now),
            SessionEvent::Changed(uri) => {
                self.typing.changed(&uri, now, self.pace.quiet, self.pace.longest);
                self.look_again(now);
            }
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
            if let Some(watch) = &mut self.watch {
                watch.follow(&[], Vec::new());
            }
            self.memory.symbols.clear();
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
        // A cell of a notebook has no text on the disk.
        let (normal, path) = (uri::normal(uri), uri::file(uri).filter(|_| !uri::is_cell(uri)));
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
    fn disk(&mut self, session: &Session, path: &Path, now: Instant) {
        if is_ignore_file(path) {
            return self.changes.all(now + self.pace.all);
        }
        let roots = session.workspace_view().roots;
        if !roots.is_empty() && !roots.iter().any(|root| is_own(path, root)) {
            return;
        }
        if session.languages().by_path(path).is_some() {
            self.changes.file(path, true, now + self.pace.files);
        } else if path.is_dir() || self.memory.has_below(path) {
            // A folder that was made, renamed or removed.
            self.changes.all(now + self.pace.all);
        }
    }

    /// Looks at all files after a while in which somebody worked: not every change of the disk is told.
    fn look_again(&mut self, now: Instant) {
        let is_complete = self.watch.as_ref().is_none_or(DiskWatch::is_complete);
        let after = if is_complete { LOOK_AGAIN } else { LOOK_AGAIN_UNWATCHED };
        if now.duration_since(self.last_scan) > after {
            self.changes.all(now);
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
        // A look at what has changed does not begin anew.
        let read = match self.scan {
            Some(_) => self.progress.borrow().read.min(self.files),
            None => self.files - self.queue.len().min(self.files),
        };
        let (texts, bytes) = self.memory.size();
        let now = WorkspaceProgress {
            state,
            read,
            files: self.files,
            texts,
            bytes,
            definitions: self.memory.symbols.count(),
            not_read: self.not_read.clone(),
            changes: self.memory.changes(),
            mark: self.mark,
            pending: self.is_on && (self.engine.is_none() || self.has_work()),
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
