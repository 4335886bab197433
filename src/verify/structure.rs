//! Validates that a change moves nothing else: nodes outside of its zones keep their kinds, their parents and their (shifted)
//! places. `faults` counts the faults.

use std::ops::Range;

use tree_sitter::{Node, Tree, TreeCursor};

use super::change::Applied;
use super::policy::{Filling, Kept, Policy, Zone};
use crate::document::{Snapshot, tree};

/// The zones of a change: which bytes of the text before may change, and which bytes of the text after these are.
pub struct Zones<'a> {
    applied: &'a Applied,
    policy: &'a Policy,
    before: Vec<Range<usize>>,
    after: Vec<Range<usize>>,
    /// The bytes of the text after that are new.
    new: Vec<Range<usize>>,
}

impl<'a> Zones<'a> {
    /// The zones of `applied` under `policy`; `region` (bytes of the text before) is the one that the caller names, if any.
    pub fn new(applied: &'a Applied, policy: &'a Policy, region: Option<&Range<usize>>) -> Self {
        let pairs: Vec<(Range<usize>, Range<usize>)> = match (policy.zone, region) {
            (Zone::Edits, None) => applied.changes.clone(),
            (Zone::Edits, Some(region)) => vec![(region.clone(), applied.shifted(region))],
            (Zone::Lines, _) => {
                let lines =
                    |(old, new): &(_, _)| (lines_of(&applied.before, old), lines_of(&applied.after, new));
                applied.changes.iter().map(lines).collect()
            }
        };
        let (before, after): (_, Vec<Range<usize>>) = pairs.into_iter().unzip();
        let inserted = || applied.changes.iter().map(|(_, new)| new.clone()).collect();
        let new = if policy.zone == Zone::Edits { after.clone() } else { inserted() };
        Self { applied, policy, before, after, new }
    }

    /// Whether everything outside of the zones is what it was.
    pub fn are_all_that_changed(&self) -> bool {
        let (mut old, mut new) = (self.nodes(Side::Before), self.nodes(Side::After));
        if self.policy.kept == Kept::Definitions {
            // In order, among others: the change may reveal nodes that the fault hid.
            return old.all(|old| new.any(|new| self.is_same(&old, &new)));
        }
        if self.policy.kept == Kept::Behind && !self.follow_as_before() {
            return false;
        }
        loop {
            match (old.next(), new.next()) {
                (None, None) => return true,
                (Some(before), Some(after)) if self.is_same(&before, &after) => {
                    // An incremental parse keeps the nodes that it uses again: nothing in them is new.
                    if before.node.id() == after.node.id() {
                        (old.enter, new.enter) = (false, false);
                    }
                }
                _ => return false,
            }
        }
    }

    /// Whether the code that follows each zone has a parent of the kind that it had: a block may begin earlier now, but an
    /// expression of the next line must not become part of one in the zone.
    fn follow_as_before(&self) -> bool {
        let Applied { tree_before, tree, .. } = self.applied;
        self.before.iter().zip(&self.after).all(|(old, new)| {
            let (Some(was), Some(is)) = (first_leaf(tree_before, old.end), first_leaf(tree, new.end)) else {
                return true;
            };
            let Some((top, parent)) = with_parents(is).last().copied() else { return true };
            let is_it = |(node, above): (Node<'_>, Option<u16>)| {
                let same =
                    node.kind_id() == top.kind_id() && node.byte_range().len() == top.byte_range().len();
                same && above == parent
            };
            with_parents(was).into_iter().any(is_it)
        })
    }

    /// Whether the new text is what the policy asks for.
    pub fn are_filled(&self) -> bool {
        if self.policy.filling == Filling::Any {
            return true;
        }
        let Applied { tree, tree_before, .. } = self.applied;
        let now = parts(tree, &self.after);
        let sound = || now.iter().all(|node| !node.has_error() && !node.is_missing());
        let code = || now.iter().filter(|node| !is_comment(**node));
        match self.policy.filling {
            Filling::Any => true,
            Filling::Code => self.new.iter().any(|zone| adds_code(tree, zone)),
            Filling::SameRole => {
                let before = roles(&parts(tree_before, &self.before));
                !matches!(before[..], [Some(_)]) || before == roles(&now)
            }
            Filling::OneNode => now.len() == 1 && now[0].is_named() && sound() && self.is_all(&now),
            Filling::Statements => code().any(|node| node.is_named()) && sound() && self.is_all(&now),
            Filling::Comments => code().next().is_none() && self.is_all(&now),
            Filling::Documentation => code().count() <= 1 && self.is_all(&now),
        }
    }

