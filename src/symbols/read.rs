//! Reads what a text defines: `outline.scm` and `symbols.scm` say what, `docs.scm` what documents it.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tree_sitter::{Node, Query, Tree};

use super::definition::{DefinitionKind, DefinitionRow, FileSymbols, PassedOn, TextSpan};
use super::import;
use super::module_path::ModulePath;
use super::package;
use crate::document::tree::{matches, matches_to_depth};
use crate::document::{Snapshot, Unparsed};
use crate::language::Language;

/// Most bytes of a signature and of a value: what is longer is data.
const LONGEST: usize = 240;
const LONGEST_VALUE: usize = 80;
/// Most bytes of a first line of documentation.
const LONGEST_DOC: usize = 120;
/// Most definitions of one file: what has more is a table.
const MOST: usize = 5_000;
/// A text of 1 MiB takes 0.4 to 0.8 s where it is valid, and nobody waits for it.
const BUDGET: Duration = Duration::from_secs(2);

impl FileSymbols {
    /// What a text defines. Looks at the disk: where its package begins. Blocks for some milliseconds.
    ///
    /// # Errors
    /// Why the text has no tree.
    pub fn read(path: &Path, language: &Arc<Language>, text: &str) -> Result<Self, Unparsed> {
        let module = ModulePath::of(path, language);
        Self::read_as(path, module, language, text)
    }

    /// The same for a file whose module is known.
    pub(super) fn read_as(
        path: &Path,
        module: ModulePath,
        language: &Arc<Language>,
        text: &str,
    ) -> Result<Self, Unparsed> {
        let tree = Snapshot::of_text("", text, Some(Arc::clone(language))).try_parse_within(BUDGET)?;
        let mut packed = Packed::default();
        let docs = Documentation::of(language, &tree, text);
        let mut around: Vec<&Item<'_>> = Vec::new();
        let items = items(language, &tree, text);
        for item in items.iter().take(MOST) {
            around.retain(|outer| outer.node.end_byte() > item.node.start_byte());
            let is_local = around.iter().any(|outer| outer.kind == DefinitionKind::Function);
            // What a module hides nobody else can name.
            let is_hidden =
                around.iter().any(|outer| outer.kind == DefinitionKind::Module && !outer.is_public);
            if !is_local && !is_hidden && item.kind != DefinitionKind::Members {
                packed.add(item, around.last().map(|outer| outer.name), &docs, text);
            }
            around.push(item);
        }
        let rules = &language.repairs.imports;
        let is_start = !rules.package.is_empty() && module.path == rules.package;
        Ok(Self {
            path: Arc::from(path),
            package: if is_start { package::name(&module.root, rules).map(Into::into) } else { None },
            is_rooted: !rules.package.is_empty(),
            language: Arc::from(language.name()),
            exports: exports(language, &module, &tree, text),
            module,
            text: packed.text.into(),
            rows: packed.rows.into(),
        })
    }
}

/// A definition in a tree.
struct Item<'t> {
    node: Node<'t>,
    name: &'t str,
    kind: DefinitionKind,
    is_public: bool,
    signature: String,
}

/// Definitions in order of the text, outer ones before those inside of them.
fn items<'t>(language: &'t Language, tree: &'t Tree, text: &'t str) -> Vec<Item<'t>> {
    let rules = &language.repairs.imports;
    let mut items = Vec::new();
    let queries = [(&language.queries.outline, "item"), (&language.queries.symbols, "symbol")];
    for (query, capture) in queries {
        let [name, body] = ["name", "body"].map(|part| format!("{capture}.{part}"));
        for found in matches(query, tree.root_node(), text.as_bytes(), 0..text.len()) {
            let (Some(node), Some(name)) = (found.node(capture), found.node(&name)) else { continue };
            let kind = kind(query, found.pattern);
            let end = found.node(&body).map_or(node.end_byte(), |body| body.start_byte());
            let range = node.start_byte()..end;
            items.push(Item {
                node,
                name: bare(&text[name.byte_range()]),
                kind,
                is_public: text[range.clone()].starts_with(&rules.public),
                signature: signature(&text[range], kind, &language.config.line_comment),
            });
        }
    }
    items.sort_by_key(|item| (item.node.start_byte(), std::cmp::Reverse(item.node.end_byte())));
    items.dedup_by(|a, b| a.node.id() == b.node.id());
    items
}

fn kind(query: &Query, pattern: usize) -> DefinitionKind {
    let set = query.property_settings(pattern).iter().find(|set| &*set.key == "kind");
    DefinitionKind::named(set.and_then(|set| set.value.as_deref()))
}

/// A name without its path and what it is generic over: `fmt::Debug<T>` is `Debug`.
fn bare(name: &str) -> &str {
    let end = name.find(['<', '(', ' ']).unwrap_or(name.len());
    let path = name[..end].trim_start_matches('&');
    path.rsplit([':', '.']).next().unwrap_or(path)
}

/// The text up to the body on one line, without comments of its own and what opens the body.
fn signature(text: &str, kind: DefinitionKind, comment: &str) -> String {
    let longest = if kind == DefinitionKind::Value { LONGEST_VALUE } else { LONGEST };
    let mut line = String::new();
    let is_code = |line: &&str| comment.is_empty() || !line.starts_with(comment);
    for words in text.lines().map(str::trim).filter(is_code).flat_map(str::split_whitespace) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(words);
        if line.len() > longest {
            line.truncate(line.floor_char_boundary(longest));
            break;
        }
    }
    line.truncate(line.trim_end_matches(['{', ':', ' ']).len());
    line
}

