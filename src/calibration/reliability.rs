//! Compares said probabilities with what came of them: the reliability diagram and the expected calibration error.
//!
//! Bins hold equal counts (Nguyen and O'Connor 2015): with equal widths nearly all predictions would fall into the first one, and
//! the error would be that of a handful of others. The error of a finite sample is not zero even for exact probabilities (Bröcker
//! and Smith 2007), so what luck alone gives is stated beside it.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

/// Bins of a diagram.
const BINS: usize = 10;
/// Fewer predictions than this in a bin say nothing, so small samples get fewer bins.
const FEWEST: usize = 5;
/// Samples drawn for what luck alone gives: enough for two digits.
const DRAWN: usize = 200;

/// Said against been.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Reliability {
    /// Predictions.
    pub count: usize,
    /// The share of them that were right, from 0 to 1.
    pub right: f64,
    /// The mean probability said.
    pub said: f64,
    /// Expected calibration error: the mean distance between said and been, of the bins, weighted by their counts.
    pub error: f64,
    /// What that would be on the average if each probability were exact: luck alone.
    pub by_luck: f64,
    /// From the least likely on.
    pub bins: Vec<ReliabilityBin>,
}

/// As many predictions as in each other bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Predictions in it.
    pub count: usize,
    /// The mean probability said.
    pub said: f64,
    /// The share that was right.
    pub right: f64,
}

impl Reliability {
    /// Of probabilities and outcomes, in any order. Nothing of nothing.
    pub fn of(said: &[(f32, bool)]) -> Self {
        let mut ranked: Vec<(f64, bool)> = said.iter().map(|(p, right)| (f64::from(*p), *right)).collect();
        // Stable: equal probabilities must not be sorted by what came of them.
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        if ranked.is_empty() {
            return Self::default();
        }
        let bins = binned(&ranked);
        let count = ranked.len();
        let mut random = StdRng::seed_from_u64(1);
        let mut draw = || {
            let drawn: Vec<(f64, bool)> =
                ranked.iter().map(|(p, _)| (*p, random.random::<f64>() < *p)).collect();
            error(&binned(&drawn), count)
        };
        let by_luck = (0..DRAWN).map(|_| draw()).sum::<f64>() / DRAWN as f64;
        Self { count, right: share(&ranked), said: mean(&ranked), error: error(&bins, count), by_luck, bins }
    }
}

fn binned(ranked: &[(f64, bool)]) -> Vec<ReliabilityBin> {
    let bins = (ranked.len() / FEWEST).clamp(1, BINS);
    let part = |bin: usize| &ranked[bin * ranked.len() / bins..(bin + 1) * ranked.len() / bins];
    let bin =
        |part: &[(f64, bool)]| ReliabilityBin { count: part.len(), said: mean(part), right: share(part) };
    (0..bins).map(|at| bin(part(at))).collect()
}

fn mean(part: &[(f64, bool)]) -> f64 {
    part.iter().map(|(p, _)| p).sum::<f64>() / part.len().max(1) as f64
}

fn share(part: &[(f64, bool)]) -> f64 {
    part.iter().filter(|(_, right)| *right).count() as f64 / part.len().max(1) as f64
}

fn error(bins: &[ReliabilityBin], count: usize) -> f64 {
    let sum: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.said - bin.right).abs()).sum();
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_probabilities_err_by_luck_alone() {
        let mut random = StdRng::seed_from_u64(7);
        let mut exact = || {
            let p: f32 = random.random();
            (p, random.random::<f32>() < p)
        };
        let said: Vec<(f32, bool)> = (0..2000).map(|_| exact()).collect();
        let found = Reliability::of(&said);
        assert_eq!((found.count, found.bins.len()), (2000, 10));
        assert!(found.bins.iter().all(|bin| bin.count == 200));
        assert!(found.error < 2.0 * found.by_luck && found.by_luck < 0.04, "{found:?}");
    }

    #[test]
    fn what_is_said_too_high_is_seen() {
        let said: Vec<(f32, bool)> = (0..100).map(|at| (0.9, at % 2 == 0)).collect();
        let found = Reliability::of(&said);
        assert!((found.error - 0.4).abs() < 0.11 && (found.right - 0.5).abs() < 1e-9, "{found:?}");
        assert!((found.said - 0.9).abs() < 1e-6);
        let turns: Vec<(f32, bool)> = (0..100).map(|at| (0.25, at % 4 == 0)).collect();
        assert!(Reliability::of(&turns).error < 0.06, "equal ones stay in their order");
    }

    #[test]
    fn few_make_few_bins() {
        assert_eq!(Reliability::of(&[]), Reliability::default());
        let few = Reliability::of(&[(0.2, false), (0.7, true)]);
        assert_eq!(few.bins.len(), 1);
        assert!((few.error - 0.05).abs() < 1e-6);
        assert_eq!(Reliability::of(&[(0.5, true); 17]).bins.len(), 3);
    }
}
