//! Tests documents under random edits: the rope says what a plain string would, in every encoding, and an incremental
//! tree is the tree of a fresh parse.
//!
//! `make soak ROWS="1 2"` runs the full count; the default takes seconds.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tree_sitter::{Tree, TreeCursor};
use treefill::document::{Change, Document, Edit, Encoding, Snapshot, VersionOrder, position};

use crate::oracle::{apply, byte_at, lines};
use crate::{soak, testing};

/// Edits in one case: enough that a wrong state would show, few enough to shrink well.
const EDITS: usize = 100;

/// What texts are made of: the eight line terminators of Unicode, one to four bytes, joined emoji, brackets.
const PIECES: [&str; 20] = [
    "\n",
    "\r\n",
    "\r",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "a",
    "b c",
    "é",
    "\u{fffd}",
    "𝒳",
    "👩\u{200d}👧",
    "    ",
    "\t",
    "(",
    ")",
    "x = 'y'",
    "",
];

fn edits() -> usize {
    soak::count(10_000, 1_000_000)
}

fn run<S: Strategy>(cases: usize, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: cases.max(1) as u32, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(&strategy, test) {
        panic!("{error}");
    }
}

fn text(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(prop::sample::select(PIECES.to_vec()), pieces).prop_map(|pieces| pieces.concat())
}

/// One change: where each end is, as fractions resolved against the text of the moment, and what is inserted.
#[derive(Debug, Clone)]
struct Random {
    ends: Option<[(u16, u16); 2]>,
    near: bool,
    text: String,
}

fn random() -> impl Strategy<Value = Random> {
    let ends = prop::option::weighted(0.98, any::<[(u16, u16); 2]>());
    (ends, any::<bool>(), text(0..4)).prop_map(|(ends, near, text)| Random { ends, near, text })
}

impl Random {
    /// The change against `lines`: past the end of a line, past the last line and reversed ranges all happen.
    fn against(&self, lines: &[(usize, &str)]) -> Change {
        let place = |(line, character): (u16, u16)| {
            let line = line as usize % (lines.len() + 1);
            let length = lines.get(line).map_or(0, |(_, content)| content.len());
            (
                line as u32,
                if character == u16::MAX { u32::MAX } else { (character as usize % (length + 3)) as u32 },
            )
        };
        let range = self.ends.map(|[start, end]| {
            let start = place(start);
            // Half of the edits are small, as edits are; the others span anything.
            let end =
                if self.near { (start.0, start.1.saturating_add(u32::from(end.1 % 3))) } else { place(end) };
            (start, end)
        });
        Change { range, text: self.text.clone() }
    }
}

#[test]
fn a_document_is_the_string_it_stands_for() {
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let case = (text(0..60), vec(vec(random(), 1..4), EDITS / 2));
        run(edits() / EDITS, case, |(start, batches)| {
            let mut document = Document::new("a", 0, &start, None);
            let mut oracle = start;
            for (version, batch) in (1..).zip(batches) {
                let mut expected = oracle.clone();
                let mut changes = Vec::new();
                for random in batch {
                    let change = random.against(&lines(&expected));
                    apply(&mut expected, &change, encoding);
                    changes.push(change);
                }
                prop_assert_eq!(document.change(version, &changes, encoding), VersionOrder::Kept);
                let text = document.text();
                prop_assert!(
                    *text == expected.as_str(),
                    "{:?} is not {:?} after {:?}",
                    text.to_string(),
                    expected,
                    changes
                );
                oracle = expected;
                while oracle.len() > 4_000 {
                    oracle = oracle.chars().skip(2_000).collect();
                    document = Document::new("a", version, &oracle, None);
                }
            }
            Ok(())
        });
    }
    soak::figure(1, format!("about {} edits in each of 3 encodings: 0 mismatches, 0 panics", edits()));
}

#[test]
fn positions_and_bytes_map_to_each_other() {
    run(edits() / EDITS, (text(0..60), any::<u16>(), any::<u16>()), |(string, line, character)| {
        let snapshot = Snapshot::of_text("a", &string, None);
        let lines = lines(&string);
        prop_assert_eq!(snapshot.lines(), lines.len());
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let wild = (u32::from(line) % (lines.len() as u32 + 2), u32::from(character) % 40);
            let byte = position::to_byte(&snapshot.text, wild.0, wild.1, encoding);
            prop_assert_eq!(byte, byte_at(&string, &lines, wild, encoding));
            for byte in 0..=string.len() + 2 {
                let (line, character) = snapshot.from_byte(byte, encoding);
                let (start, content) = lines[line as usize];
                let mut floor = byte.min(string.len());
                while !string.is_char_boundary(floor) {
                    floor -= 1;
                }
                let floor = floor.min(start + content.len());
                prop_assert_eq!(byte_at(&string, &lines, (line, character), encoding), floor);
                prop_assert_eq!(snapshot.to_byte(line, character, encoding), floor);
                prop_assert_eq!(snapshot.line_text(line as usize), content);
            }
        }
        Ok(())
    });
}

