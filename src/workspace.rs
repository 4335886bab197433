//! Tells the engine the texts of the folders that an editor works in, so that its memory knows their words: files of the disk,
//! and in their place what is open. Nothing is written; the disk is read on a thread of its own.
//!
//! [`Scan`] finds the files that belong by [`ReadRules`], the reader's thread reads them and follows what changes.

mod changes;
mod contents;
mod engine;
mod event;
mod left_out;
mod memory;
mod order;
mod pace;
mod progress;
mod reader;
mod recent;
mod rules;
mod scan;
mod start;
mod symbols;
mod told;
mod typing;
mod watch;

pub use pace::Pace;
pub use progress::{ReadingState, WorkspaceProgress};
pub use start::WorkspaceReader;

pub(crate) use changes::IGNORE_FILES;
pub(crate) use event::WorkspaceEvent;
pub(crate) use left_out::LeftOut;
pub(crate) use rules::ReadRules;
pub(crate) use scan::{Found, Scan, too_wide};
