//! Remembers where the prompts of documents stand in their texts, for several places of each. It fits, and asks no model.

use std::collections::HashMap;

use super::Segment;
use super::fit::{self, Fitted, Tokens, WindowAnchor};

/// Windows remembered for each document, the one used last first: places that the user goes back and forth between.
const PLACES: usize = 4;
/// Documents whose windows are remembered.
const DOCUMENTS: usize = 64;

/// The windows of documents.
#[derive(Debug, Default)]
pub struct Windows(HashMap<String, Vec<Window>>);

/// Where the prompt of a document stands in its text.
#[derive(Debug, Clone, Default)]
struct Window {
    anchor: WindowAnchor,
    /// Tokens it may have, where that is more than a cold prompt may.
    budget: usize,
}

impl Windows {
    /// Fit the segments of a place in `document`: where one of its windows can stand, into `room` tokens at most, else into `short`
    /// ones.
    pub fn fit(
        &mut self,
        document: &str,
        segments: &[Segment],
        room: usize,
        short: usize,
        tokens: &dyn Tokens,
    ) -> Fitted {
        if !self.0.contains_key(document) && self.0.len() >= DOCUMENTS {
            // Losing a window costs one evaluation of a moved one; no need to know which is the oldest.
            self.0.clear();
        }
        let windows = self.0.entry(document.to_owned()).or_default();
        let standing = windows.iter_mut().enumerate().find_map(|(at, window)| {
            // One that was extended in idle time has more room.
            let budget = room.min(window.budget.max(short));
            let fitted = fit::again(segments, budget, &mut window.anchor, tokens)?;
            Some((at, fitted))
        });
        match standing {
            Some((at, fitted)) => {
                windows[..=at].rotate_right(1);
                fitted
            }
            None => {
                // Another place, or too much was typed: then the suffix window may still stand.
                let mut anchor = windows.first().map(|window| window.anchor.clone()).unwrap_or_default();
                let fitted = fit::fit(segments, short, &mut anchor, tokens);
                windows.truncate(PLACES - 1);
                windows.insert(0, Window { anchor, budget: 0 });
                fitted
            }
        }
    }

    /// Whether the window that was used last for `document` has no more than a cold prompt may have.
    pub fn is_short(&self, document: &str) -> bool {
        self.0.get(document).and_then(|windows| windows.first()).is_some_and(|window| window.budget == 0)
    }

    /// The place that was used last for `document` has a prompt of up to `budget` tokens now, which stands at `anchor`.
    pub fn extended(&mut self, document: String, anchor: WindowAnchor, budget: usize) {
        let windows = self.0.entry(document).or_default();
        windows.truncate(PLACES - 1);
        windows.insert(0, Window { anchor, budget });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Role, TokenId};

    fn tokens(text: &str) -> Vec<TokenId> {
        text.bytes().map(TokenId::from).collect()
    }

    fn prefix(text: &str) -> Vec<Segment> {
        let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        vec![Segment { role: Role::Prefix, text: text.into(), share: 100, file: None, boundaries }]
    }

    #[test]
    fn going_back_to_a_place_finds_its_window() {
        let mut windows = Windows::default();
        let lines = |name: &str| (0..9).map(|line| format!("{name}{line} = {line}\n")).collect::<String>();
        let mut fit = |text: &str| windows.fit("a", &prefix(text), 60, 60, &tokens).prefix;
        let (here, there) = (lines("here"), lines("there"));
        let first = fit(&here);
        assert!(first.len() < here.len(), "it does not fit as a whole");
        let _ = fit(&there);
        let back = fit(&format!("{here}x"));
        assert_eq!(back[..first.len()], first, "it stands where it stood");
        assert!(windows.is_short("a") && !windows.is_short("b"));
        windows.extended("a".into(), WindowAnchor::default(), 100);
        assert!(!windows.is_short("a"));
    }
}
