//! Chooses the next token from logits: the likeliest, or a seeded draw.
//!
//! Own code instead of llama.cpp's sampler chain: the candidate set (token healing, branches) comes from us, and a draw has
//! to repeat for a seed.

use rand::distr::Open01;
use rand::rngs::{SmallRng, StdRng};
use rand::{Rng, RngCore, SeedableRng};

use super::{Sampling, TokenId};

/// Draws below this share of the likeliest token's weight are never made: at top_p < 1 they are cut anyway, and it
/// keeps the sort short (150 000 entries would take longer than the decode itself).
const NEGLIGIBLE: f32 = 1e-6;

/// Logits this far below the largest do not count in a probability: 150 000 of them together are below 0.1 %. Without it
/// the exponentials take 1 ms per token with such a vocabulary.
const FAINT: f32 = 20.0;

/// Chooses tokens for one generation.
#[derive(Debug)]
pub struct Sampler {
    draw: Option<Draw>,
}

#[derive(Debug)]
struct Draw {
    temperature: f32,
    top_p: f32,
    random: StdRng,
}

/// A chosen token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its id.
    pub token: TokenId,
    /// Natural log of its probability among the candidates, at temperature 1.
    pub logprob: f32,
}

impl Sampler {
    /// A sampler at its start. A temperature that is not above 0 means greedy.
    pub fn new(sampling: Sampling) -> Self {
        let draw = match sampling {
            Sampling::Seeded { temperature, top_p, seed } if temperature > 0.0 => {
                Some(Draw { temperature, top_p: top_p.clamp(0.0, 1.0), random: StdRng::seed_from_u64(seed) })
            }
            _ => None,
        };
        Self { draw }
    }

    /// Choose among `candidates` (every token when none is given) those that `allowed` lets through. None if nothing is
    /// left.
    pub fn choose(
        &mut self,
        logits: &[f32],
        candidates: Option<&[TokenId]>,
        allowed: impl Fn(TokenId) -> bool,
    ) -> Option<Choice> {
        let logit = |token: TokenId| {
            logits.get(usize::try_from(token).ok()?).copied().filter(|logit| !logit.is_nan())
        };
        let all = 0..TokenId::try_from(logits.len()).unwrap_or(TokenId::MAX);
        let each = |visit: &mut dyn FnMut(TokenId, f32)| {
            let mut look = |token| {
                if let Some(logit) = logit(token) {
                    visit(token, logit);
                }
            };
            match candidates {
                Some(candidates) => candidates.iter().copied().for_each(&mut look),
                None => all.clone().for_each(&mut look),
            }
        };
        // The first of the largest, so that equal logits do not depend on anything else.
        let (mut top, mut best) = (f32::NEG_INFINITY, None::<(TokenId, f32)>);
        each(&mut |token, logit| {
            top = top.max(logit);
            if best.is_none_or(|(_, best)| logit > best) && allowed(token) {
                best = Some((token, logit));
            }
        });
        let best = best?;
        // The sum counts every candidate, banned or not: a ban must not make its rivals look certain.
        let mut sum = 0.0f64;
        let mut open = Vec::new();
        each(&mut |token, logit| {
            if logit > top - FAINT {
                sum += f64::from((logit - top).exp());
            }
            if let Some(draw) = &self.draw
                && draw.weight(logit - best.1) > NEGLIGIBLE
                && allowed(token)
            {
                open.push((token, logit));
            }
        });
        let total = f64::from(top) + sum.ln();
        let (token, logit) = match &mut self.draw {
            None => best,
            Some(draw) => draw.pick(open, best)?,
        };
        Some(Choice { token, logprob: (f64::from(logit) - total) as f32 })
    }
}

/// Natural log of the probability of `token` among all; minus infinity for one that is not there.
pub fn logprob(logits: &[f32], token: TokenId) -> f32 {
    let Some(&logit) = usize::try_from(token).ok().and_then(|at| logits.get(at)) else {
        return f32::NEG_INFINITY;
    };
    let top = logits.iter().copied().filter(|logit| !logit.is_nan()).fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits
        .iter()
        .filter(|&&logit| logit > top - FAINT)
        .map(|&logit| f64::from((logit - top).exp()))
        .sum();
    (f64::from(logit) - f64::from(top) - sum.ln()) as f32
}

impl Draw {
    /// Weight of a token whose logit is this much above the likeliest one's.
    fn weight(&self, above: f32) -> f32 {
        (above / self.temperature).exp()
    }

