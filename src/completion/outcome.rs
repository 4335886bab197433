//! What a request for a completion ends in: a validated text, or a reason for silence.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::document::{Snapshot, Tree};

/// How far a suggestion was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CheckLevel {
    /// tree-sitter's rule and the language's strict parser agree that it fits.
    Strict,
    /// tree-sitter's rule only: the language has no strict parser here.
    Tree,
    /// Not checked: the language is unknown or the document is too large to parse.
    Unvalidated,
}

/// Why nothing is suggested. "Nothing to say" is a value, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user switched it off here: by language, path, or for a while.
    Disabled,
    /// The place is not one to complete at (in the middle of a word, say).
    NotHere,
    /// The model generated nothing, or only white space.
    Blank,
    /// What was generated is already in the text after the cursor.
    AlreadyThere,
    /// The model repeats itself or the lines above.
    Repetition,
    /// What was generated is most likely not what is wanted.
    LowConfidence,
    /// No part of what was generated fits the syntax.
    Invalid,
    /// What was generated adds something that a reader should look at twice, and the user wants none of that.
    Risky,
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

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Disabled => "switched off here",
            Self::NotHere => "not a place to complete at",
            Self::Blank => "the model has nothing to add",
            Self::AlreadyThere => "what the model would add is already there",
            Self::Repetition => "the model repeats itself or the lines above",
            Self::LowConfidence => "the model is not sure enough",
            Self::Invalid => "nothing of what the model wrote fits the syntax",
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
            Self::NoEngine(text) => return write!(out, "no model: {text}"),
            Self::TooLong { tokens, context } => {
                return write!(
                    out,
                    "it takes {tokens} tokens, and the model's context holds {context}: choose less, or raise instruct.context"
                );
            }
            Self::EngineFailed(text) => return write!(out, "the model failed: {text}"),
            Self::MenuConflict => "what the model wrote does not extend the menu's entry",
        })
    }
}

/// A suggestion that may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The text to insert, with the document's own line ends.
    pub text: String,
    /// What it replaces, in bytes of the request's snapshot: empty at the cursor, or up to what it takes in.
    pub range: Range<usize>,
    /// How far it was checked.
    pub check_level: CheckLevel,
    /// Tokens the model generated for it; 0 when it was answered without the model.
    pub tokens: usize,
    /// Prompt tokens, and how many of them the KV cache already held.
    pub prompt_tokens: (usize, usize),
    /// How likely it is what the user wants.
    pub rank: Rank,
    /// What to remember, so that typing it is answered without the model.
    pub shown: Shown,
}

/// What was generated last for a document: the basis of typing-through.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Where it was to be inserted.
    pub offset: usize,
    /// The text.
    pub text: String,
    /// Length in bytes of the text it replaces after `offset`.
    pub replaced: usize,
    /// Fingerprint of the document before `offset`.
    pub before: u64,
    /// Fingerprint of the document behind what is replaced.
    pub after: u64,
    /// Length in bytes of the document behind what is replaced.
    pub after_len: usize,
    /// How far it was checked.
    pub check_level: CheckLevel,
    /// How likely it was what the user wants.
    pub rank: Rank,
    /// Whether the user saw it: what is seen stays while it is typed, whatever else is found.
    pub seen: bool,
}

/// The end of a request.
#[allow(clippy::large_enum_variant, reason = "there is one for each request, and most hold a completion")]
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Show this.
    Suggested(Suggestion),
    /// Show nothing, because.
    Skipped(Reason),
}

/// What is known about a text, and what follows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Rank {
    /// Probability that the text is right, as the fit has it.
    #[serde(alias = "chance")]
    pub probability: f32,
    /// The features, in the order of [`super::rank::NAMES`]; empty where nothing was ranked.
    pub features: Vec<f32>,
    /// Where the text's tokens end in it, in bytes, and their log-probabilities.
    #[serde(skip)]
    pub tokens: Vec<(usize, f32)>,
    /// What speaks for or against it besides, in logits.
    #[serde(skip)]
    pub(super) prior_logit: f32,
}

/// What a request ends in, and what is worth keeping of the way there.
#[derive(Debug)]
pub struct CompletionReport {
    /// A suggestion, or why there is none.
    pub outcome: Outcome,
    /// Further texts for the same place, likeliest first; below the threshold too: typing them makes them likelier.
    pub others: Vec<Suggestion>,
    /// The request's snapshot and its tree, when one was parsed: hand them to
    /// [`Document::store_tree`](crate::document::Document::store_tree), so that the next parse is incremental.
    pub tree: Option<(Snapshot, Tree)>,
    /// From the call to the outcome.
    pub elapsed: Duration,
}
