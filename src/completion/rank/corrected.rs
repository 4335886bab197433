//! Puts the correction of a model between a rank's score and its probability.

use super::NAMES;
use crate::calibration::{Correction, Judgement, PlaceKind};
use crate::completion::Rank;

impl Rank {
    /// The same with the correction of the model that wrote the text.
    pub fn corrected(self, correction: Correction) -> Self {
        Self::of(self.features, self.tokens, self.prior_logit, correction)
    }

    /// The kind of place, as a correction tells them apart.
    pub fn place_kind(&self) -> PlaceKind {
        let is = |name: &str| NAMES.iter().position(|it| *it == name).and_then(|at| self.features.get(at));
        match () {
            () if is("several_lines") > Some(&0.0) => PlaceKind::SeveralLines,
            () if is("line_start") > Some(&0.0) => PlaceKind::LineStart,
            () if is("word_typed") > Some(&0.0) => PlaceKind::InsideWord,
            () => PlaceKind::InsideLine,
        }
    }

    /// As a prediction whose outcome is `right`; none where nothing was ranked.
    pub fn judged(&self, right: bool) -> Option<Judgement> {
        let (score, kind) = (self.score(), self.place_kind());
        let judged = Judgement { score, offset: self.prior_logit, kind, said: self.probability, right };
        (!self.features.is_empty()).then_some(judged)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OF_TOKENS, of_tokens};
    use super::*;

    #[test]
    fn a_correction_changes_the_probability_and_not_the_score() {
        let mut features = vec![0.0; NAMES.len()];
        features[..OF_TOKENS].copy_from_slice(&of_tokens(&[(2, -1.0), (5, -0.5)], "ab cd"));
        let plain = Rank::of(features, vec![(2, -1.0), (5, -0.5)], -0.5, Correction::NONE);
        assert_eq!(plain.clone().corrected(Correction::NONE), plain);
        let expected = 1.0 / (1.0 + (0.5 - plain.score()).exp());
        assert!((plain.probability - expected).abs() < 1e-6, "the model inside: as it was fitted");
        let mut correction = Correction { slope: 0.5, ..Correction::NONE };
        correction.bias[PlaceKind::InsideLine as usize] = -1.0;
        let corrected = plain.clone().corrected(correction);
        assert_eq!((corrected.score(), corrected.place_kind()), (plain.score(), PlaceKind::InsideLine));
        let expected = 1.0 / (1.0 + (1.5 - 0.5 * plain.score()).exp());
        assert!((corrected.probability - expected).abs() < 1e-6);
        // It stays with the text while that is typed.
        let after = corrected.after(2, " cd");
        let expected = 1.0 / (1.0 + (1.5 - 0.5 * after.score()).exp());
        assert!((after.probability - expected).abs() < 1e-6);
    }

    #[test]
    fn kinds_of_places() {
        let kind = |set: &[&str]| {
            let feature = |name: &&str| f32::from(u8::from(set.contains(name)));
            Rank::of(NAMES.iter().map(feature).collect(), Vec::new(), 0.0, Correction::NONE).place_kind()
        };
        assert_eq!(kind(&[]), PlaceKind::InsideLine);
        assert_eq!(kind(&["word_typed", "after_equals"]), PlaceKind::InsideWord);
        assert_eq!(kind(&["line_start"]), PlaceKind::LineStart);
        assert_eq!(kind(&["line_start", "several_lines"]), PlaceKind::SeveralLines);
        assert_eq!(Rank::default().judged(true), None);
    }
}