    fn pick(&mut self, open: Vec<(TokenId, f32)>, (_, top): (TokenId, f32)) -> Option<(TokenId, f32)> {
        let mut weighted: Vec<_> =
            open.into_iter().map(|(token, logit)| (token, logit, self.weight(logit - top))).collect();
        weighted.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        let total: f32 = weighted.iter().map(|entry| entry.2).sum();
        let mut within = 0.0;
        // The smallest set whose weight reaches top_p; always at least one.
        let count = 1 + weighted
            .iter()
            .take_while(|entry| {
                within += entry.2;
                within < self.top_p * total
            })
            .count();
        weighted.truncate(count);
        // A draw by the largest of the logits with noise of their own (the Gumbel-max trick; Maddison et al. 2014): where batches are
        // summed in another order, it changes only if the two largest are as good as equal. A draw from the cumulated weights would
        // change with any of those before it.
        let round = self.random.next_u64();
        weighted
            .into_iter()
            .map(|(token, logit, _)| (token, logit, logit / self.temperature + gumbel(round, token)))
            .max_by(|a, b| a.2.total_cmp(&b.2))
            .map(|(token, logit, _)| (token, logit))
    }
}

/// A number from the standard Gumbel distribution that depends on the round and the token alone.
fn gumbel(round: u64, token: TokenId) -> f32 {
    let uniform: f32 = SmallRng::seed_from_u64(round ^ u64::from(token.unsigned_abs())).sample(Open01);
    -(-uniform.ln()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 2.0, 1.0, 2.0, f32::NAN];

    #[test]
    fn greedy_takes_the_first_of_the_largest() {
        let mut sampler = Sampler::new(Sampling::Greedy);
        let choice = sampler.choose(&LOGITS, None, |_| true).unwrap();
        assert_eq!(choice.token, 1);
        let expected = 2.0f32 - (1.0f32 + 2.0 * 2.0f32.exp() + 1.0f32.exp()).ln();
        assert!((choice.logprob - expected).abs() < 1e-5, "{}", choice.logprob);
        assert_eq!(sampler.choose(&LOGITS, None, |token| token != 1).unwrap().token, 3, "a ban");
        assert_eq!(
            sampler.choose(&LOGITS, Some(&[0, 2, 77, -1]), |_| true).unwrap().token,
            2,
            "only candidates"
        );
        assert_eq!(sampler.choose(&LOGITS, Some(&[4]), |_| true), None, "nothing usable");
        assert_eq!(sampler.choose(&LOGITS, None, |_| false), None);
    }

    #[test]
    fn a_seed_repeats_its_draws() {
        let draws = |seed| {
            let mut sampler = Sampler::new(Sampling::Seeded { temperature: 1.0, top_p: 1.0, seed });
            (0..50).map(|_| sampler.choose(&LOGITS, None, |_| true).unwrap().token).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        for token in 0..4 {
            assert!(draws(7).contains(&token), "{token} has a fair share in 50 draws");
        }
    }

    #[test]
    fn draws_are_as_likely_as_the_logits_say() {
        let mut sampler = Sampler::new(Sampling::Seeded { temperature: 0.5, top_p: 1.0, seed: 3 });
        let mut counts = [0usize; 4];
        for _ in 0..20_000 {
            counts[sampler.choose(&LOGITS, None, |_| true).unwrap().token as usize] += 1;
        }
        let sum: f64 = LOGITS[..4].iter().map(|&logit| f64::from(logit * 2.0).exp()).sum();
        for (count, logit) in counts.iter().zip(LOGITS) {
            let (share, expected) = (*count as f64 / 20_000.0, f64::from(logit * 2.0).exp() / sum);
            assert!((share - expected).abs() < 0.015, "{share}, not {expected}");
        }
    }

    /// Sums of other batch sizes move all logits a little: few of the draws may change with them.
    #[test]
    fn a_little_noise_changes_few_draws() {
        let logits: Vec<f32> = (0..200).map(|token| (token as f32 * 0.37).sin()).collect();
        let moved: Vec<f32> =
            logits.iter().enumerate().map(|(at, logit)| logit + 0.01 * (at as f32 * 1.7).cos()).collect();
        let draws = |logits: &[f32]| {
            let mut sampler = Sampler::new(Sampling::Seeded { temperature: 0.8, top_p: 0.95, seed: 9 });
            (0..2_000).map(|_| sampler.choose(logits, None, |_| true).unwrap().token).collect::<Vec<_>>()
        };
        let different = draws(&logits).iter().zip(draws(&moved)).filter(|(a, b)| **a != *b).count();
        assert!(different <= 40, "{different} of 2 000 draws differ");
    }

    #[test]
    fn top_p_and_temperature_narrow_the_choice() {
        for (temperature, top_p) in [(1.0, 0.0), (0.01, 1.0)] {
            let mut sampler = Sampler::new(Sampling::Seeded { temperature, top_p, seed: 1 });
            for _ in 0..50 {
                assert!([1, 3].contains(&sampler.choose(&LOGITS, None, |_| true).unwrap().token));
            }
        }
        let mut greedy = Sampler::new(Sampling::Seeded { temperature: 0.0, top_p: 1.0, seed: 1 });
        assert_eq!(greedy.choose(&LOGITS, None, |_| true).unwrap().token, 1);
    }
}
