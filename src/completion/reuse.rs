//! Typing-through: while the user types what is shown, the rest of it is the answer, without the model and without
//! flicker. A pure function of what was shown and of the document now.

use std::hash::Hasher as _;
use std::ops::Range;

use ropey::Rope;
use twox_hash::XxHash64;

use super::outcome::Rank;
use super::outcome::{CheckLevel, Shown};
use crate::context::line::is_closer;
use crate::document::position::{floor, slice};

/// Most bytes of closers that an editor is thought to insert by itself while one types.
const MOST_CLOSERS: usize = 8;

/// The rest of a suggestion, for the cursor as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// What is still to be inserted.
    pub text: String,
    /// What it replaces, in bytes of the document as it is now.
    pub range: Range<usize>,
}

impl Shown {
    /// Remember `text`, which is to replace the bytes `range` of `document`.
    pub fn new(
        document: &Rope,
        range: Range<usize>,
        text: &str,
        check_level: CheckLevel,
        rank: Rank,
    ) -> Self {
        Self {
            offset: range.start,
            text: text.to_owned(),
            replaced: range.end - range.start,
            before: fingerprint(document, 0..range.start),
            after: fingerprint(document, range.end..document.len_bytes()),
            after_len: document.len_bytes() - range.end,
            check_level,
            rank,
            seen: false,
        }
    }

    /// How many bytes of the text stand in `document` at its place. That all of them do is certain; fewer may be there by
    /// chance when what is before them was changed.
    pub fn taken(&self, document: &Rope) -> usize {
        let end = (self.offset + self.text.len()).min(document.len_bytes());
        if floor(document, self.offset) != self.offset || end < self.offset {
            return 0;
        }
        let there = document.byte_slice(self.offset..floor(document, end));
        let same = there.bytes().zip(self.text.bytes()).take_while(|(there, own)| there == own).count();
        let same = (0..=same).rev().find(|&byte| self.text.is_char_boundary(byte)).unwrap_or(0);
        // The fingerprint only at the end: it is the only work that grows with the document.
        let all = same == self.text.len() && fingerprint(document, 0..self.offset) != self.before;
        if all { 0 } else { same }
    }
}

/// What remains of `shown` with the cursor at `offset` of `document`; none when they do not belong together.
///
/// Whatever is answered, taking it gives exactly the document that taking `shown` would have given: so the check_level
/// holds without a new check.
pub fn lookup(shown: &Shown, document: &Rope, offset: usize) -> Option<Rest> {
    let length = document.len_bytes();
    let tail = length.checked_sub(shown.after_len)?;
    if offset < shown.offset || offset > tail || offset - shown.offset > shown.text.len() {
        return None;
    }
    // Another text may have no character boundary there; slicing it would panic.
    if [shown.offset, offset, tail].iter().any(|byte| floor(document, *byte) != *byte) {
        return None;
    }
    let typed = slice(document, shown.offset..offset);
    let rest = shown.text.strip_prefix(&typed).filter(|rest| !rest.is_empty())?;
    let between = slice(document, offset..tail);
    let (text, end) = join(rest, &between, shown.replaced)?;
    // The two fingerprints last: they are the only work that grows with the document.
    let same = fingerprint(document, 0..shown.offset) == shown.before
        && fingerprint(document, tail..length) == shown.after;
    same.then(|| Rest { text: text.to_owned(), range: offset..offset + end })
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

fn is_subsequence(short: &str, long: &str) -> bool {
    let mut chars = long.chars();
    short.chars().all(|wanted| chars.any(|c| c == wanted))
}

/// A fingerprint of the bytes alone, however the rope is cut into chunks (which `std`'s hashers do not promise).
fn fingerprint(text: &Rope, range: Range<usize>) -> u64 {
    let mut hasher = XxHash64::default();
    text.byte_slice(range).chunks().for_each(|chunk| hasher.write(chunk.as_bytes()));
    hasher.finish()
}
