//! The promise, tried on real code: whatever the model writes wherever, what is shown adds no fault, and typing what is
//! shown is answered without the model. The faults are counted here afresh, not by the code under test.
//!
//! `PROPTEST_CASES=10000` runs it for long.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use treefill::completion::{Outcome, Request, Trigger, Verdict};
use treefill::document::Snapshot;

use crate::check::{language, run};

/// Source files by language: this project's own Rust, and the Python below.
static SOURCES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = vec![("python", include_str!("properties.py.txt").to_owned())];
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

/// The document, the cursor and the generated text of a case.
fn build(case: &Case) -> (&'static str, String, usize, String) {
    let (name, source) = &SOURCES[case.source];
    let mut text = source.clone();
    let cursor = floor(&text, case.cursor.index(text.len() + 1));
    let generated = match &case.generated {
        Generated::Pieces(pieces) => pieces.iter().map(|at| PIECES[at.index(PIECES.len())]).collect(),
        Generated::Copy(at, length) => {
            let start = floor(&text, at.index(text.len()));
            text[start..floor(&text, start + length)].to_owned()
        }
        Generated::Truth(length) => text[cursor..floor(&text, cursor + length)].to_owned(),
    };
    if case.hole {
        let end = text[cursor..].find('\n').map_or(text.len(), |at| cursor + at);
        text.replace_range(cursor..end, "");
    }
    if let Some(broken) = case.broken {
        // Behind the cursor, so that the cursor stays where it is.
        let at = floor(&text, cursor + broken.index(text.len() - cursor + 1));
        if let Some(c) = text[at..].chars().next() {
            text.replace_range(at..at + c.len_utf8(), "");
        }
    }
    (name, text, cursor, generated)
}

/// ERROR and MISSING nodes of a fresh parse.
fn tree_faults(snapshot: &Snapshot) -> usize {
    let tree = snapshot.parse().expect("small enough");
    let mut cursor = tree.walk();
    let mut count = 0;
    loop {
        count += usize::from(cursor.node().is_error() || cursor.node().is_missing());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return count;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_shown_adds_a_fault(case in case(), invoked in any::<bool>()) {
        let (name, text, offset, generated) = build(&case);
        let language = language(name);
        let strict = language.as_ref().unwrap().strict.unwrap();
        let snapshot = Snapshot::of_text("file:///test", &text, language.clone());
        let trigger = if invoked { Trigger::Invoked } else { Trigger::Automatic };
        let request = Request { snapshot: snapshot.clone(), offset, trigger, selected: None, shown: Vec::new() };
        let Outcome::Completion(completion) = run(request, &generated) else { return Ok(()) };
        prop_assert_eq!(completion.verdict, Verdict::Strict);
        prop_assert!(!completion.text.trim().is_empty());
        let mut applied = text.clone();
        applied.replace_range(completion.range.clone(), &completion.text);
        let after = Snapshot::of_text("file:///test", &applied, language);
        let told = format!("{:?} at {offset} in {name}, generated {generated:?}", completion.text);
        prop_assert!(tree_faults(&after) <= tree_faults(&snapshot), "tree: {}", told);
        let (now, then) = (strict.judge(&applied), strict.judge(&text));
        prop_assert!(!now.worse_than(&then), "strict: {}: {:?} after {:?}", told, now, then);

        // Typing what is shown, to any point: the rest, without the model, and the same document in the end.
        let typed = floor(&completion.text, completion.text.len() / 2);
        let mut typing = text.clone();
        typing.insert_str(completion.range.start, &completion.text[..typed]);
        let request = Request {
            snapshot: Snapshot::of_text("file:///test", &typing, None),
            offset: completion.range.start + typed,
            trigger: Trigger::Automatic,
            selected: None,
            shown: vec![completion.shown.clone()],
        };
        let Outcome::Completion(rest) = run(request, "") else { panic!("not reused: {told}") };
        typing.replace_range(rest.range.clone(), &rest.text);
        prop_assert_eq!((typing, rest.tokens), (applied, 0));
    }
}
