//! Makes raw model text fit its place: the wanted lines only, the file's indentation, nothing that is already there, no
//! repetition, nothing that is not text. [`crate::verify`] judges the syntax of what is left.

mod ending;
mod indentation;
mod overlap;
mod repetition;
mod unicode;
mod whitespace;

pub use ending::{is_inside_token, whole_tokens};
pub use overlap::{Insertion, joins};
pub use repetition::has_begun;

use super::outcome::Reason;
use super::request::{Effort, Extent};
use crate::context::CursorContext;

/// The stage of the pipeline: [`trim`], or `raw` as it is where less effort is wanted.
///
/// # Errors
/// Those of [`trim`]; [`Reason::Blank`] where nothing was generated.
pub fn with_effort(
    raw: &str,
    context: &CursorContext,
    extent: Extent,
    effort: Effort,
) -> Result<String, Reason> {
    match effort >= Effort::Trim {
        true => trim(raw, context, extent),
        false if raw.trim().is_empty() => Err(Reason::Blank),
        false => Ok(raw.to_owned()),
    }
}

/// The usable part of `raw`, with LF line ends, or why there is none.
pub fn trim(raw: &str, context: &CursorContext, extent: Extent) -> Result<String, Reason> {
    let text = raw.replace("\r\n", "\n").replace('\r', "");
    let text = unicode::without_leaks(&text, context);
    if unicode::is_deceptive(text, context) {
        return Err(Reason::Invalid);
    }
    let text = wanted_lines(text, context, extent);
    let text = whitespace::leading(text, context);
    let text = indentation::indentation(&text, context);
    let text = overlap::without_lines_below(&text, context)?;
    let text = repetition::without_repeats(text, context)?;
    let text = whitespace::trailing(text, context);
    if text.trim().is_empty() {
        return Err(Reason::Blank);
    }
    if context.line.after.trim_start().starts_with(text.trim()) {
        return Err(Reason::AlreadyThere);
    }
    Ok(text.to_owned())
}

/// The first line with text, where others follow.
pub fn first_line(text: &str) -> Option<&str> {
    let start = text.len() - text.trim_start().len();
    let end = start + text[start..].find('\n')?;
    Some(&text[..end])
}

fn wanted_lines<'a>(text: &'a str, context: &CursorContext, extent: Extent) -> &'a str {
    let lines = match extent {
        Extent::Line => 1,
        Extent::Lines(most) => most + usize::from(!context.line.is_blank_before()),
    };
    match text.match_indices('\n').nth(lines - 1) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
