//! Lists the ways to put a token between two others: how much of the white space stays before it, and what comes along.

use crate::text::is_word;

/// A way to put a token into the white space between two others.
pub struct Spacing {
    /// Spaces that stay before it.
    pub at: usize,
    /// Spaces that come along before it.
    pub lead: usize,
    /// Spaces that come along behind it.
    pub trail: usize,
    /// Whether it touches a word before it, and behind it.
    touches: (bool, bool),
}

impl Spacing {
    fn new(text: &str, start: usize, (at, lead, trail): (usize, usize, usize)) -> Self {
        let (before, behind) = text.split_at(start + at);
        let touches = (lead == 0 && before.ends_with(is_word), trail == 0 && behind.starts_with(is_word));
        Self { at, lead, trail, touches }
    }

    /// Whether a token put there would become one with its neighbour.
    pub fn glues(&self, token: &str) -> bool {
        self.touches.0 && token.starts_with(is_word) || self.touches.1 && token.ends_with(is_word)
    }
}

/// Whether a token put at `at`, with no space of its own, would become one with its neighbour.
pub fn glues(text: &str, at: usize, token: &str) -> bool {
    Spacing::new(text, at, (0, 0, 0)).glues(token)
}

/// The ways to put a token into the `spaces` at `start`; `left` and `right` say whether a token of the same line is there.
pub fn ways(text: &str, start: usize, spaces: usize, left: bool, right: bool) -> Vec<Spacing> {
    let ways = match (left, right, spaces) {
        (false, ..) => vec![(0, 0, 0), (0, 0, 1)],
        (_, false, _) => vec![(0, 0, 0), (0, 1, 0)],
        (.., 0) => vec![(0, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1)],
        (.., 1) => vec![(0, 0, 0), (1, 0, 0), (1, 0, 1)],
        _ => vec![(0, 0, 0), (1, 0, 0), (spaces, 0, 0)],
    };
    ways.into_iter().map(|way| Spacing::new(text, start, way)).collect()
}
