//! Code actions: changes that somebody is offered, each checked before it is offered. One file per action; what an action
//! is called on the wire, and how it gets there, is `lsp`'s.
//!
//! Like completions they are judged against the text as it stands: an offer never adds a fault.

mod change;
mod chat;
pub mod check;
mod docstring;
mod edits;
mod explain;
pub mod fix_diagnostic;
pub mod fix_syntax;
mod fix_with_instruct;
mod function;
mod generate_from_comment;
pub mod implement;
pub mod regenerate;
pub mod rewrite;
#[cfg(test)]
mod testing;
mod verdict;
pub mod workspace;

use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use workspace::Workspace;

use crate::cancel::CancelToken;
use crate::completion::Reason;
use crate::diagnostics::Diagnostic;
use crate::document::{Edit, Snapshot};
use crate::engine::Engine;

/// Which action an offer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A small repair of the syntax.
    FixSyntax,
    /// A repair of what another server or a compiler complains about.
    FixDiagnostic,
    /// The body of a function that has none yet.
    Implement,
    /// What is complained about, written anew.
    Infill,
    /// The code that a comment asks for.
    FromComment,
    /// The documentation of a function.
    Docstring,
    /// Comments in code.
    Explain,
    /// Code, changed as the user says.
    Rewrite,
    /// What another server complains about, repaired by the model that takes instructions.
    FixInstructed,
}

/// Which model an action takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// The one that fills in.
    Infill,
    /// The one that takes instructions.
    Instruct,
}

impl Action {
    /// Its name, the same in every release.
    pub fn name(self) -> &'static str {
        match self {
            Self::FixSyntax => "fix_syntax",
            Self::FixDiagnostic => "fix_diagnostic",
            Self::Implement => "implement",
            Self::Infill => "infill",
            Self::FromComment => "from_comment",
            Self::Docstring => "docstring",
            Self::Explain => "explain",
            Self::Rewrite => "rewrite",
            Self::FixInstructed => "fix_instructed",
        }
    }

    /// The model that makes it, where one does.
    pub fn model(self) -> Model {
        match self {
            Self::FixSyntax | Self::FixDiagnostic | Self::Implement | Self::Infill | Self::FromComment => {
                Model::Infill
            }
            Self::Docstring | Self::Explain | Self::Rewrite | Self::FixInstructed => Model::Instruct,
        }
    }
}

/// One change that may be applied to exactly the snapshot it was made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// Where it comes from.
    pub action: Action,
    /// What it does, exactly: "Insert `)` after `len(items`".
    pub title: String,
    /// Whether it is clearly the one to take.
    pub preferred: bool,
    /// Changes in bytes of the snapshot, in order, without overlap.
    pub edits: Vec<Edit>,
    /// The diagnostics it fixes, by their number.
    pub fixes: Vec<usize>,
    /// How plausible it is; compared within one action only.
    pub score: f32,
    /// What kind of repair it is, the same in every release: what feedback is counted by.
    pub kind: &'static str,
}

/// A change that takes a model, so it is made only for whoever chooses it: [`make`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LazyAction {
    /// Where it comes from.
    pub action: Action,
    /// What it will do.
    pub title: String,
    /// What it is about, in bytes of the snapshot.
    pub range: Range<usize>,
    /// What the model is told besides: the user's instruction, the message of a diagnostic.
    pub told: String,
    /// The diagnostics it is to mend, by their number.
    pub fixes: Vec<usize>,
    /// The name that must not stand there any more.
    pub unknown: Option<String>,
}

