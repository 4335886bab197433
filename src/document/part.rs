//! Cuts the part of a large document around a place that can be parsed by itself: whole top-level items, with nothing changed
//! outside of it since the last parse. Parsing it costs the same in a file of any length.
//!
//! An open quotation makes tree-sitter read the rest of the file again, at every key: 100 ms in one of 10 000 lines.

use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Tree, TreeCursor};

use super::Known;
use super::snapshot::Snapshot;
use crate::language::Language;

/// Smaller documents are read whole: that is exact, and quick enough.
const LARGE: usize = 96 * 1024;
/// A part is read afresh for every question, 0.4 to 0.8 ms per KiB: a larger one costs more than it saves.
const LARGEST: usize = 8 * 1024;

/// A part of a document.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its text as a document of its own, whose tree is not known.
    pub snapshot: Snapshot,
    /// Its bytes in the document.
    pub range: Range<usize>,
    /// The length in bytes of the last item, which is sound and as it was; None when the part ends with the document.
    pub last: Option<usize>,
}

impl Snapshot {
    /// The part around `offset`; none when the document is to be read whole.
    pub fn part(&self, offset: usize) -> Option<Part> {
        if self.len() < LARGE {
            return None;
        }
        let (tree, inner) = match &self.known {
            Known::Nothing => return None,
            Known::Exact(tree) => (tree, offset..offset),
            Known::Edited(tree, edited) => (tree, edited.start.min(offset)..edited.end.max(offset)),
        };
        let (range, last) = self.items_around(tree, &inner, LARGEST)?;
        let snapshot = Self {
            text: self.text.byte_slice(range.clone()).into(),
            known: Known::Nothing,
            hypothesis: true,
            ..self.clone()
        };
        Some(Part { snapshot, range, last })
    }

    /// The tree of an older text that was told of the edits since: it holds outside of what was edited.
    pub fn last_tree(&self) -> Option<&Tree> {
        match &self.known {
            Known::Nothing => None,
            Known::Edited(tree, _) | Known::Exact(tree) => Some(tree),
        }
    }

    /// The bytes from the last top-level item before the lines of `inner` that stands by itself to the end of the first such
    /// one behind them, and the length of the latter; without one they reach to the ends of the document. None when that
    /// is more than `most`. `tree` holds outside of `inner`.
    ///
    /// The two neighbours are part of it, because a tree is lenient about where an item ends: `def f():` with nothing below
    /// is an item of its own to tree-sitter, and what is typed on the next line belongs into it.
    pub fn items_around(
        &self,
        tree: &Tree,
        inner: &Range<usize>,
        most: usize,
    ) -> Option<(Range<usize>, Option<usize>)> {
        let lines = self.line_start(inner.start)..self.line_end(inner.end);
        if tree.root_node().is_error() {
            return (self.len() <= most).then_some((0..self.len(), None));
        }
        let start = self.item_before(tree, lines.start, most)?;
        let mut cursor = tree.walk();
        let mut more = cursor.goto_first_child_for_byte(lines.end).is_some();
        while more {
            let item = cursor.node().byte_range();
            if item.end - start > most {
                return None;
            }
            if item.start > lines.end && self.stands_alone(&cursor) {
                return Some((start..item.end, Some(item.len())));
            }
            more = cursor.goto_next_sibling();
        }
        (self.len() - start <= most).then_some((start..self.len(), None))
    }

    /// Where the last item that ends before `line` and stands by itself begins; the document's start without one, none when it
    /// is farther away than `most`.
    fn item_before(&self, tree: &Tree, line: usize, most: usize) -> Option<usize> {
        let mut cursor = tree.walk();
        if cursor.goto_first_child_for_byte(line).is_none() && !cursor.goto_last_child() {
            return Some(0);
        }
        loop {
            let item = cursor.node().byte_range();
            if line.saturating_sub(item.start) > most {
                return None;
            }
            if item.end <= line && self.stands_alone(&cursor) {
                return Some(item.start);
            }
            if !cursor.goto_previous_sibling() {
                return Some(0);
            }
        }
    }

    /// Whether a parser would find the item at the cursor complete by itself.
    fn stands_alone(&self, cursor: &TreeCursor<'_>) -> bool {
        let node = cursor.node();
        let sound = !node.has_error() && !node.is_missing() && !node.is_extra() && !node.has_changes();
        let leads =
            |language: &Arc<Language>| language.config.attribute_nodes.iter().any(|kind| kind == node.kind());
        sound && node.is_named() && !self.language.as_ref().is_some_and(leads)
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{Document, Edit};

    fn document(text: &str) -> Document {
        let mut document = Document::new("file:///a", 1, text, crate::testing::language("python"));
        let snapshot = document.snapshot();
        document.store_tree(&snapshot, snapshot.parse().unwrap());
        document
    }

    fn functions(count: usize) -> String {
        (0..count).map(|at| format!("def f{at}(a):\n    return a + {at}\n\n\n")).collect()
    }

    #[test]
    fn whole_items_around_what_was_edited() {
        let text = functions(4000);
        let mut document = document(&text);
        let at = text.find("a + 2000").unwrap();
        let part = document.snapshot().part(at).unwrap();
        let expected = text.find("def f1999").unwrap()..text.find("\n\n\ndef f2002").unwrap();
        assert_eq!(
            (part.range.clone(), part.last),
            (expected, Some("def f2001(a):\n    return a + 2001".len()))
        );
        assert_eq!(part.snapshot.text.to_string(), text[part.range]);

        document.apply(2, &[Edit::insert(at, "g('''")]);
        let part = document.snapshot().part(at + 5).unwrap();
        assert!(part.snapshot.text.to_string().contains("return g('''a + 2000\n"));
        document.apply(3, &[Edit::insert(text.find("a + 2010").unwrap() + 5, "x")]);
        let part = document.snapshot().part(at).unwrap().snapshot.text.to_string();
        assert!(
            part.starts_with("def f1999") && part.contains("def f2010") && part.ends_with("2011"),
            "{part}"
        );
        document.apply(4, &[Edit::insert(100, "x")]);
        assert!(document.snapshot().part(at).is_none(), "what was edited is too long");
    }

    #[test]
    fn the_ends_of_the_document_end_a_part() {
        let text = functions(4000) + "x = 1\n";
        let document = document(&text);
        let part = document.snapshot().part(text.len()).unwrap();
        assert_eq!((part.range.end, part.last), (text.len(), None));
        assert_eq!(document.snapshot().part(0).unwrap().range.start, 0);
    }

    #[test]
    fn small_unread_and_uniform_documents_are_read_whole() {
        assert!(document(&functions(10)).snapshot().part(20).is_none());
        let text = functions(4000);
        let unread = Document::new("a", 1, &text, crate::testing::language("python"));
        assert!(unread.snapshot().part(20).is_none());
        let class = format!("class A:\n{}", text.replace("def", "    def").replace("return", "    return"));
        assert!(document(&class).snapshot().part(class.len() / 2).is_none());
    }
}
