//! Knows how often suggestions of a kind were taken, and fixes of a kind undone, for ranking. Reads the file once, at the
//! start.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use super::{ActionOutcome, Disposition, UsageEvent};

/// Fewer suggestions than this say nothing: one more or less taken would move the rate by over 5 %.
const FEWEST: u32 = 20;

/// A habit may raise or lower the odds by a factor of e, not silence a kind for good: what is not shown is never taken.
const MOST: f32 = 1.0;

/// Fewest fixes of a kind that say something, and most that are remembered: what a user did a year ago counts no longer.
const FEWEST_REPAIRS: usize = 5;
const MOST_REPAIRS: usize = 20;
/// What an undone repair counts, and one that was changed by hand: that may have been the next thing to do anyway.
const UNDONE: f32 = 1.0;
const EDITED: f32 = 0.5;

/// How often suggestions were taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// What became of the last repairs, oldest first, by action and kind: 0 is well.
    repairs: HashMap<(String, String), VecDeque<f32>>,
    /// Taken and shown, by language and whether the text had more than one line.
    counts: HashMap<(String, bool), (u32, u32)>,
}

impl History {
    /// What the file says; without a file, or with one that cannot be read, nothing is known.
    pub fn load(file: &Path) -> Self {
        super::read(file).map_or_else(|_| Self::default(), |log| Self::of(&log.events))
    }

    /// What these events say.
    pub fn of(events: &[UsageEvent]) -> Self {
        let mut counts = HashMap::<_, (u32, u32)>::new();
        let mut repairs = HashMap::<_, VecDeque<f32>>::new();
        for event in events {
            if let UsageEvent::Acted(acted) = event {
                let last = repairs.entry((acted.action.clone(), acted.kind.clone())).or_default();
                repaired(last, acted.came);
            }
            let UsageEvent::Ended(ended) = event else { continue };
            let count = counts.entry((ended.language.clone(), ended.lines > 1)).or_default();
            // Typed to the end was right as well, and some editors do not tell when a suggestion is taken.
            count.0 += u32::from(ended.fate != Disposition::Dismissed);
            count.1 += 1;
        }
        repairs.retain(|_, last| !last.is_empty());
        Self { counts, repairs }
    }

    /// Whether repairs of this kind were mostly undone, or changed by hand at once: they should come later.
    pub fn is_regretted(&self, action: &str, kind: &str) -> bool {
        let last = self.repairs.get(&(action.to_owned(), kind.to_owned()));
        last.is_some_and(|last| {
            last.len() >= FEWEST_REPAIRS && last.iter().sum::<f32>() / last.len() as f32 > 0.5
        })
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

/// What became of a repair, or of the one before.
fn repaired(last: &mut VecDeque<f32>, came: ActionOutcome) {
    let regret = match came {
        ActionOutcome::Applied => {
            if last.len() == MOST_REPAIRS {
                last.pop_front();
            }
            return last.push_back(0.0);
        }
        ActionOutcome::Undone => UNDONE,
        ActionOutcome::Edited => EDITED,
        ActionOutcome::Offered | ActionOutcome::Failed | ActionOutcome::Kept => return,
    };
    if let Some(last) = last.back_mut() {
        *last = last.max(regret);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Acted, Ended, RequestKind};

    #[test]
    fn repairs_that_are_always_undone_are_regretted_until_they_are_not() {
        let acted = |kind: &str, came| {
            let (language, action) = ("rust".to_owned(), "fix_syntax".to_owned());
            UsageEvent::Acted(Acted { at: 0, language, action, kind: kind.to_owned(), came })
        };
        let mut events = Vec::new();
        let mut add = |kind: &str, came: &[ActionOutcome], times: usize| {
            for _ in 0..times {
                events.push(acted(kind, ActionOutcome::Applied));
                events.extend(came.iter().map(|came| acted(kind, *came)));
            }
            History::of(&events)
        };
        let undone = [ActionOutcome::Undone];
        assert!(!add("insert", &undone, 4).is_regretted("fix_syntax", "insert"), "too few to say");
        let history = add("insert", &undone, 1);
        assert!(history.is_regretted("fix_syntax", "insert"));
        assert!(!history.is_regretted("fix_syntax", "delete") && !history.is_regretted("other", "insert"));
        assert!(
            !add("delete", &[ActionOutcome::Edited], 9).is_regretted("fix_syntax", "delete"),
            "changed, not undone"
        );
        assert!(!add("join", &[ActionOutcome::Kept], 9).is_regretted("fix_syntax", "join"));
        let history = add("insert", &[], 11);
        assert!(!history.is_regretted("fix_syntax", "insert"), "5 of 16");
        assert!(add("insert", &undone, 20).is_regretted("fix_syntax", "insert"), "the last 20 count");
    }

    #[test]
    fn habits_need_some_suggestions() {
        let ended = |language: &str, lines, fate| {
            let (language, kind) = (language.to_owned(), RequestKind::Automatic);
            UsageEvent::Ended(Ended { at: 0, language, kind, lines, bytes: 5, fate, taken: 0 })
        };
        let mut events = vec![ended("rust", 1, Disposition::Dismissed); 15];
        events.extend(vec![ended("rust", 1, Disposition::Accepted); 4]);
        assert_eq!(History::of(&events).leaning("rust"), [0.0, 0.0]);
        events.push(ended("rust", 1, Disposition::Typed));
        events.extend(vec![ended("python", 3, Disposition::Accepted); 40]);
        let history = History::of(&events);
        let [one, several] = history.leaning("rust");
        assert!(one < -0.9 && several == 0.0, "{one} {several}: taken less often than others; unknown");
        assert_eq!(history.leaning("python"), [0.0, 1.0]);
        assert_eq!(History::load(Path::new("/nowhere/stats.jsonl")), History::default());
    }
}
