//! Switches suggestions off by hand: everywhere, for a while, for a language, for a file. `config` does it by settings.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde::Serialize;

/// The off switches a user turns while working. They are forgotten when the server ends.
#[derive(Debug, Clone, Default)]
pub struct Switches {
    paused: Option<Pause>,
    languages: HashSet<String>,
    files: HashSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    UntilResumed,
    Until(Instant),
}

/// What a toggle is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchScope {
    All,
    /// A language, by name.
    Language(String),
    /// A document, by its URI.
    File(String),
}

/// Why a document is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Off {
    /// Everything is paused.
    All,
    /// Its language was switched off by hand.
    Language,
    /// The file was switched off by hand.
    File,
    /// The settings switch it off.
    Settings,
}

impl Switches {
    /// Nothing is suggested for `duration`, or until [`Switches::resume`].
    pub fn pause(&mut self, duration: Option<Duration>) {
        let until = duration.and_then(|duration| Instant::now().checked_add(duration));
        self.paused = Some(until.map_or(Pause::UntilResumed, Pause::Until));
    }

    /// Suggestions are on again everywhere, whatever was switched off by hand.
    pub fn resume(&mut self) {
        *self = Self::default();
    }

    /// What keeps one document silent is switched on again.
    pub fn resume_in(&mut self, uri: &str, language: &str) {
        self.paused = None;
        self.languages.remove(language);
        self.files.remove(uri);
    }

    /// How long a pause that ends by itself still is.
    pub fn pause_left(&self, now: Instant) -> Option<Duration> {
        match self.paused {
            Some(Pause::Until(end)) => end.checked_duration_since(now).filter(|left| !left.is_zero()),
            Some(Pause::UntilResumed) | None => None,
        }
    }

    /// Switch `scope` the other way; true when suggestions are on in it afterwards.
    pub fn toggle(&mut self, scope: SwitchScope) -> bool {
        let flip = |set: &mut HashSet<String>, name: String| {
            let on = set.remove(&name);
            if !on {
                set.insert(name);
            }
            on
        };
        match scope {
            SwitchScope::All => {
                let on = self.is_paused(Instant::now());
                self.paused = (!on).then_some(Pause::UntilResumed);
                on
            }
            SwitchScope::Language(name) => flip(&mut self.languages, name),
            SwitchScope::File(uri) => flip(&mut self.files, uri),
        }
    }

    /// Whether everything is off at `now`.
    pub fn is_paused(&self, now: Instant) -> bool {
        match self.paused {
            None => false,
            Some(Pause::UntilResumed) => true,
            Some(Pause::Until(end)) => now < end,
        }
    }

    /// Whether nothing is suggested in this document at `now`, and by which switch: the widest one.
    pub fn off(&self, uri: &str, language: &str, now: Instant) -> Option<Off> {
        if self.is_paused(now) {
            Some(Off::All)
        } else if self.languages.contains(language) {
            Some(Off::Language)
        } else {
            self.files.contains(uri).then_some(Off::File)
        }
    }

    /// The files that were switched off by hand, by their URIs.
    pub fn files_off(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// The languages that were switched off by hand.
    pub fn languages_off(&self) -> impl Iterator<Item = &str> {
        self.languages.iter().map(String::as_str)
    }

    /// Whether a language was switched off by hand.
    pub fn is_language_off(&self, language: &str) -> bool {
        self.languages.contains(language)
    }

    /// Forget a file's own switch.
    pub fn forget(&mut self, uri: &str) {
        self.files.remove(uri);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_switches_its_own() {
        let mut switches = Switches::default();
        let now = Instant::now();
        assert!(!switches.toggle(SwitchScope::Language("python".into())));
        assert_eq!(switches.off("a", "python", now), Some(Off::Language));
        assert_eq!(switches.off("a", "rust", now), None);
        assert!(switches.toggle(SwitchScope::Language("python".into())));
        assert!(!switches.toggle(SwitchScope::File("a".into())));
        assert_eq!(switches.off("a", "python", now), Some(Off::File));
        assert_eq!(switches.off("b", "python", now), None);
        switches.forget("a");
        assert_eq!(switches.off("a", "python", now), None);
        assert!(!switches.toggle(SwitchScope::All));
        assert_eq!(switches.off("b", "x", now), Some(Off::All));
        assert!(switches.toggle(SwitchScope::All));
    }

    #[test]
    fn a_pause_ends_by_itself_or_by_hand() {
        let mut switches = Switches::default();
        switches.pause(Some(Duration::from_secs(60)));
        let now = Instant::now();
        assert!(switches.is_paused(now));
        assert!(!switches.is_paused(now + Duration::from_secs(61)));
        switches.pause(None);
        assert!(switches.is_paused(now + Duration::from_secs(1 << 30)));
        assert_eq!(switches.pause_left(now), None, "it has no end");
        switches.resume();
        assert!(!switches.is_paused(now));
        switches.pause(Some(Duration::MAX));
        assert!(switches.is_paused(now));
        switches.pause(Some(Duration::from_secs(60)));
        let left = switches.pause_left(now).unwrap();
        assert!(left >= Duration::from_secs(60) && left < Duration::from_secs(61), "{left:?}");
        assert_eq!(switches.pause_left(now + Duration::from_secs(61)), None);
    }

    #[test]
    fn what_is_resumed_is_on() {
        let mut switches = Switches::default();
        let now = Instant::now();
        let off = |switches: &mut Switches| {
            switches.pause(None);
            switches.toggle(SwitchScope::Language("python".into()));
            switches.toggle(SwitchScope::Language("rust".into()));
            switches.toggle(SwitchScope::File("a".into()));
        };
        off(&mut switches);
        switches.resume_in("a", "python");
        assert_eq!(
            (switches.off("a", "python", now), switches.off("b", "rust", now)),
            (None, Some(Off::Language))
        );
        switches.resume();
        assert_eq!(switches.off("b", "rust", now), None);
    }
}
