//! Lists every action once, and finds and resolves actions by that list.

use std::ops::Range;

use super::action::{ActionSpec, Fix, LazyAction, Resolve, Steps};
use super::request::{ActionRequest, AvailableModels, RequestedFile};
use super::{
    docstring, explain, fix_diagnostic, fix_syntax, fix_with_instruct, generate_from_comment, implement,
    in_notebook, regenerate, rewrite,
};
use crate::completion::{Reason, blocking, secrets};
use crate::document::Edit;

/// The actions, in the order of a menu.
pub static ACTIONS: &[&ActionSpec] = &[
    &fix_syntax::SPEC,
    &fix_diagnostic::SPEC,
    &implement::SPEC,
    &generate_from_comment::SPEC,
    &regenerate::SPEC,
    &fix_with_instruct::SPEC,
    &docstring::SPEC,
    &explain::SPEC,
    &rewrite::SPEC,
];

/// The action with this id.
pub fn by_id(id: &str) -> Option<&'static ActionSpec> {
    ACTIONS.iter().copied().find(|action| action.id == id)
}

/// The complete fixes for a request, best first within each action. It parses: call it on a blocking thread.
pub fn fixes(request: &ActionRequest) -> Vec<Fix> {
    let Some(file) = RequestedFile::read(&request.snapshot) else { return Vec::new() };
    let mut fixes = found(request, &file);
    if let Some(joined) = request.snapshot.joined() {
        fixes = in_notebook::fixes(request, &joined, fixes);
    }
    let foreign = file.language.foreign(&request.snapshot.text);
    fixes.retain(|fix| leaves_alone(fix, &foreign));
    fixes
}

fn found(request: &ActionRequest, file: &RequestedFile) -> Vec<Fix> {
    let mut fixes: Vec<Fix> = Vec::new();
    for action in ACTIONS {
        let Steps::Ready { find } = action.steps else { continue };
        // While a file does not parse, what others report may only follow from that.
        let doubtful = !fixes.is_empty();
        let found = find(request, file).into_iter();
        fixes.extend(found.map(|fix| Fix { preferred: fix.preferred && !doubtful, ..fix }));
    }
    fixes
}

/// Whether a fix changes nothing of what is not of the language; whole lines before and behind it are something else.
fn leaves_alone(fix: &Fix, foreign: &[Range<usize>]) -> bool {
    let touches = |range: &Range<usize>, edit: &Edit| {
        let (start, end) = (edit.range.start, edit.range.end);
        let before = end == range.start && (edit.text.ends_with('\n') || start < end && edit.text.is_empty());
        let behind = start == range.end && (edit.text.starts_with(['\n', '\r']) || start < end);
        end >= range.start && start <= range.end && !before && !behind
    };
    !fix.edits.iter().any(|edit| foreign.iter().any(|range| touches(range, edit)))
}

/// The actions that a model could resolve there. It asks none, but it parses: call it on a blocking thread.
pub fn lazy_actions(request: &ActionRequest, models: AvailableModels) -> Vec<LazyAction> {
    let find = |action: &&ActionSpec| match action.steps {
        Steps::Lazy { model, without_model, find, .. } if without_model || models.has(model) => find(request),
        _ => Vec::new(),
    };
    let found = ACTIONS.iter().flat_map(find);
    found.map(|action| if models.is_small { action.drafted() } else { action }).collect()
}

/// Makes the edits of a lazy action, in bytes of its snapshot.
///
/// # Errors
/// The reason why there are none; [`ActionSpec::failure_message`] says it to the user.
pub async fn resolve(work: Resolve<'_>) -> Result<Vec<Edit>, Reason> {
    match work.action.action.steps {
        Steps::Lazy { resolve, .. } => {
            let (snapshot, cell) = (work.snapshot.clone(), work.snapshot.clone());
            let edits = match blocking(move || cell.joined()).await? {
                // Its edits stay in the cell.
                Some(joined) => {
                    let edits = resolve(in_notebook::work(work, &joined)).await?;
                    joined.edits_of_cell(edits).ok_or(Reason::NotHere)?
                }
                None => resolve(work).await?,
            };
            secrets::check_edits(&edits, &snapshot)?;
            Ok(edits)
        }
        // Its fixes were complete when they were found.
        Steps::Ready { .. } => Err(Reason::NotHere),
    }
}
