//! Tells one listener what happens to the documents, folders and settings of a session. Who listens does its work elsewhere.

use std::sync::Arc;

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// A document was opened, under this URI as the client spells it.
    Opened(Arc<str>),
    /// Its text was changed.
    Changed(Arc<str>),
    Closed(Arc<str>),
    /// The editor works in other folders.
    Folders,
    Settings,
    /// The user turned an off switch.
    Switches,
    /// A request for a suggestion was answered.
    Answered,
}

/// Called with every event, from whatever thread it happens on. It returns at once.
pub type Listener = Box<dyn Fn(SessionEvent) + Send + Sync>;