    /// Whether these nodes reach from the first to the last ink of each zone.
    fn is_all(&self, nodes: &[Node<'_>]) -> bool {
        self.after.iter().all(|zone| {
            let ink = ink(&self.applied.after, zone);
            ink.is_empty()
                || nodes.iter().any(|node| node.start_byte() == ink.start)
                    && nodes.iter().any(|node| node.end_byte() >= ink.end)
        })
    }

    fn nodes(&self, side: Side) -> Nodes<'_> {
        let (snapshot, tree, zones) = match side {
            Side::Before => (&self.applied.before, &self.applied.tree_before, &self.before),
            Side::After => (&self.applied.after, &self.applied.tree, &self.after),
        };
        let (cursor, kept) = (tree.walk(), self.policy.kept);
        let behind = |zone: &Range<usize>| first_leaf(tree, zone.end).map(|leaf| leaf.start_byte());
        let first = zones.iter().filter_map(behind).collect();
        Nodes {
            snapshot,
            cursor,
            zones,
            first,
            kept,
            side,
            parents: Vec::new(),
            enter: false,
            begun: false,
            counts: true,
        }
    }

    fn is_same(&self, old: &Placed<'_>, new: &Placed<'_>) -> bool {
        let joins = self.policy.joins;
        let (was, is) = (old.node.byte_range(), new.node.byte_range());
        let begins = is.start == self.shifted(was.start, true);
        let ends = is.end == self.shifted(was.end, false);
        let mut zones = self.before.iter().zip(&self.after);
        let reaches = |(old, new): (&Range<usize>, &Range<usize>)| {
            let ink = ink(&self.applied.after, new);
            (begins || was.start >= old.end && is.start == ink.start)
                && (ends || was.end <= old.start && is.end == ink.end)
        };
        let in_place = begins && ends || joins && zones.any(reaches);
        let is_alike = old.node.kind_id() == new.node.kind_id()
            || joins && self.before.iter().any(|zone| was.end == zone.end);
        old.depth == new.depth && in_place && is_alike
    }

    /// Where the bound of a node is in the text after; at an insertion, the side that is outside of it.
    fn shifted(&self, byte: usize, is_start: bool) -> usize {
        let zones = self.before.iter().zip(&self.after);
        zones.fold(byte, |at, (old, new)| match byte {
            _ if byte > old.end || byte == old.end && (is_start || !old.is_empty()) => {
                byte - old.end + new.end
            }
            _ if byte >= old.start => byte - old.start + new.start,
            _ => at,
        })
    }
}

/// A node that must be kept, with how many of its parents must be kept too.
struct Placed<'t> {
    node: Node<'t>,
    depth: usize,
}

/// Which of the two trees of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// The nodes that must be kept, in the order of the text, parents first.
struct Nodes<'t> {
    snapshot: &'t Snapshot,
    cursor: TreeCursor<'t>,
    zones: &'t [Range<usize>],
    /// Where the first code behind each zone begins.
    first: Vec<usize>,
    kept: Kept,
    side: Side,
    /// For each node above the cursor, whether it must be kept.
    parents: Vec<bool>,
    /// Whether the node at the cursor must be kept.
    counts: bool,
    /// Whether to go on with its children.
    enter: bool,
    begun: bool,
}

impl<'t> Iterator for Nodes<'t> {
    type Item = Placed<'t>;

    fn next(&mut self) -> Option<Placed<'t>> {
        while self.advance() {
            let node = self.cursor.node();
            (self.counts, self.enter) = self.counts_and_enters(node);
            if self.counts {
                let depth = self.parents.iter().filter(|counts| **counts).count();
                return Some(Placed { node, depth });
            }
        }
        None
    }
}

impl<'t> Nodes<'t> {
    fn advance(&mut self) -> bool {
        if !self.begun {
            self.begun = true;
            return true;
        }
        if self.enter && self.cursor.goto_first_child() {
            self.parents.push(self.counts);
            return true;
        }
        while !self.cursor.goto_next_sibling() {
            if !self.cursor.goto_parent() {
                return false;
            }
            self.parents.pop();
        }
        true
    }

