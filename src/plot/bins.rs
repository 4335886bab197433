//! Chooses the bins of a histogram from the values.

use super::{number, with_unit};

/// About as many bins as can be told apart at a glance.
const BINS: f64 = 12.0;
/// Values of a larger span go into bins that grow: equal ones would put nearly all of them into the first.
const WIDE: f64 = 50.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// Smallest value in it.
    pub from: f64,
    /// The first value that is not, except in the last bin, which holds its end.
    pub to: f64,
    /// How many values.
    pub count: usize,
}

impl Bin {
    /// Its bounds in words.
    pub fn label(&self, unit: &str) -> String {
        format!("{}–{}", number(self.from), with_unit(self.to, unit))
    }
}

/// The bins of these values; none without any.
pub fn of(values: &[f64]) -> Vec<Bin> {
    let mut values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (values.first(), values.last()) else { return Vec::new() };
    // The outermost values are often freaks; what is between decides on the kind of bins.
    let typical = values[values.len() / 20].max(f64::MIN_POSITIVE);
    let edges =
        if least >= 0.0 && most / typical > WIDE { growing(typical, most) } else { equal(least, most) };
    let mut bins: Vec<Bin> =
        edges.windows(2).map(|edge| Bin { from: edge[0], to: edge[1], count: 0 }).collect();
    for value in values {
        let at = bins.partition_point(|bin| bin.to <= value).min(bins.len() - 1);
        bins[at].count += 1;
    }
    bins
}

fn equal(least: f64, most: f64) -> Vec<f64> {
    let step = nice((most - least) / BINS);
    let first = (least / step).floor();
    let count = ((most / step).floor() - first) as usize + 1;
    (0..=count).map(|at| (first + at as f64) * step).collect()
}

/// 0, then 1, 2, 5, 10, 20 … from about `typical` to beyond `most`.
fn growing(typical: f64, most: f64) -> Vec<f64> {
    // Never more than four decades: a single freak would make dozens of bins.
    let start = typical.max(most / 1e4).log10().floor() as i32;
    let mut edges = vec![0.0];
    for decade in start..=start + 5 {
        for factor in [1.0, 2.0, 5.0] {
            edges.push(factor * 10f64.powi(decade));
            if edges.last().is_some_and(|&edge| edge > most) {
                return edges;
            }
        }
    }
    edges
}

/// The smallest of 1, 2, 5 × a power of ten that is not below `step`.
fn nice(step: f64) -> f64 {
    if step <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powi(step.log10().floor() as i32);
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * 0.999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(values: &[f64], expect: Expect) {
        let bins: Vec<String> =
            of(values).iter().map(|bin| format!("{} {}", bin.label("ms"), bin.count)).collect();
        expect.assert_eq(&bins.join(", "));
        assert_eq!(of(values).iter().map(|bin| bin.count).sum::<usize>(), values.len());
    }

    #[test]
    fn bins_fit_the_values() {
        check(&[], expect![[""]]);
        check(&[5.0], expect!["5–6 ms 1"]);
        check(&[0.0, 0.0], expect!["0–1 ms 2"]);
        check(
            &[1.0, 2.0, 3.5],
            expect!["1–1.5 ms 1, 1.5–2 ms 0, 2–2.5 ms 1, 2.5–3 ms 0, 3–3.5 ms 0, 3.5–4 ms 1"],
        );
        check(
            &[20.0, 30.0, 90.0, 110.0],
            expect![
                "20–30 ms 1, 30–40 ms 1, 40–50 ms 0, 50–60 ms 0, 60–70 ms 0, 70–80 ms 0, 80–90 ms 0, 90–100 ms 1, 100–110 ms 0, 110–120 ms 1"
            ],
        );
        check(
            &[0.2, 0.3, 30.0, 45.0, 160.0],
            expect![
                "0–0.1 ms 0, 0.1–0.2 ms 0, 0.2–0.5 ms 2, 0.5–1 ms 0, 1–2 ms 0, 2–5 ms 0, 5–10 ms 0, 10–20 ms 0, 20–50 ms 2, 50–100 ms 0, 100–200 ms 1"
            ],
        );
        assert_eq!(of(&[0.0, 1e-9, 3.0, 1e9]).len(), 14);
    }
}
