//! Watches the folders of a workspace for changes, where the editor does not: files that any program writes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use notify::event::{EventKind, ModifyKind};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::event::WorkspaceEvent;

/// Whether each folder is watched by itself: Linux has no other way, and ignored folders then cost nothing. Other systems
/// watch a whole tree for the price of one folder.
const EACH: bool = cfg!(target_os = "linux");

/// The folders that are watched, and what watches them.
#[derive(Debug)]
pub struct DiskWatch {
    events: Sender<WorkspaceEvent>,
    watcher: Option<RecommendedWatcher>,
    folders: HashSet<PathBuf>,
    is_complete: bool,
}

impl DiskWatch {
    /// Watches nothing yet.
    pub fn new(events: Sender<WorkspaceEvent>) -> Self {
        Self { events, watcher: None, folders: HashSet::new(), is_complete: true }
    }

    /// Watches these folders and no others from now on: `roots`, or each of the `folders` that were entered below them. Whether
    /// some are new: then what has changed before this was not noticed.
    pub fn follow(&mut self, roots: &[PathBuf], folders: Vec<PathBuf>) -> bool {
        let wanted: HashSet<PathBuf> = if EACH { folders } else { roots.to_vec() }.into_iter().collect();
        if wanted.is_empty() {
            // There is a limit of watchers for each user.
            self.watcher = None;
            self.folders.clear();
            self.is_complete = true;
            return false;
        }
        if self.watcher.is_none() {
            self.watcher = watcher(self.events.clone());
            self.folders.clear();
        }
        let Some(watcher) = &mut self.watcher else {
            self.is_complete = false;
            return false;
        };
        for gone in self.folders.difference(&wanted) {
            // One that was removed is not watched any more anyway.
            let _ = watcher.unwatch(gone);
        }
        let mode = if EACH { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
        let (mut failure, mut is_new) = (None, false);
        for new in wanted.difference(&self.folders) {
            is_new = true;
            failure = failure.or(watcher.watch(new, mode).err());
        }
        self.is_complete = failure.is_none();
        if let Some(error) = failure {
            tracing::debug!("not all folders are watched: {error}");
        }
        self.folders = wanted;
        is_new
    }

    /// Whether every change is noticed.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

/// One that tells of what is written, made, renamed and removed; not of what is only read.
fn watcher(events: Sender<WorkspaceEvent>) -> Option<RecommendedWatcher> {
    let told = move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        if event.need_rescan() {
            let _ = events.send(WorkspaceEvent::DiskAll);
        }
        let matters = match event.kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => true,
        };
        for path in event.paths.into_iter().filter(|_| matters) {
            let _ = events.send(WorkspaceEvent::Disk(path));
        }
    };
    let made = RecommendedWatcher::new(told, Config::default().with_follow_symlinks(false));
    made.inspect_err(|error| tracing::debug!("folders cannot be watched: {error}")).ok()
}
