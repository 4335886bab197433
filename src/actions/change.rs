//! The smallest edit that does what a replacement does. It checks nothing.

use std::ops::Range;

use crate::context::line::is_word;
use crate::document::{Edit, Snapshot};

/// The edit that turns `range` of the snapshot into `new`, which has the document's line ends: no more than differs.
pub fn minimal(snapshot: &Snapshot, range: Range<usize>, new: &str) -> Edit {
    let old = snapshot.slice(range.clone());
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        let same: Vec<char> = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        // No half of a word: `raise` does not become `return` by its last five letters.
        let word = same.iter().rev().take_while(|c| is_word(**c)).count();
        same[..same.len() - word].iter().map(|c| c.len_utf8()).sum()
    };
    let head = same(&mut old.chars().zip(new.chars()));
    let tail = same(&mut old[head..].chars().rev().zip(new[head..].chars().rev()));
    Edit::replace(range.start + head..range.end - tail, &new[head..new.len() - tail])
}
