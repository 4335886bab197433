//! Finds runs of one character and groups of tokens that come again and again.

use std::ops::Range;

use crate::context::CursorContext;
use crate::text::{is_word, tokens};

/// So many equal characters in a row are a run: opening brackets, other signs, and letters, closers and spaces, which are meant
/// more often.
const OPENERS: usize = 4;
const SIGNS: usize = 6;
const OTHERS: usize = 10;
/// Longest group of tokens.
const GROUP: usize = 24;
/// Only so much of the end is read: a loop goes on to the end.
const TAIL: usize = 2048;

/// Where the text should end because a run begins, or the second round of a group.
pub fn repeat(text: &str, context: &CursorContext) -> Option<usize> {
    [run(text, context), group(text, context)].into_iter().flatten().min()
}

/// Where a run of one character begins. It may have begun before the cursor.
fn run(text: &str, context: &CursorContext) -> Option<usize> {
    let mut start = 0;
    while let Some(c) = text[start..].chars().next() {
        let here = &text[start..];
        let length = here.len() - here.trim_start_matches(c).len();
        let mut count = length / c.len_utf8();
        if start == 0 && count > 1 {
            count += context.line.before.chars().rev().take_while(|before| *before == c).count();
        }
        if count >= most(c) && !is_meant(text, &(start..start + length), c, context) {
            return Some(start);
        }
        start += length;
    }
    None
}

fn most(c: char) -> usize {
    match c {
        '{' | '(' | '[' | '<' => OPENERS,
        ' ' | '\t' | ')' | ']' | '}' | '>' | '"' | '\'' => OTHERS,
        '\n' => usize::MAX,
        _ if is_word(c) => OTHERS,
        _ => SIGNS,
    }
}

/// Indentation; what the file has elsewhere, a ruler for example; and the line under a heading.
fn is_meant(text: &str, run: &Range<usize>, c: char, context: &CursorContext) -> bool {
    let line = line_start(text, run.start);
    let blank = text[line..run.start].trim().is_empty();
    let first = line == 0;
    if c.is_whitespace() && blank && (!first || context.line.is_blank_before()) {
        return true;
    }
    let has_such = |text: &str| {
        let sample: String = std::iter::repeat_n(c, most(c).min(OTHERS)).collect();
        match c.is_whitespace() {
            true => text.lines().any(|line| line.trim().contains(&sample)),
            false => text.contains(&sample),
        }
    };
    let opener = matches!(c, '{' | '(' | '[' | '<');
    !opener && (has_such(&context.before) || has_such(&context.after)) || underlines(text, run, c, context)
}

/// Whether a line of signs has the length of the heading above it.
fn underlines(text: &str, run: &Range<usize>, c: char, context: &CursorContext) -> bool {
    let line = line_start(text, run.start);
    let above = match line {
        0 => context.line_above(),
        _ => text[..line - 1].rsplit('\n').next(),
    };
    let length = |line: &str| line.trim().trim_start_matches(['/', '#', ' ', '!']).chars().count();
    let lead = if line == 0 { context.line.before.as_str() } else { "" };
    let alone =
        !format!("{lead}{}", &text[line..run.start]).contains(|c: char| is_word(c) || "'\"({[".contains(c));
    let sign = !is_word(c) && !c.is_whitespace();
    sign && alone
        && above.is_some_and(|above| {
            above.contains(char::is_alphabetic) && length(above).abs_diff(run.len() / c.len_utf8()) <= 2
        })
}

/// Where the second round of a group of tokens begins that comes again and again.
fn group(text: &str, context: &CursorContext) -> Option<usize> {
    let from = (text.len().saturating_sub(TAIL)..=text.len()).find(|at| text.is_char_boundary(*at))?;
    let tokens = tokens(&text[from..]);
    let word = |at: usize| &text[from + tokens[at].start..from + tokens[at].end];
    let mut found: Option<usize> = None;
    for length in 1..=GROUP.min(tokens.len() / 2) {
        let mut start = 0;
        for at in length..=tokens.len() {
            if at < tokens.len() && word(at) == word(at - length) {
                continue;
            }
            // Fewer are no loop of any kind.
            if at - start >= 3 * length {
                let unit: Vec<&str> = (start..start + length).map(word).collect();
                if is_loop(&unit, at - start) && !is_ruler(&unit, context) {
                    let second = from + tokens[start + length].start;
                    let cut = if is_list(&unit) { line_start(text, second) } else { second };
                    found = Some(found.map_or(cut, |other| other.min(cut)));
                }
            }
            start = (at + 1).saturating_sub(length);
        }
    }
    found
}

/// Nothing of a list of equal elements says how many were wanted.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Whether `count` tokens that repeat `unit` are a loop: elements of a list five times, longer groups three times, shorter ones
/// five times, and placeholders, of which a text may have many, not so soon.
fn is_loop(unit: &[&str], count: usize) -> bool {
    let size: usize = unit.iter().map(|token| token.len()).sum();
    // A run of one sign is judged as such.
    if !unit[0].starts_with(is_word) && unit.iter().all(|token| token == &unit[0]) {
        return false;
    }
    let holes = unit.iter().all(|token| "{}()[]?%\\,:<>|".contains(token) || is_hole(token));
    match () {
        () if holes => count >= 8 * unit.len(),
        () if is_list(unit) => count + 1 >= 5 * unit.len(),
        () if size >= 10 => count >= 3 * unit.len(),
        () => count >= 5 * unit.len(),
    }
}

/// The letter of `%s`, the digits of `\x00`.
fn is_hole(token: &str) -> bool {
    matches!(token, "s" | "d" | "r" | "f" | "i") || token.len() == 3 && token.starts_with('x')
}

fn is_list(unit: &[&str]) -> bool {
    unit.contains(&",")
}

/// Signs that the file has one after another elsewhere, too.
fn is_ruler(unit: &[&str], context: &CursorContext) -> bool {
    let twice = unit.concat().repeat(2);
    !twice.contains(is_word) && (context.before.contains(&twice) || context.after.contains(&twice))
}
