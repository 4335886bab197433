//! Which part of a prompt is already in the KV cache: a pure comparison of token lists. It calls nothing.

use super::Token;

/// How to bring a cached sequence to the state "this prompt is evaluated".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Which cached sequence to continue (its index in the list that was given).
    pub sequence: usize,
    /// Tokens of it that stay; the rest is removed, and `prompt[keep..]` is evaluated.
    pub keep: usize,
}

/// The sequence that shares most with `prompt`, and how much. At least the last token of the prompt is always
/// evaluated again: its logits are what the first generated token is chosen from.
///
/// Typed text only appends, a deletion only truncates, and generated tokens count as evaluated text, so an accepted
/// suggestion costs nothing.
pub fn plan<S: AsRef<[Token]>>(sequences: &[S], prompt: &[Token]) -> Plan {
    let limit = prompt.len().saturating_sub(1);
    let mut best = Plan { sequence: 0, keep: 0 };
    for (sequence, cached) in sequences.iter().enumerate() {
        let common = cached.as_ref().iter().zip(prompt).take_while(|(a, b)| a == b).count();
        if common.min(limit) > best.keep {
            best = Plan { sequence, keep: common.min(limit) };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(cached: &[Token], prompt: &[Token]) -> usize {
        plan(&[cached], prompt).keep
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
    }

    #[test]
    fn the_best_of_several_sequences() {
        let sequences = [vec![1, 2], vec![1, 2, 3], vec![9]];
        assert_eq!(plan(&sequences, &[1, 2, 3, 4]), Plan { sequence: 1, keep: 3 });
        assert_eq!(plan(&sequences, &[9, 9]), Plan { sequence: 2, keep: 1 });
        assert_eq!(plan::<Vec<Token>>(&[], &[1]), Plan { sequence: 0, keep: 0 });
    }
}
