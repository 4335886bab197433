//! Heals the end of a prompt: takes the last tokens before the cursor back, which generation then has to spell again.
//!
//! `retu|` tokenises as `re`+`tu`, after which `rn` is unlikely; taken back, the model may choose `return`. What the
//! user typed is never delivered again and never lost. It does not choose tokens.

use super::TokenId;

/// Tokens taken back at most: enough for a word cut in its middle, and only that many are evaluated again per key.
const MOST: usize = 3;

/// The text of every ordinary token, by id and sorted.
#[derive(Debug)]
pub struct Pieces {
    bytes: Vec<u8>,
    /// Where the text of token `i` starts; one more entry than tokens.
    starts: Vec<usize>,
    /// Tokens with a text, in the order of their texts.
    sorted: Vec<TokenId>,
}

impl Pieces {
    /// `texts`: one per token id; empty for control tokens, which never take part.
    pub fn new(texts: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let (mut bytes, mut starts) = (Vec::new(), vec![0]);
        for text in texts {
            bytes.extend_from_slice(&text);
            starts.push(bytes.len());
        }
        let mut pieces = Self { bytes, starts, sorted: Vec::new() };
        let mut sorted: Vec<TokenId> = (0..).take(pieces.starts.len() - 1).collect();
        sorted.retain(|&token| !pieces.text(token).is_empty());
        sorted.sort_by(|&a, &b| pieces.text(a).cmp(pieces.text(b)));
        pieces.sorted = sorted;
        pieces
    }

    /// A token's text; empty for control tokens and ids outside the vocabulary.
    pub fn text(&self, token: TokenId) -> &[u8] {
        let text =
            usize::try_from(token).ok().and_then(|id| Some(*self.starts.get(id)?..*self.starts.get(id + 1)?));
        text.map_or(&[], |range| &self.bytes[range])
    }

    /// Tokens whose text is `start` or longer and begins so.
    pub fn starting_with(&self, start: &[u8]) -> &[TokenId] {
        let from = self.sorted.partition_point(|&token| self.text(token) < start);
        let count = self.sorted[from..].partition_point(|&token| self.text(token).starts_with(start));
        &self.sorted[from..from + count]
    }

    fn exactly(&self, text: &[u8]) -> &[TokenId] {
        let all = self.starting_with(text);
        &all[..all.partition_point(|&token| self.text(token).len() == text.len())]
    }
}

/// Typed text that the generation has to spell before it may add to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heal {
    pending: Vec<u8>,
}

impl Heal {
    /// The text that has to be spelled first.
    pub fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// This text has to be spelled first.
    pub fn of(text: String) -> Self {
        Self { pending: text.into_bytes() }
    }

    /// How many tokens of `prefix` to evaluate, and the text of the others, which is to be spelled.
    ///
    /// Taken back are the most tokens whose joined text some single token begins with and goes on after: otherwise
    /// there is nothing to gain. Never across a line feed: the line above is not in doubt, and its end is where the
    /// vocabulary's long whitespace tokens begin.
    pub fn split(prefix: &[TokenId], pieces: &Pieces) -> (usize, Self) {
        let (mut best, mut taken) = ((prefix.len(), Self::default()), Vec::new());
        for (index, &token) in prefix.iter().enumerate().rev().take(MOST) {
            let text = pieces.text(token);
            if text.is_empty() || text.contains(&b'\n') {
                break;
            }
            taken.splice(0..0, text.iter().copied());
            if pieces.starting_with(&taken).iter().any(|&longer| pieces.text(longer).len() > taken.len()) {
                best = (index, Self { pending: taken.clone() });
            }
        }
        best
    }

    /// The tokens that may come next; none when every token may.
    pub fn candidates(&self, pieces: &Pieces) -> Option<Vec<TokenId>> {
        if self.pending.is_empty() {
            return None;
        }
        let shorter = (1..self.pending.len()).flat_map(|length| pieces.exactly(&self.pending[..length]));
        Some(shorter.chain(pieces.starting_with(&self.pending)).copied().collect())
    }