/// Rows and their text.
#[derive(Default)]
struct Packed {
    text: String,
    rows: Vec<DefinitionRow>,
    /// The last owner: its members follow each other.
    owner: TextSpan,
}

impl Packed {
    fn add(&mut self, item: &Item<'_>, owner: Option<&str>, docs: &Documentation<'_>, text: &str) {
        let owner = self.owner(owner);
        let start = self.text.len();
        let signature = self.push(&item.signature);
        let doc = self.push(docs.of_item(item.node, text)).len;
        let inside = self.text[start..].find(item.name).map(|at| start + at);
        let name = match inside.filter(|at| at + item.name.len() <= start + usize::from(signature.len)) {
            Some(at) => span(at, item.name),
            None => self.push(item.name),
        };
        let line = u32::try_from(item.node.start_position().row).unwrap_or(u32::MAX);
        let (kind, is_public) = (item.kind, item.is_public);
        self.rows.push(DefinitionRow { name, owner, signature, doc, kind, is_public, line });
    }

    fn owner(&mut self, owner: Option<&str>) -> TextSpan {
        let Some(owner) = owner else { return TextSpan::default() };
        let known = self.owner.start as usize..self.owner.start as usize + usize::from(self.owner.len);
        if self.text[known] != *owner {
            self.owner = self.push(owner);
        }
        self.owner
    }

    fn push(&mut self, part: &str) -> TextSpan {
        let span = span(self.text.len(), part);
        self.text.push_str(&part[..usize::from(span.len)]);
        span
    }
}

/// Parts are cut far below the limits of a span, but for names nobody writes.
fn span(start: usize, part: &str) -> TextSpan {
    let len = part.floor_char_boundary(usize::from(u16::MAX));
    TextSpan { start: u32::try_from(start).unwrap_or(u32::MAX), len: u16::try_from(len).unwrap_or(0) }
}

/// What documents the definitions of a text.
struct Documentation<'a> {
    language: &'a Language,
    /// Strings inside of what they document, by its node.
    inside: Vec<(usize, Range<usize>)>,
    /// Comments that stand before what they document.
    before: HashSet<usize>,
}

impl<'a> Documentation<'a> {
    fn of(language: &'a Language, tree: &Tree, text: &str) -> Self {
        let (mut inside, mut before) = (Vec::new(), HashSet::new());
        for found in matches(&language.queries.docs, tree.root_node(), text.as_bytes(), 0..text.len()) {
            let Some(doc) = found.node("doc") else { continue };
            match found.node("doc.item") {
                Some(item) => inside.push((item.id(), doc.byte_range())),
                None => drop(before.insert(doc.id())),
            }
        }
        inside.sort_unstable_by_key(|(item, _)| *item);
        Self { language, inside, before }
    }

    /// The first line that documents an item; empty if none does.
    fn of_item<'t>(&self, item: Node<'_>, text: &'t str) -> &'t str {
        if let Ok(at) = self.inside.binary_search_by_key(&item.id(), |(item, _)| *item) {
            return first_line(text[self.inside[at].1.clone()].trim_start_matches(['r', 'R', 'u', 'U']));
        }
        let mark = self.language.config.docs.line.as_str();
        if self.before.is_empty() || mark.is_empty() {
            return "";
        }
        let (mut first, mut at) = (None, item.prev_sibling());
        while let Some(node) = at {
            let is_doc = self.before.contains(&node.id()) && text[node.byte_range()].starts_with(mark);
            let is_attached = self.language.config.attribute_nodes.iter().any(|kind| kind == node.kind());
            if !is_doc && !is_attached {
                break;
            }
            first = if is_doc { Some(node) } else { first };
            at = node.prev_sibling();
        }
        first.map_or("", |node| first_line(text[node.byte_range()].trim_start_matches(mark)))
    }
}

/// The first line of a documentation with words, without quotes.
fn first_line(doc: &str) -> &str {
    let quotes = ['"', '\'', ' ', '\t'];
    let line = doc.lines().map(|line| line.trim_matches(quotes)).find(|line| !line.is_empty());
    let line = line.unwrap_or_default();
    &line[..line.floor_char_boundary(LONGEST_DOC)]
}

/// What a file offers and defines elsewhere.
fn exports(language: &Language, module: &ModulePath, tree: &Tree, text: &str) -> Box<[PassedOn]> {
    let rules = &language.repairs.imports;
    if rules.separator.is_empty() || rules.public.is_empty() && !module.is_folder {
        return Box::default();
    }
    let root = tree.root_node();
    let mut exports = Vec::new();
    let query = &language.queries.imports;
    let found = matches_to_depth(query, root, text.as_bytes(), 0..text.len(), Some(1));
    for (_, statement) in found.into_iter().flat_map(|one| one.captures) {
        if !text[statement.byte_range()].starts_with(&rules.public) {
            continue;
        }
        exports.extend(import::of_statement(language, statement, text).iter().map(|import| PassedOn {
            name: import.binds(&rules.separator).into(),
            module: import.module.as_str().into(),
            source: import.name.as_str().into(),
        }));
    }
    exports.into()
}
