//! Remembers how long the last answers of the model took, for "43 ms a suggestion".

use std::collections::VecDeque;

/// Answers that are remembered: some minutes of typing.
const MOST: usize = 50;

/// How long the last answers of the model took, in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct RecentTimes(VecDeque<f32>);

impl RecentTimes {
    /// One more answer took `ms`.
    pub fn add(&mut self, ms: f32) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(ms);
    }

    /// Another model answers from now on.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// The one in the middle; None before the first.
    pub fn usual(&self) -> Option<f32> {
        let mut sorted: Vec<f32> = self.0.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_last_ones() {
        let mut times = RecentTimes::default();
        assert_eq!(times.usual(), None);
        [3.0, 900.0, 2.0].into_iter().for_each(|ms| times.add(ms));
        assert_eq!(times.usual(), Some(3.0), "one slow answer does not count");
        (0..MOST).for_each(|_| times.add(40.0));
        assert_eq!((times.usual(), times.0.len()), (Some(40.0), MOST));
        times.forget();
        assert_eq!(times.usual(), None);
    }
}
