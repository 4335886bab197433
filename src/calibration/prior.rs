//! Says what is thought of a model's scores before anything is known of it but its size.

use super::{Correction, ModelIdentity, PlaceKind};

const KINDS: usize = PlaceKind::ALL.len();

/// What a correction is thought to be: normal distributions that are independent of one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The likeliest slope.
    pub slope: f64,
    /// The likeliest bias, of all kinds of places.
    pub bias: f64,
    /// The factor of all standard deviations: how much less is known than of a model like the one inside.
    pub spread: f64,
}

/// By how much slopes, biases, and the biases of kinds beyond the common one differ from model to model: standard deviations.
const SLOPE: f64 = 0.3;
const BIAS: f64 = 0.7;
const OF_KIND: f64 = 0.4;

/// Parameters of the model that the scores were fitted on.
const FITTED_ON: f64 = 15.3e6;
/// How much wider the prior becomes for each factor of ten in size, and at most.
const PER_DECADE: f64 = 0.5;
const WIDEST: f64 = 2.0;

impl Prior {
    /// Of the model that the scores were fitted on: they need no correction.
    pub const NONE: Self = Self { slope: 1.0, bias: 0.0, spread: 1.0 };

    /// Of a model of which nothing but its size is known: it may be like the one inside, and the farther its size is from that, the
    /// sooner outcomes are believed that say otherwise. Of models far larger too little was measured for more than that.
    pub fn of(model: &ModelIdentity) -> Self {
        let apart = (model.parameters.max(1) as f64 / FITTED_ON).log10().abs();
        let spread = if model.embedded { 1.0 } else { (1.0 + PER_DECADE * apart).min(WIDEST) };
        Self { spread, ..Self::NONE }
    }

    /// The correction that it says.
    pub fn correction(&self) -> Correction {
        Correction { slope: self.slope as f32, bias: [self.bias as f32; KINDS] }
    }

    /// Means and standard deviations of slope, common bias and what each kind has beyond that.
    pub(super) fn moments(&self) -> ([f64; 2 + KINDS], [f64; 2 + KINDS]) {
        let (mut mean, mut spread) = ([0.0; 2 + KINDS], [OF_KIND; 2 + KINDS]);
        (mean[0], mean[1]) = (self.slope, self.bias);
        (spread[0], spread[1]) = (SLOPE, BIAS);
        (mean, spread.map(|spread| spread * self.spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farther_the_size_the_less_is_known() {
        let of = |parameters, embedded| {
            Prior::of(&ModelIdentity { parameters, embedded, ..ModelIdentity::default() })
        };
        assert_eq!(of(15_341_056, true), Prior::NONE);
        assert!((of(15_300_000, false).spread - 1.0).abs() < 1e-9);
        assert!((of(153_000_000, false).spread - 1.5).abs() < 1e-9);
        assert!((of(1_530_000, false).spread - 1.5).abs() < 1e-9);
        assert!((of(70_000_000_000, false).spread - WIDEST).abs() < 1e-9);
        assert_eq!(of(0, false).spread, WIDEST, "a size that is not told");
        assert_eq!(of(7_000_000_000, false).correction(), Correction::NONE, "nothing is learned");
    }
}
