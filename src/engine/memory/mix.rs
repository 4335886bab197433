//! Mixes what followed before into the model's distribution, with weights fitted to real code (`benches/fit_memory.py`).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::recall::{Matches, Recalled, SOURCES, Source};
use crate::engine::TokenId;

/// What a weight is computed from; those in front of [`OF_MODEL`] say nothing about the model and are the draft's too.
pub const FEATURES: usize = 17;
/// The first feature that is about the model.
const OF_MODEL: usize = 11;
/// Orders from which on another feature counts.
const ORDERS: [usize; 7] = [2, 3, 4, 5, 6, 8, 12];
/// A weight below this changes nothing that is worth its time.
const FAINT: f32 = 1e-3;

/// What the model says about the next token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// Its likeliest token.
    pub top: TokenId,
    /// The probability of that one.
    pub probability: f32,
    /// Natural log of the sum of the exponentials of its logits.
    normalizer: f32,
}

impl Model {
    /// Read logits, one for each token of the vocabulary. Those that are not numbers count as impossible.
    pub fn of(logits: &[f32]) -> Self {
        let mut top = (0, f32::NEG_INFINITY);
        for (at, &logit) in logits.iter().enumerate() {
            if logit > top.1 {
                top = (at, logit);
            }
        }
        // Far below the largest they do not count; see `engine/sampling.rs`.
        let near = logits.iter().filter(|&&logit| logit > top.1 - 20.0);
        let sum: f32 = near.map(|&logit| (logit - top.1).exp()).sum();
        Self { top: top.0 as TokenId, probability: 1.0 / sum.max(1.0), normalizer: top.1 + sum.max(1.0).ln() }
    }

    /// How much `token` is what the model says: its probability as a share of the likeliest one's, 0 for one that has no logit.
    fn near(&self, logits: &[f32], token: TokenId) -> f32 {
        let logit = usize::try_from(token).ok().and_then(|at| logits.get(at)).copied().unwrap_or(f32::NAN);
        let near = (logit - self.normalizer).exp() / self.probability;
        if near.is_nan() { 0.0 } else { near.min(1.0) }
    }
}

/// The weights of the mixture and of drafts, one logistic function for each source and purpose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Weights {
    /// How much a source counts against the model and the sources after it.
    mix: [[f32; FEATURES]; SOURCES],
    /// How likely a source's first token is the one that is chosen.
    draft: [[f32; OF_MODEL]; SOURCES],
}

/// What one source said about a token, for people and for the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceTrace {
    /// Its number in [`Source::ALL`].
    pub source: usize,
    /// Tokens of context that were the same.
    pub order: usize,
    /// Its likeliest token.
    pub top: TokenId,
    /// The text of that one; filled in by whoever has the vocabulary.
    pub says: String,
    /// The share of the token that came.
    pub share: f32,
    /// What the weights are computed from.
    pub features: Vec<f32>,
    /// Its weight in the mixture.
    pub weight: f32,
}

/// What a weight is computed from, `logits` being the model's (none for a draft, which comes before them).
fn features(found: &Recalled, model: &Model, logits: &[f32]) -> [f32; FEATURES] {
    let mut features = [0.0; FEATURES];
    features[0] = 1.0;
    for (feature, least) in features[1..8].iter_mut().zip(ORDERS) {
        *feature = f32::from(found.order >= least);
    }
    let (top, share) = found.next[0];
    let near = model.near(logits, top);
    features[8] = share;
    features[9] = f32::from(share > 0.95);
    features[10] = found.total.min(64.0).ln();
    features[11] = model.probability;
    features[12] = model.probability * model.probability;
    // Smooth, as all that is about the model: where batches are summed in another order, a jump would choose another token without
    // a tie.
    features[13] = near;
    features[14] = near * model.probability;
    features[15] = model.probability.powi(8);
    features[16] = share * model.probability;
    features
}

fn logistic<const N: usize>(weights: &[f32; N], features: &[f32]) -> f32 {
    let sum: f32 = weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum();
    1.0 / (1.0 + (-sum).exp())
}

