//! Presents a file to the makers of repairs: what `repairs.scm` captures in it, and its imports as paths.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use crate::document::tree::captures;
use crate::document::{BOM, Snapshot};
use crate::language::Language;
use crate::symbols::{Import, ImportNodes};

/// A parsed file.
pub struct SourceView<'t> {
    /// The file.
    pub snapshot: &'t Snapshot,
    /// Its language.
    pub language: &'t Arc<Language>,
    /// Its tree.
    pub tree: &'t Tree,
    /// Its text.
    pub text: &'t str,
    captured: HashMap<&'t str, Vec<Node<'t>>>,
    /// What a notebook's cell says to the notebook.
    foreign: Vec<Range<usize>>,
    /// Its imports, in order.
    pub imports: Vec<Import>,
}

impl<'t> SourceView<'t> {
    /// Look at a file.
    pub fn new(snapshot: &'t Snapshot, language: &'t Arc<Language>, tree: &'t Tree, text: &'t str) -> Self {
        let query = &language.queries.repairs;
        let mut captured: HashMap<&str, Vec<Node<'_>>> = HashMap::new();
        for (name, node) in captures(query, tree.root_node(), text.as_bytes(), 0..text.len()) {
            captured.entry(name).or_default().push(node);
        }
        // Several patterns may capture the same node.
        for nodes in captured.values_mut() {
            nodes.sort_by_key(|node| (node.start_byte(), node.end_byte(), node.id()));
            nodes.dedup();
        }
        let foreign = language.foreign(&snapshot.text);
        let mut site = Self { snapshot, language, tree, text, captured, foreign, imports: Vec::new() };
        site.imports = site.read_imports();
        site
    }

    /// The nodes of a capture, in order of the file.
    pub fn all(&self, capture: &str) -> &[Node<'t>] {
        self.captured.get(capture).map_or(&[], Vec::as_slice)
    }

    /// The innermost node of a capture that holds `range`.
    pub fn around(&self, capture: &str, range: &Range<usize>) -> Option<Node<'t>> {
        let holds = |node: &&Node<'t>| node.start_byte() <= range.start && range.end <= node.end_byte();
        self.all(capture).iter().filter(holds).min_by_key(|node| node.byte_range().len()).copied()
    }

    /// Whether a node of a capture is exactly `range`.
    pub fn is(&self, capture: &str, range: &Range<usize>) -> bool {
        self.all(capture).iter().any(|node| node.byte_range() == *range)
    }

    /// The text of a node.
    pub fn of(&self, node: Node<'_>) -> &'t str {
        &self.text[node.byte_range()]
    }

    fn read_imports(&self) -> Vec<Import> {
        let [statements, items, modules] =
            ["import", "import.item", "import.module"].map(|name| self.all(name));
        let mut imports = ImportNodes { statements, items, modules }.read(self.language, self.text);
        imports.retain(|import| !import.is_everything());
        imports
    }

    /// The first byte of a line, behind a byte order mark.
    pub fn line_start(&self, byte: usize) -> usize {
        let start = self.snapshot.line_start(byte);
        if start == 0 && self.text.starts_with(BOM) { BOM.len_utf8() } else { start }
    }

    /// Whether a node is what a notebook's cell says to the notebook.
    pub fn is_foreign(&self, node: &Node<'_>) -> bool {
        let range = node.byte_range();
        self.foreign.iter().any(|foreign| foreign.start <= range.start && range.end <= foreign.end)
    }

    /// Where `word` is in the text as a word of its own.
    pub fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        words(self.text, word)
    }

    /// Whether the statement is where imports for everything below it are.
    pub fn is_at_top(&self, statement: &Range<usize>, place: &Range<usize>) -> bool {
        let container = self.container(place);
        let node = self.tree.root_node().descendant_for_byte_range(statement.start, statement.end);
        node.and_then(|node| node.parent()).is_some_and(|parent| parent.id() == container.id())
    }

    /// The innermost place around `at` that has imports of its own.
    pub fn container(&self, at: &Range<usize>) -> Node<'t> {
        self.around("container", at).unwrap_or_else(|| self.tree.root_node())
    }
}

/// Where `word` is in `text` as a word of its own.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(if word.is_empty() { "\0" } else { word });
    found
        .map(|(at, word)| at..at + word.len())
        .filter(move |range| !text[..range.start].ends_with(inner) && !text[range.end..].starts_with(inner))
}
