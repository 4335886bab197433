//! Finds the import statements at the top of a file, as text.

use tree_sitter::Tree;

use super::Excerpt;
use crate::document::Snapshot;
use crate::document::tree::{matches_to_depth, rope_text};

/// Imports are looked for in this many bytes at the top of the file.
const TOP: usize = 16 * 1024;
/// Most bytes of one import statement: a list of a hundred names says little more than its first lines.
const LONGEST: usize = 400;

/// The import statements in the first [`TOP`] bytes, in order.
pub fn find(snapshot: &Snapshot, tree: Option<&Tree>) -> Vec<Excerpt> {
    let (Some(language), Some(tree)) = (snapshot.language.as_deref(), tree) else { return Vec::new() };
    // An import inside a function says nothing about the rest of the file.
    let text = rope_text(&snapshot.text);
    let found = matches_to_depth(&language.queries.imports, tree.root_node(), text, 0..TOP, Some(1));
    let excerpt = |node: tree_sitter::Node<'_>| {
        let range = node.byte_range();
        let end = snapshot.floor(range.end.min(range.start + LONGEST).min(snapshot.text.len_bytes()));
        let text = snapshot.slice(range.start.min(end)..end).replace('\r', "");
        Excerpt { range, text }
    };
    found.iter().flat_map(|one| &one.captures).map(|(_, node)| excerpt(*node)).collect()
}
