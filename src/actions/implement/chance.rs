//! Computes the chance that a body is about what the user wants: a logistic regression over what is known of it. Its weights are
//! data; `benches/implement.py --fit` writes them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The names of the features, as in the file of weights.
pub const NAMES: [&str; 13] = [
    "mean_logprob",
    "least_logprob",
    "sum_logprob",
    "log_length",
    "agreement",
    "refused",
    "rounds",
    "unknown_names",
    "shadowing",
    "cut",
    "unused",
    "undocumented",
    "known_words",
];

/// What is known of a body.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BodyFacts {
    /// Mean log-probability of the tokens of the draft.
    pub mean_logprob: f32,
    /// The least of them.
    pub least_logprob: f32,
    /// Their sum.
    pub sum_logprob: f32,
    /// Characters of the body.
    pub characters: usize,
    /// The share of the other bodies that say the same.
    pub agreement: f32,
    /// The share of the drafts that gave no body.
    pub refused: f32,
    /// How often the model was asked, after the first time.
    pub rounds: usize,
    /// Names that nothing in the file accounts for.
    pub unknown_names: usize,
    /// New names that hide a builtin.
    pub shadowing: usize,
    /// Whether the draft went on.
    pub is_cut: bool,
    /// The share of the parameters that it does not read.
    pub unused: f32,
    /// Whether nothing says what the function is to do but its signature.
    pub is_undocumented: bool,
    /// The share of its words that stand in the function's signature or documentation.
    pub known_words: f32,
}

impl BodyFacts {
    /// The features, in the order of [`NAMES`].
    pub fn features(&self) -> [f32; NAMES.len()] {
        let flag = |set: bool| f32::from(u8::from(set));
        [
            self.mean_logprob.max(-4.0),
            self.least_logprob.max(-8.0),
            self.sum_logprob.max(-60.0),
            (1.0 + self.characters as f32).ln(),
            self.agreement,
            self.refused,
            self.rounds as f32,
            self.unknown_names.min(3) as f32,
            self.shadowing.min(3) as f32,
            flag(self.is_cut),
            self.unused,
            flag(self.is_undocumented),
            self.known_words,
        ]
    }

    /// The chance, from 0 to 1.
    pub fn chance(&self) -> f32 {
        let (bias, weights, _) = &*WEIGHTS;
        let sum =
            bias + self.features().iter().zip(weights).map(|(feature, weight)| feature * weight).sum::<f32>();
        1.0 / (1.0 + (-sum).exp())
    }
}

/// Nothing below this chance is written.
pub fn bar() -> f32 {
    WEIGHTS.2
}

#[derive(Debug, Deserialize)]
struct ChanceFile {
    bias: f32,
    weights: BTreeMap<String, f32>,
    bar: f32,
}

static WEIGHTS: LazyLock<(f32, [f32; NAMES.len()], f32)> = LazyLock::new(|| {
    let read: ChanceFile =
        serde_json::from_str(include_str!("chance.json")).expect("chance.json is sound, as a test shows");
    (read.bias, NAMES.map(|name| read.weights.get(name).copied().unwrap_or(0.0)), read.bar)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_sound() {
        let (bias, weights, bar) = &*WEIGHTS;
        assert!(bias.is_finite() && weights.iter().all(|weight| weight.is_finite()));
        assert!((0.0..1.0).contains(bar));
        let read: ChanceFile = serde_json::from_str(include_str!("chance.json")).unwrap();
        for name in read.weights.keys() {
            assert!(NAMES.contains(&name.as_str()), "chance.json names {name}, which is no feature");
        }
    }

    #[test]
    fn likely_bodies_that_others_agree_with_have_the_better_chance() {
        let sure =
            BodyFacts { mean_logprob: -0.05, sum_logprob: -0.5, agreement: 1.0, ..BodyFacts::default() };
        let unsure = BodyFacts {
            mean_logprob: -1.5,
            least_logprob: -5.0,
            sum_logprob: -20.0,
            refused: 0.7,
            rounds: 3,
            ..BodyFacts::default()
        };
        assert!(
            sure.chance() > bar() && unsure.chance() < bar() / 2.0,
            "{} {}",
            sure.chance(),
            unsure.chance()
        );
    }
}
