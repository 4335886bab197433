//! Follows the last reactions to suggestions that came by themselves: who takes few of them is shown fewer, who takes many, more.

use std::collections::VecDeque;

/// Reactions that count: what was taken an hour ago was another task.
const MOST: usize = 20;
/// Fewer say nothing.
const FEWEST: usize = 8;
/// The share of suggestions that people take of a good tool, about: at that the bar stays where it is.
const USUAL: f32 = 1.0 / 3.0;
/// By how much the bar follows, in logits: all the way from "none taken" to the usual share is half a logit, which moves a bar
/// of 0.3 to 0.4.
const SLOPE: f32 = 1.5;
const LIMIT: f32 = 0.5;

/// The last reactions, oldest first: whether the suggestion was taken.
#[derive(Debug, Clone, Default)]
pub struct Reactions(VecDeque<bool>);

impl Reactions {
    /// One more suggestion came to its end.
    pub fn add(&mut self, taken: bool) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(taken);
    }

    /// The last suggestion that was taken was taken back.
    pub fn take_back(&mut self) {
        if let Some(last) = self.0.iter_mut().rfind(|taken| **taken) {
            *last = false;
        }
    }

    /// How many of how many were taken.
    pub fn counts(&self) -> (usize, usize) {
        (self.0.iter().filter(|taken| **taken).count(), self.0.len())
    }

    /// By how much the bar is raised, in logits; 0 where too little is known.
    pub fn bar_logits(&self) -> f32 {
        let (taken, all) = self.counts();
        if all < FEWEST {
            return 0.0;
        }
        ((USUAL - taken as f32 / all as f32) * SLOPE).clamp(-LIMIT, LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_follows_a_little() {
        let mut reactions = Reactions::default();
        (0..7).for_each(|_| reactions.add(false));
        assert_eq!(reactions.bar_logits(), 0.0, "too few to say");
        (0..50).for_each(|_| reactions.add(false));
        assert_eq!((reactions.counts(), reactions.bar_logits()), ((0, 20), 0.5));
        (0..20).for_each(|at| reactions.add(at % 3 == 0));
        assert!(reactions.bar_logits().abs() < 0.03, "about a third");
        (0..20).for_each(|_| reactions.add(true));
        assert_eq!((reactions.counts(), reactions.bar_logits()), ((20, 20), -0.5));
        reactions.take_back();
        assert_eq!(reactions.counts(), (19, 20));
    }
}
