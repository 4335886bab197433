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

/// A rope that can say what tree-sitter calls a row.
///
/// tree-sitter's rows count only `\n`, the rope's lines also end at a lone CR. As long as the text has none the rope's
/// own line index answers in O(log n); `lone_cr` says when it may have one, and then the `\n` bytes are counted. (Keeping
/// the number of lone CRs instead would need a scan of every removed range.)
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub rope: Rope,
    pub lone_cr: bool,
}

impl Text {
    pub fn new(text: &str) -> Self {
        Self { rope: Rope::from_str(text), lone_cr: has_lone_cr(text, None) }
    }

    /// Apply one edit; the answer is for `Tree::edit` and gives the clamped range.
    pub fn apply(&mut self, edit: &Edit) -> InputEdit {
        let (start, end) = (edit.range.start.min(edit.range.end), edit.range.start.max(edit.range.end));
        let length = self.rope.len_bytes();
        let chars = self.rope.byte_to_char(start.min(length))..self.rope.byte_to_char(end.min(length));
        let start_byte = self.rope.char_to_byte(chars.start);
        let old_end_byte = self.rope.char_to_byte(chars.end);
        let start_position = self.point(start_byte);
        let old_end_position = self.point(old_end_byte);
        if !chars.is_empty() {
            self.rope.remove(chars.clone());
        }
        if !edit.text.is_empty() {
            self.rope.insert(chars.start, &edit.text);
        }
        let new_end_byte = start_byte + edit.text.len();
        self.lone_cr |= self.leaves_lone_cr(start_byte, new_end_byte, &edit.text);
        let new_end_position = self.point(new_end_byte);
        InputEdit {
            start_byte,
            old_end_byte,
            new_end_byte,
            start_position,
            old_end_position,
            new_end_position,
        }
    }

    /// tree-sitter's row and column (bytes) of a byte on a character boundary.
    pub fn point(&self, byte: usize) -> Point {
        if !self.lone_cr {
            let row = self.rope.byte_to_line(byte);
            return Point { row, column: byte - self.rope.line_to_byte(row) };
        }
        let (mut row, mut line_start, mut at) = (0, 0, 0);
        for chunk in self.rope.chunks() {
            let bytes = &chunk.as_bytes()[..chunk.len().min(byte - at)];
            row += bytes.iter().filter(|&&byte| byte == b'\n').count();
            if let Some(last) = bytes.iter().rposition(|&byte| byte == b'\n') {
                line_start = at + last + 1;
            }
            at += bytes.len();
            if at == byte {
                break;
            }
        }
        Point { row, column: byte - line_start }
    }

    /// Whether the edit that left `start..end` made a CR without an LF: inside the new text or at either seam.
    fn leaves_lone_cr(&self, start: usize, end: usize, inserted: &str) -> bool {
        let after = self.rope.get_byte(end);
        let seam = start > 0 && self.rope.byte(start - 1) == b'\r';
        let at_start = if inserted.is_empty() { after } else { inserted.bytes().next() };
        (seam && at_start != Some(b'\n')) || has_lone_cr(inserted, after)
    }
}

/// Whether `text`, followed by `next`, has a CR that no LF follows.
fn has_lone_cr(text: &str, next: Option<u8>) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .any(|(at, &byte)| byte == b'\r' && bytes.get(at + 1).copied().or(next) != Some(b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: rows count `\n`, columns are bytes.
    fn counted(text: &str, byte: usize) -> Point {
        let before = &text.as_bytes()[..byte];
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        Point { row: before.iter().filter(|&&byte| byte == b'\n').count(), column: byte - start }
    }

    #[test]
    fn a_lone_cr_is_not_a_row() {
        for text in ["a\rb\nc", "a\r\nb\r\nc", "\r\r\n\n\r", "é\r\nü\u{2028}x\n"] {
            let rope = Text::new(text);
            for (byte, _) in text.char_indices() {
                assert_eq!(rope.point(byte), counted(text, byte), "{text:?} at {byte}");
            }
        }
    }

    #[test]
    fn a_crlf_torn_apart_is_noticed() {
        let mut text = Text::new("ab\r\ncd\r\nef");
        text.apply(&Edit::insert(3, "x"));
        assert_eq!(text.rope.to_string(), "ab\rx\ncd\r\nef");
        assert_eq!(text.point(5), Point { row: 1, column: 0 });

        let mut text = Text::new("ab\r\ncd");
        text.apply(&Edit::replace(3..4, ""));
        assert_eq!(text.point(5), Point { row: 0, column: 5 });
    }

    #[test]
    fn ranges_are_clamped_and_turned_round() {
        let mut text = Text::new("añb");
        let edit = text.apply(&Edit::replace(Range { start: 99, end: 2 }, "x"));
        assert_eq!((edit.start_byte, edit.old_end_byte, edit.new_end_byte), (1, 4, 2));
        assert_eq!(text.rope.to_string(), "ax");
    }
}
