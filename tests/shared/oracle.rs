//! Answers for a plain string what a document answers for its rope: lines, positions, changes. For tests and for `fuzz/`.

use treefill::document::{Change, Encoding};

/// The lines as LSP defines them: the start and the content of each.
pub fn lines(text: &str) -> Vec<(usize, &str)> {
    let (mut lines, mut start, bytes) = (Vec::new(), 0, text.as_bytes());
    for at in 0..bytes.len() {
        let ends = bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        if ends {
            let end = if bytes[at] == b'\n' && at > start && bytes[at - 1] == b'\r' { at - 1 } else { at };
            lines.push((start, &text[start..end]));
            start = at + 1;
        }
    }
    lines.push((start, &text[start..]));
    lines
}

/// The oracle for `position::to_byte`, by walking the characters.
pub fn byte_at(
    text: &str,
    lines: &[(usize, &str)],
    (line, character): (u32, u32),
    encoding: Encoding,
) -> usize {
    let Some((start, content)) = lines.get(line as usize) else { return text.len() };
    let (mut units, mut byte) = (0, 0);
    for c in content.chars() {
        units += match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        };
        if units > character as usize {
            break;
        }
        byte += c.len_utf8();
    }
    start + byte
}

/// Apply one change to the oracle.
pub fn apply(oracle: &mut String, change: &Change, encoding: Encoding) {
    let lines = lines(oracle);
    let byte = |position| byte_at(oracle, &lines, position, encoding);
    let (a, b) = change.range.map_or((0, oracle.len()), |(start, end)| (byte(start), byte(end)));
    oracle.replace_range(a.min(b)..a.max(b), &change.text);
}
