//! Fits a correction to what came of predictions: logistic regression with a Gaussian prior, by Newton's method.
//!
//! It is the maximum of the posterior (the mean of its Laplace approximation; MacKay 1992, "The evidence framework applied to
//! classification networks"). With few outcomes it stays at the prior, and moves as they come. The last outcomes are at hand as
//! numbers, so it is computed afresh from them: no state drifts, and a fit of tomorrow reads the numbers of today.

use super::record::Judgement;
use super::{Correction, PlaceKind, Prior};

const KINDS: usize = PlaceKind::ALL.len();
/// Slope, common bias, and what each kind has beyond that.
const SIZE: usize = 2 + KINDS;

/// An outcome counts half as much when this many others came after it: some hundred lines, an hour or two of work.
pub const HALF_LIFE: f64 = 1000.0;

/// What one outcome counts. The candidates of one line mostly share their outcome, so ten of them say less than ten lines
/// would (the design effect of clustered samples; Kish 1965).
pub const WEIGHT: f64 = 0.5;

/// The slope stays within these: a score that ranks the wrong way round is no score, and a huge slope is a step.
const SLOPES: (f64, f64) = (0.2, 3.0);

/// Newton's method takes 4 to 6 steps here; the function is concave.
const STEPS: usize = 25;
const ENOUGH: f64 = 1e-6;

type Vector = [f64; SIZE];
type Matrix = [[f64; SIZE]; SIZE];

/// The correction that follows from `prior` and from `judged`, oldest first.
pub fn fit(prior: &Prior, judged: &[Judgement]) -> Correction {
    let (mean, spread) = prior.moments();
    let precision = spread.map(|spread: f64| 1.0 / (spread * spread));
    let mut at = mean;
    for _ in 0..STEPS {
        let mut gradient: Vector = std::array::from_fn(|i| precision[i] * (mean[i] - at[i]));
        let mut hessian: Matrix = [[0.0; SIZE]; SIZE];
        (0..SIZE).for_each(|i| hessian[i][i] = precision[i]);
        for (age, one) in judged.iter().rev().enumerate() {
            let weight = WEIGHT * (-(age as f64) / HALF_LIFE).exp2();
            let x = inputs(one);
            let sum: f64 = x.iter().zip(at).map(|(x, at)| x * at).sum::<f64>() + f64::from(one.offset);
            let p = 1.0 / (1.0 + (-sum).exp());
            let (error, slope) = (f64::from(u8::from(one.right)) - p, (p * (1.0 - p)).max(1e-9));
            for i in 0..SIZE {
                gradient[i] += weight * error * x[i];
                for j in 0..=i {
                    hessian[i][j] += weight * slope * x[i] * x[j];
                }
            }
        }
        let Some(step) = solve(hessian, gradient) else { break };
        // A whole step can overshoot where nearly all outcomes are the same; two logits are never needed at once.
        let largest = step.iter().fold(0.0, |most: f64, step| most.max(step.abs()));
        let scale = if largest > 2.0 { 2.0 / largest } else { 1.0 };
        at = std::array::from_fn(|i| at[i] + scale * step[i]);
        at[0] = at[0].clamp(SLOPES.0, SLOPES.1);
        if largest < ENOUGH {
            break;
        }
    }
    let bias = std::array::from_fn(|kind| (at[1] + at[2 + kind]) as f32);
    let found = Correction { slope: at[0] as f32, bias };
    if found.slope.is_finite() && found.bias.iter().all(|bias| bias.is_finite()) {
        found
    } else {
        prior.correction()
    }
}

fn inputs(one: &Judgement) -> Vector {
    let mut x = [0.0; SIZE];
    (x[0], x[1], x[2 + one.kind as usize]) = (f64::from(one.score), 1.0, 1.0);
    x
}

