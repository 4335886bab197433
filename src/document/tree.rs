//! Runs queries over a tree and walks its nodes, always with cursors: recursion could overflow on deeply nested code.

use std::ops::Range;

use ropey::Rope;
use streaming_iterator::StreamingIterator as _;
use tree_sitter::{Node, Query, QueryCursor, TextProvider};

use super::position::{floor, slice};

/// A captured node with the name of its capture.
pub type Capture<'t> = (&'t str, Node<'t>);

/// One match of a query.
#[derive(Debug, Clone)]
pub struct Match<'t> {
    /// The index of the pattern in its query.
    pub pattern: usize,
    /// What the pattern captured, in the order of the text.
    pub captures: Vec<Capture<'t>>,
}

impl<'t> Match<'t> {
    /// The first node captured as `name`.
    pub fn node(&self, name: &str) -> Option<Node<'t>> {
        self.captures.iter().find(|(capture, _)| *capture == name).map(|(_, node)| *node)
    }
}

/// The matches below `root` that touch the bytes `range`. Patterns start at most `depth` levels below `root`.
pub fn matches_to_depth<'t, I: AsRef<[u8]>>(
    query: &'t Query,
    root: Node<'t>,
    text: impl TextProvider<I>,
    range: Range<usize>,
    depth: Option<u32>,
) -> Vec<Match<'t>> {
    let names = query.capture_names();
    let mut cursor = QueryCursor::new();
    cursor.set_byte_range(range);
    cursor.set_max_start_depth(depth);
    let mut matches = cursor.matches(query, root, text);
    let mut found = Vec::new();
    while let Some(one) = matches.next() {
        let captures = one.captures().iter().map(|it| (names[it.index as usize], it.node)).collect();
        found.push(Match { pattern: one.pattern_index, captures });
    }
    found
}

/// The matches below `root` that touch the bytes `range`, at any depth.
pub fn matches<'t, I: AsRef<[u8]>>(
    query: &'t Query,
    root: Node<'t>,
    text: impl TextProvider<I>,
    range: Range<usize>,
) -> Vec<Match<'t>> {
    matches_to_depth(query, root, text, range, None)
}

/// The captures of all matches below `root` that touch the bytes `range`.
pub fn captures<'t, I: AsRef<[u8]>>(
    query: &'t Query,
    root: Node<'t>,
    text: impl TextProvider<I>,
    range: Range<usize>,
) -> impl Iterator<Item = Capture<'t>> {
    matches(query, root, text, range).into_iter().flat_map(|one| one.captures)
}

/// Visits `root` and the nodes below it in the order of the text. `visit` says whether to enter the children of a node.
pub fn walk<'t>(root: Node<'t>, mut visit: impl FnMut(Node<'t>) -> bool) {
    let mut cursor = root.walk();
    loop {
        if visit(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The children of a node, in order.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.children(&mut node.walk()).collect()
}

/// The named children of a node, in order: no punctuation, no keywords.
pub fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).collect()
}

/// The text of a rope as query predicates read it.
pub fn rope_text(text: &Rope) -> impl Fn(Node<'_>) -> std::option::IntoIter<String> + '_ {
    move |node: Node<'_>| {
        let end = node.end_byte().min(text.len_bytes());
        Some(slice(text, node.start_byte().min(end)..floor(text, end))).into_iter()
    }
}
