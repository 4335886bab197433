//! Defines what is written: one line of JSON for each event, with numbers and the names of enums only.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The outcome of a request that ended in a suggestion; every other outcome is the name of a reason.
pub const SHOWN: &str = "shown";
/// The outcome of a request whose place a newer one took. The user saw nothing of it, so it is no silence.
pub const SUPERSEDED: &str = "superseded";

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum UsageEvent {
    /// A request was answered.
    Asked(Asked),
    /// A suggestion that was shown is no longer.
    Ended(Ended),
    /// Some time after a suggestion was taken.
    Kept(KeptShare),
    /// Something about a code action.
    Acted(Acted),
}

/// What made the editor ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// The user typed.
    #[default]
    Automatic,
    /// The user asked.
    Invoked,
    /// The editor filled its completion menu.
    Menu,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Asked {
    /// Unix time in seconds.
    pub at: u64,
    /// See [`language_name`].
    pub language: String,
    /// What made the editor ask.
    pub kind: RequestKind,
    /// [`SHOWN`], or the name of the reason for silence.
    pub outcome: String,
    /// Milliseconds from request to answer.
    pub ms: f32,
    /// Lines of the text shown; 1 is the rest of a line.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lines: usize,
    /// Bytes of the text shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bytes: usize,
    /// Whether it is the rest of what was shown already: the user types it. One suggestion is shown once and continued
    /// any number of times.
    #[serde(default, skip_serializing_if = "is_default")]
    pub continued: bool,
    /// Whether it was answered without the model: the text was there already.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_model: bool,
    /// Tokens generated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tokens: usize,
    /// Tokens of the prompt.
    #[serde(default, skip_serializing_if = "is_default")]
    pub prompt: usize,
    /// Of these, found in the KV cache.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reused: usize,
    /// Tokens generated for it, for texts that were not shown too, as far as the engine said it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub generated: usize,
    /// Tokens that memory proposed meanwhile.
    #[serde(default, skip_serializing_if = "is_default")]
    pub drafted: usize,
    /// Of these, those that the model chose too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub accepted: usize,
    /// Milliseconds from the question to the model until its first line was complete; 0 where it was not asked, or wrote none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub line_ms: f32,
    /// Whether a server runs the model.
    #[serde(default, skip_serializing_if = "is_default")]
    pub remote: bool,
}

/// What became of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// The user took it: the editor said so, or all that was missing of it came in one change.
    Accepted,
    /// The user typed all of it.
    Typed,
    /// Something else was typed, shown, or nothing any more.
    Dismissed,
}

/// The end of a suggestion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Unix time in seconds.
    pub at: u64,
    /// See [`language_name`].
    pub language: String,
    /// What made the editor ask for it.
    pub kind: RequestKind,
    /// Its lines.
    pub lines: usize,
    /// Its bytes.
    pub bytes: usize,
    /// What became of it.
    pub fate: Disposition,
    /// Its bytes that came into the document at once: all of them, or what was taken of it, word by word or after typing
    /// the beginning.
    pub taken: usize,
}

/// How much of an accepted suggestion is still there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptShare {
    /// Unix time in seconds.
    pub at: u64,
    /// See [`language_name`].
    pub language: String,
    /// Its lines.
    pub lines: usize,
    /// From 0 to 1.
    pub share: f32,
}

/// How far a code action came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionOutcome {
    /// It was in a menu; once for each version of a document.
    Offered,
    /// It was chosen, and nothing passed.
    Failed,
    /// The document became what it makes of it.
    Applied,
    /// And soon what it was before.
    Undone,
    /// Some time after, what it put there was still as it put it.
    Kept,
    /// Some time after, it was not.
    Edited,
}

/// Something about a code action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acted {
    /// Unix time in seconds.
    pub at: u64,
    /// See [`language_name`].
    pub language: String,
    /// The action's name.
    pub action: String,
    /// The name of the kind of change, where an action makes several and one was applied.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: String,
    /// How far it came.
    pub came: ActionOutcome,
}

impl UsageEvent {
    /// Unix time in seconds.
    pub fn at(&self) -> u64 {
        match self {
            Self::Asked(asked) => asked.at,
            Self::Ended(ended) => ended.at,
            Self::Kept(kept) => kept.at,
            Self::Acted(acted) => acted.at,
        }
    }

    /// The language it happened in.
    pub fn language(&self) -> &str {
        match self {
            Self::Asked(asked) => &asked.language,
            Self::Ended(ended) => &ended.language,
            Self::Kept(kept) => &kept.language,
            Self::Acted(acted) => &acted.language,
        }
    }
}

impl Asked {
    /// Whether a suggestion came of it.
    pub fn is_shown(&self) -> bool {
        self.outcome == SHOWN
    }
}

/// The time now, in unix seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A language's name as it may be written. An editor may call a language what it likes; anything that does not look like
/// a name is `other`, so that no text of the user's gets here by that way.
pub fn language_name(name: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || "+#-_".contains(c);
    if !name.is_empty() && name.len() <= 24 && name.chars().all(word) { name } else { "other" }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(event: &UsageEvent, expect: Expect) {
        let line = serde_json::to_string(event).unwrap();
        expect.assert_eq(&line);
        assert_eq!(serde_json::from_str::<UsageEvent>(&line).unwrap(), *event);
    }

    #[test]
    fn a_line_for_each_event() {
        let silent =
            Asked { at: 7, language: "rust".into(), outcome: "blank".into(), ms: 12.5, ..Asked::default() };
        check(
            &UsageEvent::Asked(silent),
            expect![[
                r#"{"what":"asked","at":7,"language":"rust","kind":"automatic","outcome":"blank","ms":12.5}"#
            ]],
        );
        let (language, kind) = ("python".to_owned(), RequestKind::Menu);
        let ended = Ended { at: 7, language, kind, lines: 1, bytes: 4, fate: Disposition::Typed, taken: 4 };
        check(
            &UsageEvent::Ended(ended),
            expect![[
                r#"{"what":"ended","at":7,"language":"python","kind":"menu","lines":1,"bytes":4,"fate":"typed","taken":4}"#
            ]],
        );
        let kept = KeptShare { at: 7, language: "c++".into(), lines: 2, share: 0.5 };
        check(
            &UsageEvent::Kept(kept),
            expect![[r#"{"what":"kept","at":7,"language":"c++","lines":2,"share":0.5}"#]],
        );
        let (action, kind) = ("fix_syntax".into(), "insert".into());
        let acted = Acted { at: 7, language: "rust".into(), action, kind, came: ActionOutcome::Undone };
        check(
            &UsageEvent::Acted(acted),
            expect![[
                r#"{"what":"acted","at":7,"language":"rust","action":"fix_syntax","kind":"insert","came":"undone"}"#
            ]],
        );
    }

    #[test]
    fn only_what_looks_like_a_language_is_written() {
        for name in ["python", "c++", "objective-c", "c#", "vb_net"] {
            assert_eq!(language_name(name), name);
        }
        for name in ["", "my secret", "/home/x", "x.py", "é", &"a".repeat(25)] {
            assert_eq!(language_name(name), "other", "{name}");
        }
    }
}
