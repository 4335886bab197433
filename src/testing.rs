//! Gives tests the languages, compiled once for all of them, and texts with cursors. The integration tests include this file, too.
#![allow(dead_code, reason = "each of the test binaries uses a part")]

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use treefill::document::Snapshot;
use treefill::language::{Language, Registry};

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::builtin().unwrap());

/// The built-in languages.
pub fn registry() -> Registry {
    REGISTRY.clone()
}

pub fn language(name: &str) -> Option<Arc<Language>> {
    REGISTRY.by_name(name)
}

/// The text without its marks, and their places in bytes of that text: `ˇ` is a cursor, `ˇ…ˇ` and `⟦…⟧` are a selection.
#[track_caller]
pub fn marked(text: &str) -> (String, Range<usize>) {
    const MARKS: [char; 3] = ['ˇ', '⟦', '⟧'];
    let mut parts = text.split(MARKS);
    let start = parts.next().unwrap_or_default().len();
    let middle = parts.next().expect("a cursor `ˇ`").len();
    let end = parts.next().map_or(start, |_| start + middle);
    (text.replace(MARKS, ""), start..end)
}

/// A document of this language, and what is marked in it.
#[track_caller]
pub fn fixture(language_name: &str, text: &str) -> (Snapshot, Range<usize>) {
    let (text, range) = marked(text);
    (Snapshot::of_text("file:///test", &text, language(language_name)), range)
}
