//! Code actions: changes that somebody is offered, each checked before it is offered. One file per action; what an action
//! is called on the wire, and how it gets there, is `lsp`'s.
//!
//! Like completions they are judged against the text as it stands: an offer never adds a fault.

mod change;
pub mod check;
pub mod fix_diagnostic;
pub mod fix_syntax;
pub mod implement;
pub mod infill;
pub mod workspace;

use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use workspace::Workspace;

use crate::cancel::CancelToken;
use crate::completion::Reason;
pub use crate::completion::risks;
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
}

impl Action {
    /// Its name, the same in every release.
    pub fn name(self) -> &'static str {
        match self {
            Self::FixSyntax => "fix_syntax",
            Self::FixDiagnostic => "fix_diagnostic",
            Self::Implement => "implement",
            Self::Infill => "infill",
        }
    }
}

/// What another server, or a compiler, has against the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagnostic {
    /// Bytes of the snapshot.
    pub range: Range<usize>,
    /// What it says.
    pub message: String,
    /// Its code, as text.
    pub code: String,
    /// Who says so.
    pub source: String,
    /// Whether they say that it is no error: a warning, or less.
    pub minor: bool,
    /// What is said of it elsewhere in the file.
    pub related: Vec<Related>,
    /// Changes that came with it, best first.
    pub suggestions: Vec<Suggestion>,
}

/// What a diagnostic says of another place of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Bytes of the snapshot.
    pub range: Range<usize>,
    /// What it says.
    pub message: String,
}

/// A change that whoever complains proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What it does, in their words.
    pub title: String,
    /// The change, in bytes of the snapshot.
    pub edits: Vec<Edit>,
    /// Whether they say that it may be applied without looking.
    pub safe: bool,
}

/// One change that may be applied to exactly the snapshot it was made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Where it comes from.
    pub action: Action,
    /// What it does, exactly: "Insert `)` after `len(items`".
    pub title: String,
    /// Whether it is clearly the one to take.
    pub preferred: bool,
    /// Changes in bytes of the snapshot, in order, without overlap.
    pub edits: Vec<Edit>,
    /// The diagnostics it mends, by their number.
    pub mends: Vec<usize>,
    /// How plausible it is; compared within one action only.
    pub score: f32,
    /// What kind of repair it is, the same in every release: what feedback is counted by.
    pub kind: &'static str,
}

/// A change that takes a model, so it is made only for whoever chooses it: [`make`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Where it comes from.
    pub action: Action,
    /// What it will do.
    pub title: String,
    /// What it is about, in bytes of the snapshot.
    pub range: Range<usize>,
    /// The diagnostics it is to mend, by their number.
    pub mends: Vec<usize>,
    /// The name that must not stand there any more.
    pub unknown: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
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
pub fn applicable(request: &Request) -> Vec<Offer> {
    let mut syntax = fix_syntax::offers(request);
    let mut offers = fix_diagnostic::offers(request);
    // While a file does not parse, what others say of its names may be no more than what follows from that.
    if !syntax.is_empty() {
        offers.iter_mut().for_each(|offer| offer.preferred = false);
    }
    syntax.append(&mut offers);
    syntax
}

/// What a model could do there, if there is one. None is asked, but it parses: call it on a blocking thread.
pub fn promised(request: &Request, has_model: bool) -> Vec<Promise> {
    let range = request.range.clone().unwrap_or_default();
    let mut promises: Vec<Promise> = implement::promise(&request.snapshot, &range).into_iter().collect();
    if has_model {
        promises.extend(infill::promises(request));
    }
    promises
}

/// Keep a promise that was made for `snapshot`: checked changes in its bytes, or why there are none.
pub async fn make(
    promise: Promise,
    snapshot: Snapshot,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Edit>, Reason> {
    match promise.action {
        Action::Implement => implement::write(snapshot, promise.range, engine, cancel).await,
        Action::Infill => infill::write(snapshot, promise, engine, cancel).await,
        // They were complete when they were offered.
        Action::FixSyntax | Action::FixDiagnostic => Err(Reason::NotHere),
    }
}

/// Why nothing was made, for the user.
pub fn excuse(action: Action, reason: &Reason) -> String {
    match (action, reason) {
        (Action::Infill, Reason::NotHere) => "there is nothing here that could be written anew".into(),
        (Action::Infill, Reason::Invalid) => {
            "nothing of what the model wrote parses, moves nothing, knows its names and adds no risk".into()
        }
        (_, Reason::NotHere) => "there is no function without a body here".into(),
        (_, Reason::Invalid) => {
            "nothing of what the model wrote parses, moves nothing, uses the parameters and adds no risk"
                .into()
        }
        (_, reason) => reason.to_string(),
    }
}

/// The text of a snapshot with `edits`, which are in its bytes, applied.
pub fn applied(snapshot: &Snapshot, edits: &[Edit]) -> Snapshot {
    // From the end, so that no edit moves the place of another.
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
    edits.into_iter().fold(snapshot.clone(), |snapshot, edit| snapshot.with_edit(edit))
}