impl LazyAction {
    /// A promise that takes no word from anybody and is about no diagnostic.
    pub fn new(action: Action, title: String, range: Range<usize>) -> Self {
        Self { action, title, range, told: String::new(), fixes: Vec::new(), unknown: None }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    /// The selection, or the cursor, in bytes. None asks for the first error of the file.
    pub range: Option<Range<usize>>,
    /// What is known to be wrong there.
    pub diagnostics: Vec<Diagnostic>,
    /// What else there is to look at.
    pub workspace: Workspace,
    /// Time for the search of one repair, besides the parses of the whole file before and after.
    pub time: Duration,
}

/// Time that an editor's menu may take: it opens on a key, and must not seem to hang.
pub const MENU_TIME: Duration = Duration::from_millis(50);

/// What can be done there without a model, best first. It parses: call it on a blocking thread.
pub fn applicable(request: &ActionRequest) -> Vec<Fix> {
    let mut syntax = fix_syntax::offers(request);
    let mut offers = fix_diagnostic::offers(request);
    // While a file does not parse, what others say of its names may be no more than what follows from that.
    if !syntax.is_empty() {
        offers.iter_mut().for_each(|offer| offer.preferred = false);
    }
    syntax.append(&mut offers);
    syntax
}

/// The models that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AvailableModels {
    /// One that fills in.
    pub infill: bool,
    /// One that takes instructions.
    pub instruct: bool,
}

/// What a model could do there. None is asked, but it parses: call it on a blocking thread.
pub fn promised(request: &ActionRequest, models: AvailableModels) -> Vec<LazyAction> {
    let (snapshot, range) = (&request.snapshot, request.range.clone().unwrap_or_default());
    let mut promises: Vec<LazyAction> = implement::promise(snapshot, &range).into_iter().collect();
    promises.extend(generate_from_comment::promise(snapshot, &range));
    if models.infill {
        promises.extend(regenerate::promises(request));
    }
    if models.instruct {
        promises.extend(fix_with_instruct::promises(snapshot, &request.diagnostics));
        promises.extend(docstring::promise(snapshot, &range));
        promises.extend(explain::promise(snapshot, &range));
    }
    promises
}

/// Keep a promise that was made for `snapshot`: checked changes in its bytes, or why there are none.
pub async fn make(
    promise: LazyAction,
    snapshot: Snapshot,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Edit>, Reason> {
    match promise.action {
        Action::Implement => implement::write(snapshot, promise.range, engine, cancel).await,
        Action::Infill => regenerate::write(snapshot, promise, engine, cancel).await,
        Action::FromComment => generate_from_comment::write(promise, snapshot, engine, cancel).await,
        Action::Docstring => docstring::write(promise, snapshot, engine, cancel).await,
        Action::Explain => explain::write(promise, snapshot, engine, cancel).await,
        Action::Rewrite => rewrite::write(promise, snapshot, engine, cancel).await,
        Action::FixInstructed => fix_with_instruct::write(promise, snapshot, engine, cancel).await,
        // They were complete when they were offered.
        Action::FixSyntax | Action::FixDiagnostic => Err(Reason::NotHere),
    }
}

/// Why nothing was made, for the user.
pub fn failure_message(action: Action, reason: &Reason) -> String {
    let why = match (reason, action) {
        (Reason::NotHere, Action::Infill) => "there is nothing here that could be written anew",
        (Reason::NotHere, Action::FromComment) => "there is no comment with nothing below it here",
        (Reason::NotHere, Action::Docstring) => "there is no function without documentation here",
        (Reason::NotHere, Action::Explain | Action::Rewrite | Action::FixInstructed) => {
            "there is no code here, or too much for one question"
        }
        (Reason::NotHere, _) => "there is no function without a body here",
        (Reason::Invalid, Action::Docstring) => {
            "nothing of what the model wrote is a text that can stand there and end where it should"
        }
        (Reason::Invalid, Action::Explain) => "the model gave no comments, or changed the code around them",
        (Reason::Invalid, Action::Implement) => {
            "nothing of what the model wrote parses, moves nothing, uses the parameters and adds no risk"
        }
        (Reason::Invalid, _) => {
            "nothing of what the model wrote parses, moves nothing else, knows its names and adds no risk"
        }
        (reason, _) => return reason.to_string(),
    };
    why.to_owned()
}

/// The text of a snapshot with `edits`, which are in its bytes, applied.
pub fn applied(snapshot: &Snapshot, edits: &[Edit]) -> Snapshot {
    // From the end, so that no edit moves the place of another.
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
    edits.into_iter().fold(snapshot.clone(), |snapshot, edit| snapshot.with_edit(edit))
}
