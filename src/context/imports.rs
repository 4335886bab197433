//! The import statements at the top of the file, as text. It resolves nothing.

use streaming_iterator::StreamingIterator;
use tree_sitter::{QueryCursor, Tree};

use super::Excerpt;
use super::scope::chunks;
use crate::document::Snapshot;

/// Imports are looked for in this many bytes at the top of the file.
const TOP: usize = 16 * 1024;
/// Most bytes of one import statement: a list of a hundred names says little more than its first lines.
const LONGEST: usize = 400;

/// The import statements in the first [`TOP`] bytes, in order.
pub fn find(snapshot: &Snapshot, tree: Option<&Tree>) -> Vec<Excerpt> {
    let (Some(language), Some(tree)) = (snapshot.language.as_deref(), tree) else { return Vec::new() };
    let mut cursor = QueryCursor::new();
    cursor.set_byte_range(0..TOP);
    // An import inside a function says nothing about the rest of the file.
    cursor.set_max_start_depth(Some(1));
    let mut captures = cursor.captures(&language.queries.imports, tree.root_node(), chunks(&snapshot.text));
    let mut imports = Vec::new();
    while let Some((found, index)) = captures.next() {
        let range = found.captures()[*index].node.byte_range();
        let end = snapshot.floor(range.end.min(range.start + LONGEST).min(snapshot.text.len_bytes()));
        let text = snapshot.slice(range.start.min(end)..end).replace('\r', "");
        imports.push(Excerpt { range, text });
    }
    imports
}
