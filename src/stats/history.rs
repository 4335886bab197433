//! How often suggestions of a kind were taken, read once from the file: for ranking. It never changes while running.

use std::collections::HashMap;
use std::path::Path;

use super::{Event, Fate};

/// Fewer suggestions than this say nothing: one more or less taken would move the rate by over 5 %.
const FEWEST: u32 = 20;

/// A habit may raise or lower the odds by a factor of e, not silence a kind for good: what is not shown is never taken.
const MOST: f32 = 1.0;

/// How often suggestions were taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Taken and shown, by language and whether the text had more than one line.
    counts: HashMap<(String, bool), (u32, u32)>,
}

impl History {
    /// What the file says; without a file, or with one that cannot be read, nothing is known.
    pub fn load(file: &Path) -> Self {
        super::read(file).map_or_else(|_| Self::default(), |log| Self::of(&log.events))
    }

    /// What these events say.
    pub fn of(events: &[Event]) -> Self {
        let mut counts = HashMap::<_, (u32, u32)>::new();
        for event in events {
            let Event::Ended(ended) = event else { continue };
            let count = counts.entry((ended.language.clone(), ended.lines > 1)).or_default();
            // Typed to the end was right as well, and some editors do not tell when a suggestion is taken.
            count.0 += u32::from(ended.fate != Fate::Dismissed);
            count.1 += 1;
        }
        Self { counts }
    }

    /// By how much more often suggestions in `language` of one line, and of several, are taken than those of all kinds: in
    /// logits, within ±[`MOST`]; 0 where too few were shown.
    pub fn leaning(&self, language: &str) -> [f32; 2] {
        // Half a suggestion more on either side: nobody takes all, or none, for ever.
        let logit = |(taken, shown): (u32, u32)| ((taken as f32 + 0.5) / ((shown - taken) as f32 + 0.5)).ln();
        let all = self.counts.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        [false, true].map(|multi_line| match self.counts.get(&(language.to_owned(), multi_line)) {
            Some(count) if count.1 >= FEWEST => (logit(*count) - logit(all)).clamp(-MOST, MOST),
            _ => 0.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Ended, Kind};

    #[test]
    fn habits_need_some_suggestions() {
        let ended = |language: &str, lines, fate| {
            let (language, kind) = (language.to_owned(), Kind::Automatic);
            Event::Ended(Ended { at: 0, language, kind, lines, bytes: 5, fate, taken: 0 })
        };
        let mut events = vec![ended("rust", 1, Fate::Dismissed); 15];
        events.extend(vec![ended("rust", 1, Fate::Accepted); 4]);
        assert_eq!(History::of(&events).leaning("rust"), [0.0, 0.0]);
        events.push(ended("rust", 1, Fate::Typed));
        events.extend(vec![ended("python", 3, Fate::Accepted); 40]);
        let history = History::of(&events);
        let [one, several] = history.leaning("rust");
        assert!(one < -0.9 && several == 0.0, "{one} {several}: taken less often than others; unknown");
        assert_eq!(history.leaning("python"), [0.0, 1.0]);
        assert_eq!(History::load(Path::new("/nowhere/stats.jsonl")), History::default());
    }
}
