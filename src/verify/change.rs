//! Applies the edits of a change once and parses the result once, incrementally, for everything that judges it.

use std::ops::Range;

use tree_sitter::Tree;

use crate::document::{Edit, Snapshot};

/// A document before and after a change. Both snapshots know their trees.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The document as it is.
    pub before: Snapshot,
    /// The tree of `before`.
    pub tree_before: Tree,
    /// The document with the change.
    pub after: Snapshot,
    /// The tree of `after`.
    pub tree: Tree,
    /// What each edit replaces (bytes of `before`) and what that became (bytes of `after`), in order.
    pub changes: Vec<(Range<usize>, Range<usize>)>,
}

impl Applied {
    /// `before`, whose tree is `tree_before`, with `edits` in bytes of `before`. None when two of them overlap, or when the
    /// result cannot be parsed.
    pub fn new(before: &Snapshot, tree_before: &Tree, edits: &[Edit]) -> Option<Self> {
        let edits = in_order(edits);
        if edits.windows(2).any(|pair| pair[1].range.start < pair[0].range.end) {
            return None;
        }
        let mut changes = Vec::new();
        let (mut behind, mut behind_after) = (0, 0);
        for edit in &edits {
            let start = behind_after + (edit.range.start - behind);
            (behind, behind_after) = (edit.range.end, start + edit.text.len());
            changes.push((edit.range.clone(), start..behind_after));
        }
        let after = with_edits(before, &edits);
        let tree = after.parse()?;
        let (before, tree_before) = (before.clone(), tree_before.clone());
        Some(Self { before, tree_before, after: after.with_tree(tree.clone()), tree, changes })
    }

    /// The bytes of `after` from the first that is new to the last.
    pub fn inserted(&self) -> Range<usize> {
        let first = self.changes.first().map_or(0, |(_, new)| new.start);
        first..self.changes.last().map_or(0, |(_, new)| new.end)
    }

    /// The bytes of `after` that `range` (bytes of `before`) became. An edit that touches its ends belongs to it.
    pub fn shifted(&self, range: &Range<usize>) -> Range<usize> {
        let mut start = range.start;
        for (old, new) in self.changes.iter().filter(|(old, _)| old.end < range.start) {
            start = range.start - old.end + new.end;
        }
        start..self.shifted_end(range.end)
    }

    /// Where a byte of `before` is in `after`: behind the edits that end there.
    pub fn shifted_end(&self, byte: usize) -> usize {
        let last = self.changes.iter().rfind(|(old, _)| old.end <= byte);
        last.map_or(byte, |(old, new)| byte - old.end + new.end)
    }
}

fn in_order(edits: &[Edit]) -> Vec<Edit> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    edits
}

/// The text after `edits`, all in bytes of `snapshot`.
pub fn with_edits(snapshot: &Snapshot, edits: &[Edit]) -> Snapshot {
    // From the end, so that no edit moves the place of another.
    in_order(edits).iter().rev().fold(snapshot.clone(), |snapshot, edit| snapshot.with_edit(edit))
}
