//! Tests which outcomes are told, and which are dropped.

use super::*;
use crate::calibration::Correction;
use crate::completion::rank::NAMES;
use crate::completion::{CheckLevel, Rank};
use crate::document::{Document, Edit};
use crate::testing::marked;

/// A document in which suggestions were made, and what becomes of it.
struct Typing {
    document: Document,
    predictions: Predictions,
    version: i32,
    told: Vec<bool>,
}

impl Typing {
    fn new(text: &str) -> Self {
        let document = Document::new("file:///a.py", 1, text, None);
        Self { document, predictions: Predictions::default(), version: 1, told: Vec::new() }
    }

    /// `insert` is suggested in the place of the bytes `range`.
    fn suggest(&mut self, range: std::ops::Range<usize>, insert: &str) {
        let mut rank = Rank::default();
        rank.features = vec![0.5; NAMES.len()];
        let suggestion = Suggestion {
            anchor: crate::completion::suggestion::Anchor::of(self.document.text(), &range),
            continues: None,
            edits: vec![Edit::replace(range, insert)],
            imports: Arc::default(),
            check_level: CheckLevel::Unvalidated,
            rank: rank.corrected(Correction::NONE),
            tokens: 1,
            prompt_tokens: (0, 0),
        };
        self.predictions.add(&suggestion, &Arc::default(), self.document.text());
    }

    fn edit(&mut self, edits: &[Edit]) {
        let before = self.document.text().clone();
        self.version += 1;
        self.document.apply(self.version, edits);
        let Some(span) = self.document.last_change() else { return };
        let judged = self.predictions.text_changed(&before, self.document.text(), span);
        self.told.extend(judged.iter().map(|(_, judgement)| judgement.right));
    }

    /// Puts `now` into the document in the place of the first of `old` in it.
    fn replace(&mut self, old: &str, now: &str) {
        let at = self.document.text().to_string().find(old).unwrap();
        self.edit(&[Edit::replace(at..at + old.len(), now)]);
    }

    /// Types something at the end of the document, key by key.
    fn elsewhere(&mut self, keys: &str) {
        for key in keys.chars() {
            let end = self.document.text().len_bytes();
            self.edit(&[Edit::insert(end, key)]);
        }
    }
}

/// In `text` the place of the suggestion is marked: it is to be replaced by `suggested`. Then each of `steps` takes the place of what
/// stands between brackets before it, and the user goes on elsewhere. What is told then.
fn check(text: &str, suggested: &str, steps: &[(&str, &str)], expected: Option<bool>) {
    let (text, place) = marked(text);
    let mut typing = Typing::new(&text);
    typing.suggest(place, suggested);
    steps.iter().for_each(|(old, now)| typing.replace(old, now));
    assert_eq!(typing.told, [] as [bool; 0], "nothing is told before the line is left: {text:?} {steps:?}");
    typing.elsewhere("abc");
    assert_eq!(typing.told, Vec::from_iter(expected), "{text:?} {suggested:?} {steps:?}");
}

const LINE: &str = "a = 1\nx = ⟦⟧\nz = 3\n\n";

#[test]
fn what_was_typed_key_by_key() {
    check(
        LINE,
        "f(1)",
        &[("x = ", "x = f"), ("x = f", "x = f("), ("x = f(", "x = f(1"), ("f(1", "f(1)")],
        Some(true),
    );
    check(LINE, "f(1)", &[("x = ", "x = g"), ("x = g", "x = g()"), ("g()", "g()\n")], Some(false));
    check(LINE, "f(1)", &[("x = ", "x = g")], Some(false));
    check(LINE, "f(1)", &[("x = ", "x = f(1) # why")], Some(false));
    check(LINE, "f(1)", &[("x = ", "x = f(1) ")], Some(true));
    // Ended before all of it was there.
    check(LINE, "f(1)", &[("x = ", "x = f"), ("x = f", "x = f\n")], Some(false));
    check("a = 1\nx = ⟦⟧\r\n\r\n", "f(1)", &[("x = ", "x = f(1)"), ("f(1)", "f(1)\r\n")], Some(true));
    check("\n⟦⟧", "é = 1", &[("\n", "\né = 1\n")], Some(true));
}

#[test]
fn what_stands_behind_belongs_to_the_line() {
    check("x = f(a, ⟦⟧)\n\n", "b", &[("a, ", "a, b")], Some(true));
    check("x = f(a, ⟦⟧)\n\n", "b", &[("a, )", "a, b):")], Some(false));
    check("x = f(a, ⟦)⟧\n\n", "b)", &[("a, ", "a, b")], Some(true));
    check("x = f(⟦)⟧\n\n", "b, c)", &[("f()", "f(c)")], Some(false));
    check("x = f(⟦)⟧\n\n", "b, c)", &[("f()", "f(b)")], None);
}

#[test]
fn several_lines_are_right_when_the_first_is() {
    let body = "\n    one()\n    two()";
    check(
        "def f():⟦⟧\n\n",
        body,
        &[("f():", "f():\n    one()"), ("one()", "one()\n    three()")],
        Some(true),
    );
    check("def f():⟦⟧\n\n", body, &[("f():", "f():\n    one()\n    two()")], Some(true));
    check("def f():⟦⟧\n\n", body, &[("f():", "f():\n    "), ("f():\n    ", "f():\n    other")], Some(false));
    check("def f():⟦⟧\n\n", body, &[("f():", "f():\n    ")], None);
    check("    ⟦⟧\n\n", "one()\n    two()", &[("    ", "    one()"), ("one()", "one()\n    x")], Some(true));
}