/// Solves `matrix · x = vector` by Cholesky's decomposition; only the lower half is read. None when it is not positive definite.
#[expect(clippy::needless_range_loop, reason = "as the textbook has it")]
fn solve(mut matrix: Matrix, mut vector: Vector) -> Option<Vector> {
    for i in 0..SIZE {
        for j in 0..=i {
            let mut sum = matrix[i][j];
            for k in 0..j {
                sum -= matrix[i][k] * matrix[j][k];
            }
            if i == j {
                if sum.is_nan() || sum <= 0.0 {
                    return None;
                }
                matrix[i][i] = sum.sqrt();
            } else {
                matrix[i][j] = sum / matrix[j][j];
            }
        }
    }
    for i in 0..SIZE {
        for k in 0..i {
            vector[i] -= matrix[i][k] * vector[k];
        }
        vector[i] /= matrix[i][i];
    }
    for i in (0..SIZE).rev() {
        for k in i + 1..SIZE {
            vector[i] -= matrix[k][i] * vector[k];
        }
        vector[i] /= matrix[i][i];
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    /// Outcomes of scores between -4 and 4, drawn from the probabilities of `truth`.
    fn drawn(truth: Correction, count: usize, seed: u64) -> Vec<Judgement> {
        let mut random = StdRng::seed_from_u64(seed);
        let one = |at: usize| {
            let (score, kind) = (random.random_range(-4.0..4.0f32), PlaceKind::ALL[at % KINDS]);
            let p = 1.0 / (1.0 + (-truth.logit(score, kind)).exp());
            Judgement { score, kind, offset: 0.0, said: p, right: random.random::<f32>() < p }
        };
        (0..count).map(one).collect()
    }

    fn near(found: Correction, truth: Correction, within: f32) -> bool {
        let apart = |a: f32, b: f32| (a - b).abs() < within;
        apart(found.slope, truth.slope) && found.bias.iter().zip(truth.bias).all(|(a, b)| apart(*a, b))
    }

    const TRUTH: Correction = Correction { slope: 0.6, bias: [-0.8, -0.2, -0.6, -1.0] };

    #[test]
    fn it_finds_the_correction_that_the_outcomes_were_drawn_from() {
        for seed in 0..5 {
            let found = fit(&Prior::NONE, &drawn(TRUTH, 2000, seed));
            assert!(near(found, TRUTH, 0.35), "{found:?}");
        }
        let same = fit(&Prior::NONE, &drawn(Correction::NONE, 2000, 9));
        assert!(near(same, Correction::NONE, 0.3), "{same:?}");
    }

    #[test]
    fn few_outcomes_move_it_little_and_none_not_at_all() {
        assert_eq!(fit(&Prior::NONE, &[]), Correction::NONE);
        for right in [true, false] {
            let one = Judgement { score: 2.0, kind: PlaceKind::InsideLine, offset: 0.0, said: 0.9, right };
            let found = fit(&Prior::NONE, &[one; 2]);
            assert!(near(found, Correction::NONE, 0.6), "two of one line: {found:?}");
            // A hundred that say the same: it goes there, and stays sane.
            let found = fit(&Prior::NONE, &vec![one; 100]);
            let p = 1.0 / (1.0 + (-found.logit(2.0, PlaceKind::InsideLine)).exp());
            assert!(if right { p > 0.93 } else { p < 0.4 }, "{found:?}: {p}");
            assert!((SLOPES.0 as f32..=SLOPES.1 as f32).contains(&found.slope));
        }
    }

    #[test]
    fn it_forgets() {
        let now = Correction { slope: 1.0, bias: [0.9; KINDS] };
        let both = [drawn(TRUTH, 1000, 1), drawn(now, 1000, 2)].concat();
        let (found, backwards) = (fit(&Prior::NONE, &both), {
            let turned = [drawn(now, 1000, 2), drawn(TRUTH, 1000, 1)].concat();
            fit(&Prior::NONE, &turned)
        });
        assert!(
            found.bias[0] > backwards.bias[0] + 0.3,
            "the later half counts more: {found:?} {backwards:?}"
        );
    }

    #[test]
    fn what_else_is_known_is_not_learned_again() {
        let with_offset = |mut one: Judgement| {
            one.offset = -1.0;
            one.score += 1.0;
            one
        };
        let judged: Vec<Judgement> = drawn(Correction::NONE, 2000, 3).into_iter().map(with_offset).collect();
        assert!(near(fit(&Prior::NONE, &judged), Correction::NONE, 0.3));
    }

    #[test]
    fn nonsense_gives_the_prior() {
        let odd =
            Judgement { score: f32::NAN, kind: PlaceKind::InsideWord, offset: 0.0, said: 0.5, right: true };
        assert_eq!(fit(&Prior::NONE, &[odd]), Correction::NONE);
    }
}
