//! Applies replacements to a text and describes them for tree-sitter.

use std::ops::Range;

use ropey::Rope;
use tree_sitter::{InputEdit, Point};

use super::position::{self, Encoding};

/// One replacement, in bytes of the text left by the edit before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced. Clamped to the text and to character boundaries when applied; a reversed range is turned round.
    pub range: Range<usize>,
    /// What takes its place.
    pub text: String,
}

impl Edit {
    /// Insert `text` at `byte`.
    pub fn insert(byte: usize, text: impl Into<String>) -> Self {
        Self { range: byte..byte, text: text.into() }
    }

    /// Replace `range` by `text`.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// `text`, which has LF line ends, with the line ends `line_ending`.
pub fn with_line_ends(text: &str, line_ending: &str) -> String {
    text.replace('\n', line_ending)
}

/// `text` with LF line ends.
pub fn with_line_feeds(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// One change as an editor words it: lines and characters, or the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Start and end as (line, character), in the coordinates left by the change before; None replaces the whole text.
    pub range: Option<((u32, u32), (u32, u32))>,
    /// What takes its place.
    pub text: String,
}

impl Change {
    /// The same change in bytes of `text`.
    pub fn resolve(&self, text: &Rope, encoding: Encoding) -> Edit {
        let byte = |(line, character)| position::to_byte(text, line, character, encoding);
        let range = match self.range {
            Some((start, end)) => byte(start)..byte(end),
            None => 0..text.len_bytes(),
        };
        Edit { range, text: self.text.clone() }
    }
}

/// A rope that can say what tree-sitter calls a row: a line of the rope, for a lone CR is parsed as an LF.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub rope: Rope,
}

impl Text {
    pub fn new(text: &str) -> Self {
        Self { rope: Rope::from_str(text) }
    }

    /// Apply one edit; the answer is for `Tree::edit` and gives the clamped range.
    pub fn apply(&mut self, edit: &Edit) -> InputEdit {
        let (start, end) = (edit.range.start.min(edit.range.end), edit.range.start.max(edit.range.end));
        let length = self.rope.len_bytes();
        let chars = self.rope.byte_to_char(start.min(length))..self.rope.byte_to_char(end.min(length));
        let start_byte = self.rope.char_to_byte(chars.start);
        let old_end_byte = self.rope.char_to_byte(chars.end);
        // A CR before the edit may end a line alone afterwards, or no longer.
        let seam = start_byte - usize::from(start_byte > 0 && self.rope.byte(start_byte - 1) == b'\r');
        let start_position = self.point(seam);
        let old_end_position = self.point(old_end_byte);
        if !chars.is_empty() {
            self.rope.remove(chars.clone());
        }
        if !edit.text.is_empty() {
            self.rope.insert(chars.start, &edit.text);
        }
        let new_end_byte = start_byte + edit.text.len();
        let new_end_position = self.point(new_end_byte);
        InputEdit {
            start_byte: seam,
            old_end_byte,
            new_end_byte,
            start_position,
            old_end_position,
            new_end_position,
        }
    }

    /// tree-sitter's row and column (bytes) of a byte on a character boundary.
    pub fn point(&self, byte: usize) -> Point {
        let row = self.rope.byte_to_line(byte);
        Point { row, column: byte - self.rope.line_to_byte(row) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_ends_a_row() {
        let text = Text::new("a\rb\nc\r\nd");
        for (byte, row, column) in [(0, 0, 0), (1, 0, 1), (2, 1, 0), (4, 2, 0), (7, 3, 0)] {
            assert_eq!(text.point(byte), Point { row, column }, "at {byte}");
        }
    }

    #[test]
    fn a_crlf_torn_apart_belongs_to_the_edit() {
        let mut text = Text::new("ab\r\ncd\r\nef");
        let edit = text.apply(&Edit::insert(3, "x"));
        assert_eq!(text.rope.to_string(), "ab\rx\ncd\r\nef");
        assert_eq!((edit.start_byte, edit.start_position), (2, Point { row: 0, column: 2 }));
        assert_eq!(text.point(5), Point { row: 2, column: 0 });
    }

    #[test]
    fn ranges_are_clamped_and_turned_round() {
        let mut text = Text::new("añb");
        let edit = text.apply(&Edit::replace(Range { start: 99, end: 2 }, "x"));
        assert_eq!((edit.start_byte, edit.old_end_byte, edit.new_end_byte), (1, 4, 2));
        assert_eq!(text.rope.to_string(), "ax");
    }
}