    /// Whether a node must be kept, and whether to look at those in it.
    fn counts_and_enters(&self, node: Node<'_>) -> (bool, bool) {
        if self.parents.is_empty() || is_comment(node) {
            // The root begins and ends with what is in it, and may be a fault.
            return (false, self.parents.is_empty());
        }
        let in_zone = self.zones.iter().any(|zone| is_inside(node, zone) && !node.byte_range().is_empty());
        match self.kept {
            Kept::Nothing => (false, false),
            Kept::Around => (!in_zone, !in_zone),
            Kept::Behind => {
                let before = self.zones.first().is_some_and(|zone| node.end_byte() <= zone.end);
                let begins = |zone: &Range<usize>| zone.contains(&node.start_byte());
                let free = before || in_zone;
                let wraps = self.first.contains(&node.start_byte()) && node.child_count() > 0;
                (!free && !wraps && !self.zones.iter().any(begins), !free)
            }
            Kept::Definitions => {
                let outside = !self.zones.iter().any(|zone| touches(node, zone));
                (outside && (self.side == Side::After || self.is_witness(node)), false)
            }
        }
    }

    /// Whether a node of the top level is a sound definition at the left margin.
    fn is_witness(&self, node: Node<'_>) -> bool {
        let language = self.snapshot.language.as_ref();
        let definitions = language.map_or(&[][..], |language| &language.config.definitions);
        let margin = || self.snapshot.line_start(node.start_byte()) == node.start_byte();
        !node.has_error() && definitions.iter().any(|kind| kind == node.kind()) && margin()
    }
}

/// The first leaf that begins at or behind `byte` and is code.
fn first_leaf(tree: &Tree, byte: usize) -> Option<Node<'_>> {
    let mut found = None;
    tree::walk(tree.root_node(), |node| {
        let passed = found.is_some() || node.end_byte() <= byte || is_comment(node);
        if !passed && node.child_count() == 0 && node.start_byte() >= byte {
            found = Some(node);
        }
        !passed
    });
    found
}

/// A node and those that begin with it, innermost first, each with the kind of its parent.
fn with_parents(leaf: Node<'_>) -> Vec<(Node<'_>, Option<u16>)> {
    let mut found = Vec::new();
    let mut next = Some(leaf);
    while let Some(node) = next.filter(|node| node.start_byte() == leaf.start_byte()) {
        next = node.parent();
        found.push((node, next.map(|parent| parent.kind_id())));
    }
    found
}

fn is_inside(node: Node<'_>, zone: &Range<usize>) -> bool {
    zone.start <= node.start_byte() && node.end_byte() <= zone.end
}

pub(super) fn touches(node: Node<'_>, zone: &Range<usize>) -> bool {
    node.start_byte() < zone.end && zone.start < node.end_byte()
}

/// Whether a node is no code. Text that an error recovery skips is extra too.
fn is_comment(node: Node<'_>) -> bool {
    node.is_extra() && !node.is_error()
}

/// The outermost nodes that are wholly inside of the zones.
fn parts<'t>(tree: &'t Tree, zones: &[Range<usize>]) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    tree::walk(tree.root_node(), |node| {
        let inside = zones.iter().any(|zone| is_inside(node, zone)) && !node.byte_range().is_empty();
        if inside {
            found.push(node);
        }
        !inside && zones.iter().any(|zone| touches(node, zone))
    });
    found
}

/// The roles of those that are code.
fn roles(parts: &[Node<'_>]) -> Vec<Option<String>> {
    parts.iter().filter(|node| !is_comment(**node)).map(|node| role(*node)).collect()
}

/// Which field of its parent a node is.
fn role(node: Node<'_>) -> Option<String> {
    let parent = node.parent()?;
    let at = tree::children(parent).iter().position(|child| *child == node)?;
    parent.field_name_for_child(u32::try_from(at).ok()?).map(str::to_owned)
}

/// Whether a statement begins in `zone`.
fn adds_code(tree: &Tree, zone: &Range<usize>) -> bool {
    let mut found = false;
    tree::walk(tree.root_node(), |node| {
        let code = touches(node, zone) && !is_comment(node);
        // A block may have nothing but comments in it.
        let begins = node.start_byte() >= zone.start && node.named_child_count() == 0;
        found |= code && node.is_named() && begins;
        code && !found
    });
    found
}

/// The bytes of `range` without white space at its ends.
fn ink(snapshot: &Snapshot, range: &Range<usize>) -> Range<usize> {
    let text = snapshot.slice(range.clone());
    let start = range.start + text.len() - text.trim_start().len();
    start..start.max(range.start + text.trim_end().len())
}

/// The bytes of the lines that `range` touches, with their line ends.
pub fn lines_of(snapshot: &Snapshot, range: &Range<usize>) -> Range<usize> {
    let row = snapshot.line_of(range.end) + 1;
    let end = if row < snapshot.lines() { snapshot.text.line_to_byte(row) } else { snapshot.len() };
    snapshot.line_start(range.start)..end
}
