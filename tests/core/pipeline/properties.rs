//! Tests the promise on real code: whatever the model writes at any place, what is shown adds no fault, and typing what
//! is shown is answered without the model. Counts the faults afresh, not by the code under test.
//!
//! `make soak ROWS=25` runs it for long.

use std::cell::Cell;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use treefill::completion::{CheckLevel, CompletionRequest, Outcome, Remembered, Suggestion, TriggerKind};
use treefill::document::{Document, Edit, Snapshot};

use super::check::run;
use crate::faults::{parsed, tree_faults};
use crate::soak;
use crate::testing::language;

/// Source files by language: this project's own Rust, and the Python below.
static SOURCES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = vec![("python", include_str!("../../shared/sample.py.txt").to_owned())];
    for file in ["src/context.rs", "src/cancel.rs", "src/completion/trim/overlap.rs", "src/engine/job.rs"] {
        sources.push(("rust", std::fs::read_to_string(root.join(file)).unwrap()));
    }
    let samples = ["python", "rust"].map(|name| (name, root.join("grammars").join(name).join("samples")));
    for (name, folder) in samples {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            sources.extend(std::fs::read_to_string(entry.path()).ok().map(|text| (name, text)));
        }
    }
    // As many rows of Python as of Rust, so that both are drawn equally often.
    let (python, rust): (Vec<_>, Vec<_>) = sources.into_iter().partition(|(name, _)| *name == "python");
    python.iter().cycle().take(rust.len().max(python.len())).cloned().chain(rust.iter().cloned()).collect()
});

/// What a model may write: pieces of code, and what breaks code.
const PIECES: &[&str] = &[
    "x",
    "self.value",
    "foo(",
    "bar)",
    ")",
    "]",
    "}",
    "{",
    "[",
    "(",
    "'",
    "\"",
    "\"\"\"",
    "'''",
    " = 1",
    ", ",
    ": ",
    ";",
    "\n",
    "\n    ",
    "\n        ",
    "\n\t",
    "return x",
    "if x:",
    "else:",
    "if x {",
    "} else {",
    "def f(self):",
    "fn f() {",
    "class A:",
    "pass",
    "/*",
    "*/",
    "//",
    "# ",
    "\\",
    "f\"{x",
    "<T>",
    "let y = 2;",
    "=> ",
    "| ",
    "&mut ",
    "#[",
    "async ",
    "lambda: ",
    "not in ",
    "é",
    "\u{202e}",
    "<|endoftext|>",
    "</fim_middle>",
    "    ",
    "0",
    ".unwrap()",
    "?",
    "@",
];

#[derive(Debug, Clone)]
struct Case {
    source: usize,
    cursor: prop::sample::Index,
    /// Whether the rest of the cursor's line is missing, as while typing.
    hole: bool,
    /// Whether something is broken elsewhere.
    broken: Option<prop::sample::Index>,
    generated: Generated,
}

#[derive(Debug, Clone)]
enum Generated {
    Pieces(Vec<prop::sample::Index>),
    /// Text that stands in the document: at the cursor the true rest and more, elsewhere a plausible stray.
    Copy(prop::sample::Index, usize),
    /// What stood behind the cursor before the hole was made, cut after so many bytes.
    Truth(usize),
}

