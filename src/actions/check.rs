//! The promise of every action: the whole file has fewer faults, or none more, and what is not meant to change stays where
//! it is. It reuses what completions are judged by.

use std::ops::Range;

use tree_sitter::Tree;

use crate::document::Snapshot;
use crate::verify::FaultCount;

/// Definitions compared on either side of a change: one that swallows its neighbours swallows the nearest.
const NEIGHBOURS: usize = 32;

/// Judges changes of one snapshot.
pub struct Judge<'a> {
    snapshot: &'a Snapshot,
    tree: &'a Tree,
    /// What is wrong with it.
    pub before: FaultCount,
}

impl<'a> Judge<'a> {
    /// A judge for changes of `snapshot`, whose tree is `tree`; None when it cannot be judged.
    pub fn new(snapshot: &'a Snapshot, tree: &'a Tree) -> Option<Self> {
        Some(Self { snapshot, tree, before: FaultCount::of(snapshot)? })
    }

    /// What is wrong after a change inside of `region` (bytes of the old text); None when that is more than before, or when
    /// something outside of the region is not what it was.
    pub fn after(&self, applied: &Snapshot, region: &Range<usize>) -> Option<FaultCount> {
        let weight = FaultCount::of(applied)?;
        if !weight.adds_nothing_to(&self.before) {
            return None;
        }
        let tree = applied.parse()?;
        let shift = |byte: usize| match byte >= region.end {
            true => byte + applied.len() - self.snapshot.len(),
            false => byte,
        };
        let now = tree.root_node();
        let kept = self.outside(region).into_iter().all(|(kind, range)| {
            let (start, end) = (shift(range.start), shift(range.end));
            let Some(mut node) = now.descendant_for_byte_range(start, end) else { return false };
            while node.kind_id() != kind || node.byte_range() != (start..end) {
                match node.parent().filter(|parent| parent.start_byte() == start) {
                    Some(parent) => node = parent,
                    None => return false,
                }
            }
            node.parent().is_some_and(|parent| parent.parent().is_none())
        });
        kept.then_some(weight)
    }

    /// The sound definitions at the left margin that stand wholly outside of `region`. Indented ones that an error has
    /// torn out of their class are no witnesses.
    fn outside(&self, region: &Range<usize>) -> Vec<(u16, Range<usize>)> {
        let definitions =
            self.snapshot.language.as_ref().map_or(&[][..], |language| &language.config.definitions);
        let mut cursor = self.tree.walk();
        let root = self.tree.root_node();
        let sound = root.children(&mut cursor).filter(|node| {
            let outside = node.end_byte() <= region.start || node.start_byte() >= region.end;
            let margin = self.snapshot.line_start(node.start_byte()) == node.start_byte();
            outside && margin && !node.has_error() && definitions.iter().any(|kind| kind == node.kind())
        });
        let mut found: Vec<(u16, Range<usize>)> =
            sound.map(|node| (node.kind_id(), node.byte_range())).collect();
        found.sort_by_key(|(_, range)| range.start.abs_diff(region.start));
        found.truncate(NEIGHBOURS);
        found
    }
}
