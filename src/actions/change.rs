//! Computes the smallest edit that does what a replacement does.

use std::ops::Range;

use crate::document::{Edit, Snapshot};
use crate::text::{common_affixes, is_word};

/// The edit that turns `range` of the snapshot into `new`, which has the document's line ends: no more than differs.
pub fn minimal(snapshot: &Snapshot, range: Range<usize>, new: &str) -> Edit {
    let old = snapshot.slice(range.clone());
    let (head, tail) = common_affixes(&old, new);
    // No half of a word: `raise` does not become `return` by its last five letters.
    let head = old[..head].trim_end_matches(is_word).len();
    let tail = old[old.len() - tail..].trim_start_matches(is_word).len();
    Edit::replace(range.start + head..range.end - tail, &new[head..new.len() - tail])
}
