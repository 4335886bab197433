//! The part of a file that an insertion can break: the top-level items around it, with one sound neighbour on either
//! side. It judges nothing.

use std::ops::Range;

use tree_sitter::Tree;

use crate::document::Snapshot;

/// The bytes from the last sound top-level item that ends before the line of `offset` to the end of the first one behind
/// that line. Without sound neighbours it reaches to the ends of the text.
///
/// The neighbours are part of it, because the tree is lenient about where an item ends: `def f():` with nothing below
/// is an item of its own to tree-sitter, and what is typed on the next line belongs into it.
pub fn around(snapshot: &Snapshot, tree: &Tree, offset: usize) -> Range<usize> {
    let whole = 0..snapshot.len();
    let root = tree.root_node();
    if root.is_error() {
        return whole;
    }
    let row = snapshot.line_of(offset);
    let line = snapshot.text.line_to_byte(row)..snapshot.line_range(row).end;
    let mut cursor = root.walk();
    let (mut start, mut end) = (0, whole.end);
    if !cursor.goto_first_child() {
        return whole;
    }
    loop {
        let node = cursor.node();
        let sound = !node.has_error() && !node.is_missing() && !node.is_extra();
        if sound && node.end_byte() <= line.start {
            start = node.start_byte();
        } else if sound && node.start_byte() > line.end {
            end = node.end_byte();
            break;
        }
        // A broken item in between belongs to the region: what broke it may be the cursor's line.
        if !cursor.goto_next_sibling() {
            break;
        }
    }
    start..end
}
