//! Fuzzes positions and edits: a document is the string that it stands for, in every encoding, and its tree that of a fresh parse.
#![no_main]

#[path = "../../tests/shared/oracle.rs"]
mod oracle;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use treefill::document::{Change, Document, Encoding, Snapshot, VersionOrder, position};
use treefill::language::{Language, Registry};

/// Shorter than what libFuzzer calls a hang.
const PATIENCE: Duration = Duration::from_secs(5);

static LANGUAGES: LazyLock<Vec<Arc<Language>>> = LazyLock::new(|| {
    let registry = Registry::builtin().unwrap();
    ["python", "rust"].iter().map(|name| registry.by_name(name).unwrap()).collect()
});

#[derive(Debug, Arbitrary)]
struct Session {
    start: String,
    encoding: u8,
    language: u8,
    batches: Vec<Vec<Fuzzed>>,
}

#[derive(Debug, Arbitrary)]
struct Fuzzed {
    /// None replaces the whole text.
    range: Option<((u8, u8), (u8, u8))>,
    /// Beyond any line.
    far: bool,
    text: String,
}

impl Fuzzed {
    fn change(&self) -> Change {
        let place = |(line, character): (u8, u8)| {
            (u32::from(line) % 12, if self.far && character > 250 { u32::MAX } else { character.into() })
        };
        Change { range: self.range.map(|(start, end)| (place(start), place(end))), text: self.text.clone() }
    }
}

fuzz_target!(|session: Session| {
    let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][usize::from(session.encoding % 3)];
    let language = LANGUAGES.get(usize::from(session.language % 4)).cloned();
    let mut expected = session.start;
    let mut document = Document::new("a", 0, &expected, language.clone());
    for (version, batch) in (1..).zip(session.batches.iter().take(8)) {
        let changes: Vec<Change> = batch.iter().take(4).map(Fuzzed::change).collect();
        changes.iter().for_each(|change| oracle::apply(&mut expected, change, encoding));
        assert_eq!(document.change(version, &changes, encoding), VersionOrder::Kept);
        assert_eq!(document.text().to_string(), expected, "after {changes:?}");
        let snapshot = document.snapshot();
        positions(&snapshot, &expected, encoding);
        let Some(language) = &language else { continue };
        // A tree that was told of the edits says of the text what a fresh one says.
        let Ok(tree) = snapshot.try_parse_within(PATIENCE) else { continue };
        let fresh = Snapshot::of_text("b", &expected, Some(language.clone()));
        let Ok(fresh) = fresh.try_parse_within(PATIENCE) else { continue };
        assert_eq!(tree.root_node().end_byte(), fresh.root_node().end_byte(), "{expected:?}");
        document.store_tree(&snapshot, tree);
    }
});

/// Every byte is a position and comes back; so is every position.
fn positions(snapshot: &Snapshot, text: &str, encoding: Encoding) {
    let lines = oracle::lines(text);
    assert_eq!(snapshot.lines(), lines.len());
    for byte in (0..=text.len() + 2).step_by(1 + text.len() / 64) {
        let (line, character) = snapshot.from_byte(byte, encoding);
        let (start, content) = lines[line as usize];
        let floor = position::floor(&snapshot.text, byte).min(start + content.len());
        assert_eq!(oracle::byte_at(text, &lines, (line, character), encoding), floor);
        assert_eq!(snapshot.to_byte(line, character, encoding), floor);
        for wild in [(line, character + 1), (line + 1, u32::MAX), (line, character.saturating_sub(1))] {
            let byte = snapshot.to_byte(wild.0, wild.1, encoding);
            assert_eq!(byte, oracle::byte_at(text, &lines, wild, encoding));
        }
    }
}
