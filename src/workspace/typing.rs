//! Decides when the text of a document that is typed in is told: after a pause, and now and then while there is none.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Documents, by their URIs, whose texts have to be told.
#[derive(Debug, Default)]
pub struct Typing(HashMap<Arc<str>, Typed>);

#[derive(Debug, Clone, Copy)]
struct Typed {
    first: Instant,
    due: Instant,
}

impl Typing {
    /// Its text has changed: it is told after `quiet` without another change, and at most `longest` after the first.
    pub fn changed(&mut self, uri: &Arc<str>, now: Instant, quiet: Duration, longest: Duration) {
        let typed = self.0.entry(Arc::clone(uri)).or_insert(Typed { first: now, due: now });
        // What waits for its moment already, because it was opened, is not put off.
        if typed.first == typed.due && typed.due < now {
            return;
        }
        typed.due = (now + quiet).min(typed.first + longest);
    }

    /// Its text is told as soon as possible.
    pub fn at_once(&mut self, uri: Arc<str>, now: Instant) {
        self.0.insert(uri, Typed { first: now, due: now });
    }

    /// It is closed.
    pub fn forget(&mut self, uri: &str) {
        self.0.remove(uri);
    }

    /// Takes out those whose moment has come.
    pub fn due(&mut self, now: Instant) -> Vec<Arc<str>> {
        let due: Vec<Arc<str>> =
            self.0.iter().filter(|(_, typed)| typed.due <= now).map(|(uri, _)| Arc::clone(uri)).collect();
        self.0.retain(|uri, _| !due.contains(uri));
        due
    }

    /// When the next moment comes.
    pub fn next(&self) -> Option<Instant> {
        self.0.values().map(|typed| typed.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_after_a_pause_and_now_and_then() {
        let (start, uri) = (Instant::now(), Arc::<str>::from("a"));
        let at = |ms| start + Duration::from_millis(ms);
        let (quiet, longest) = (Duration::from_secs(1), Duration::from_secs(10));
        let mut typing = Typing::default();
        typing.changed(&uri, at(0), quiet, longest);
        typing.changed(&uri, at(900), quiet, longest);
        assert!(typing.due(at(1800)).is_empty());
        assert_eq!((typing.next(), typing.due(at(1900)).len()), (Some(at(1900)), 1));
        assert_eq!(typing.next(), None);
        let told: Vec<u64> = (0..25_000)
            .step_by(500)
            .filter(|&ms| {
                typing.changed(&uri, at(ms), quiet, longest);
                !typing.due(at(ms)).is_empty()
            })
            .collect();
        assert_eq!(told, [10_000, 20_500]);
        typing.forget("a");
        typing.at_once(Arc::clone(&uri), at(30_000));
        typing.changed(&uri, at(30_001), quiet, longest);
        assert_eq!(typing.due(at(30_001)).len(), 1);
    }
}
