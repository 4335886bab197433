//! Finds the places where the last tokens stood before: a suffix array over reversed contexts, sorted to a bounded depth.

use std::ops::Range;

use crate::engine::TokenId;

/// Longest context that is compared, in tokens.
pub const ORDER: usize = 12;
/// Stands between two texts. No context goes across it.
pub const SEPARATOR: TokenId = -1;

/// Depths whose tokens make the sort key that needs no look at the text; the first one is the bucket.
const KEYED: Range<usize> = 2..6;

/// The tokens of some texts, and every position in the order of what stands before it. 8 bytes a token, and 4 for each
/// entry of the vocabulary that occurs.
#[derive(Debug, Default)]
pub struct Index {
    tokens: Vec<TokenId>,
    /// Positions of tokens, sorted by the token before, then by the one before that, to the depth [`ORDER`], then by place.
    sorted: Vec<u32>,
    /// Where in `sorted` the positions begin whose previous token is the index (one more entry than tokens).
    starts: Vec<u32>,
}

impl Index {
    /// Index `tokens`: texts with a [`SEPARATOR`] after each. At most `u32::MAX` of them are looked at.
    pub fn new(mut tokens: Vec<TokenId>) -> Self {
        tokens.truncate(u32::MAX as usize);
        tokens.shrink_to_fit();
        let mut index = Self { tokens, sorted: Vec::new(), starts: Vec::new() };
        index.fill_buckets();
        let mut sorted = std::mem::take(&mut index.sorted);
        let mut keyed = Vec::new();
        for bucket in index.starts.windows(2) {
            index.sort(&mut sorted[bucket[0] as usize..bucket[1] as usize], &mut keyed);
        }
        index.sorted = sorted;
        index
    }

    /// Its tokens, as they were given.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    /// Positions that have a token before them in the same text and are no separator.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let pairs = self.tokens.windows(2).enumerate();
        pairs.filter_map(|(at, pair)| (pair[1] >= 0).then_some((at + 1, usize::try_from(pair[0]).ok()?)))
    }

    /// A counting sort by the token before.
    fn fill_buckets(&mut self) {
        let vocabulary =
            self.tokens.iter().max().map_or(0, |&most| usize::try_from(most).map_or(0, |most| most + 1));
        let mut starts = vec![0u32; vocabulary + 1];
        for (_, before) in self.places() {
            starts[before + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut sorted = vec![0u32; starts.last().map_or(0, |&count| count as usize)];
        for (at, before) in self.places() {
            sorted[next[before] as usize] = at as u32;
            next[before] += 1;
        }
        (self.starts, self.sorted) = (starts, sorted);
    }

    /// Sorts positions with the same token before them.
    fn sort(&self, bucket: &mut [u32], keyed: &mut Vec<(u128, u32)>) {
        if bucket.len() < 2 {
            return;
        }
        keyed.clear();
        keyed.extend(bucket.iter().map(|&at| (self.key(at), at)));
        keyed.sort_unstable_by(|a, b| {
            let deep = || KEYED.end..=ORDER;
            let below = || {
                deep().map(|depth| self.before(a.1, depth)).cmp(deep().map(|depth| self.before(b.1, depth)))
            };
            a.0.cmp(&b.0).then_with(below).then(a.1.cmp(&b.1))
        });
        for (place, entry) in bucket.iter_mut().zip(keyed.iter()) {
            *place = entry.1;
        }
    }

    /// The tokens of [`KEYED`] in front of a position as one number that sorts like them.
    fn key(&self, at: u32) -> u128 {
        KEYED.fold(0, |key, depth| key << 32 | u128::from((self.before(at, depth) + 1) as u32))
    }

    /// The token `depth` places before a position; a separator in front of everything.
    fn before(&self, at: u32, depth: usize) -> TokenId {
        (at as usize).checked_sub(depth).map_or(SEPARATOR, |at| self.tokens[at])
    }

    /// The runs of [`Index::place`] whose last 1, 2, … tokens are those of `context`; the last one is the longest context that
    /// occurs, at most [`ORDER`] tokens. O(ORDER · log n).
    pub fn runs(&self, context: &[TokenId]) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (depth, &token) in (1..=ORDER).zip(context.iter().rev()) {
            let run = match runs.last() {
                None => self.bucket(token),
                Some(run) => self.narrow(run.clone(), depth, token),
            };
            if run.is_empty() {
                break;
            }
            runs.push(run);
        }
        runs
    }

    fn bucket(&self, token: TokenId) -> Range<usize> {
        let at = usize::try_from(token).ok();
        let bounds =
            at.and_then(|at| Some(*self.starts.get(at)? as usize..*self.starts.get(at + 1)? as usize));
        bounds.unwrap_or(0..0)
    }

    fn narrow(&self, run: Range<usize>, depth: usize, token: TokenId) -> Range<usize> {
        let places = &self.sorted[run.clone()];
        let from = places.partition_point(|&at| self.before(at, depth) < token);
        let count = places[from..].partition_point(|&at| self.before(at, depth) == token);
        run.start + from..run.start + from + count
    }

    /// The position in the tokens that an entry of a run stands for: what is there followed the context.
    pub fn place(&self, entry: usize) -> usize {
        self.sorted[entry] as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The longest context and what followed it, by looking everywhere.
    fn by_hand(tokens: &[TokenId], context: &[TokenId]) -> (usize, Vec<TokenId>) {
        let order = |at: usize| {
            let pairs = tokens[..at].iter().rev().zip(context.iter().rev());
            pairs.take(ORDER).take_while(|(a, b)| a == b && **a >= 0).count()
        };
        let places: Vec<usize> = (1..tokens.len()).filter(|&at| tokens[at] >= 0).collect();
        let longest = places.iter().map(|&at| order(at)).max().unwrap_or(0);
        let mut next: Vec<TokenId> =
            places.iter().filter(|&&at| longest > 0 && order(at) == longest).map(|&at| tokens[at]).collect();
        next.sort_unstable();
        (longest, next)
    }

    fn looked_up(tokens: &[TokenId], context: &[TokenId]) -> (usize, Vec<TokenId>) {
        let index = Index::new(tokens.to_vec());
        let runs = index.runs(context);
        let entries = runs.last().cloned().unwrap_or(0..0);
        let mut next: Vec<TokenId> = entries.map(|entry| tokens[index.place(entry)]).collect();
        next.sort_unstable();
        (runs.len(), next)
    }

    proptest! {
        #[test]
        fn it_finds_what_a_look_at_every_place_finds(
            tokens in proptest::collection::vec(-1..4i32, 0..120),
            context in proptest::collection::vec(0..5i32, 0..16),
        ) {
            prop_assert_eq!(looked_up(&tokens, &context), by_hand(&tokens, &context));
        }
    }

    #[test]
    fn contexts_are_bounded_and_stay_in_their_text() {
        let repeated: Vec<TokenId> = std::iter::repeat_n(7, 40).collect();
        let index = Index::new(repeated.clone());
        assert_eq!(index.runs(&repeated).len(), ORDER);
        assert_eq!(looked_up(&[1, 2, SEPARATOR, 3, 4], &[2, 3]), (1, vec![4]), "not across a separator");
        assert_eq!(looked_up(&[], &[1]), (0, Vec::new()));
    }
}