    /// What a token with this text would add to what the user has: nothing while it only spells.
    pub fn new_part<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.pending.len().min(text.len())..]
    }

    /// Take a candidate's text as chosen.
    pub fn consume(&mut self, text: &[u8]) {
        self.pending.drain(..text.len().min(self.pending.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 10] = ["", "re", "tu", "return", "r", "turn", " ", "\n", " x", "re"];

    fn pieces() -> Pieces {
        Pieces::new(TEXTS.map(|text| text.as_bytes().to_vec()))
    }

    fn pending(prefix: &[TokenId]) -> (usize, String) {
        let (keep, heal) = Heal::split(prefix, &pieces());
        (keep, String::from_utf8(heal.pending).unwrap())
    }

    #[test]
    fn takes_back_what_a_token_can_extend() {
        assert_eq!(pending(&[8, 1, 2]), (1, "retu".into()), "two tokens, for `return`");
        assert_eq!(pending(&[8, 2]), (1, "tu".into()), "one, for `turn`");
        assert_eq!(pending(&[1, 6]), (1, " ".into()), "a trailing space");
        assert_eq!(pending(&[1, 3]), (2, String::new()), "nothing goes on after `return`");
        assert_eq!(pending(&[1, 7]), (2, String::new()), "never a line feed");
        assert_eq!(pending(&[7, 6]), (1, " ".into()), "nor across one");
        assert_eq!(pending(&[0]), (1, String::new()), "nor a control token");
        assert_eq!(pending(&[]), (0, String::new()));
    }

    #[test]
    fn candidates_spell_the_text() {
        let heal = Heal { pending: b"retu".to_vec() };
        assert_eq!(heal.candidates(&pieces()), Some(vec![4, 1, 9, 3]), "r, re (twice), return");
        assert_eq!(Heal::default().candidates(&pieces()), None);
    }

    proptest::proptest! {
        /// Whatever the tokens and whatever is chosen: what was taken back plus what is delivered is what was chosen.
        #[test]
        fn spelling_is_exact(
            texts in proptest::collection::vec("[ab ]{1,4}", 1..30),
            prefix in proptest::collection::vec(0..30usize, 0..5),
            choices in proptest::collection::vec(0..1000usize, 1..12),
        ) {
            let pieces = Pieces::new(texts.iter().map(|text| text.as_bytes().to_vec()));
            let prefix: Vec<TokenId> = prefix.into_iter().map(|token| (token % texts.len()) as TokenId).collect();
            let (keep, mut heal) = Heal::split(&prefix, &pieces);
            let taken: Vec<u8> = prefix[keep..].iter().flat_map(|&token| pieces.text(token).to_vec()).collect();
            assert_eq!(heal.pending, taken);
            let all: Vec<TokenId> = (0..texts.len() as TokenId).collect();
            let (mut chosen, mut delivered) = (Vec::new(), Vec::new());
            for choice in choices {
                let candidates = heal.candidates(&pieces).unwrap_or_else(|| all.clone());
                // The tokens that were taken back spell the text, but not every other beginning can be finished.
                if candidates.is_empty() {
                    break;
                }
                let text = pieces.text(candidates[choice % candidates.len()]);
                chosen.extend_from_slice(text);
                delivered.extend_from_slice(heal.new_part(text));
                heal.consume(text);
            }
            let spelled = taken.len() - heal.pending.len();
            assert_eq!(chosen, [&taken[..spelled], &delivered].concat());
            assert!(heal.pending.is_empty() || delivered.is_empty());
        }
    }

    #[test]
    fn typed_text_is_neither_repeated_nor_lost() {
        for spelling in [vec![3], vec![1, 2], vec![9, 5], vec![4]] {
            let mut heal = Heal { pending: b"retu".to_vec() };
            let mut delivered = Vec::new();
            for token in spelling {
                assert!(heal.candidates(&pieces()).is_none_or(|candidates| candidates.contains(&token)));
                let text = pieces().text(token).to_vec();
                delivered.extend_from_slice(heal.new_part(&text));
                heal.consume(&text);
            }
            let spelled = 4 - heal.pending.len();
            assert!(b"rn".starts_with(&delivered), "{delivered:?}");
            assert!(spelled == 4 || delivered.is_empty());
        }
    }
}
