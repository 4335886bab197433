//! Finds and makes what takes the other cells of a notebook too, and gives the edits of the one cell.

use super::action::{Fix, LazyAction, Resolve};
use super::fix_diagnostic;
use super::request::{ActionRequest, RequestedFile};
use crate::diagnostics::Diagnostic;
use crate::document::Joined;

/// `alone`, the fixes that were found in the cell by itself, with what all cells say of names and imports. A fix that would
/// change another cell is made in this one, if that was found too.
pub fn fixes(request: &ActionRequest, joined: &Joined, alone: Vec<Fix>) -> Vec<Fix> {
    if request.diagnostics.is_empty() {
        return alone;
    }
    let Some(file) = RequestedFile::read(&joined.snapshot) else { return alone };
    let (mut here, mut fixes): (Vec<Fix>, Vec<Fix>) =
        alone.into_iter().partition(|fix| *fix.action == fix_diagnostic::SPEC);
    for fix in fix_diagnostic::offers(&among_cells(request, joined), &file) {
        let same = here.iter().position(|other| other.title == fix.title);
        let found = match joined.edits_of_cell(fix.edits.clone()) {
            Some(edits) => Some(Fix { edits, ..fix }),
            None => same.map(|same| Fix { fixes: fix.fixes, ..here.remove(same) }),
        };
        fixes.extend(found);
    }
    fixes
}

/// The same request about the cell among the others.
fn among_cells(request: &ActionRequest, joined: &Joined) -> ActionRequest {
    let moved = |diagnostic: &Diagnostic| {
        let mut diagnostic = diagnostic.clone();
        diagnostic.range = joined.inside(&diagnostic.range);
        let places = diagnostic.related.iter_mut().map(|place| &mut place.range);
        let edits = diagnostic.suggestions.iter_mut().flat_map(|fix| &mut fix.edits);
        places.chain(edits.map(|edit| &mut edit.range)).for_each(|range| *range = joined.inside(range));
        diagnostic
    };
    ActionRequest {
        snapshot: joined.snapshot.clone(),
        range: request.range.as_ref().map(|range| joined.inside(range)),
        diagnostics: request.diagnostics.iter().map(moved).collect(),
        ..request.clone()
    }
}

/// The same work on the cell among the others.
pub fn work<'a>(work: Resolve<'a>, joined: &Joined) -> Resolve<'a> {
    let range = joined.inside(&work.action.range);
    Resolve { action: LazyAction { range, ..work.action }, snapshot: joined.snapshot.clone(), ..work }
}