impl Weights {
    /// Those that come with the program.
    pub fn fitted() -> &'static Self {
        static FITTED: LazyLock<Weights> = LazyLock::new(|| {
            serde_json::from_str(include_str!("mix.json")).expect("the file of weights is valid")
        });
        &FITTED
    }

    /// Raise the logits of what followed before, so that their softmax is the mixture
    /// `Σ λᵢ·Π(1-λⱼ)·qᵢ + Π(1-λⱼ)·p` of the sources' shares q and the model's probabilities p.
    pub fn mix(&self, logits: &mut [f32], model: &Model, matches: &Matches) {
        let (mut rest, mut added) = (1.0f32, Vec::<(TokenId, f32)>::new());
        for (weights, found) in self.mix.iter().zip(matches) {
            let Some(found) = found else { continue };
            let weight = logistic(weights, &features(found, model, logits));
            if weight < FAINT {
                continue;
            }
            added.extend(found.next.iter().map(|(token, share)| (*token, rest * weight * share)));
            rest *= 1.0 - weight;
        }
        for (token, share) in added {
            let Some(logit) = usize::try_from(token).ok().and_then(|at| logits.get_mut(at)) else { continue };
            // Relative to the others, whose probabilities all shrink by `rest`.
            let own = if logit.is_nan() { 0.0 } else { (*logit - model.normalizer).exp() };
            *logit = (own + share / rest.max(FAINT)).ln() + model.normalizer;
        }
    }

    /// The likeliest draft of the next token, and the chance that it is the one chosen.
    pub fn draft(&self, matches: &Matches) -> Option<(TokenId, f32)> {
        // What the model says is not known yet; no draft weight looks at it.
        let unknown = Model { top: -1, probability: 0.0, normalizer: 0.0 };
        let of = |(weights, found): (&[f32; OF_MODEL], &Option<Recalled>)| {
            let found = found.as_ref()?;
            Some((found.next[0].0, logistic(weights, &features(found, &unknown, &[])[..OF_MODEL])))
        };
        self.draft.iter().zip(matches).filter_map(of).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// What each source says about `token`, beside the model's `logits`.
    pub fn trace(
        &self,
        logits: &[f32],
        model: &Model,
        matches: &Matches,
        token: TokenId,
    ) -> Vec<SourceTrace> {
        let of = |source: Source| {
            let found = matches[source as usize].as_ref()?;
            let features = features(found, model, logits);
            Some(SourceTrace {
                source: source as usize,
                order: found.order,
                top: found.next[0].0,
                says: String::new(),
                share: found.share(token),
                features: features.to_vec(),
                weight: logistic(&self.mix[source as usize], &features),
            })
        };
        Source::ALL.into_iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sampling::logprob;

    fn found(order: usize, next: &[(TokenId, f32)]) -> Option<Recalled> {
        Some(Recalled { order, total: 4.0, next: next.to_vec() })
    }

    fn constant(weight: f32) -> Weights {
        let mut weights = Weights { mix: [[0.0; FEATURES]; SOURCES], draft: [[0.0; OF_MODEL]; SOURCES] };
        for of in &mut weights.mix {
            of[0] = (weight / (1.0 - weight)).ln();
        }
        weights
    }

    #[test]
    fn the_softmax_is_the_mixture() {
        let logits = [1.0, 0.0, -2.0, 0.5, f32::NAN];
        let matches = [found(3, &[(2, 0.75), (0, 0.25)]), None, found(1, &[(4, 1.0)])];
        let before: Vec<f32> = (0..5).map(|token| logprob(&logits, token).exp()).collect();
        let mut mixed = logits;
        constant(0.4).mix(&mut mixed, &Model::of(&logits), &matches);
        let rest = 0.6 * 0.6;
        let expected = [
            rest * before[0] + 0.4 * 0.25,
            rest * before[1],
            rest * before[2] + 0.4 * 0.75,
            rest * before[3],
            0.6 * 0.4,
        ];
        for (token, expected) in expected.into_iter().enumerate() {
            let got = logprob(&mixed, token as TokenId).exp();
            assert!((got - expected).abs() < 1e-5, "{token}: {got}, not {expected}");
        }
    }

    #[test]
    fn nothing_found_changes_nothing() {
        let logits = [1.0, 0.0, -2.0];
        let mut mixed = logits;
        Weights::fitted().mix(&mut mixed, &Model::of(&logits), &Matches::default());
        assert_eq!(mixed, logits);
        assert_eq!(Weights::fitted().draft(&Matches::default()), None);
    }

    #[test]
    fn what_the_program_brings_trusts_long_contexts_more_than_short_ones() {
        let weights = Weights::fitted();
        let chance = |order| weights.draft(&[None, found(order, &[(7, 1.0)]), None]).unwrap().1;
        assert!(
            chance(1) < chance(4) && chance(1) < chance(12),
            "{} {} {}",
            chance(1),
            chance(4),
            chance(12)
        );
        let logits = [1.0f32; 50];
        let mixed = |order| {
            let mut mixed = logits;
            weights.mix(&mut mixed, &Model::of(&logits), &[None, None, found(order, &[(7, 1.0)])]);
            logprob(&mixed, 7)
        };
        assert!(logprob(&logits, 7) < mixed(2) && mixed(2) < mixed(8));
    }
}
