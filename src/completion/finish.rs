//! Turns a chosen text into a suggestion for the document as the editor has it.

use std::sync::Arc;

use super::decode::Decoded;
use super::outcome::Reason;
use super::suggestion::{Anchor, CheckLevel, Rank, Suggestion};
use super::target::Target;
use super::trim::Insertion;
use crate::document::{Edit, with_line_ends};
use crate::symbols::ImportSource;
use crate::verify::{Verifier, policy};

/// The edit of the document that puts `insertion` at the target, with the line ends `line_ending`.
///
/// # Errors
/// [`Reason::NotHere`] when it would leave the cell of a notebook.
pub fn edit(target: &Target, insertion: &Insertion, line_ending: &str) -> Result<Edit, Reason> {
    let text = with_line_ends(&insertion.text, line_ending);
    let edit = match &target.entry {
        None => Edit::replace(target.cursor..target.cursor + insertion.replaces, text),
        Some(entry) => {
            let range = entry.range.start..entry.range.end + insertion.replaces;
            Edit::replace(range, format!("{}{text}", entry.text))
        }
    };
    if edit.range.end > target.document.len() { Err(Reason::NotHere) } else { Ok(edit) }
}

/// The suggestion to make `edit`, which needs `imports`.
///
/// # Errors
/// [`Reason::MenuConflict`] when it was checked with a menu entry accepted, and adds a fault to the document without it.
pub fn finish(
    target: &Target,
    edit: Edit,
    imports: Vec<ImportSource>,
    check_level: CheckLevel,
    rank: Rank,
    decoded: &Decoded,
) -> Result<Suggestion, Reason> {
    let was_checked = target.entry.is_none() || check_level == CheckLevel::Unvalidated;
    let allows = |verifier: Verifier| verifier.allows(std::slice::from_ref(&edit), &policy::VERIFIED_APART);
    if !was_checked && !Verifier::new(&target.document).is_some_and(allows) {
        return Err(Reason::MenuConflict);
    }
    Ok(Suggestion {
        anchor: Anchor::of(&target.document.text, &edit.range),
        continues: None,
        edits: vec![edit],
        imports: Arc::from(imports),
        check_level,
        rank,
        tokens: decoded.tokens,
        prompt_tokens: (decoded.prompt.tokens, decoded.prompt.reused),
    })
}
