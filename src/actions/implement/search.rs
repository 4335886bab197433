//! Collects the bodies of several rounds: the best of them, and how far the others agree with it.

use std::ops::ControlFlow;

use super::body::{Body, BodyValidator};
use super::chance::{self, BodyFacts};
use crate::completion::generate::Draft;

/// So many rounds are enough where a body is good but not likely: later ones draw less likely texts.
const ENOUGH: usize = 3;

/// What came of the rounds so far.
#[derive(Debug, Default)]
pub struct BodySearch {
    bodies: Vec<Body>,
    drafts: usize,
    rounds: usize,
}

impl BodySearch {
    /// The same after one more round; breaks when nothing better is to be expected.
    pub fn after_round(
        mut self,
        drafts: &[Draft],
        validator: &BodyValidator,
    ) -> ControlFlow<Self, Option<Self>> {
        self.rounds += 1;
        self.drafts += drafts.len();
        self.bodies.extend(drafts.iter().filter_map(|draft| validator.body(draft)));
        let is_enough = self.best_place().is_some_and(|place| {
            let likely = self.facts(place).chance() >= chance::bar();
            self.bodies[place].good && (likely || self.rounds >= ENOUGH)
        });
        if is_enough { ControlFlow::Break(self) } else { ControlFlow::Continue(Some(self)) }
    }

    /// The best body, and all that is known of it.
    pub fn best(mut self) -> Option<(Body, BodyFacts)> {
        let place = self.best_place()?;
        let facts = self.facts(place);
        Some((self.bodies.swap_remove(place), facts))
    }

    /// The first of the best ones.
    fn best_place(&self) -> Option<usize> {
        let better = |a: &usize, b: &usize| self.bodies[*a].order(&self.bodies[*b]).then(b.cmp(a));
        (0..self.bodies.len()).max_by(better)
    }

    fn facts(&self, place: usize) -> BodyFacts {
        let words = |body: &Body| body.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let own = words(&self.bodies[place]);
        let same = self.bodies.iter().filter(|body| words(body) == own).count() - 1;
        BodyFacts {
            agreement: same as f32 / (self.bodies.len() - 1).max(1) as f32,
            refused: (self.drafts - self.bodies.len()) as f32 / self.drafts.max(1) as f32,
            rounds: self.rounds - 1,
            ..self.bodies[place].facts.clone()
        }
    }
}
