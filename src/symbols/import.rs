//! Reads the imports of a text as paths: what each brings in, from where and under which name.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use crate::document::tree::captures;
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
    /// What it is called there; empty for a whole module, `*` for everything in it.
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

    /// Whether it brings in everything of its module.
    pub fn is_everything(&self) -> bool {
        self.name == "*"
    }
}

/// What `repairs.scm` captures of imports.
#[derive(Debug, Clone, Copy)]
pub struct ImportNodes<'a, 't> {
    /// The statements.
    pub statements: &'a [Node<'t>],
    /// What they bring in.
    pub items: &'a [Node<'t>],
    /// Where from.
    pub modules: &'a [Node<'t>],
}

impl<'t> ImportNodes<'_, 't> {
    /// The imports, in order of the text.
    pub fn read(&self, language: &Language, text: &str) -> Vec<Import> {
        let mut imports: Vec<Import> =
            self.items.iter().filter_map(|item| self.read_import(*item, language, text)).collect();
        imports.sort_by_key(|import| import.item.start);
        imports
    }

    fn read_import(&self, item: Node<'t>, language: &Language, text: &str) -> Option<Import> {
        let holds = |node: &Node<'t>| {
            node.id() != item.id()
                && item.start_byte() <= node.start_byte()
                && node.end_byte() <= item.end_byte()
        };
        let item_text = &text[item.byte_range()];
        if self.items.iter().any(holds) {
            return None;
        }
        let rules = &language.repairs.imports;
        let separator = rules.separator.as_str();
        let (path, alias) = match item_text.split_once(" as ") {
            Some((path, alias)) => (path.trim_end(), Some(alias.trim().to_owned())),
            None => (item_text, None),
        };
        let (prefix, statement) = self.prefix(item, text)?;
        let whole = prefix.is_empty() && !rules.whole.is_empty();
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
        let (statement, item) = (statement.byte_range(), item.byte_range());
        Some(Import { statement, item, last, module, name, alias, list, plain })
    }

    /// What stands before an item in its statement, outermost first, and the statement.
    fn prefix<'s>(&self, item: Node<'t>, text: &'s str) -> Option<(Vec<&'s str>, Node<'t>)> {
        let mut prefix: Vec<&str> = Vec::new();
        let mut node = item.parent()?;
        loop {
            let of_node = self
                .modules
                .iter()
                .find(|module| module.parent().is_some_and(|parent| parent.id() == node.id()));
            prefix.extend(
                of_node
                    .filter(|module| !module.byte_range().contains(&item.start_byte()))
                    .map(|module| &text[module.byte_range()]),
            );
            if self.statements.contains(&node) {
                break;
            }
            node = node.parent()?;
        }
        prefix.reverse();
        Some((prefix, node))
    }
}

/// The imports of a text, in order; those inside of functions too.
pub fn in_file(language: &Language, tree: &Tree, text: &str) -> Vec<Import> {
    let root = tree.root_node();
    let mut imports: Vec<Import> = Vec::new();
    for (_, statement) in captures(&language.queries.imports, root, text.as_bytes(), 0..text.len()) {
        imports.extend(of_statement(language, statement, text));
    }
    imports.sort_by_key(|import| import.item.start);
    imports.dedup();
    imports
}

/// What one import statement brings in.
pub fn of_statement(language: &Language, statement: Node<'_>, text: &str) -> Vec<Import> {
    let query = &language.queries.repairs;
    let (mut statements, mut items, mut modules) = (Vec::new(), Vec::new(), Vec::new());
    for (name, node) in captures(query, statement, text.as_bytes(), statement.byte_range()) {
        match name {
            "import" if node.id() == statement.id() => statements.push(node),
            "import.item" => items.push(node),
            "import.module" => modules.push(node),
            _ => {}
        }
    }
    for nodes in [&mut statements, &mut items, &mut modules] {
        nodes.sort_by_key(|node| (node.start_byte(), node.end_byte(), node.id()));
        nodes.dedup();
    }
    ImportNodes { statements: &statements, items: &items, modules: &modules }.read(language, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(language: &str, text: &str) -> Vec<(String, String, Option<String>)> {
        let language = crate::testing::language(language).unwrap();
        let snapshot = crate::document::Snapshot::of_text("", text, Some(language.clone()));
        let imports = in_file(&language, &snapshot.parse().unwrap(), text);
        imports.into_iter().map(|import| (import.module, import.name, import.alias)).collect()
    }

    #[test]
    fn imports_are_paths() {
        let is = |module: &str, name: &str, alias: Option<&str>| {
            (module.to_owned(), name.to_owned(), alias.map(str::to_owned))
        };
        let text =
            "import a.b as c\nfrom .d import e as f, g\nfrom h import *\ndef x():\n    from i import j\n";
        let expected = [
            is("a.b", "", Some("c")),
            is(".d", "e", Some("f")),
            is(".d", "g", None),
            is("h", "*", None),
            is("i", "j", None),
        ];
        assert_eq!(read("python", text), expected);
        let text = "use a::{b::C, d as e, self};\npub use super::f::*;\nuse crate::g::H;\n";
        let expected = [
            is("a::b", "C", None),
            is("a", "d", Some("e")),
            is("", "a", None),
            is("super::f", "*", None),
            is("crate::g", "H", None),
        ];
        assert_eq!(read("rust", text), expected);
    }
}
