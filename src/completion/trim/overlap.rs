//! Removes what the model wrote although it is in the text after the cursor already: on the same line and on the lines below.

use crate::completion::brackets::balance;
use crate::completion::outcome::Reason;
use crate::context::{CursorContext, LineTail};
use crate::text::is_subsequence;

/// A text and how much of the line behind the cursor it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// What to insert; LF line ends.
    pub text: String,
    /// Bytes behind the cursor that it replaces: none, or the closers it brings itself.
    pub replaces: usize,
}

/// Fewer letters and digits than this and a line says too little to call two equal ones a repetition (`}`, `pass`).
const TELLING: usize = 6;

/// Whether a line is long enough that meeting it twice is no accident.
pub fn is_telling(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphanumeric()).count() >= TELLING
}

/// The text without lines at its end that follow the cursor's line anyway.
pub fn without_lines_below<'a>(text: &'a str, context: &CursorContext) -> Result<&'a str, Reason> {
    let Some(below) = context.lines_below().next() else { return Ok(text) };
    let first_is_own = !context.line.is_blank_before();
    let mut start = 0;
    for (number, piece) in text.split_inclusive('\n').enumerate() {
        let (line, rest) = (piece.trim(), &text[start..]);
        let own = number == 0 && first_is_own;
        let telling = line == below.trim() && is_telling(line);
        // A closer alone says little: it counts when everything from it on follows below.
        let follows =
            line == below.trim() && piece.trim_end() == below.trim_end() && all_below(rest, context);
        if !own && !line.is_empty() && (telling || follows) {
            let kept = &text[..start];
            return if kept.trim().is_empty() { Err(Reason::AlreadyThere) } else { Ok(kept.trim_end()) };
        }
        start += piece.len();
    }
    Ok(text)
}

fn all_below(text: &str, context: &CursorContext) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut below = context.lines_below();
    lines.all(|line| below.next().is_some_and(|other| other.trim() == line.trim()))
}

/// The ways `text` can meet what stands right of the cursor, likeliest first. Which of them fits is for the parser.
pub fn joins(text: &str, context: &CursorContext) -> Vec<Insertion> {
    let after = context.line.after.trim_end();
    let plain = |text: &str| Insertion { text: text.to_owned(), replaces: 0 };
    match context.tail {
        LineTail::Nothing => vec![plain(text)],
        LineTail::Closers => closers(text, after, &context.line_comment),
        LineTail::Code => code(text, after),
    }
}

fn closers(text: &str, after: &str, comment: &str) -> Vec<Insertion> {
    let plain = Insertion { text: text.to_owned(), replaces: 0 };
    let without = overlap(text, after)
        .map(|length| text[..text.len() - length].trim_end())
        .filter(|text| !text.is_empty())
        .map(|text| Insertion { text: text.to_owned(), replaces: 0 });
    let state = balance(text, comment);
    // The text brings its own closers for what was opened before the cursor: those behind it are in the way.
    let brings = !state.unmatched.is_empty() || (state.quote.is_some() && after.starts_with(['"', '\'']));
    let taking = (1..=after.len())
        .rev()
        .filter(|length| after.is_char_boundary(*length) && is_subsequence(&after[..*length], text))
        // A cut may leave no more than what it replaces.
        .filter(|length| after[..*length].trim() != text.trim())
        .map(|replaces| Insertion { text: text.to_owned(), replaces });
    if brings && text.contains('\n') {
        // `{|}` with a whole block: taking the closer keeps it on its own line.
        taking.chain(without).chain([plain]).collect()
    } else if brings {
        without.into_iter().chain(taking).chain([plain]).collect()
    } else {
        [plain].into_iter().chain(without).collect()
    }
}

fn code(text: &str, after: &str) -> Vec<Insertion> {
    let after = after.trim();
    let mut ways = Vec::new();
    let mut add = |text: &str| {
        if !text.trim().is_empty() && ways.iter().all(|way: &Insertion| way.text != text) {
            ways.push(Insertion { text: text.to_owned(), replaces: 0 });
        }
    };
    // The model goes on behind what is there: `x = |+ y` with `a + y + z`.
    if let Some(at) = text.find(after).filter(|_| after.len() > 2) {
        add(&text[..at]);
    }
    if let Some(length) = overlap(text, after) {
        add(&text[..text.len() - length]);
    }
    add(text);
    ways
}

/// Length of the longest start of `after` that `text` ends with.
fn overlap(text: &str, after: &str) -> Option<usize> {
    let text = text.trim_end();
    (1..=after.len().min(text.len()))
        .rev()
        .find(|length| after.is_char_boundary(*length) && text.ends_with(&after[..*length]))
}
