//! Records what was shown, taken and kept, as numbers in a file of the user's own: no source text, no paths, no file
//! names. Nothing of it leaves the machine.

mod actions;
pub mod event;
mod history;
mod log;
mod summary;
mod writer;

pub(crate) use actions::ActionTally;
pub use event::{
    Acted, ActionOutcome, Asked, Disposition, Ended, KeptShare, RequestKind, UsageEvent, language_name,
};
pub(crate) use history::History;
pub use log::{EventLog, default_file, read};
pub(crate) use summary::{Filter, LanguageSummary, Latency, Step, Summary};
pub use writer::Recorder;
