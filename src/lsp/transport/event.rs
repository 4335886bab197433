//! Names what ends a server.

use std::sync::mpsc;

/// What ends a server, or follows from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent {
    /// The client said `exit`.
    Exit,
    /// The input has ended.
    EndOfInput,
    /// The output is closed.
    OutputClosed,
    /// The process that started us is gone.
    ParentGone,
    /// The operating system asked us to end.
    Terminated,
    /// Every answer is written.
    Drained,
}

/// The two ends of the event queue; watchers of signals and processes hold more senders.
pub type Events = (mpsc::Sender<ServerEvent>, mpsc::Receiver<ServerEvent>);
