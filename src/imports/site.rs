//! Presents a file to the makers of repairs: what `repairs.scm` captures in it, and its imports as paths.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use crate::document::tree::captures;
use crate::document::{BOM, Snapshot};
use crate::language::Language;

/// One thing that an import brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The statement, in bytes.
    pub statement: Range<usize>,
    /// The thing in it: one of a list, with its alias.
    pub item: Range<usize>,
    /// Its name without its path and its alias.
    pub last: Range<usize>,
    /// The path of what it is taken from; of itself, when it is a whole module.
    pub module: String,
    /// What it is called there; empty for a whole module.
    pub name: String,
    /// What it is called here, when that is something else.
    pub alias: Option<String>,
    /// The node it is listed in: equal for neighbours in a list.
    pub list: usize,
    /// Whether it is in its list without a path.
    pub plain: bool,
}

/// Something that can be imported, or defined elsewhere, under the name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImportSource {
    /// The path of what it is taken from; of itself, when it is a whole module.
    pub module: String,
    /// What it is called there; empty for a whole module.
    pub name: String,
    /// What it is called here, when that is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

impl ImportSource {
    /// The name that a file with it knows it by.
    pub fn binds(&self, separator: &str) -> &str {
        match (&self.alias, self.name.as_str()) {
            (Some(alias), _) => alias,
            (None, "") => self.module.split(separator).next().unwrap_or_default(),
            (None, name) => name,
        }
    }
}

impl Import {
    /// An import of nothing, to be filled.
    #[cfg(test)]
    pub fn nothing() -> Self {
        Self {
            statement: 0..0,
            item: 0..0,
            last: 0..0,
            module: String::new(),
            name: String::new(),
            alias: None,
            list: 0,
            plain: false,
        }
    }

    /// The name that the file knows it by.
    pub fn binds(&self, separator: &str) -> &str {
        match (&self.alias, self.name.as_str()) {
            (Some(alias), _) => alias,
            (None, "") => self.module.split(separator).next().unwrap_or_default(),
            (None, name) => name,
        }
    }
}

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
        let items = self.all("import.item");
        let mut imports: Vec<Import> = items.iter().filter_map(|item| self.read_import(*item)).collect();
        imports.sort_by_key(|import| import.item.start);
        imports
    }

    fn read_import(&self, item: Node<'t>) -> Option<Import> {
        let holds = |node: &Node<'t>| {
            node.id() != item.id()
                && item.start_byte() <= node.start_byte()
                && node.end_byte() <= item.end_byte()
        };
        let text = self.of(item);
        if self.all("import.item").iter().any(holds) || text.ends_with('*') {
            return None;
        }
        let separator = self.language.repairs.imports.separator.as_str();
        let (path, alias) = match text.split_once(" as ") {
            Some((path, alias)) => (path.trim_end(), Some(alias.trim().to_owned())),
            None => (text, None),
        };
        let mut prefix: Vec<&str> = Vec::new();
        let mut node = item.parent()?;
        let modules = self.all("import.module");
        loop {
            let of_node =
                modules.iter().find(|module| module.parent().is_some_and(|parent| parent.id() == node.id()));
            prefix.extend(
                of_node
                    .filter(|module| !module.byte_range().contains(&item.start_byte()))
                    .map(|module| self.of(*module)),
            );
            if self.all("import").contains(&node) {
                break;
            }
            node = node.parent()?;
        }
        prefix.reverse();
        let whole = prefix.is_empty() && !self.language.repairs.imports.whole.is_empty();
        let base = prefix.join(separator);
        let last_at = path.rfind(separator).map_or(0, |at| at + separator.len());
        let last = item.start_byte() + last_at..item.start_byte() + path.len();
        let join = |head: &str, tail: &str| match (head, tail) {
            ("", _) => tail.to_owned(),
            (_, "") => head.to_owned(),
            _ => format!("{head}{separator}{tail}"),
        };
        let (module, name) = if whole {
            (path.to_owned(), String::new())
        } else if path == "self" && !prefix.is_empty() {
            let (module, name) = base.rsplit_once(separator).unwrap_or(("", base.as_str()));
            (module.to_owned(), name.to_owned())
        } else {
            (join(&base, path[..last_at].trim_end_matches(separator)), path[last_at..].to_owned())
        };
        let list = item.parent()?.id();
        let plain = last_at == 0 && !prefix.is_empty() && path != "self";
        let (statement, item) = (node.byte_range(), item.byte_range());
        Some(Import { statement, item, last, module, name, alias, list, plain })
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
