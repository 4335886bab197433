//! Finds lines and blocks of lines that come twice in a row, those directly above and below the cursor included.

use std::borrow::Cow;

use crate::completion::outcome::Reason;
use crate::context::CursorContext;

/// Lines looked at on either side of the cursor.
const SIDE: usize = 8;
/// A line of no more characters says too little to be told twice (`}`, `},`).
const SHORT: usize = 3;

/// A line with text.
struct Row<'a> {
    text: Cow<'a, str>,
    /// Where it begins in the suggestion; none where it is of the document.
    start: Option<usize>,
}

/// Where the text should end because a line or a block comes a second time, and what to call that. Without `whole` the last line
/// is not finished and does not count, and neither do those below.
pub fn repeat(text: &str, context: &CursorContext, whole: bool) -> Option<(usize, Reason)> {
    let rows = rows(text, context, whole);
    let mut found: Option<(usize, bool)> = None;
    for length in 1..=rows.len() / 2 {
        for at in 0..=rows.len() - 2 * length {
            let (first, second) = (&rows[at..at + length], &rows[at + length..at + 2 * length]);
            let is_twice = first.iter().zip(second).all(|(a, b)| a.text == b.text);
            if !is_twice || !first.iter().any(|row| is_telling(&row.text)) {
                continue;
            }
            // What repeats the document below ends before itself.
            let start = second[0].start.or_else(|| first.iter().chain(second).find_map(|row| row.start));
            if let Some(start) = start
                && found.is_none_or(|(least, _)| start < least)
            {
                found = Some((start, second[0].start.is_none()));
            }
        }
    }
    found.map(|(cut, below)| (cut, if below { Reason::AlreadyThere } else { Reason::Repetition }))
}

fn is_telling(line: &str) -> bool {
    line.chars().count() > SHORT && line.contains(char::is_alphanumeric)
}

/// The lines with text: some above the cursor, those of the suggestion, some below.
fn rows<'a>(text: &'a str, context: &'a CursorContext, whole: bool) -> Vec<Row<'a>> {
    let row = |text: &'a str| Row { text: text.trim().into(), start: None };
    let before = context.before.len() - context.line.before.len().min(context.before.len());
    let above = context.before[..before].lines().rev().filter(|line| !line.trim().is_empty());
    let mut rows: Vec<Row<'_>> = above.take(SIDE).map(row).collect();
    rows.reverse();
    let mut start = 0;
    for piece in text.split_inclusive('\n') {
        if !whole && !piece.ends_with('\n') {
            break;
        }
        let line: Cow<'_, str> = match start {
            0 => format!("{}{piece}", context.line.before).trim().to_owned().into(),
            _ => piece.trim().into(),
        };
        if !line.is_empty() {
            rows.push(Row { text: line, start: Some(start) });
        }
        start += piece.len();
    }
    // A text that ends at code right of the cursor does not end a line.
    let ends_line = context.line.after.trim().is_empty();
    if !ends_line && let Some(last) = rows.last_mut().filter(|row| row.start.is_some()) {
        last.text = format!("{}{}", last.text, context.line.after.trim_end()).into();
    }
    if whole {
        rows.extend(context.lines_below().take(SIDE).map(row));
    }
    rows
}
