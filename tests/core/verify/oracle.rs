//! Checks an accepted change by plain walks over fresh trees and by strict parses, not by the code under test.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use tree_sitter::Node;
use treefill::document::{Snapshot, Tree};
use treefill::verify::Applied;
use treefill::verify::policy::{self, Kept, Policy};

/// What was found out about an accepted change; one that breaks the promise panics.
pub enum Judgment {
    Kept,
    NotParsed,
}

/// Both texts of a change, as someone sees them who knows nothing else.
struct Case<'a> {
    applied: &'a Applied,
    policy: &'a Policy,
    /// Bytes that may change, of the text before and of the text after.
    zones: Vec<(Range<usize>, Range<usize>)>,
}

/// Checks that an accepted change keeps the promise.
pub fn check(applied: &Applied, policy: &Policy, region: Option<&Range<usize>>) -> Judgment {
    let (Some(old), Some(new)) = (fresh(&applied.before), fresh(&applied.after)) else {
        return Judgment::NotParsed;
    };
    let grown = |byte: usize| byte + applied.after.len() - applied.before.len();
    let zones = match region {
        Some(region) => vec![(region.clone(), region.start..grown(region.end))],
        None => applied.changes.clone(),
    };
    let case = Case { applied, policy, zones };
    case.assert(tree_faults(&new) <= tree_faults(&old), "a fault more");
    let (mut was_sound, mut is_sound) = (tree_faults(&old) == 0, tree_faults(&new) == 0);
    if let Some(parser) = applied.before.language.as_ref().and_then(|language| language.strict) {
        let was = parser.judge(&applied.before.text.to_string());
        let is = parser.judge(&applied.after.text.to_string());
        if was.unjudged || is.unjudged {
            return Judgment::NotParsed;
        }
        case.assert(is.syntax <= was.syntax && is.semantic <= was.semantic, "a strict fault more");
        was_sound &= was.total() == 0;
        is_sound &= is.total() == 0;
    }
    // What error recovery makes of the same code is not always the same.
    match policy.kept {
        Kept::Definitions if is_sound => case.check_definitions(&old, &new),
        Kept::Around | Kept::Behind if was_sound => case.check_leaves(&old, &new),
        _ => {}
    }
    Judgment::Kept
}

