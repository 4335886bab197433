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
    let read: Weights = serde_json::from_str(include_str!("rank.json")).expect("rank.json is sound, as a test shows");
    let weights = NAMES.map(|name| read.weights.get(name).copied().unwrap_or(0.0));
    (read.bias, weights, read.bar)
});

/// Rank a text that was chosen from what was decoded.
pub fn rank(chosen: &Chosen, decoded: &Decoded, trimmed: &str, context: &CursorContext) -> Rank {
    let text = chosen.candidate.text.as_str();
    let (sum, least, tokens) = logprobs(decoded, text.len());
    let typed = context.line.before.chars().rev().take_while(|c| line::is_word(*c)).count();
    let flag = |set: bool| f32::from(u8::from(set));
    let features = vec![
        sum / tokens.max(1) as f32,
        sum,
        least,
        (1.0 + text.trim().chars().count() as f32).ln(),
        flag(chosen.origin == Origin::Model && text.len() < trimmed.trim_end().len()),
        flag(chosen.origin == Origin::Ended),
        flag(!chosen.whole),
        flag(context.line.is_blank_before()),
        (typed as f32).min(8.0),
        flag(context.right == Right::Closers),
        flag(text.trim().contains('\n')),
        flag(context.place != Place::Code),
    ];
    let (bias, weights, _) = &*WEIGHTS;
    let sum: f32 = bias + features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum::<f32>();
    Rank { chance: 1.0 / (1.0 + (-sum).exp()), features }
}

/// Whether a text with this rank is worth a look.
pub fn is_worth_showing(rank: &Rank) -> bool {
    rank.chance >= WEIGHTS.2
}

/// Sum and least of the log-probabilities of the tokens that the first `bytes` of the text came from, and their number.
fn logprobs(decoded: &Decoded, bytes: usize) -> (f32, f32, usize) {
    // White space in front is trimmed and counts all the same: it was as good as certain.
    let lead = decoded.text.len() - decoded.text.trim_start().len();
    let (mut sum, mut least, mut tokens, mut start) = (0.0f32, 0.0f32, 0, 0);
    for (end, logprob, count) in &decoded.pieces {
        if start >= bytes + lead {
            break;
        }
        (sum, least, tokens, start) = (sum + logprob, least.min(*logprob), tokens + count, *end);
    }
    (sum, least, tokens)
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
        assert_eq!(logprobs(&decoded, 2), (-0.6, -0.5, 2));
        assert_eq!(logprobs(&decoded, 5), (-3.6, -3.0, 3));
    }
}