fn case() -> impl Strategy<Value = Case> {
    let index = any::<prop::sample::Index>;
    let generated = prop_oneof![
        prop::collection::vec(index(), 1..8).prop_map(Generated::Pieces),
        (index(), 1..120_usize).prop_map(|(at, length)| Generated::Copy(at, length)),
        (1..160_usize).prop_map(Generated::Truth),
    ];
    (0..SOURCES.len(), index(), any::<bool>(), prop::option::weighted(0.3, index()), generated).prop_map(
        |(source, cursor, hole, broken, generated)| Case { source, cursor, hole, broken, generated },
    )
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The document of a case, its cursor and the generated text.
struct Scene {
    name: &'static str,
    text: String,
    offset: usize,
    generated: String,
    /// The cursor's line was longer by this.
    hole: String,
    /// Sound texts that stand in it but for the hole and what is broken.
    sound: Vec<String>,
}

fn build(case: &Case) -> Scene {
    let (name, source) = &SOURCES[case.source];
    let mut text = source.clone();
    let offset = floor(&text, case.cursor.index(text.len() + 1));
    let generated = match &case.generated {
        Generated::Pieces(pieces) => pieces.iter().map(|at| PIECES[at.index(PIECES.len())]).collect(),
        Generated::Copy(at, length) => {
            let start = floor(&text, at.index(text.len()));
            text[start..floor(&text, start + length)].to_owned()
        }
        Generated::Truth(length) => text[offset..floor(&text, offset + length)].to_owned(),
    };
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    let hole = if case.hole { text[offset..end].to_owned() } else { String::new() };
    text.replace_range(offset..offset + hole.len(), "");
    if let Some(broken) = case.broken {
        // Behind the cursor, so that the cursor stays where it is.
        let at = floor(&text, offset + broken.index(text.len() - offset + 1));
        if let Some(c) = text[at..].chars().next() {
            text.replace_range(at..at + c.len_utf8(), "");
        }
    }
    Scene { name, text, offset, generated, hole, sound: vec![source.clone()] }
}

impl Scene {
    /// The same in the middle of a file of 100 KiB, whose tree is known as it was before the hole was made.
    fn in_a_large_file(mut self) -> (Self, Snapshot) {
        let filler = SOURCES.iter().find(|(name, _)| *name == self.name).map(|(_, text)| text.as_str());
        let filler = filler.unwrap_or_default().repeat(50 * 1024 / filler.map_or(1, str::len) + 1);
        let offset = filler.len() + self.offset;
        // Python complains of this import anywhere but at the beginning, unless an open quotation swallows it.
        let text = format!("{filler}{}{filler}", self.text).replace("__future__", "__pasture_");
        let mut before = text.clone();
        before.insert_str(offset, &self.hole);
        let mut document = Document::new("file:///test", 1, &before, language(self.name));
        let snapshot = document.snapshot();
        document.store_tree(&snapshot, parsed(&language(self.name).unwrap(), &before));
        document.apply(2, &[Edit::replace(offset..offset + self.hole.len(), "")]);
        self.sound.push(filler);
        (Self { text, offset, ..self }, document.snapshot())
    }

    /// What is shown adds no fault, as counted afresh; returns it with the text that it makes.
    fn adds_no_fault(
        &self,
        snapshot: Snapshot,
        trigger: TriggerKind,
    ) -> Result<Option<(Suggestion, String)>, TestCaseError> {
        let language = language(self.name).unwrap();
        let strict = language.strict.unwrap();
        let faults = |text: &str| tree_faults(&language, text);
        let request = CompletionRequest {
            snapshot,
            offset: self.offset,
            trigger,
            selected: None,
            remembered: Vec::new(),
        };
        let Outcome::Suggested(completion) = run(request, &self.generated) else { return Ok(None) };
        prop_assert_eq!(completion.check_level, CheckLevel::Strict);
        prop_assert!(!completion.text().trim().is_empty());
        let mut applied = self.text.clone();
        applied.replace_range(completion.range(), completion.text());
        let told = format!(
            "{:?} at {} in {}, generated {:?}",
            completion.text(),
            self.offset,
            self.name,
            self.generated
        );
        prop_assert!(faults(&applied) <= faults(&self.text), "tree: {}", told);
        let (now, mut then) = (strict.judge(&applied), strict.judge(&self.text));
        if then.syntax > 0 {
            // An error may hide which version of the language the text needs: an open quotation, all that follows it.
            then.min_version =
                self.sound.iter().map(|text| strict.judge(text).min_version).fold(then.min_version, u8::max);
        }
        prop_assert!(!now.worse_than(&then), "strict: {}: {:?} after {:?}", told, now, then);
        Ok(Some((completion, applied)))
    }
}

/// Tries a property this often.
fn try_cases<S: Strategy>(cases: usize, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = u32::try_from(cases).unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    if let Err(error) = TestRunner::new(config).run(&strategy, test) {
        panic!("{error}");
    }
}

#[test]
fn nothing_shown_adds_a_fault() {
    let (cases, shown) = (soak::count(96, 25_000), Cell::new(0));
    try_cases(cases, (case(), any::<bool>()), |(case, invoked)| {
        let scene = build(&case);
        let snapshot = Snapshot::of_text("file:///test", &scene.text, language(scene.name));
        let trigger = if invoked { TriggerKind::Invoked } else { TriggerKind::Automatic };
        let Some((completion, applied)) = scene.adds_no_fault(snapshot, trigger)? else { return Ok(()) };
        shown.set(shown.get() + 1);

        // Typing what is shown, to any point: the rest, without the model, and the same document in the end.
        let typed = floor(completion.text(), completion.text().len() / 2);
        let mut typing = scene.text.clone();
        typing.insert_str(completion.range().start, &completion.text()[..typed]);
        let request = CompletionRequest {
            snapshot: Snapshot::of_text("file:///test", &typing, None),
            offset: completion.range().start + typed,
            trigger: TriggerKind::Automatic,
            selected: None,
            remembered: vec![Remembered { suggestion: completion.clone(), seen: true }],
        };
        let Outcome::Suggested(rest) = run(request, "") else {
            // What would open a bracket where one was closed before is no rest.
            let (first, second) = completion.text().split_at(typed);
            let opens_anew = first.contains([')', ']', '}']) && second.contains(['(', '[', '{']);
            prop_assert!(opens_anew, "not reused: {:?}", completion.text());
            return Ok(());
        };
        typing.replace_range(rest.range(), rest.text());
        prop_assert_eq!((typing, rest.tokens), (applied, 0));
        Ok(())
    });
    soak::figure(
        25,
        format!("{} suggestions of {cases} texts of a model applied: 0 new faults", shown.get()),
    );
}

#[test]
fn nothing_shown_in_a_part_of_a_large_file_adds_a_fault() {
    // Judging 100 KiB afresh takes a third of a second.
    try_cases(soak::count(24, 300), (case(), any::<bool>()), |(case, invoked)| {
        let (scene, snapshot) = build(&case).in_a_large_file();
        let trigger = if invoked { TriggerKind::Invoked } else { TriggerKind::Automatic };
        scene.adds_no_fault(snapshot, trigger).map(drop)
    });
}