impl Case<'_> {
    fn assert(&self, holds: bool, said: &str) {
        let Self { applied, policy, zones } = self;
        assert!(holds, "{said}: {policy:?}\n{zones:?}\n{}\n==>\n{}", applied.before.text, applied.after.text);
    }

    /// Where a byte outside of the zones is in the text after.
    fn shifted(&self, byte: usize) -> usize {
        let before = self.applied.changes.iter().filter(|(old, _)| old.end <= byte);
        before.fold(byte, |at, (old, new)| at + new.len() - old.len())
    }

    /// Where the bound of a node outside of the zones is in the text after; None when it is inside of a zone.
    fn bound(&self, byte: usize, is_start: bool) -> Option<usize> {
        let inside = |(old, _): &(Range<usize>, Range<usize>)| old.start < byte && byte < old.end;
        let is_behind =
            |old: &Range<usize>| old.end < byte || old.end == byte && (is_start || !old.is_empty());
        let before = self.zones.iter().filter(|(old, _)| is_behind(old));
        let shifted = before.fold(byte, |at, (old, new)| at + new.len() - old.len());
        (!self.zones.iter().any(inside)).then_some(shifted)
    }

    /// Sound definitions at the left margin are where they were.
    fn check_definitions(&self, old: &Tree, new: &Tree) {
        let mut found: Vec<(u16, Range<usize>)> = Vec::new();
        nodes(new, |node, above| {
            if above.len() == 1 {
                found.push((node.kind_id(), node.byte_range()));
            }
        });
        let language = self.applied.before.language.as_ref();
        nodes(old, |node, above| {
            let range = node.byte_range();
            let outside = self.zones.iter().all(|(old, _)| range.end <= old.start || range.start >= old.end);
            let definitions = language.map_or(&[][..], |language| &language.config.definitions);
            let is_definition = definitions.iter().any(|kind| kind == node.kind());
            let margin = self.applied.before.line_start(range.start) == range.start;
            if above.len() == 1 && outside && is_definition && margin && !node.has_error() {
                let start = self.shifted(range.start);
                let there = found.contains(&(node.kind_id(), start..start + range.len()));
                self.assert(there, &format!("the definition {range:?} moved"));
            }
        });
    }

    /// Leaves outside of the zones are where they were, in nodes of the same kinds.
    fn check_leaves(&self, old: &Tree, new: &Tree) {
        let kept = self.leaves(old, true);
        let found = self.leaves(new, false);
        if *self.policy == policy::COMMENTS {
            self.assert(kept.len() == found.len(), "code among the comments");
        }
        let mut places: HashMap<(u16, Range<usize>), Vec<&[Above]>> = HashMap::new();
        for leaf in &found {
            places.entry((leaf.kind, leaf.range.clone())).or_default().push(&leaf.above);
        }
        for leaf in &kept {
            let there = places.get(&(leaf.kind, leaf.range.clone())).into_iter().flatten();
            let same = there.into_iter().any(|above| {
                let mut pairs = leaf.above.iter().zip(above.iter());
                above.len() == leaf.above.len() && pairs.all(|(was, is)| was.became(is))
            });
            self.assert(same, &format!("the leaf {:?} moved", leaf.range));
        }
    }

    /// The leaves that the policy keeps, in the places that they have in the text after.
    fn leaves(&self, tree: &Tree, is_old: bool) -> Vec<Leaf> {
        let zone = |(old, new): &(Range<usize>, Range<usize>)| if is_old { old.clone() } else { new.clone() };
        let zones: Vec<Range<usize>> = self.zones.iter().map(zone).collect();
        let snapshot = if is_old { &self.applied.before } else { &self.applied.after };
        let is_behind = self.policy.kept == Kept::Behind;
        let line = snapshot.line_start(zones[0].start);
        let behind = snapshot.line_end(zones[zones.len() - 1].end) + 1;
        let mut leaves = Vec::new();
        nodes(tree, |node, above| {
            let range = node.byte_range();
            let is_code = !node.is_extra() && above.iter().all(|above| !above.is_extra());
            let outside = || zones.iter().all(|zone| range.end <= zone.start || range.start >= zone.end);
            let kept = if is_behind { range.start >= behind } else { outside() };
            if range.is_empty() || node.child_count() > 0 || !is_code || !kept {
                return;
            }
            // Only what begins before the lines of the change surely stays around what is behind.
            let around = above.iter().filter(|node| !is_behind || node.start_byte() < line);
            let has_place = self.policy.kept == Kept::Around && !self.policy.joins;
            let bound = |byte, is_start| if is_old { self.bound(byte, is_start) } else { Some(byte) };
            let above = around.map(|node| Above {
                kind: node.kind_id(),
                // The root begins and ends with what is in it.
                start: bound(node.start_byte(), true).filter(|_| has_place && node.parent().is_some()),
                end: bound(node.end_byte(), false).filter(|_| has_place && node.parent().is_some()),
                // A declaration becomes a definition.
                may_change: self.policy.joins && zones.iter().any(|zone| zone.end == node.end_byte()),
            });
            let above = above.collect();
            let start = if is_old { self.shifted(range.start) } else { range.start };
            leaves.push(Leaf { kind: node.kind_id(), range: start..start + range.len(), above });
        });
        leaves
    }
}

/// A leaf with the nodes that it is in.
struct Leaf {
    kind: u16,
    /// Bytes of the text after.
    range: Range<usize>,
    above: Vec<Above>,
}

/// A node around a leaf; its bounds are in bytes of the text after, where the policy keeps them.
struct Above {
    kind: u16,
    start: Option<usize>,
    end: Option<usize>,
    may_change: bool,
}

impl Above {
    fn became(&self, now: &Self) -> bool {
        let kind = self.may_change || self.kind == now.kind;
        let is_there = |was: Option<usize>, is: Option<usize>| was.is_none() || was == is;
        kind && is_there(self.start, now.start) && is_there(self.end, now.end)
    }
}

fn fresh(snapshot: &Snapshot) -> Option<Tree> {
    let text = snapshot.text.to_string();
    Snapshot::of_text("", &text, snapshot.language.clone()).try_parse_within(Duration::from_secs(5)).ok()
}

fn tree_faults(tree: &Tree) -> usize {
    let mut count = 0;
    nodes(tree, |node, _| count += usize::from(node.is_error() || node.is_missing()));
    count
}

/// Calls `visit` for every node with those that it is in.
pub fn nodes<'t>(tree: &'t Tree, mut visit: impl FnMut(Node<'t>, &[Node<'t>])) {
    let mut cursor = tree.walk();
    let mut above = Vec::new();
    loop {
        let node = cursor.node();
        visit(node, &above);
        if cursor.goto_first_child() {
            above.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            above.pop();
        }
    }
}
