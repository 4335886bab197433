//! Decides whether to complete at a cursor at all, and how much: the rest of a line or some lines.

use super::control::Multiline;
use super::outcome::Reason;
use super::request::{CompletionOptions, Extent, TriggerKind};
use crate::context::{CursorContext, CursorIn, LineTail};

/// How much to ask for at the cursor in `context`: of `lines` lines at most.
///
/// # Errors
/// [`Reason::NotHere`] when the user only typed and nothing can be inserted here, and the reasons of those who want nothing
/// inside comments, strings or imports.
pub fn decide(
    context: &CursorContext,
    trigger: &TriggerKind,
    options: &CompletionOptions,
    lines: usize,
) -> Result<Extent, Reason> {
    let automatic = *trigger != TriggerKind::Invoked;
    if automatic && (context.line.splits_word() || joins_word(context)) {
        return Err(Reason::NotHere);
    }
    if let Some(reason) = unwanted_here(context, options).filter(|_| automatic) {
        return Err(reason);
    }
    if context.cursor_in != CursorIn::Code || context.tail == LineTail::Code || lines <= 1 {
        return Ok(Extent::Line);
    }
    let always = options.multiline == Multiline::Always && context.tail == LineTail::Nothing;
    Ok(if always || wants_block(context) { Extent::Lines(lines) } else { Extent::Line })
}

/// Which setting keeps the place of the cursor silent, if one does.
fn unwanted_here(context: &CursorContext, options: &CompletionOptions) -> Option<Reason> {
    match context.cursor_in {
        CursorIn::Comment => (!options.in_comments).then_some(Reason::OffInComments),
        CursorIn::String => (!options.in_strings).then_some(Reason::OffInStrings),
        CursorIn::Code => (context.in_import && !options.in_imports).then_some(Reason::OffInImports),
    }
}

/// Code starts right at the cursor: whatever is inserted would be read as one word with it.
fn joins_word(context: &CursorContext) -> bool {
    context.tail == LineTail::Code && context.line.after.starts_with(crate::text::is_word)
}

/// Behind what opens a block, or on an empty line inside a body.
fn wants_block(context: &CursorContext) -> bool {
    if context.line.is_blank_before() {
        context.tail == LineTail::Nothing && (context.opens_block || !context.scopes.is_empty())
    } else {
        context.opens_block
    }
}
