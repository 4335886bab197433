//! Detects repetition: loops inside a text, and lines that only repeat their neighbours.

use super::overlap::is_telling;
use crate::completion::outcome::Reason;
use crate::context::{CursorContext, CursorIn};

/// The text up to the first round of a loop: the same line three times, or the same stretch again and again at the
/// end of a line (3 or more characters five times, 10 or more three times: the thresholds tabby settled on).
pub fn without_loops(text: &str) -> &str {
    let text = &text[..line_loop(text).unwrap_or(text.len())];
    let last = text.rfind('\n').map_or(0, |at| at + 1);
    match stretch_loop(&text[last..]) {
        Some(end) => &text[..last + end],
        None => text,
    }
}

fn line_loop(text: &str) -> Option<usize> {
    let mut seen: Vec<&str> = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive('\n') {
        let line = piece.trim();
        if is_telling(line) && seen.iter().filter(|other| **other == line).count() >= 2 {
            return Some(start);
        }
        seen.push(line);
        start += piece.len();
    }
    None
}

/// Where the second round of a loop at the end of `line` begins.
fn stretch_loop(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    for length in 3..=bytes.len() / 3 {
        let times = if length >= 10 { 3 } else { 5 };
        let mut rounds = 1;
        let mut start = bytes.len() - length;
        while start >= length && bytes[start - length..start] == bytes[start..start + length] {
            start -= length;
            rounds += 1;
        }
        let unit = line.get(start..start + length).unwrap_or_default();
        if rounds >= times && is_loop(unit) {
            return Some(start + length);
        }
    }
    None
}

/// Lists of equal elements (`0, 0, 0`, `'', ''`) and rulers (`-----`) are meant; words and texts (`" + " + "`) are not.
fn is_loop(unit: &str) -> bool {
    unit.contains(char::is_alphabetic) || unit.contains(['"', '\'']) && !unit.contains(',')
}

/// Whether the cursor's line would only repeat the line above or below it.
pub fn check_neighbours(text: &str, context: &CursorContext) -> Result<(), Reason> {
    let mut lines = text.split('\n');
    let own = format!("{}{}", context.line.before, lines.next().unwrap_or_default());
    let own = own.trim();
    if lines.next().is_some() || !is_telling(own) || context.cursor_in != CursorIn::Code {
        return Ok(());
    }
    if context.line_above().is_some_and(|above| above.trim() == own) {
        return Err(Reason::Repetition);
    }
    if context.lines_below().next().is_some_and(|below| below.trim() == own) {
        return Err(Reason::AlreadyThere);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_end_after_their_first_round() {
        for (text, expected) in [
            ("foo bar foo bar foo bar foo bar foo bar ", "foo bar "),
            ("größe = gröööööööööööööööööööö", "größe = gröö"),
            ("\" + \" + \" + \" + \" + \" + ", "\" + "),
            ("[0, 0, 0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0, 0, 0]"),
            ("['', '', '', '', '', '', ''", "['', '', '', '', '', '', ''"),
            ("# -=-=-=-=-=-=-=-=-=-=-", "# -=-=-=-=-=-=-=-=-=-=-"),
        ] {
            assert_eq!(without_loops(text), expected);
        }
    }
}
