//! Completes code at a cursor: [`complete`] runs the stages of `pipeline.rs` in order, each in a file of its own. Knows nothing
//! of LSP.

mod blocking;
pub mod brackets;
mod control;
mod cutback;
mod debounce;
mod decode;
mod dismissed;
mod finish;
pub mod generate;
mod guide;
pub mod import;
pub mod job;
mod length;
mod milliseconds;
pub mod outcome;
mod pipeline;
mod project;
pub mod rank;
mod request;
pub mod reuse;
pub mod score;
pub mod secrets;
pub mod suggestion;
mod surroundings;
mod target;
mod trigger;
mod trim;
mod validate;

pub use crate::prompt::ForeignText;
pub use blocking::blocking;
pub use control::{Eagerness, Multiline, Trigger};
pub use dismissed::{Dismissed, SuggestionKey};
pub use outcome::{CompletionReport, ModelUse, Outcome, Reason};
pub use pipeline::complete;
pub use project::{ContextPart, ForeignPlace, KnownProject, WorkspaceContext, with_foreign};
pub use request::{CompletionOptions, CompletionRequest, Effort, Extent, OnRisk, SelectedEntry, TriggerKind};
pub use suggestion::{CheckLevel, Moved, Rank, Remembered, Suggestion};
pub use trim::joins;

pub use crate::symbols::ImportSource;
