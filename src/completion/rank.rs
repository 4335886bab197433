//! How likely a text that fits is what the user wants: a logistic regression over a few features, fitted on replayed
//! keystrokes (`benches/fit_rank.py`) and kept as data. It sees no syntax; `validate` has judged that.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::cutback::{Chosen, Origin};
use super::decode::Decoded;
use crate::context::{CursorContext, Place, Right, line};

/// What is known about a text, and what follows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Rank {
    /// Probability that the text is right, as the fit has it.
    pub chance: f32,
    /// The features, in the order of [`NAMES`]; empty where nothing was ranked.
    pub features: Vec<f32>,
    /// Where the text's tokens end in it, in bytes, and their log-probabilities.
    #[serde(skip)]
    pub tokens: Vec<(usize, f32)>,
}

impl Rank {
    fn of(features: Vec<f32>, tokens: Vec<(usize, f32)>) -> Self {
        let (bias, weights, _) = &*WEIGHTS;
        let terms = features.iter().zip(weights).map(|(feature, weight)| feature * weight);
        let sum = bias + terms.sum::<f32>();
        Self { chance: 1.0 / (1.0 + (-sum).exp()), features, tokens }
    }

    /// The rank of what is left when the first `typed` bytes of the text were typed: what the user has confirmed is no
    /// longer uncertain.
    pub fn after(&self, typed: usize, rest: &str) -> Self {
        if self.features.is_empty() || typed == 0 {
            return self.clone();
        }
        let left = self.tokens.iter().filter(|(end, _)| *end > typed);
        let tokens: Vec<(usize, f32)> = left.map(|(end, logprob)| (end - typed, *logprob)).collect();
        let mut features = self.features.clone();
        features[..4].copy_from_slice(&of_tokens(&tokens, rest));
        Self::of(features, tokens)
    }
}

/// The features that depend on what is still to be typed.
fn of_tokens(tokens: &[(usize, f32)], text: &str) -> [f32; 4] {
    let sum: f32 = tokens.iter().map(|(_, logprob)| logprob).sum();
    let least = tokens.iter().map(|(_, logprob)| *logprob).fold(0.0, f32::min);
    let length = text.trim().chars().count() as f32;
    [sum / tokens.len().max(1) as f32, sum, least, (1.0 + length).ln()]
}

/// The names of the features, as in the file of weights.
pub const NAMES: [&str; 12] = [
    "mean_logprob",
    "sum_logprob",
    "least_logprob",
    "log_length",
    "cut",
    "ended_here",
    "not_whole",
    "line_start",
    "word_typed",
    "closers_right",
    "several_lines",
    "not_code",
];

/// The fitted weights.
#[derive(Debug, Deserialize)]
struct Weights {
    bias: f32,
    weights: std::collections::BTreeMap<String, f32>,
    /// Nothing below this chance is shown.
    bar: f32,
}

static WEIGHTS: LazyLock<(f32, [f32; NAMES.len()], f32)> = LazyLock::new(|| {
    let read: Weights =
        serde_json::from_str(include_str!("rank.json")).expect("rank.json is sound, as a test shows");
    let weights = NAMES.map(|name| read.weights.get(name).copied().unwrap_or(0.0));
    (read.bias, weights, read.bar)
});

/// Rank a text that was chosen from what was decoded.
pub fn rank(chosen: &Chosen, decoded: &Decoded, trimmed: &str, context: &CursorContext) -> Rank {
    let text = chosen.candidate.text.as_str();
    let tokens = tokens_of(decoded, text.len());
    let typed = context.line.before.chars().rev().take_while(|c| line::is_word(*c)).count();
    let flag = |set: bool| f32::from(u8::from(set));
    let [mean, sum, least, length] = of_tokens(&tokens, text);
    let features = vec![
        mean,
        sum,
        least,
        length,
        flag(chosen.origin == Origin::Model && text.len() < trimmed.trim_end().len()),
        flag(chosen.origin == Origin::Ended),
        flag(!chosen.whole),
        flag(context.line.is_blank_before()),
        (typed as f32).min(8.0),
        flag(context.right == Right::Closers),
        flag(text.trim().contains('\n')),
        flag(context.place != Place::Code),
    ];
    Rank::of(features, tokens)
}

/// The chance below which a text is not worth a look.
pub fn bar() -> f32 {
    WEIGHTS.2
}

/// The tokens that the first `bytes` of the text came from: where they end in it, and their log-probabilities.
fn tokens_of(decoded: &Decoded, bytes: usize) -> Vec<(usize, f32)> {
    // White space in front is trimmed and counts all the same: it was as good as certain.
    let lead = decoded.text.len() - decoded.text.trim_start().len();
    let mut start = 0;
    let mut tokens = Vec::new();
    for (end, logprob, _) in &decoded.pieces {
        if start >= bytes + lead {
            break;
        }
        tokens.push((end.saturating_sub(lead).min(bytes), *logprob));
        start = *end;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_sound() {
        let (bias, weights, bar) = &*WEIGHTS;
        assert!(bias.is_finite() && weights.iter().all(|weight| weight.is_finite()));
        assert!((0.0..1.0).contains(bar));
        let read: Weights = serde_json::from_str(include_str!("rank.json")).unwrap();
        for name in read.weights.keys() {
            assert!(NAMES.contains(&name.as_str()), "rank.json names {name}, which is no feature");
        }
    }

    #[test]
    fn only_the_tokens_of_the_text_count() {
        let decoded = Decoded {
            text: " ab cd".into(),
            pieces: vec![(1, -0.1, 1), (3, -0.5, 1), (6, -3.0, 1)],
            ..Decoded::default()
        };
        assert_eq!(tokens_of(&decoded, 2), [(0, -0.1), (2, -0.5)]);
        assert_eq!(tokens_of(&decoded, 5), [(0, -0.1), (2, -0.5), (5, -3.0)]);
    }

    #[test]
    fn what_was_typed_is_no_longer_uncertain() {
        let tokens = vec![(2, -3.0), (5, -0.1)];
        let mut features = vec![0.0; NAMES.len()];
        features[..4].copy_from_slice(&of_tokens(&tokens, "ab cd"));
        let rank = Rank::of(features, tokens);
        assert_eq!(rank.after(0, "ab cd"), rank);
        assert_eq!(rank.after(1, "b cd").tokens, [(1, -3.0), (4, -0.1)]);
        let sure = rank.after(2, " cd");
        assert_eq!(sure.tokens, [(3, -0.1)]);
        assert!(sure.chance > rank.chance);
    }
}
