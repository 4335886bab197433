//! Defines what the reader of a workspace is told: by the session, by who watches the engine, by who watches the disk.

use std::path::PathBuf;
use std::sync::Weak;

use crate::engine::Engine;
use crate::session::SessionEvent;

/// Something that the reader may have to act on.
pub enum WorkspaceEvent {
    Session(SessionEvent),
    /// This engine knows nothing yet. Weak: a replaced engine must end.
    Ready(Weak<dyn Engine>),
    /// There is no engine that could remember anything.
    NotReady,
    /// The editor does not say what changes on the disk.
    WatchDisk,
    /// A file or folder was made, changed, renamed or removed.
    Disk(PathBuf),
    /// What has changed on the disk is not known.
    DiskAll,
    /// Somebody waits until all that has happened before is told; the number says who.
    Mark(u64),
}
