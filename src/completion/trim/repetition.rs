//! Cuts a text before it repeats itself or what stands around the cursor: signs and tokens, phrases, lines and blocks.

mod lines;
mod phrases;
mod tokens;

use super::overlap::is_telling;
use crate::completion::outcome::Reason;
use crate::context::CursorContext;

/// The text before its first repetition.
///
/// # Errors
/// [`Reason::Repetition`] or [`Reason::AlreadyThere`] when nothing is left.
pub fn without_repeats<'a>(text: &'a str, context: &CursorContext) -> Result<&'a str, Reason> {
    let cuts = [
        tokens::repeat(text, context).map(|cut| (cut, Reason::Repetition)),
        phrases::repeat(text, context).map(|cut| (cut, Reason::Repetition)),
        lines::repeat(text, context, true),
        third_line(text, true).map(|cut| (cut, Reason::Repetition)),
    ];
    match cuts.into_iter().flatten().min_by_key(|(cut, _)| *cut) {
        Some((cut, reason)) if text[..cut].trim().is_empty() => Err(reason),
        Some((cut, _)) => Ok(&text[..cut]),
        None => Ok(text),
    }
}

/// Whether a text that is still being generated repeats itself or its surroundings already: what follows is cut off anyway.
pub fn has_begun(text: &str, context: &CursorContext) -> bool {
    tokens::repeat(text, context).is_some()
        || phrases::repeat(text, context).is_some()
        || lines::repeat(text, context, false).is_some()
        || third_line(text, false).is_some()
}

/// Where a third equal line begins. Without `whole` the last line is not finished and does not count.
fn third_line(text: &str, whole: bool) -> Option<usize> {
    let mut seen: Vec<&str> = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive('\n') {
        let line = piece.trim();
        if (whole || piece.ends_with('\n'))
            && is_telling(line)
            && seen.iter().filter(|other| **other == line).count() >= 2
        {
            return Some(start);
        }
        seen.push(line);
        start += piece.len();
    }
    None
}

#[cfg(test)]
mod tests;
