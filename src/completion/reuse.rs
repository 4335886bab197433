//! Continues a remembered suggestion while the user types it: without the model, and without flicker.

use ropey::Rope;

use super::brackets::balance;
use super::suggestion::{Remembered, Suggestion, fingerprint};
use super::target::Target;
use crate::context::line::is_closer;
use crate::document::Edit;
use crate::document::position::{floor, slice};
use crate::text::is_subsequence;

/// Most bytes of closers that an editor is thought to insert by itself while one types.
const MOST_CLOSERS: usize = 8;

/// The rests of the remembered suggestions that the user may be typing, in their order. Of two with the same rest, the
/// first counts.
pub fn rests(target: &Target, remembered: &[Remembered]) -> Vec<Remembered> {
    let mut found: Vec<Remembered> = Vec::new();
    for Remembered { suggestion, seen } in remembered {
        if let Some(suggestion) = continued(target, suggestion)
            && found.iter().all(|other| other.suggestion.edits != suggestion.edits)
        {
            found.push(Remembered { suggestion, seen: *seen });
        }
    }
    found
}

fn continued(target: &Target, suggestion: &Suggestion) -> Option<Suggestion> {
    let whole = suggestion.whole();
    let rest = rest(whole, &target.document.text, target.cursor)?;
    let typed = rest.range.start - whole.range().start;
    if opens_anew(whole.text().get(..typed)?, &rest.text) {
        return None;
    }
    let rank = whole.rank.after(typed, &rest.text);
    let edit = match &target.entry {
        None => rest,
        Some(entry) => {
            // What is typed already belongs to the entry's range; the whole must begin with the entry.
            let typed = target.document.slice(entry.range.start..rest.range.start);
            let text = format!("{typed}{}", rest.text);
            let fits = text.len() > entry.text.len()
                && text.starts_with(&entry.text)
                && entry.range.end <= rest.range.end;
            fits.then(|| Edit::replace(entry.range.start..rest.range.end, text))?
        }
    };
    Some(Suggestion { rank, tokens: 0, prompt_tokens: (0, 0), ..whole.continued(edit) })
}

/// Whether a text in two parts closes a bracket of the document in the first and leaves one open in the second: `}` and ` else {`.
/// The whole breaks nothing, because it leaves as many open as there were; behind its first part the second would.
fn opens_anew(typed: &str, rest: &str) -> bool {
    !balance(typed, "").unmatched.is_empty() && !balance(rest, "").open.is_empty()
}

/// What remains to be done of `suggestion` with the cursor at `offset` of `document`, in bytes of it; None when they do not
/// belong together.
///
/// Whatever is answered, taking it gives exactly the document that taking the whole suggestion would have given: so its check
/// holds without a new one.
pub fn rest(suggestion: &Suggestion, document: &Rope, offset: usize) -> Option<Edit> {
    let whole = suggestion.whole();
    let (anchor, replaced, start) = (whole.anchor, whole.range(), whole.range().start);
    let length = document.len_bytes();
    let tail = length.checked_sub(anchor.after_len)?;
    if offset < start || offset > tail || offset - start > whole.text().len() {
        return None;
    }
    // Another text may have no character boundary there; slicing it would panic.
    if [start, offset, tail].iter().any(|byte| floor(document, *byte) != *byte) {
        return None;
    }
    let typed = slice(document, start..offset);
    let left = whole.text().strip_prefix(&typed).filter(|left| !left.is_empty())?;
    let between = slice(document, offset..tail);
    let (text, end) = join(left, &between, replaced.len())?;
    // The two fingerprints last: they are the only work that grows with the document.
    let same = fingerprint(document, 0..start) == anchor.before
        && fingerprint(document, tail..length) == anchor.after;
    same.then(|| Edit::replace(offset..offset + end, text))
}

/// How many bytes of the text of `suggestion` stand in `document` at its place. That all of them do is certain; fewer may be
/// there by chance when what is before them was changed.
pub fn taken(suggestion: &Suggestion, document: &Rope) -> usize {
    let whole = suggestion.whole();
    let (start, text) = (whole.range().start, whole.text());
    let end = (start + text.len()).min(document.len_bytes());
    if floor(document, start) != start || end < start {
        return 0;
    }
    let there = document.byte_slice(start..floor(document, end));
    let same = there.bytes().zip(text.bytes()).take_while(|(there, own)| there == own).count();
    let same = (0..=same).rev().find(|&byte| text.is_char_boundary(byte)).unwrap_or(0);
    // The fingerprint only at the end: it is the only work that grows with the document.
    let all = same == text.len() && fingerprint(document, 0..start) != whole.anchor.before;
    if all { 0 } else { same }
}

/// How `rest` meets `between`, the text from the cursor to where the old document goes on: auto-inserted closers, or
/// what the suggestion was to replace anyway. Gives the text and how many bytes of `between` it replaces.
fn join<'a>(rest: &'a str, between: &str, replaced: usize) -> Option<(&'a str, usize)> {
    if between.is_empty() {
        return Some((rest, 0));
    }
    if between.len() <= MOST_CLOSERS && between.chars().all(is_closer) {
        if let Some(text) = rest.strip_suffix(between) {
            // Nothing to replace: most editors draw that better.
            return (!text.is_empty()).then_some((text, 0));
        }
        return is_subsequence(between, rest).then_some((rest, between.len()));
    }
    (between.len() <= replaced).then_some((rest, between.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_bracket_behind_one_that_closed_is_no_rest() {
        for (typed, rest, expected) in [
            ("};", "\n    if ready {", true),
            ("}", " else {", true),
            ("}", " else {\n    g();\n}", false),
            ("if ready {", "\n    f(", false),
            (")", ";", false),
            ("f(", "x)", false),
        ] {
            assert_eq!(opens_anew(typed, rest), expected, "{typed:?} {rest:?}");
        }
    }
}
