//! How often suggestions of a kind were taken, read once from the file: for ranking. It never changes while running.

use std::collections::HashMap;
use std::path::Path;

use super::{Event, Fate};

/// Fewer suggestions than this say nothing: one more or less taken would move the rate by over 5 %.
const FEWEST: u32 = 20;

/// Rates of acceptance.
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

    /// The share of suggestions that were taken, from 0 to 1; none when too few were shown.
    pub fn rate(&self, language: &str, multi_line: bool) -> Option<f32> {
        let (taken, shown) = self.counts.get(&(language.to_owned(), multi_line))?;
        (*shown >= FEWEST).then(|| *taken as f32 / *shown as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Ended, Kind};

    #[test]
    fn rates_need_some_suggestions() {
        let ended = |language: &str, lines, fate| {
            let (language, kind) = (language.to_owned(), Kind::Automatic);
            Event::Ended(Ended { at: 0, language, kind, lines, bytes: 5, fate, taken: 0 })
        };
        let mut events = vec![ended("rust", 1, Fate::Dismissed); 15];
        events.extend(vec![ended("rust", 1, Fate::Accepted); 4]);
        assert_eq!(History::of(&events).rate("rust", false), None);
        events.push(ended("rust", 1, Fate::Typed));
        events.extend(vec![ended("python", 3, Fate::Accepted); 40]);
        let history = History::of(&events);
        assert_eq!(history.rate("rust", false), Some(0.25));
        assert_eq!(history.rate("rust", true), None);
        assert_eq!(history.rate("python", true), Some(1.0));
        assert_eq!(History::load(Path::new("/nowhere/stats.jsonl")), History::default());
    }
}