#[test]
fn doubtful_ends_are_dropped() {
    // Nothing was typed, or only a beginning.
    check(LINE, "f(1)", &[], None);
    check(LINE, "f(1)", &[("x = ", "x = f")], None);
    // Deleted, or accepted and undone.
    check(LINE, "f(1)", &[("x = ", "x = g"), ("x = g", "x = ")], None);
    check(LINE, "f(1)", &[("x = ", "x = f(1)"), ("f(1)", "")], None);
    check(LINE, "f(1)", &[("x = ", "x = f(1)"), ("x = f(1)\n", "")], None);
    // The beginning of the line was changed: another question.
    check(LINE, "f(1)", &[("x = ", "y = "), ("y = ", "y = f(1)")], None);
    // Lines of another program, and a formatter's.
    check(LINE, "f(1)", &[("x = ", "x = g(1)\nmore = 2\nlines = 3")], None);
    check(LINE, "f(1)", &[("x = ", "x = f( 1 )"), ("f( 1 )\nz = 3", "f(1)\nz = 4")], None);
    check(LINE, "f(1)", &[("x = ", "x = f(1)"), ("1\nx = f(1)\nz = 3", "2\nx = f(1)\nz = 4")], None);
    check(LINE, "f(1)", &[("a = 1\nx = ", "a = 1; x = ")], None);
}

#[test]
fn accepted_and_kept_is_right_and_accepted_and_changed_is_wrong() {
    check(LINE, "f(1)", &[("x = ", "x = f(1)")], Some(true));
    check(LINE, "f(1)", &[("x = ", "x = f(1)"), ("f(1)", "f(2)")], Some(false));
    check(LINE, "f(1)", &[("x = ", "x = f(1)"), ("f(1)", ""), ("x = ", "x = g(2)")], Some(false));
    check(LINE, "f(1)", &[("x = ", "x = f(1)"), ("f(1)", ""), ("x = ", "x = f(1)")], Some(true));
}

#[test]
fn edits_elsewhere_move_the_place() {
    let import = ("a = 1\n", "import os\na = 1\n");
    // A menu adds an import while the line is being typed.
    check(LINE, "f(1)", &[("x = ", "x = f"), import, ("x = f", "x = f(1)")], Some(true));
    check(LINE, "f(1)", &[("x = ", "x = f"), import, ("x = f", "x = fun(1)")], Some(false));
    check(LINE, "f(1)", &[("a = 1\n", ""), ("x = ", "x = f(1)")], Some(true));
    check(LINE, "f(1)", &[("z = 3", "z = 4"), ("x = ", "x = f(1)")], Some(true));
    check("⟦⟧\n\n", "f(1)", &[("\n", "f(1)\n")], Some(true));
    // The whole text is sent with each key, or a word is replaced by the completed word.
    check(LINE, "f(1)", &[("a = 1\nx = \nz = 3\n\n", "a = 1\nx = f(1)\nz = 3\n\n")], Some(true));
    check("x = com⟦⟧\n\n", "pute(1)", &[("com", "compute(1)")], Some(true));
}

#[test]
fn several_at_once() {
    let mut typing = Typing::new("x = \n\ny = \n\n");
    typing.suggest(4..4, "f(1)");
    typing.replace("x = ", "x = f");
    typing.suggest(5..5, "(1)");
    typing.suggest(5..5, "oo()");
    let at = typing.document.text().to_string().find("y = ").unwrap() + 4;
    typing.suggest(at..at, "g");
    typing.replace("x = f", "x = f(1)");
    assert_eq!(typing.told, [] as [bool; 0]);
    for key in ["h", "i", "j"] {
        typing.replace("y = ", &format!("y = {key}"));
    }
    assert_eq!(typing.told, [true, true, false], "those of the line that was left, in their order");
    typing.elsewhere("abc");
    assert_eq!(typing.told, [true, true, false, false]);
    assert!(typing.predictions.is_empty());
}

#[test]
fn a_line_that_was_left_half_typed_for_long_is_complete() {
    let mut typing = Typing::new("x = \n\n");
    typing.suggest(4..4, "f(1)");
    typing.replace("x = ", "x = f");
    typing.elsewhere(&"a".repeat(LONG_AWAY - 1));
    assert_eq!((typing.told.len(), typing.predictions.is_empty()), (0, false));
    typing.elsewhere("a");
    assert_eq!((&*typing.told, typing.predictions.is_empty()), (&[false][..], true));
    // Where nothing was typed, nothing is told, and nothing waits for ever.
    typing.suggest(4..4, "f(1)");
    typing.elsewhere(&"a".repeat(LONG_AWAY));
    assert_eq!((typing.told.len(), typing.predictions.is_empty()), (1, true));
}

#[test]
fn what_is_certain_is_told_when_a_document_is_closed() {
    let mut typing = Typing::new("x = \n\n");
    for (start, text) in [(4, "f(1)"), (4, "g"), (4, "f(1).sort()"), (6, "y")] {
        typing.suggest(start..start, text);
    }
    typing.replace("x = ", "x = f(1)");
    let told: Vec<bool> =
        typing.predictions.closed(typing.document.text()).iter().map(|(_, one)| one.right).collect();
    assert_eq!(told, [true, false], "the third is perhaps half-typed, and nobody was at the fourth");
    assert!(typing.predictions.is_empty());
}

#[test]
fn many_wait_but_not_without_end() {
    let mut typing = Typing::new("x = \n\n");
    (0..MOST + 10).for_each(|_| typing.suggest(4..4, "f"));
    assert_eq!(typing.predictions.0.len(), MOST);
}
