//! Looks up what may come next, in three sources: the prompt with what was generated, open and changed texts, the rest.

use std::ops::Range;
use std::sync::Arc;

use super::cursor;
use super::index::ORDER;
use super::shelf::{MemoryStats, Part, Shelf};
use crate::engine::TokenId;

/// How many sources there are.
pub const SOURCES: usize = 3;
/// Places looked at for one context, spread evenly over all of them.
const SAMPLES: usize = 48;
/// Tokens kept of those that followed, the most frequent first.
const KEPT: usize = 12;
/// How much more a place in the folder of the job's document counts than one elsewhere.
const SAME_FOLDER: f32 = 3.0;

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The prompt, and what was generated behind it.
    Prompt,
    /// Texts that are open or were changed lately.
    Near,
    /// The rest of the workspace.
    Rest,
}

impl Source {
    /// All, in the order in which they are mixed.
    pub const ALL: [Self; SOURCES] = [Self::Prompt, Self::Near, Self::Rest];
}

/// What followed the longest same context in one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// Tokens that the context and the places have in common.
    pub order: usize,
    /// Places that were looked at, weighted by their nearness.
    pub total: f32,
    /// What followed, with its share of the total, the most frequent first. Never empty.
    pub next: Vec<(TokenId, f32)>,
}

impl Recalled {
    /// The share of a token.
    pub fn share(&self, token: TokenId) -> f32 {
        self.next.iter().find(|(next, _)| *next == token).map_or(0.0, |(_, share)| *share)
    }

    fn of(order: usize, mut counts: Vec<(TokenId, f32)>) -> Option<Self> {
        let total: f32 = counts.iter().map(|(_, count)| count).sum();
        counts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        counts.truncate(KEPT);
        for (_, count) in &mut counts {
            *count /= total;
        }
        (!counts.is_empty()).then_some(Self { order, total, next: counts })
    }
}

/// What each source says, in the order of [`Source::ALL`].
pub type Matches = [Option<Recalled>; SOURCES];

/// What one job looks things up in.
#[derive(Debug, Clone, Default)]
pub struct Recall {
    shelf: Option<Arc<Shelf>>,
    folder: Option<u32>,
    document: String,
    /// Places of the near texts that stand for the cursor of the job.
    cursor: Range<usize>,
}

fn count(counts: &mut Vec<(TokenId, f32)>, token: TokenId, weight: f32) {
    match counts.iter_mut().find(|(known, _)| *known == token) {
        Some((_, sum)) => *sum += weight,
        None => counts.push((token, weight)),
    }
}

impl Recall {
    /// For a job about `document`.
    pub fn new(shelf: Option<Arc<Shelf>>, document: &str) -> Self {
        let folder = shelf.as_ref().and_then(|shelf| shelf.folder(document));
        Self { shelf, folder, document: document.to_owned(), cursor: 0..0 }
    }

    /// For a job with this prompt: its parts with separators between them, the one before the cursor last.
    pub fn with_prompt(mut self, said: &[TokenId]) -> Self {
        let near = self.shelf.as_ref().map(|shelf| &shelf.near);
        self.cursor = near.and_then(|near| cursor::places(near, &self.document, said)).unwrap_or_default();
        self
    }

    /// How much is remembered of the workspace.
    pub fn stats(&self) -> MemoryStats {
        self.shelf.as_ref().map_or_else(MemoryStats::default, |shelf| shelf.stats())
    }

    /// What may follow the end of `text`: the parts of the prompt with separators between them, the one before the cursor last,
    /// and what was generated behind it. None of it is longer than [`ORDER`] tokens that are the same.
    pub fn look_up(&self, text: &[TokenId]) -> Matches {
        let context = &text[text.len().saturating_sub(ORDER)..];
        let shelf = self.shelf.as_deref();
        [
            in_prompt(text),
            shelf.and_then(|shelf| {
                self.in_part(&shelf.near, context, |place, _| !self.cursor.contains(&place))
            }),
            shelf.and_then(|shelf| {
                self.in_part(&shelf.rest, context, |_, number| !shelf.hidden.contains(&number))
            }),
        ]
    }