/// The first difference of two trees in kind, flags, bytes or rows and columns. With cursors: a tree may be deep.
fn difference(a: &Tree, b: &Tree) -> Option<String> {
    let (mut a, mut b) = (a.walk(), b.walk());
    let say = |cursor: &TreeCursor| {
        let node = cursor.node();
        let flags = (node.is_error(), node.is_missing(), node.is_extra(), node.has_error());
        (node.kind_id(), flags, node.range(), cursor.field_id())
    };
    loop {
        if say(&a) != say(&b) {
            return Some(format!("{:?} is not {:?}", a.node(), b.node()));
        }
        let down = (a.goto_first_child(), b.goto_first_child());
        if down == (true, true) {
            continue;
        }
        if down.0 != down.1 {
            return Some(format!("one is a leaf: {:?}, {:?}", a.node(), b.node()));
        }
        loop {
            match (a.goto_next_sibling(), b.goto_next_sibling()) {
                (true, true) => break,
                (false, false) => match (a.goto_parent(), b.goto_parent()) {
                    (true, true) => {}
                    _ => return None,
                },
                _ => return Some(format!("one has more children: {:?}, {:?}", a.node(), b.node())),
            }
        }
    }
}

/// Time that a parse may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Edit a sample as one types, taking back every other edit so that sound states come back, and compare after each.
///
/// Whether a text is broken, both trees must say alike. In a text that parses they must be equal in everything, but where
/// the grammar is ambiguous about a node called `ambiguous`. Where there is an error, tree-sitter's recovery may depend on the old tree (upstream
/// compares only after undoing, too): such differences must stay rare.
fn incremental_is_fresh(name: &str, sample: &str, pieces: &'static [&'static str], ambiguous: Option<&str>) {
    let language = testing::language(name).unwrap();
    let pieces = pieces.iter().chain(&PIECES).copied().collect::<Vec<_>>();
    let edit = (any::<u32>(), 0..6usize, prop::sample::select(pieces), any::<bool>());
    let (compared, sound) = (Cell::new(0u32), Cell::new(0u32));
    let different = [Cell::new(0u32), Cell::new(0u32)];
    run(edits() / EDITS / 10, vec(edit, EDITS), |edits| {
        let mut document = Document::new("a", 0, sample, Some(language.clone()));
        let mut undo: Vec<Edit> = Vec::new();
        for (version, (at, removed, inserted, back)) in (1..).zip(edits) {
            let text = document.snapshot();
            let taken_back = if back { undo.pop() } else { None };
            let typed = taken_back.is_none();
            let edit = taken_back.unwrap_or_else(|| {
                let start = text.floor(at as usize % (text.len() + 1));
                Edit::replace(start..text.floor(start + removed), inserted)
            });
            if typed {
                let inserted = edit.range.start..edit.range.start + edit.text.len();
                undo.push(Edit::replace(inserted, text.slice(edit.range.clone())));
            }
            document.apply(version, &[edit]);
            let snapshot = document.snapshot();
            // A busy machine must not change the result.
            let tree = snapshot.try_parse_within(PATIENCE).unwrap();
            let fresh = Snapshot::of_text("b", &snapshot.text.to_string(), Some(language.clone()));
            let fresh = fresh.try_parse_within(PATIENCE).unwrap();
            let broken = fresh.root_node().has_error();
            prop_assert_eq!(tree.root_node().has_error(), broken, "{}", snapshot.text);
            compared.set(compared.get() + 1);
            sound.set(sound.get() + u32::from(!broken));
            if let Some(difference) = difference(&tree, &fresh) {
                let excused = ambiguous.is_some_and(|kind| difference.contains(kind));
                prop_assert!(broken || excused, "{}\n{}", difference, snapshot.text);
                let count = &different[usize::from(broken)];
                count.set(count.get() + 1);
            }
            document.store_tree(&snapshot, tree);
        }
        Ok(())
    });
    let (compared, sound, [whole, torn]) = (compared.get(), sound.get(), different.map(Cell::into_inner));
    let figure = format!(
        "{name}: {compared} trees; of {sound} sound texts {whole} differ (in an ambiguous node), of the broken ones {torn}"
    );
    soak::figure(2, figure);
    // One text in ten to four is sound, by the seed.
    assert!(sound * 20 > compared && torn * 10 < compared, "{name}: {compared}, {sound}, {torn}");
}

#[test]
fn an_incremental_tree_of_python_is_the_fresh_one() {
    let sample = include_str!("../../grammars/python/samples/queue.py");
    let pieces = &[
        "def f(x):\n    ",
        "if x:\n",
        "'''",
        "f'{",
        "return ",
        "# c",
        "\\\n",
        ":",
        "[1, 2",
        "class A",
        "\n\n    ",
    ];
    incremental_is_fresh("python", sample, pieces, None);
}

#[test]
fn an_incremental_tree_of_rust_is_the_fresh_one() {
    let sample = include_str!("../../grammars/rust/samples/queue.rs");
    let pieces = &[
        "fn f() {",
        "}",
        "{",
        "/*",
        "*/",
        "//",
        "\"",
        "'",
        "r#\"",
        "match x { ",
        " => ",
        ";",
        "let x = ",
        "<",
        "impl ",
    ];
    // The grammar is ambiguous about a block at the end of a block (`unsafe {}`: the value, or a statement), and which
    // reading survives depends on what was reused.
    incremental_is_fresh("rust", sample, pieces, Some("expression_statement"));
}
