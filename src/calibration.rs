//! Corrects the ranking's probabilities for the model at hand, so that "40 %" means right in 40 of 100 cases with any model.
//!
//! `rank` was fitted on what the embedded model writes. The log-probabilities of another model lie elsewhere: a stronger one is
//! surer, and rightly so; a chat model is surer than it may be. Its scores still tell right from wrong, on another scale. So
//! between the score and the probability stands a correction with few numbers, learned for each model:
//!
//! ```text
//! logit(p) = slope · score + bias[kind of place] + what else is known (habits, warnings)
//! ```
//!
//! One slope and one bias are Platt's scaling (Platt 1999, "Probabilistic outputs for support vector machines"); a slope alone
//! is the temperature of Guo et al. (2017, "On calibration of modern neural networks"). The bias by kind of place is ours: what
//! a model knows best differs from model to model, and [`PlaceKind`] says along which lines.
//!
//! # What it learns from
//!
//! Every answered request has its truth a moment later, because the user types on: the first line of the best candidate is what
//! stands there when the line is left, or it is not. `feedback` watches that ([`Judgement`]) for what was shown and for what was
//! kept unseen below the bar alike. Four things would bend the figures, and are met like this:
//!
//! - **Only the shown ones.** Then nothing would be known below the bar, and a bar once too high would stay there. So unseen
//!   candidates count too, judged by the same rule.
//! - **A shown text changes what is written.** Who accepts a text that is nearly right makes it right. What counts is therefore
//!   not the accepting but the line as it stands when it is left: accepted and kept is right, accepted and changed is wrong, just
//!   as for a text that was typed. What is left of this effect is wanted: the probability is there to decide about showing.
//! - **Doubtful ends.** A line that was deleted, taken back by undo, written over by a formatter or another program, whose
//!   beginning was changed, or that was left half-typed, says nothing and is dropped, right or wrong.
//! - **Many questions about one line.** They share their outcome. Each counts with a weight for that ([`mod@fit`]), or a handful of
//!   lines would look like hundreds of trials.
//!
//! Only numbers are kept: score, kind, probability, outcome. See [`store`] for the file.

mod fit;
mod identity;
mod learner;
mod prior;
mod record;
mod reliability;
mod store;

pub(crate) use fit::fit;
pub use identity::ModelIdentity;
pub use learner::Learner;
pub(crate) use prior::Prior;
pub(crate) use record::{Judgement, Record};
pub(crate) use reliability::Reliability;
pub(crate) use store::Store;

/// What kind of place a suggestion is for: along these lines models differ in how far they may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlaceKind {
    /// One line, where nothing but indentation stands before it.
    LineStart,
    /// The rest of a line, behind a sign or a space.
    InsideLine,
    /// The rest of a line that begins inside a word.
    InsideWord,
    /// Several lines. The probability is about the first one.
    SeveralLines,
}

impl PlaceKind {
    /// All kinds; a kind's number is its place here.
    pub const ALL: [Self; 4] = [Self::LineStart, Self::InsideLine, Self::InsideWord, Self::SeveralLines];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::LineStart => "line start",
            Self::InsideLine => "inside a line",
            Self::InsideWord => "inside a word",
            Self::SeveralLines => "several lines",
        }
    }
}

/// The correction of one model: what makes a probability of its scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction {
    /// The factor of the score: 1 divided by the temperature. Above 0.
    pub slope: f32,
    /// What is added at a kind of place, in logits, by its number in [`PlaceKind::ALL`].
    pub bias: [f32; PlaceKind::ALL.len()],
}

impl Default for Correction {
    fn default() -> Self {
        Self::NONE
    }
}

impl Correction {
    /// Changes nothing: the correction of the model that the scores were fitted on.
    pub const NONE: Self = Self { slope: 1.0, bias: [0.0; PlaceKind::ALL.len()] };

    /// The corrected score, in logits.
    pub fn logit(&self, score: f32, kind: PlaceKind) -> f32 {
        self.slope * score + self.bias[kind as usize]
    }
}
