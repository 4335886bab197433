//! Counts what is wrong with a text: ERROR and MISSING nodes of its tree, and what the strict parser of its language finds.

use std::ops::Range;

use tree_sitter::Tree;

use crate::document::{Snapshot, tree};
use crate::language::strict::StrictReport;

/// What is wrong with a whole text, found without any knowledge of an older version of it.
#[derive(Debug, Clone)]
pub struct FaultCount {
    /// ERROR and MISSING nodes of a fresh parse.
    tree: usize,
    /// What the strict parser finds.
    strict: StrictReport,
}

impl FaultCount {
    /// The faults of a snapshot, parsed afresh: error recovery may find others in an incremental parse. None when it cannot
    /// be parsed.
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        Some(Self { tree: fresh_tree_faults(snapshot)?, strict: strict(snapshot) })
    }

    /// The same with the tree that the snapshot knows, where that has no fault: a sound text is sound however it was parsed,
    /// and an incremental parse is much quicker.
    pub fn quick(snapshot: &Snapshot) -> Option<Self> {
        if snapshot.parse()?.root_node().has_error() {
            return Self::of(snapshot);
        }
        Some(Self { tree: 0, strict: strict(snapshot) })
    }

    /// Whether a text with these faults has no more of any kind than one with the faults `reference`.
    pub fn adds_nothing_to(&self, reference: &Self) -> bool {
        self.tree <= reference.tree && !self.strict.worse_than(&reference.strict)
    }

    /// How many faults there are, in one number.
    pub fn total(&self) -> usize {
        self.tree + self.strict.faults.total()
    }
}

fn strict(snapshot: &Snapshot) -> StrictReport {
    let parser = snapshot.language.as_ref().and_then(|language| language.strict);
    StrictReport::whole(parser, snapshot.text.to_string())
}

/// ERROR and MISSING nodes of a fresh parse of the text; None when it cannot be parsed.
pub fn fresh_tree_faults(snapshot: &Snapshot) -> Option<usize> {
    let fresh = Snapshot::of_text(&snapshot.uri, &snapshot.text.to_string(), snapshot.language.clone());
    fresh.parse().map(|tree| tree_faults(&tree).len())
}

/// The byte ranges of all ERROR and MISSING nodes, in order. Only subtrees with errors are entered.
pub fn tree_faults(tree: &Tree) -> Vec<Range<usize>> {
    let mut faults = Vec::new();
    tree::walk(tree.root_node(), |node| {
        if node.is_error() || node.is_missing() {
            faults.push(node.byte_range());
        }
        node.has_error()
    });
    faults
}
