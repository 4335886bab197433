//! Selects what is regenerated: the smallest expression or statement around what a diagnostic points at.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::document::Snapshot;

/// Most lines that are taken out: with more of them gone, there is more to lose than to repair.
pub const LINES: usize = 4;
/// Most bytes.
const BYTES: usize = 480;

/// A part of a file that is one node of its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its bytes.
    pub range: Range<usize>,
    /// Its lines.
    pub lines: usize,
    /// Whether it is a statement: some may take its place.
    pub statement: bool,
}

/// The smallest sound node that covers `about`, unless it is too large, or something that others refer to.
pub fn find(snapshot: &Snapshot, tree: &Tree, about: &Range<usize>) -> Option<Span> {
    let language = snapshot.language.as_deref()?;
    let is_in = |kinds: &[String], node: Node<'_>| kinds.iter().any(|kind| kind == node.kind());
    let range = ink(snapshot, about)?;
    let mut node = tree.root_node().named_descendant_for_byte_range(range.start, range.end)?;
    // The outermost of the same bytes is what can be exchanged; a block is no statement, also when it has only one.
    while !is_in(&language.config.statements, node)
        && let Some(parent) = node.parent().filter(|parent| parent.byte_range() == node.byte_range())
        && parent.parent().is_some()
    {
        node = parent;
    }
    let range = node.byte_range();
    let lines = snapshot.line_of(range.end) - snapshot.line_of(range.start) + 1;
    let refused = lines > LINES
        || range.len() > BYTES
        || node.parent().is_none_or(|parent| parent.is_error())
        || node.has_error()
        || node.is_extra()
        || is_in(&language.config.definitions, node);
    if refused {
        return None;
    }
    let statement = is_in(&language.config.statements, node);
    Some(Span { range, lines, statement })
}

/// `about` without white space at its ends; of an empty range the word, or the mark, that it is at.
fn ink(snapshot: &Snapshot, about: &Range<usize>) -> Option<Range<usize>> {
    let mut range = snapshot.floor(about.start)..snapshot.floor(about.end);
    if range.is_empty() {
        let next = snapshot.char_after(range.start).filter(|c| !c.is_whitespace());
        match (next, snapshot.char_before(range.start).filter(|c| !c.is_whitespace())) {
            (Some(next), _) => range.end += next.len_utf8(),
            (None, Some(before)) => range.start -= before.len_utf8(),
            (None, None) => return None,
        }
    }
    let text = snapshot.slice(range.clone());
    let start = range.start + text.len() - text.trim_start().len();
    let end = range.start + text.trim_end().len();
    (start < end).then_some(start..end)
}
