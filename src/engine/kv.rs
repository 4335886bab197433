//! Chooses the cached sequence that a prompt continues, and how much of it is kept: a pure comparison of token lists.

use super::TokenId;

/// Shared tokens below which a copy is not worth it: evaluating 16 takes a slow model longer than copying a sequence,
/// and the embedded one 3 ms.
const WORTH_COPYING: usize = 16;

/// A sequence in the KV cache.
#[derive(Debug, Clone, Copy)]
pub struct Cached<'a> {
    /// What it holds, in order.
    pub tokens: &'a [TokenId],
    /// When it was used last, on any clock that only rises; 0: never.
    pub used: u64,
}

/// How to bring the cache to the state "this prompt is evaluated".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// The sequence that the prompt is evaluated in (its index in the list that was given).
    pub sequence: usize,
    /// Take a copy of this one first: it shares much with the prompt, but is worth keeping as it is.
    pub copy_of: Option<usize>,
    /// Tokens of it (or of the copy) that stay; the rest is removed, and `prompt[keep..]` is evaluated.
    pub keep: usize,
}

/// Where `prompt` goes. At least its last token is always evaluated again: its logits are what the first generated token
/// is chosen from.
///
/// Typed text only appends, a deletion only truncates, and generated tokens count as evaluated text, so an accepted
/// suggestion costs nothing. A prompt that would throw away more than half of the sequence it shares most with is another
/// place (another document, another function, another task): it takes the sequence that was not used for the longest
/// time, so that going back to the first place costs nothing. The sequence `spare` is left as it is.
pub fn plan(sequences: &[Cached], prompt: &[TokenId], spare: Option<usize>) -> Plan {
    let limit = prompt.len().saturating_sub(1);
    let common = |cached: &Cached| {
        let common = cached.tokens.iter().zip(prompt).take_while(|(cached, wanted)| cached == wanted).count();
        common.min(limit)
    };
    // The most shared; of several the one used last.
    let best = (0..sequences.len()).max_by_key(|&at| (common(&sequences[at]), sequences[at].used));
    let Some(best) = best else { return Plan::default() };
    let keep = common(&sequences[best]);
    let others = (0..sequences.len()).filter(|&at| Some(at) != spare);
    let oldest = others.min_by_key(|&at| sequences[at].used).unwrap_or(best);
    let goes_on = keep * 2 >= sequences[best].tokens.len() && Some(best) != spare;
    if goes_on || oldest == best {
        return Plan { sequence: best, copy_of: None, keep };
    }
    if keep >= WORTH_COPYING {
        return Plan { sequence: oldest, copy_of: Some(best), keep };
    }
    Plan { sequence: oldest, copy_of: None, keep: common(&sequences[oldest]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(tokens: &[TokenId], prompt: &[TokenId]) -> usize {
        plan(&[Cached { tokens, used: 1 }], prompt, None).keep
    }

    #[test]
    fn typing_appends_deleting_truncates() {
        assert_eq!(keep(&[], &[1, 2, 3]), 0, "a cold cache");
        assert_eq!(keep(&[1, 2, 3], &[1, 2, 3, 4]), 3, "one more token");
        assert_eq!(keep(&[1, 2, 3, 4], &[1, 2, 3]), 2, "one token less: the last is evaluated again");
        assert_eq!(keep(&[1, 2, 3], &[1, 2, 3]), 2, "the same again");
        assert_eq!(keep(&[1, 2, 3, 8, 9], &[1, 2, 3, 8, 9, 5]), 5, "an accepted suggestion is already there");
        assert_eq!(keep(&[1, 2, 3], &[7, 2, 3]), 0, "another document");
        assert_eq!(keep(&[1], &[]), 0);
        assert_eq!(plan(&[], &[1], None), Plan::default());
    }

    /// Sequences as lists of numbers, the first used last.
    fn choose(sequences: &[Vec<TokenId>], prompt: &[TokenId]) -> Plan {
        beside(sequences, prompt, None)
    }

    fn beside(sequences: &[Vec<TokenId>], prompt: &[TokenId], spare: Option<usize>) -> Plan {
        let cached: Vec<Cached> = sequences
            .iter()
            .enumerate()
            .map(|(at, tokens)| Cached { tokens, used: if tokens.is_empty() { 0 } else { 100 - at as u64 } })
            .collect();
        plan(&cached, prompt, spare)
    }

    fn numbers(range: std::ops::Range<TokenId>) -> Vec<TokenId> {
        range.collect()
    }

    #[test]
    fn each_place_keeps_its_sequence() {
        let (here, there) = (numbers(0..100), numbers(500..600));
        let sequences = [here.clone(), there.clone(), Vec::new()];
        let typed = |mut tokens: Vec<TokenId>| {
            tokens.push(7);
            tokens
        };
        assert_eq!(choose(&sequences, &typed(here)), Plan { sequence: 0, copy_of: None, keep: 100 });
        assert_eq!(choose(&sequences, &typed(there)), Plan { sequence: 1, copy_of: None, keep: 100 });
        let third = numbers(900..950);
        assert_eq!(
            choose(&sequences, &third),
            Plan { sequence: 2, copy_of: None, keep: 0 },
            "the unused one"
        );
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let sequences = [numbers(0..100), numbers(200..300), numbers(400..500)];
        assert_eq!(choose(&sequences, &numbers(600..700)), Plan { sequence: 2, copy_of: None, keep: 0 });
        let back = [numbers(400..410), numbers(800..850)].concat();
        assert_eq!(choose(&sequences, &back).keep, 10, "what the oldest shares is used all the same");
    }

    #[test]
    fn a_jump_takes_the_stable_start_along_and_leaves_the_old_place() {
        let sequences = [numbers(0..100), Vec::new()];
        let jump = [numbers(0..30), numbers(700..800)].concat();
        assert_eq!(choose(&sequences, &jump), Plan { sequence: 1, copy_of: Some(0), keep: 30 });
        let short = [numbers(0..8), numbers(700..800)].concat();
        assert_eq!(
            choose(&sequences, &short),
            Plan { sequence: 1, copy_of: None, keep: 0 },
            "not worth a copy"
        );
        let near = [numbers(0..60), numbers(700..800)].concat();
        assert_eq!(
            choose(&sequences, &near),
            Plan { sequence: 0, copy_of: None, keep: 60 },
            "most of it stays"
        );
        assert_eq!(
            choose(&sequences[..1], &jump),
            Plan { sequence: 0, copy_of: None, keep: 30 },
            "the only one"
        );
    }

    #[test]
    fn a_sequence_can_be_left_as_it_is() {
        let sequences = [numbers(0..100), Vec::new()];
        let longer = numbers(0..200);
        assert_eq!(choose(&sequences, &longer), Plan { sequence: 0, copy_of: None, keep: 100 });
        assert_eq!(beside(&sequences, &longer, Some(0)), Plan { sequence: 1, copy_of: Some(0), keep: 100 });
        assert_eq!(
            beside(&sequences, &numbers(900..950), Some(0)),
            Plan { sequence: 1, copy_of: None, keep: 0 }
        );
    }

    #[test]
    fn of_equals_the_one_used_last() {
        let sequences = [numbers(0..50), numbers(0..50)];
        assert_eq!(choose(&sequences, &numbers(0..60)).sequence, 0);
    }
}
