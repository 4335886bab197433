//! Decides how many proposed tokens a batch takes along: as long as the expected tokens for their cost grow.

use std::time::Duration;

/// Proposed tokens in one batch at most, of all texts together.
pub const MOST_DRAFTED: usize = 8;
/// The gain that a draft must promise: its estimates are not that sure, and it must not cost.
const LEAST_GAIN: f32 = 1.05;
/// How fast the belief in the estimates follows what was accepted.
const PACE: f32 = 0.03;

/// What a batch of so many tokens costs, in batches of one; measured on this machine with this model.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs(Vec<(usize, f32)>);

impl Costs {
    /// From times of batches: the number of tokens, ascending and beginning with 1, and how long they took.
    pub fn new(times: &[(usize, Duration)]) -> Self {
        let one = times.first().map_or(1.0, |(_, time)| time.as_secs_f32().max(1e-9));
        let mut most = 1.0f32;
        let relative = times.iter().map(|&(tokens, time)| {
            // More tokens never cost less: such a measurement was disturbed.
            most = most.max(time.as_secs_f32() / one);
            (tokens, most)
        });
        Self(relative.collect())
    }

    /// The cost of a batch of `tokens`, between the measured ones on a line.
    pub fn of(&self, tokens: usize) -> f32 {
        let (mut before, mut last) = ((0, 0.0), (1, 1.0));
        for &point in &self.0 {
            if point.0 > last.0 || before.0 == 0 {
                (before, last) = (last, point);
            }
            if last.0 >= tokens {
                break;
            }
        }
        let (from, to) = (before.0 as f32, last.0 as f32);
        before.1 + (last.1 - before.1) * (tokens as f32 - from) / (to - from).max(1.0)
    }

    /// The measured ones, for people: tokens and cost.
    pub fn measured(&self) -> &[(usize, f32)] {
        &self.0
    }
}

/// Chooses drafts, and learns how good the estimates are.
#[derive(Debug, Clone)]
pub struct Drafter {
    costs: Option<Costs>,
    /// What the chance of a draft is multiplied with: the share accepted of the share that was expected.
    belief: f32,
}

impl Drafter {
    /// Without measured costs there are no drafts.
    pub fn new(costs: Option<Costs>) -> Self {
        Self { costs, belief: 1.0 }
    }

    /// The measured costs.
    pub fn costs(&self) -> Option<&Costs> {
        self.costs.as_ref()
    }

    /// How many proposed tokens each text takes along. `chances`: for each text that goes on, the chance of each of its
    /// proposals, given that those before it are right.
    pub fn lengths(&self, chances: &[Vec<f32>]) -> Vec<usize> {
        let mut lengths = vec![0; chances.len()];
        let Some(costs) = &self.costs else { return lengths };
        let texts = chances.len();
        let (mut expected, base) = (texts as f32, texts as f32 / costs.of(texts));
        let mut reach = vec![1.0f32; texts];
        let (mut best, mut tried) = (base * LEAST_GAIN, lengths.clone());
        for drafted in 1..=MOST_DRAFTED {
            let open = (0..texts).filter(|&text| tried[text] < chances[text].len());
            let gain = |text: usize| reach[text] * (chances[text][tried[text]] * self.belief).min(0.98);
            let Some(text) = open.max_by(|&a, &b| gain(a).total_cmp(&gain(b))) else { break };
            reach[text] = gain(text);
            expected += reach[text];
            tried[text] += 1;
            let rate = expected / costs.of(texts + drafted);
            if rate > best {
                (best, lengths) = (rate, tried.clone());
            }
        }
        lengths
    }

    /// A proposal of this chance was verified.
    pub fn verified(&mut self, chance: f32, accepted: bool) {
        let error = f32::from(accepted) - (chance * self.belief).min(0.98);
        self.belief = (self.belief + PACE * error).clamp(0.3, 1.2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(costs: &[(usize, u64)]) -> Costs {
        Costs::new(
            &costs.iter().map(|&(tokens, time)| (tokens, Duration::from_millis(time))).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn costs_between_the_measured_ones_lie_on_a_line() {
        let costs = costs(&[(1, 10), (2, 13), (4, 12), (8, 27)]);
        assert_eq!(
            [1, 2, 3, 4, 6, 8].map(|tokens| (costs.of(tokens) * 10.0).round()),
            [10.0, 13.0, 13.0, 13.0, 20.0, 27.0]
        );
        assert!(costs.of(16) > 5.0, "beyond them it goes on rising");
    }

    #[test]
    fn a_draft_is_as_long_as_it_pays() {
        let cheap = Drafter::new(Some(costs(&[(1, 10), (2, 11), (4, 12), (8, 14)])));
        let dear = Drafter::new(Some(costs(&[(1, 10), (2, 20), (4, 40), (8, 80)])));
        let sure = vec![vec![0.95; 12]];
        assert_eq!(cheap.lengths(&sure), [MOST_DRAFTED]);
        assert_eq!(dear.lengths(&sure), [0], "verifying costs as much as decoding");
        assert_eq!(cheap.lengths(&[vec![0.02; 4]]), [0]);
        let one = cheap.lengths(&[vec![0.9, 0.05, 0.9]]);
        assert_eq!(one, [1], "what comes behind an unlikely one is unlikely");
        assert_eq!(Drafter::new(None).lengths(&sure), [0]);
        let two = cheap.lengths(&[vec![0.9; 3], vec![0.01; 3]]);
        assert!(two[0] == 3 && two[1] == 0, "{two:?}");
    }

    #[test]
    fn belief_follows_what_is_accepted() {
        let mut drafter = Drafter::new(Some(costs(&[(1, 10), (2, 14), (4, 20), (8, 36)])));
        assert_eq!(drafter.lengths(&[vec![0.8]]), [1]);
        for _ in 0..200 {
            drafter.verified(0.8, false);
        }
        assert_eq!(drafter.lengths(&[vec![0.8]]), [0]);
    }
}
