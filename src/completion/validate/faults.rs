//! Counting what is wrong with a text: ERROR and MISSING nodes of its tree. It judges nothing.

use std::ops::Range;

use tree_sitter::{Node, Tree};

/// The byte ranges of all ERROR and MISSING nodes, in order. Only subtrees with errors are entered.
pub fn of_tree(tree: &Tree) -> Vec<Range<usize>> {
    let mut faults = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node: Node<'_> = cursor.node();
        if node.is_error() || node.is_missing() {
            faults.push(node.byte_range());
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return faults;
            }
        }
    }
}
