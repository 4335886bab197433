//! What can be checked of a repair without the server that complained: the file has no more faults than before, the name
//! that was unknown is known, and no other has become unknown.

use std::cell::OnceCell;
use std::ops::Range;

use super::Repair;
use super::site::{SourceView, words};
use crate::actions::applied;
use crate::document::{Edit, Snapshot};
use crate::verify::{FaultCount, names};

/// Places of a name that are looked at: each costs up to some milliseconds.
const PLACES: usize = 24;

/// Checks repairs of one file.
pub struct Recheck<'a> {
    site: &'a SourceView<'a>,
    /// Knows its tree, so that the parse of a repaired one is incremental.
    snapshot: Snapshot,
    before: OnceCell<Option<FaultCount>>,
}

impl<'a> Recheck<'a> {
    /// Checks repairs of this file.
    pub fn new(site: &'a SourceView<'a>) -> Self {
        Self { site, snapshot: site.snapshot.with_tree(site.tree.clone()), before: OnceCell::new() }
    }

    /// Whether the repair may be offered.
    pub fn passes(&self, repair: &Repair) -> bool {
        let Some(before) = self.before.get_or_init(|| FaultCount::quick(&self.snapshot)) else {
            return false;
        };
        let after = applied(&self.snapshot, &repair.edits);
        let Some(tree) = after.parse() else { return false };
        let after = after.with_tree(tree.clone());
        if !FaultCount::quick(&after).is_some_and(|weight| weight.adds_nothing_to(before)) {
            return false;
        }
        let unknown_after = |at: Range<usize>| names::check(&after, &tree, at).unknown;
        let unknown_before = |at: Range<usize>| names::check(&self.snapshot, self.site.tree, at).unknown;
        if let Some(at) = &repair.settles {
            let name = &self.site.text[at.clone()];
            let now = shifted(at, &repair.edits);
            // A change of the name itself is judged below, by what it became.
            if after.slice(now.clone()) == name && unknown_after(now).iter().any(|unknown| unknown == name) {
                return false;
            }
        }
        for edit in repair.edits.iter().filter(|edit| !edit.text.trim().is_empty()) {
            let new = shifted(&(edit.range.start..edit.range.start), &repair.edits).start;
            // From the start, which an edit at the same byte moves.
            let new = new - edit.text.len() * usize::from(edit.range.is_empty());
            let known = unknown_before(edit.range.clone());
            if unknown_after(new..new + edit.text.len()).iter().any(|name| !known.contains(name)) {
                return false;
            }
        }
        repair.gone.iter().all(|name| {
            let text = after.text.to_string();
            let unknown = |at| unknown_after(at).contains(name);
            let missed = words(&text, name).take(PLACES).any(unknown);
            !missed || words(self.site.text, name).take(PLACES).any(|at| unknown_before(at).contains(name))
        })
    }
}

/// Where `range` of the old text is after `edits`, when none of them changes it.
fn shifted(range: &Range<usize>, edits: &[Edit]) -> Range<usize> {
    let before = edits.iter().filter(|edit| edit.range.end <= range.start);
    let grown =
        before.fold(0isize, |sum, edit| sum + edit.text.len().cast_signed() - edit.range.len().cast_signed());
    range.start.saturating_add_signed(grown)..range.end.saturating_add_signed(grown)
}
