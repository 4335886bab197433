//! Defines what a request for a completion ends in: a suggestion, or the reason why there is none.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::suggestion::{Remembered, Suggestion};
use crate::document::{Snapshot, Tree};
use crate::engine::DraftStats;
use crate::privacy::Exclusion;
use crate::prompt::ForeignText;

/// Why nothing is suggested. "Nothing to say" is a value, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user switched it off here: by language, path, or for a while.
    Disabled,
    /// The file holds secrets, or its project excludes it; the text says by which rule and what lets it in.
    Private(String),
    /// The cursor is in a text that looks like a key or a password, or the model wrote one; the text says which.
    KeyLike(String),
    /// The place is not one to complete at (in the middle of a word, say).
    NotHere,
    /// The user wants suggestions only when asking, and did not ask.
    ManualOnly,
    /// The user wants none by themselves inside comments.
    OffInComments,
    /// The user wants none by themselves inside strings.
    OffInStrings,
    /// The user wants none by themselves inside imports.
    OffInImports,
    /// The user dismissed a suggestion a moment ago.
    Quiet,
    /// The user dismissed this suggestion at this place, or took it back.
    DismissedBefore,
    /// The model generated nothing, or only white space.
    Blank,
    /// What was generated is already in the text after the cursor.
    AlreadyThere,
    /// The model repeats itself or the lines above.
    Repetition,
    /// What was generated is most likely not what is wanted.
    LowConfidence,
    /// No part of what was generated fits the syntax, or it names what cannot be seen there.
    Invalid,
    /// What the model answered breaks a rule of the action that asked it; the text says which.
    Refused(String),
    /// What was generated adds something that a reader should look at twice, and the user wants none of that.
    Risky,
    /// The model says that it does not know the language; the text names those it knows.
    UnknownLanguage(String),
    /// The parser's time, size or depth limit was hit, so nothing can be checked.
    NotParsed,
    /// A newer request took this one's place, or the client cancelled it.
    Superseded,
    /// Nothing came in time.
    Timeout,
    /// The model is still being read.
    ModelLoading,
    /// The engine's process ended and is started again.
    EngineRestarting,
    /// There is no engine; the text says what to do.
    NoEngine(String),
    /// What was to be asked does not fit into the model's context.
    TooLong {
        /// Tokens that it would take.
        tokens: usize,
        /// Tokens that there are.
        context: usize,
    },
    /// The engine failed on this job; the text says how.
    EngineFailed(String),
    /// What was generated does not extend the entry selected in the completion menu.
    MenuConflict,
}

impl From<Exclusion> for Reason {
    fn from(excluded: Exclusion) -> Self {
        Self::Private(excluded.to_string())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Disabled => "switched off here",
            Self::NotHere => "not a place to complete at",
            Self::ManualOnly => "suggestions come only when you ask (completion.trigger = \"manual\")",
            Self::OffInComments => "switched off inside comments (completion.in_comments = false)",
            Self::OffInStrings => "switched off inside strings (completion.in_strings = false)",
            Self::OffInImports => "switched off inside imports (completion.in_imports = false)",
            Self::Quiet => "you dismissed a suggestion a moment ago (completion.quiet_after_dismissal_s)",
            Self::DismissedBefore => "you dismissed or undid that suggestion here; ask to see it again",
            Self::Blank => "the model has nothing to add",
            Self::AlreadyThere => "what the model would add is already there",
            Self::Repetition => "the model repeats itself or the lines above",
            Self::LowConfidence => "the model is not sure enough (completion.eagerness says how sure it must be)",
            Self::Invalid => "nothing of what the model wrote fits here",
            Self::Risky => {
                "what the model wrote is risky (completion.on_risk = \"drop\"; `treefill check` names risks)"
            }
            Self::NotParsed => {
                "the file is too large, too deep or too slow to parse, so nothing can be checked"
            }
            Self::Superseded => "a newer request took its place",
            Self::Timeout => "nothing came in time",
            Self::ModelLoading => "the model is still being read",
            Self::EngineRestarting => "the engine has ended and is being started again",
            Self::Refused(why) => return write!(out, "the model's answer was not used: {why}"),
            Self::Private(why) => return write!(out, "a private file: {why}"),
            Self::KeyLike(why) => return write!(out, "{why}, and nothing is suggested of such"),
            Self::NoEngine(text) => return write!(out, "no model: {text}"),
            Self::TooLong { tokens, context } => {
                return write!(
                    out,
                    "it takes {tokens} tokens, and the model's context holds {context}: choose less, or raise instruct.context"
                );
            }
            Self::UnknownLanguage(known) => {
                return write!(out, "this model knows {known} only: choose another one by the setting model.path");
            }
            Self::EngineFailed(text) => return write!(out, "the model failed: {text}"),
            Self::MenuConflict => "what the model wrote does not extend the menu's entry",
        })
    }
}

/// The end of a request.
#[allow(clippy::large_enum_variant, reason = "there is one for each request, and most hold a completion")]
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Show this.
    Suggested(Suggestion),
    /// Show nothing, for this reason.
    Skipped(Reason),
}

/// What the model did for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelUse {
    /// How its tokens were generated.
    pub drafts: DraftStats,
    /// From the question to its first complete line.
    pub first_line: Option<Duration>,
}

/// What a request ends in, and what is worth keeping of the way there.
#[derive(Debug)]
pub struct CompletionReport {
    /// A suggestion, or why there is none.
    pub outcome: Outcome,
    /// Further suggestions for the same place, likeliest first. They may be below the threshold: typing them makes them
    /// likelier.
    pub others: Vec<Remembered>,
    /// The request's snapshot and its tree, when one was parsed: hand them to
    /// [`Document::store_tree`](crate::document::Document::store_tree), so that the next parse is incremental.
    pub tree: Option<(Snapshot, Tree)>,
    /// What the model did; nothing where it was not asked.
    pub model: ModelUse,
    /// What the prompt showed of other files, when it was looked at: the next request takes it along.
    pub foreign: Option<Arc<ForeignText>>,
    /// From the call to the outcome.
    pub elapsed: Duration,
}

impl CompletionReport {
    /// The report of a request that ended before the document was read.
    pub fn skipped(reason: Reason, elapsed: Duration) -> Self {
        Self {
            outcome: Outcome::Skipped(reason),
            others: Vec::new(),
            tree: None,
            foreign: None,
            model: ModelUse::default(),
            elapsed,
        }
    }
}
