//! Compares two runs case by case: which cases only one of them gets right, and how sure a difference is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::bail;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::holes::HoleRow;
use super::metrics::percentile;
use super::replay::ReplayRow;
use super::runs;

/// How often the texts are drawn anew.
const DRAWS: usize = 2000;

/// Lines for people about the cases that both runs have.
///
/// # Errors
/// When a file cannot be read, or the runs are of two kinds.
pub fn of(old: &Path, new: &Path) -> anyhow::Result<String> {
    let (one, other) = (runs::head(old)?, runs::head(new)?);
    if one.what != other.what {
        bail!("{} is a run of {}, {} one of {}", old.display(), one.what, new.display(), other.what);
    }
    match one.what.as_str() {
        "replay" => Ok(of_replays(&runs::load(old)?.1, &runs::load(new)?.1)),
        _ => Ok(of_holes(&runs::load(old)?.1, &runs::load(new)?.1)),
    }
}

/// Exact answers that only one run has, for each variant and language.
fn of_holes(old: &[HoleRow], new: &[HoleRow]) -> String {
    let before: HashMap<(&str, &str), bool> =
        old.iter().map(|row| ((&*row.id, &*row.variant), row.score.exact)).collect();
    let mut counts: BTreeMap<(&str, &str), [usize; 4]> = BTreeMap::new();
    for row in new {
        let Some(&was) = before.get(&(&*row.id, &*row.variant)) else { continue };
        let count = counts.entry((&row.variant, &row.language)).or_default();
        let is = row.score.exact;
        for (sum, one) in count.iter_mut().zip([true, was, was && !is, is && !was]) {
            *sum += usize::from(one);
        }
    }
    let line = |((variant, language), [all, was, lost, won]): (&(&str, &str), &[usize; 4])| {
        let now = was + won - lost;
        format!("{variant}, {language}: exact {was} → {now} of {all}; only before {lost}, only now {won}\n")
    };
    counts.iter().map(line).collect()
}

/// Characters taken less wrong ones shown, and all characters, of one text in both runs.
#[derive(Clone, Copy)]
struct Pair {
    worth: [f64; 2],
    characters: f64,
}

/// The difference in RoCC less wrong ones, with what it would be for other texts like these.
fn of_replays(old: &[ReplayRow], new: &[ReplayRow]) -> String {
    let worth = |row: &ReplayRow| {
        let asked = row.asked.iter().filter(|asked| !asked.after.is_at_the_end());
        asked.fold(0.0, |sum, asked| {
            sum + asked.taken as f64 - f64::from(asked.shown && !asked.right && !asked.same)
        })
    };
    let before: HashMap<&str, f64> = old.iter().map(|row| (&*row.id, worth(row))).collect();
    let mut languages: BTreeMap<&str, Vec<Pair>> = BTreeMap::new();
    for row in new {
        let Some(&was) = before.get(&*row.id) else { continue };
        let pair = Pair { worth: [was, worth(row)], characters: row.characters as f64 };
        languages.entry("all").or_default().push(pair);
        languages.entry(&row.language).or_default().push(pair);
    }
    let line = |(language, pairs): (&&str, &Vec<Pair>)| {
        let (least, most) = interval(pairs);
        let rate = |side: usize| {
            let sum =
                |value: fn(&Pair, usize) -> f64| pairs.iter().map(|pair| value(pair, side)).sum::<f64>();
            100.0 * sum(|pair, side| pair.worth[side]) / sum(|pair, _| pair.characters)
        };
        format!(
            "{language}: RoCC less wrong ones {:.1} → {:.1} % in {} texts; by other texts like these {least:+.1} to {most:+.1} points (95 %)\n",
            rate(0),
            rate(1),
            pairs.len()
        )
    };
    languages.iter().map(line).collect()
}

/// Where 95 % of the differences lie when the texts are drawn anew from these (bootstrap).
fn interval(pairs: &[Pair]) -> (f64, f64) {
    let mut random = StdRng::seed_from_u64(1);
    let mut draw = || {
        let (mut gain, mut characters) = (0.0, 0.0);
        for _ in 0..pairs.len() {
            let pair = pairs[random.random_range(0..pairs.len())];
            gain += pair.worth[1] - pair.worth[0];
            characters += pair.characters;
        }
        100.0 * gain / characters
    };
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    (percentile(&mut drawn, 0.025), percentile(&mut drawn, 0.975))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::case::HoleKind;
    use crate::eval::replay::Question;
    use crate::eval::score::Score;

    fn hole(id: &str, exact: bool) -> HoleRow {
        HoleRow {
            id: id.into(),
            kind: HoleKind::SingleLine,
            language: "rust".into(),
            broken: false,
            variant: "rank".into(),
            answer: Default::default(),
            score: Score { exact, ..Score::default() },
            tree: (0, 0),
            errors: None,
            defects: Default::default(),
            remembered: None,
        }
    }

    #[test]
    fn cases_that_only_one_run_gets_right() {
        let old = [hole("a", true), hole("b", true), hole("c", false), hole("gone", true)];
        let new = [hole("a", true), hole("b", false), hole("c", true), hole("d", true)];
        assert_eq!(of_holes(&old, &new), "rank, rust: exact 2 → 2 of 3; only before 1, only now 1\n");
    }

    #[test]
    fn a_difference_with_its_interval() {
        let row = |id: usize, taken| ReplayRow {
            id: id.to_string(),
            language: "rust".into(),
            broken: false,
            characters: 10,
            keys: 10,
            keys_alone: 10,
            cpu: None,
            remembered: None,
            asked: vec![
                Question { shown: true, right: true, taken, ..Question::default() },
                Question { shown: true, ..Question::default() },
            ],
        };
        let runs = |more: usize| (0..20).map(|id| row(id, 3 + more)).collect::<Vec<_>>();
        let said = of_replays(&runs(0), &runs(1));
        let same = "RoCC less wrong ones 20.0 → 30.0 % in 20 texts; by other texts like these +10.0 to +10.0 points (95 %)";
        assert_eq!(said, format!("all: {same}\nrust: {same}\n"));
    }
}