    fn in_part(
        &self,
        part: &Part,
        context: &[TokenId],
        visible: impl Fn(usize, u32) -> bool,
    ) -> Option<Recalled> {
        let runs = part.index.runs(context);
        for (at, run) in runs.into_iter().enumerate().rev() {
            let step = run.len().div_ceil(SAMPLES).max(1);
            let mut counts = Vec::new();
            for entry in run.step_by(step) {
                let place = part.index.place(entry);
                let (number, folder) = part.document(place);
                if visible(place, number) {
                    let weight = if Some(folder) == self.folder { SAME_FOLDER } else { 1.0 };
                    count(&mut counts, part.index.tokens()[place], weight);
                }
            }
            // All of it may be hidden.
            if let Some(found) = Recalled::of(at + 1, counts) {
                return Some(found);
            }
        }
        None
    }
}

/// A prompt is short: a look at every place takes about a microsecond.
fn in_prompt(text: &[TokenId]) -> Option<Recalled> {
    let (&last, _) = text.split_last().filter(|(last, _)| **last >= 0)?;
    let (mut order, mut counts) = (0, Vec::new());
    for at in places_of(text, last) {
        let pairs = text[..at + 1].iter().rev().zip(text.iter().rev());
        let same = pairs.take(ORDER).take_while(|(a, b)| a == b && **a >= 0).count();
        let next = text[at + 1];
        if next < 0 || same < order {
            continue;
        }
        if same > order {
            order = same;
            counts.clear();
        }
        count(&mut counts, next, 1.0);
    }
    Recalled::of(order, counts)
}

/// Where `token` stands, its last place not counted.
fn places_of(text: &[TokenId], token: TokenId) -> impl Iterator<Item = usize> {
    let before = &text[..text.len() - 1];
    before.iter().enumerate().filter(move |(_, other)| **other == token).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::super::index::SEPARATOR;
    use super::super::shelf::Shelves;
    use super::*;

    fn next(found: &Option<Recalled>) -> Option<(usize, Vec<TokenId>)> {
        found.as_ref().map(|found| (found.order, found.next.iter().map(|(token, _)| *token).collect()))
    }

    #[test]
    fn a_prompt_is_searched_for_its_own_end() {
        let recall = Recall::default();
        let text = [1, 2, 3, SEPARATOR, 9, 2, 5, 1, 2];
        assert_eq!(next(&recall.look_up(&text)[0]), Some((2, vec![3])), "the longer context wins");
        assert_eq!(next(&recall.look_up(&[1, SEPARATOR, 2, 1])[0]), None, "nothing follows in that text");
        assert_eq!(next(&recall.look_up(&[])[0]), None);
    }

    #[test]
    fn open_texts_the_rest_and_folders_are_told_apart() {
        let shelves = Shelves::default();
        shelves.put("w", "a", "here", true, vec![1, 2, 3]);
        shelves.put("w", "b", "here", false, vec![1, 2, 4]);
        shelves.put("w", "c", "there", false, vec![1, 2, 5]);
        shelves.put("w", "d", "there", false, vec![1, 2, 5]);
        let look = |document: &str| Recall::new(shelves.get("w"), document).look_up(&[1, 2]);
        assert_eq!(next(&look("a")[2]), None, "not indexed yet");
        shelves.settle();
        let found = look("a");
        assert_eq!(next(&found[1]), Some((2, vec![3])));
        assert_eq!(next(&found[2]), Some((2, vec![4, 5])), "the same folder counts three times");
        shelves.put("w", "b", "here", true, vec![1, 2, 6]);
        let found = look("a");
        assert_eq!(next(&found[1]), Some((2, vec![3, 6])), "what was changed is near");
        assert_eq!(next(&found[2]), Some((2, vec![5])), "and no longer there");
        shelves.remove("w", "c");
        shelves.remove("w", "d");
        assert_eq!(next(&look("a")[2]), None);
        shelves.clear("w");
        assert!(shelves.get("w").is_none());
    }

    #[test]
    fn what_is_no_longer_open_can_be_found_all_the_same() {
        let shelves = Shelves::default();
        for number in 0..40 {
            let tokens: Vec<TokenId> = (0..10_000).map(|at| number * 100_000 + at).collect();
            shelves.put("w", &number.to_string(), "", true, tokens);
        }
        shelves.settle();
        let recall = Recall::new(shelves.get("w"), "0");
        for number in 0..40 {
            let found = recall.look_up(&[number * 100_000 + 5, number * 100_000 + 6]);
            let found = found[1].clone().or(found[2].clone());
            assert_eq!(next(&found), Some((2, vec![number * 100_000 + 7])));
        }
    }
}
