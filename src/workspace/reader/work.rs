//! Does what the reader has to do at a moment: looks for files, reads them, tells texts and takes them back.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{IDLE, ReaderThread};
use crate::document::uri;
use crate::engine::Engine;
use crate::session::{Session, WorkspaceView};
use crate::workspace::recent::MOST_RECENT;
use crate::workspace::rules::ReadRules;
use crate::workspace::scan::{Scan, too_wide};

/// How long it waits before it looks again whether a pause of the user's is over.
const PAUSED: Duration = Duration::from_secs(1);
/// How long it looks for files before it pauses.
const SCAN_STEP: Duration = Duration::from_millis(15);
/// How many times [`Pace::all`](crate::workspace::Pace) it waits to look once more after it began to watch a folder.
const AFTER_WATCH: u32 = 4;

impl ReaderThread {
    /// Does what is due.
    pub fn work(&mut self, session: &Session, now: Instant) {
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
        let changed = self.changes.take_files(now);
        // Who writes more at once is a program.
        let by_hand = changed.len() <= MOST_RECENT;
        for (path, recent) in changed {
            self.look_at(session, &view, &*engine, &path, recent && by_hand);
        }
        if self.has_batch() && self.next_batch <= now {
            match &mut self.scan {
                Some(scan) => {
                    if scan.step(session.languages(), Instant::now() + SCAN_STEP) {
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
        self.last_scan = now;
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
        if let Some(watch) = &mut self.watch {
            let is_new = watch.follow(&view.roots, found.folders);
            if is_new {
                self.changes.all(Instant::now() + AFTER_WATCH * self.pace.all);
            }
        }
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
        // What it said before gives way to what it says now.
        let others = self.memory.size().1 - self.memory.bytes(&normal);
        let most = (u64::from(view.section.max_mb) << 20).saturating_sub(others as u64);
        let found = scan.finish(session.languages(), &[], most);
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
}
