//! Converts lines and characters to bytes and back, in the three encodings of LSP 3.17. Positions outside the text are clamped.
//!
//! Lines end at LF, CRLF and CR and nowhere else (LSP, "Text Documents"): ropey is built without its Unicode line breaks.

use std::ops::Range;

use ropey::Rope;

/// What the `character` of a position counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what LSP means when nothing else was agreed.
    #[default]
    Utf16,
    /// Characters (Unicode scalar values).
    Utf32,
}

/// The byte at `line`:`character` (both from 0).
///
/// A line past the end is the end of the text; a character past the end of its line is the end of the line, before the
/// terminator; a position inside a character (UTF-8) or between two surrogates (UTF-16) is the start of that character.
pub fn to_byte(text: &Rope, line: u32, character: u32, encoding: Encoding) -> usize {
    let line = line as usize;
    if line >= text.len_lines() {
        return text.len_bytes();
    }
    let content = line_content(text, line);
    let slice = text.slice(content.clone());
    let character = character as usize;
    let chars = match encoding {
        Encoding::Utf8 => slice.byte_to_char(character.min(slice.len_bytes())),
        Encoding::Utf16 => slice.utf16_cu_to_char(character.min(slice.len_utf16_cu())),
        Encoding::Utf32 => character.min(slice.len_chars()),
    };
    text.char_to_byte(content.start + chars)
}

/// The line and character (both from 0) of `byte`, clamped to the text, to the start of its character, and out of the
/// middle of a CRLF: what [`to_byte`] maps back to itself.
pub fn from_byte(text: &Rope, byte: usize, encoding: Encoding) -> (u32, u32) {
    let char = text.byte_to_char(byte.min(text.len_bytes()));
    let line = text.char_to_line(char);
    let content = line_content(text, line);
    let before = text.slice(content.start..char.clamp(content.start, content.end));
    let character = match encoding {
        Encoding::Utf8 => before.len_bytes(),
        Encoding::Utf16 => before.len_utf16_cu(),
        Encoding::Utf32 => before.len_chars(),
    };
    (saturate(line), saturate(character))
}

/// `byte` moved back to the start of the character it is in, or to the end of the text.
pub fn floor(text: &Rope, byte: usize) -> usize {
    text.char_to_byte(text.byte_to_char(byte.min(text.len_bytes())))
}

/// The text in `range`, clamped to the text and to character boundaries.
pub fn slice(text: &Rope, range: Range<usize>) -> String {
    let start = floor(text, range.start);
    let end = floor(text, range.end).max(start);
    text.byte_slice(start..end).to_string()
}

/// The characters of an existing line (`line < len_lines`), without its terminator.
pub(crate) fn line_content(text: &Rope, line: usize) -> Range<usize> {
    let start = text.line_to_char(line);
    let mut end = text.line_to_char(line + 1);
    let ends_with = |end: usize, wanted: char| end > start && text.char(end - 1) == wanted;
    if ends_with(end, '\n') {
        end -= 1;
        if ends_with(end, '\r') {
            end -= 1;
        }
    } else if ends_with(end, '\r') {
        end -= 1;
    }
    start..end
}

fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, position: (u32, u32), encoding: Encoding, byte: usize) {
        let rope = Rope::from_str(text);
        assert_eq!(to_byte(&rope, position.0, position.1, encoding), byte);
    }

    #[test]
    fn only_lf_crlf_and_cr_end_a_line() {
        for (terminator, lines) in [("\n", 2), ("\r\n", 2), ("\r", 2)] {
            assert_eq!(Rope::from_str(&format!("a{terminator}b")).len_lines(), lines);
        }
        for terminator in ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("a{terminator}b");
            check(&text, (1, 0), Encoding::Utf16, text.len());
            assert_eq!(from_byte(&Rope::from_str(&text), text.len(), Encoding::Utf32), (0, 3));
        }
    }

    #[test]
    fn a_character_past_the_end_of_its_line_is_before_the_terminator() {
        check("ab\r\ncd", (0, 99), Encoding::Utf16, 2);
        check("ab\rcd", (0, 3), Encoding::Utf8, 2);
        check("ab\ncd", (0, 3), Encoding::Utf32, 2);
        check("ab\ncd", (1, 9), Encoding::Utf16, 5);
    }

    #[test]
    fn a_line_past_the_end_is_the_end() {
        check("ab\n", (1, 0), Encoding::Utf16, 3);
        check("ab\n", (7, 0), Encoding::Utf16, 3);
        check("", (u32::MAX, u32::MAX), Encoding::Utf8, 0);
    }

    #[test]
    fn inside_a_character_is_its_start() {
        check("a𝒳b", (0, 1), Encoding::Utf16, 1);
        check("a𝒳b", (0, 2), Encoding::Utf16, 1);
        check("a𝒳b", (0, 3), Encoding::Utf16, 5);
        check("a𝒳b", (0, 3), Encoding::Utf8, 1);
        check("a𝒳b", (0, 2), Encoding::Utf32, 5);
    }

    #[test]
    fn the_middle_of_a_crlf_is_the_end_of_the_line() {
        assert_eq!(from_byte(&Rope::from_str("ab\r\ncd"), 3, Encoding::Utf16), (0, 2));
        assert_eq!(from_byte(&Rope::from_str("ab\r\ncd"), 4, Encoding::Utf16), (1, 0));
        assert_eq!(from_byte(&Rope::from_str("𝒳"), 99, Encoding::Utf16), (0, 2));
    }
}
