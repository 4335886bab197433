//! Defines what an action is: its specification (a row of the registry), a complete fix, and an action to be resolved.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use super::request::{ActionRequest, RequestedFile};
use crate::cancel::CancelToken;
use crate::completion::Reason;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, ModelRole};

/// Everything that the rest of the program knows of one action.
pub struct ActionSpec {
    /// Its id on the wire and in statistics, the same in every release.
    pub id: &'static str,
    /// Where it belongs in a menu.
    pub kind: MenuKind,
    /// How its edits are made.
    pub steps: Steps,
    /// The message for the user when there is no place for it ([`Reason::NotHere`]).
    pub not_here: &'static str,
    /// The message for the user when nothing that the model wrote passes the checks ([`Reason::Invalid`]).
    pub invalid: &'static str,
}

/// Where an action belongs in a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuKind {
    /// It repairs an error.
    QuickFix,
    /// It writes or changes code.
    Rewrite,
}

/// How an action is found and made. `find` parses: call it on a blocking thread.
pub enum Steps {
    /// `find` gives complete fixes, best first.
    Ready {
        /// Finds them.
        find: fn(&ActionRequest, &RequestedFile) -> Vec<Fix>,
    },
    /// `find` gives the places; the edits are made by a model for the action that the user chooses.
    Lazy {
        /// The model that it needs.
        model: ModelRole,
        /// Whether a menu has it also while there is no such model; its failure then tells how to get one.
        without_model: bool,
        /// Finds the places; asks no model.
        find: fn(&ActionRequest) -> Vec<LazyAction>,
        /// Makes the edits.
        resolve: fn(Resolve<'_>) -> ResolveFuture<'_>,
    },
}

/// What `resolve` works with.
pub struct Resolve<'a> {
    /// The action, in bytes of the snapshot.
    pub action: LazyAction,
    /// The document that the edits are for.
    pub snapshot: Snapshot,
    /// A model of the role that the specification names.
    pub engine: &'a dyn Engine,
    /// Stops the work.
    pub cancel: &'a CancelToken,
}

/// Checked edits in bytes of the snapshot, or why there are none.
pub type ResolveFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<Edit>, Reason>> + Send + 'a>>;

/// The message of [`ActionSpec::invalid`] for edits that are checked like a completion.
pub const INVALID: &str =
    "nothing of what the model wrote parses, moves nothing else, knows its names and adds no risk";
/// The message for the user when what the model wrote passes the checks and is most likely wrong all the same
/// ([`Reason::LowConfidence`]).
pub const UNLIKELY: &str = "the model is not sure enough of what it wrote, so nothing was written: a larger model knows more (setting model.path)";
/// The message of [`ActionSpec::not_here`] for actions about given lines.
pub const NO_CODE: &str = "there is no code here, or too much for one question";

impl ActionSpec {
    /// The model that it needs; None when it is complete without one.
    pub fn model(&self) -> Option<ModelRole> {
        match self.steps {
            Steps::Ready { .. } => None,
            Steps::Lazy { model, .. } => Some(model),
        }
    }

    /// Why nothing was changed, for the user.
    pub fn failure_message(&self, reason: &Reason) -> String {
        match reason {
            Reason::NotHere => self.not_here.to_owned(),
            Reason::Invalid => self.invalid.to_owned(),
            Reason::LowConfidence => UNLIKELY.to_owned(),
            other => other.to_string(),
        }
    }
}

impl PartialEq for ActionSpec {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for ActionSpec {}

impl fmt::Debug for ActionSpec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id)
    }
}

/// A change that may be applied to exactly the snapshot it was made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The action that found it.
    pub action: &'static ActionSpec,
    /// What it does, exactly: "Close the call: insert `)` after `len(items`".
    pub title: String,
    /// Whether it is clearly the one to take.
    pub preferred: bool,
    /// The measured share of repairs of its class that give the original back; None where nobody measured it.
    pub exact_share: Option<f32>,
    /// Changes in bytes of the snapshot, in order, without overlap.
    pub edits: Vec<Edit>,
    /// The diagnostics of the request that it fixes, by their index.
    pub fixes: Vec<usize>,
    /// How plausible it is; compared within one action only.
    pub score: f32,
    /// What kind of repair it is, the same in every release: feedback is counted by it.
    pub kind: &'static str,
}

/// An action whose edits a model makes, once the user chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LazyAction {
    /// The action that found it.
    pub action: &'static ActionSpec,
    /// What it will do.
    pub title: String,
    /// The place, in bytes of the snapshot.
    pub range: Range<usize>,
    /// What the question has besides the code: the user's instruction, or the message of a diagnostic.
    pub instruction: String,
    /// The diagnostics of the request that it is to fix, by their index.
    pub fixes: Vec<usize>,
    /// The unknown name that must not be there any more.
    pub unknown: Option<String>,
    /// The title where a small model does it: its work is a draft. None where the size makes no difference.
    pub draft_title: Option<String>,
    /// Whether it is one: the user is asked to look before it is applied, where the editor can.
    pub is_draft: bool,
}

impl LazyAction {
    /// An action without an instruction that is about no diagnostic.
    pub fn new(action: &'static ActionSpec, title: String, range: Range<usize>) -> Self {
        Self {
            action,
            title,
            range,
            instruction: String::new(),
            fixes: Vec::new(),
            unknown: None,
            draft_title: None,
            is_draft: false,
        }
    }

    /// The same as a small model does it.
    pub fn drafted(self) -> Self {
        match self.draft_title {
            Some(title) => Self { title, draft_title: None, is_draft: true, ..self },
            None => self,
        }
    }
}
