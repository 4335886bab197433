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
}

/// By how much slopes, biases, and the biases of kinds beyond the common one differ from model to model: standard deviations.
const SLOPE: f64 = 0.3;
const BIAS: f64 = 0.7;
const OF_KIND: f64 = 0.4;

impl Prior {
    /// Of the model that the scores were fitted on: they need no correction.
    pub const NONE: Self = Self { slope: 1.0, bias: 0.0 };

    /// Of a model of which nothing but its size is known.
    pub fn of(_model: &ModelIdentity) -> Self {
        Self::NONE
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
        (mean, spread)
    }
}
