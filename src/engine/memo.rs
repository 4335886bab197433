//! Remembers the tokens of the texts that come again with every key: the suffix, the stable text.

use std::collections::VecDeque;

use crate::engine::TokenId;

/// Texts remembered: for one key there are a suffix, some stable segments, texts of other files and the prefix, which is asked for twice.
const ENTRIES: usize = 16;

/// The last texts and their tokens.
#[derive(Debug, Default)]
pub struct Memo {
    entries: VecDeque<(String, Vec<TokenId>)>,
}

impl Memo {
    /// The tokens of `text`, from memory or by `tokenize`.
    pub fn tokens(&mut self, text: &str, tokenize: impl FnOnce(&str) -> Vec<TokenId>) -> Vec<TokenId> {
        let entry = match self.entries.iter().position(|(known, _)| known == text) {
            Some(at) => self.entries.remove(at),
            None => None,
        };
        let (text, tokens) = entry.unwrap_or_else(|| (text.to_owned(), tokenize(text)));
        let result = tokens.clone();
        self.entries.truncate(ENTRIES - 1);
        self.entries.push_front((text, tokens));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_not_tokenised_again() {
        let mut memo = Memo::default();
        let mut calls = 0;
        for text in ["suffix", "a", "suffix", "ab", "suffix", "abc"] {
            let tokens = memo.tokens(text, |text| {
                calls += 1;
                vec![text.len() as TokenId]
            });
            assert_eq!(tokens, [text.len() as TokenId]);
        }
        assert_eq!(calls, 4, "the suffix once, each prefix once");
        for number in 0..20 {
            memo.tokens(&number.to_string(), |_| Vec::new());
        }
        assert_eq!(memo.entries.len(), ENTRIES);
    }
}
