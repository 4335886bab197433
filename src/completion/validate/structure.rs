//! Whether the code behind an insertion still means what it meant: same leaves, in the same blocks (the rule of SAFIM,
//! Gong et al. 2024, for what is behind). It counts no errors.

use std::ops::Range;

use tree_sitter::{InputEdit, Node, Point, Tree};

use crate::document::Snapshot;

/// Places compared behind the insertion, besides the first: enough to see a block that swallowed its neighbours.
const SAMPLES: usize = 16;

/// Whether lines behind the replaced `range` keep their leaves and their enclosing blocks, when `old` becomes `new` by
/// putting the bytes `inserted` (of the new text) in the place of `range` (of the old).
pub fn is_kept(
    old: &Tree,
    new: &Tree,
    snapshot: &Snapshot,
    range: &Range<usize>,
    inserted: &Range<usize>,
) -> bool {
    let text = &snapshot.text;
    let row = text.byte_to_line(range.start);
    let line_start = text.line_to_byte(row);
    let next_line = if row + 1 < text.len_lines() { text.line_to_byte(row + 1) } else { text.len_bytes() };
    let shift = |byte: usize| byte - range.end + inserted.end;
    let mut edited = old.clone();
    edited.edit(&InputEdit {
        start_byte: range.start,
        old_end_byte: range.end,
        new_end_byte: inserted.end,
        // Points do not matter for comparing byte ranges.
        start_position: Point::default(),
        old_end_position: Point::default(),
        new_end_position: Point::default(),
    });
    let changed = edited
        .changed_ranges(new)
        .map(|changed| changed.start_byte)
        .filter(|start| *start >= shift(next_line));
    let starts = changed.take(SAMPLES).map(|start| start - inserted.end + range.end);
    std::iter::once(next_line).chain(starts).all(|from| {
        let Some(before) = Leaf::from(old, from) else { return true };
        let Some(after) = Leaf::from(new, shift(before.node.start_byte())) else { return false };
        shift(before.node.start_byte()) == after.node.start_byte()
            && shift(before.node.end_byte()) == after.node.end_byte()
            && before.node.kind_id() == after.node.kind_id()
            && before.blocks(line_start).eq(after.blocks(line_start))
    })
}

/// A leaf with what it is in, outermost first: asking a node for its parent walks down from the root.
struct Leaf<'t> {
    node: Node<'t>,
    above: Vec<Node<'t>>,
}

impl<'t> Leaf<'t> {
    /// The first leaf with text that starts at or behind `byte`.
    fn from(tree: &'t Tree, byte: usize) -> Option<Self> {
        let mut cursor = tree.walk();
        let mut above = Vec::new();
        loop {
            let node = cursor.node();
            if node.end_byte() > byte && cursor.goto_first_child_for_byte(byte).is_some() {
                above.push(node);
                continue;
            }
            if node.child_count() == 0 && node.start_byte() >= byte && node.end_byte() > node.start_byte() {
                return Some(Self { node, above });
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return None;
                }
                above.pop();
            }
        }
    }

    /// Kind and start of the ancestors that begin before `line`: the blocks that hold both sides of the insertion.
    fn blocks(&self, line: usize) -> impl Iterator<Item = (u16, usize)> {
        let before = self.above.iter().filter(move |node| node.start_byte() < line);
        before.map(|node| (node.kind_id(), node.start_byte()))
    }
}
