//! Holds an immutable view of a document at one version, for one request.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ropey::Rope;
use tree_sitter::Tree;

use super::edit::{Edit, Text};
use super::position::{self, Encoding};
use super::syntax::{self, Unparsed};
use super::{Document, Known, OtherCells};
use crate::language::Language;

/// A document at one version. Cheap to clone: the rope and the tree are shared.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The client's own spelling of the address.
    pub uri: Arc<str>,
    /// The version the client gave it.
    pub version: i32,
    /// The text.
    pub text: Rope,
    /// The language, when known.
    pub language: Option<Arc<Language>>,
    /// What is known of its tree.
    pub(super) known: Known,
    /// Whether this text is a hypothesis, not one the editor had.
    pub(super) hypothesis: bool,
    /// The other cells of the notebook that this is a cell of.
    pub cells: Option<Arc<OtherCells>>,
}

impl Snapshot {
    /// A snapshot of loose text (command line, tests).
    pub fn of_text(uri: &str, text: &str, language: Option<Arc<Language>>) -> Self {
        Document::new(uri, 0, text, language).snapshot()
    }

    /// The tree of exactly this text, or None when a limit was hit: [`Snapshot::try_parse`] says which.
    pub fn parse(&self) -> Option<Tree> {
        self.try_parse().ok()
    }

    /// The tree of exactly this text: the one already known, or an incremental parse within the usual limits.
    /// Blocks: call it on a blocking thread.
    pub fn try_parse(&self) -> Result<Tree, Unparsed> {
        self.try_parse_within(syntax::budget(self.text.len_bytes()))
    }

    /// Like [`Snapshot::try_parse`] with a time budget of the caller's.
    pub fn try_parse_within(&self, budget: Duration) -> Result<Tree, Unparsed> {
        let language = self.language.as_ref().ok_or(Unparsed::NoLanguage)?;
        match &self.known {
            Known::Exact(tree) => Ok(tree.clone()),
            Known::Edited(tree, _) => syntax::parse(&self.text, language, Some(tree), budget),
            Known::Nothing => syntax::parse(&self.text, language, None, budget),
        }
    }

    /// The same document with one more edit, as a hypothesis: parsing it is incremental from what is known here.
    pub fn with_edit(&self, edit: &Edit) -> Self {
        let mut text = Text { rope: self.text.clone() };
        let mut known = self.known.clone();
        known.edit(&text.apply(edit));
        Self { text: text.rope, known, hypothesis: true, ..self.clone() }
    }

    /// The same snapshot, knowing `tree`: the finished parse of exactly this text.
    pub fn with_tree(&self, tree: Tree) -> Self {
        Self { known: Known::Exact(tree), ..self.clone() }
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.text.len_bytes()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `byte`, clamped to the text and to the start of its character.
    pub fn floor(&self, byte: usize) -> usize {
        position::floor(&self.text, byte)
    }

    /// The line (from 0; LF, CRLF and CR end one) that `byte` is on.
    pub fn line_of(&self, byte: usize) -> usize {
        self.text.byte_to_line(byte.min(self.len()))
    }

    /// The number of lines; a text that ends with a line break has an empty last one.
    pub fn lines(&self) -> usize {
        self.text.len_lines()
    }

    /// The bytes of a line without its terminator; past the last line, the empty range at the end.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        if line >= self.lines() {
            return self.len()..self.len();
        }
        let content = position::line_content(&self.text, line);
        self.text.char_to_byte(content.start)..self.text.char_to_byte(content.end)
    }

    /// The first byte of the line that `byte` is on.
    pub fn line_start(&self, byte: usize) -> usize {
        self.text.line_to_byte(self.line_of(byte))
    }

    /// The end of the line that `byte` is on, before its terminator.
    pub fn line_end(&self, byte: usize) -> usize {
        self.line_range(self.line_of(byte)).end
    }

    /// A line's text without its terminator.
    pub fn line_text(&self, line: usize) -> String {
        self.slice(self.line_range(line))
    }

    /// The text in `range`, clamped to the text and to character boundaries.
    pub fn slice(&self, range: Range<usize>) -> String {
        position::slice(&self.text, range)
    }

    /// The character that ends at `byte`.
    pub fn char_before(&self, byte: usize) -> Option<char> {
        let char = self.text.byte_to_char(byte.min(self.len()));
        self.text.get_char(char.checked_sub(1)?)
    }

    /// The character that starts at `byte`.
    pub fn char_after(&self, byte: usize) -> Option<char> {
        self.text.get_char(self.text.byte_to_char(byte.min(self.len())))
    }

    /// The byte at a line and character; see [`position::to_byte`].
    pub fn to_byte(&self, line: u32, character: u32, encoding: Encoding) -> usize {
        position::to_byte(&self.text, line, character, encoding)
    }

    /// The line and character of a byte; see [`position::from_byte`].
    pub fn from_byte(&self, byte: usize, encoding: Encoding) -> (u32, u32) {
        position::from_byte(&self.text, byte, encoding)
    }

    /// The line ending this text uses: what ends its first line.
    pub fn line_ending(&self) -> &'static str {
        let end = self.line_range(0).end;
        match (self.char_after(end), self.char_after(end + 1)) {
            (Some('\r'), Some('\n')) => "\r\n",
            (Some('\r'), _) => "\r",
            _ => "\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_from_any_byte() {
        let snapshot = Snapshot::of_text("", "ab\r\né\rx", None);
        assert_eq!(snapshot.lines(), 3);
        assert_eq!((0..3).map(|line| snapshot.line_text(line)).collect::<Vec<_>>(), ["ab", "é", "x"]);
        assert_eq!((snapshot.line_start(5), snapshot.line_end(5)), (4, 6));
        assert_eq!((snapshot.line_of(99), snapshot.line_range(9)), (2, 8..8));
        assert_eq!((snapshot.char_before(6), snapshot.char_after(5)), (Some('é'), Some('é')));
        assert_eq!((snapshot.char_before(0), snapshot.char_after(99)), (None, None));
        assert_eq!(snapshot.slice(5..99), "é\rx");
        assert_eq!(snapshot.line_ending(), "\r\n");
        for (text, expected) in [("a\rb\n", "\r"), ("a\nb\r\n", "\n"), ("a", "\n"), ("", "\n")] {
            assert_eq!(Snapshot::of_text("", text, None).line_ending(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_hypothesis_leaves_the_snapshot_as_it_was() {
        let language = crate::testing::language("rust");
        let snapshot = Snapshot::of_text("", "fn main() {}\n", language);
        let snapshot = snapshot.with_tree(snapshot.parse().unwrap());
        let edited = snapshot.with_edit(&Edit::insert(11, "x();"));
        assert_eq!(edited.text.to_string(), "fn main() {x();}\n");
        assert_eq!(snapshot.text.to_string(), "fn main() {}\n");
        let fresh = Snapshot::of_text("", "fn main() {x();}\n", edited.language.clone());
        assert_eq!(
            edited.parse().unwrap().root_node().to_sexp(),
            fresh.parse().unwrap().root_node().to_sexp()
        );
    }
}
