//! Tests what is left out although it fits: loops, what stands around the cursor already, words cut in two, and white space
//! that is not the file's own.

use expect_test::expect;
use treefill::completion::{Outcome, Reason, TriggerKind};

use super::check::{check, request, run};

#[test]
fn loops_of_signs_and_elements_are_silence() {
    for (before, generated) in [
        ("name = 'x'\nprint(f'{{ˇ}}')\n", "{{{{{{{{{{{{{{{{"),
        ("print(rate(ˇ\n", "0, 0, 0, 0, 0, 0, 0, 0"),
        ("def f():\n    \"\"\"ˇ\"\"\"\n", "Return the sum of the sum of the sum of"),
    ] {
        check("python", before, generated, expect!["Repetition"]);
    }
}

#[test]
fn lines_and_blocks_come_once() {
    check(
        "python",
        "def clamp(x, low):\n    ˇ\n",
        "if x < low:\n        return low\n    if x < low:\n        return low\n",
        expect![[r#"
            def clamp(x, low):
                «if x < low:
                    return low»
        "#]],
    );
    check(
        "rust",
        "pub trait Shape {\n    fn area(&self) -> f64;\n    ˇ\n}\n",
        "fn area(&self) -> f64;\n    fn area(&self) -> f64;\n",
        expect!["Repetition"],
    );
    check(
        "rust",
        "fn f(items: &[i32]) {\n    for item in items {\n        ˇ\n    }\n}\n",
        "g(item);\n        g(item);\n        g(item);\n",
        expect![[r#"
            fn f(items: &[i32]) {
                for item in items {
                    «g(item);»
                }
            }
        "#]],
    );
}

#[test]
fn the_next_text_is_tried_where_the_first_only_repeats() {
    use treefill::completion::CompletionOptions;
    use treefill::engine::scripted::{Script, ScriptedEngine};
    let texts = vec![("a: int\n    a: int\n".to_owned(), -0.01), ("c: int\n".to_owned(), -0.4)];
    let engine = ScriptedEngine::new(move |_| Script::Texts(texts.clone()));
    let request = request("python", "class P:\n    a: int\n    ˇ\n", TriggerKind::Invoked);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(treefill::completion::complete(
        request,
        &*engine,
        &CompletionOptions::default(),
        &treefill::cancel::CancelToken::never(),
    ));
    let Outcome::Suggested(suggestion) = report.outcome else { panic!("{:?}", report.outcome) };
    assert_eq!(suggestion.text(), "c: int");
}

#[test]
fn lone_carriage_returns_end_lines() {
    let text = "# area\rdef area(w, h):\r    if w < 0:\r        ˇ\r    return w * h\r";
    for end in ["\r", "\n", "\r\n"] {
        let request = request("python", &text.replace('\r', end), TriggerKind::Automatic);
        assert_eq!(request.snapshot.lines(), 6);
        let Outcome::Suggested(suggestion) = run(request, "w = -w\n        h = -h\n") else {
            panic!("{end:?}")
        };
        assert_eq!(suggestion.text(), format!("w = -w{end}        h = -h"));
    }
}

#[test]
fn an_empty_file_begins_at_its_margin() {
    for before in ["ˇ", "ˇ\n", "\nˇ\n"] {
        let Outcome::Suggested(suggestion) =
            run(request("python", before, TriggerKind::Invoked), "    import os\n    import sys\n")
        else {
            panic!("{before:?}")
        };
        assert_eq!(suggestion.text(), "import os");
    }
}

#[test]
fn tabs_are_counted_by_brackets_and_blocks() {
    check(
        "rust",
        "fn f(w: &[u8]) -> usize {\n\tfor w in w {\n\t\tˇ\n\t}\n\t0\n}\n",
        "if g(w) {\n            n();\n        }\n\t\t\tm();\n",
        expect![[r#"
            fn f(w: &[u8]) -> usize {
            	for w in w {
            		«if g(w) {
            			n();
            		}
            		m();»
            	}
            	0
            }
        "#]],
    );
    check(
        "python",
        "def f(w):\n\tfor x in w:\n\t\tˇ\n\treturn w\n",
        "if x:\n            n()\n        m()\n",
        expect![[r#"
            def f(w):
            	for x in w:
            		«if x:
            			n()
            		m()»
            	return w
        "#]],
    );
}

#[test]
fn raw_strings_are_closed_as_they_were_opened() {
    check(
        "rust",
        "fn f() {\n    let path = r##\"C:\\temp\\ˇ\n}\n",
        "logs\n",
        expect![[r####"
            fn f() {
                let path = r##"C:\temp\«logs"##;»
            }
        "####]],
    );
}

#[test]
fn names_of_other_functions_are_not_used() {
    check(
        "python",
        "import csv\n\ndef load(path):\n    file = open(path)\n    return file\n\ndef rows(path):\n    r = ˇ\n    return r\n",
        "csv.reader(file)\n",
        expect!["Invalid"],
    );
    check(
        "python",
        "def load(path):\n    file = open(path)\n    return file\n\ndef rows(path):\n    ˇ\n",
        "size = len(path)\n    return file.read(size)\n",
        expect![[r#"
            def load(path):
                file = open(path)
                return file

            def rows(path):
                «size = len(path)»
        "#]],
    );
    check(
        "rust",
        "fn a() -> u8 {\n    let count = 1;\n    count\n}\n\n#[test]\nfn b() {\n    ˇ\n}\n",
        "assert_eq!(count, 1);\n",
        expect!["Invalid"],
    );
    // A name that the file does not know at all may be known elsewhere, and one that is visible is fine.
    check(
        "rust",
        "fn a(count: u8) {\n    ˇ\n}\n",
        "assert_eq!(count, other);\n",
        expect![[r#"
            fn a(count: u8) {
                «assert_eq!(count, other);»
            }
        "#]],
    );
}

#[test]
fn a_member_stands_once_in_its_list() {
    check(
        "rust",
        "pub enum Color {\n    Red,\n    Green,\n    ˇ\n}\n",
        "Blue,\n    Red,\n",
        expect![[r#"
            pub enum Color {
                Red,
                Green,
                «Blue,»
            }
        "#]],
    );
    check(
        "python",
        "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n\n    ˇ\n",
        "def one(self):\n        return 3\n",
        expect!["Repetition"],
    );
    check("python", "def f(a):\n    if a in ˇ\n        pass\n", "a:\n", expect!["Repetition"]);
}

#[test]
fn a_header_of_python_opens_its_block() {
    check(
        "python",
        "def f(a):\n    if ˇ\n",
        "a > 1\n",
        expect![[r#"
            def f(a):
                if «a > 1:»
        "#]],
    );
    // The line by itself fits where what follows does not.
    check(
        "python",
        "for value in values:\n    ˇ\n",
        "if value is None:\n        return None\n",
        expect![[r#"
            for value in values:
                «if value is None:»
        "#]],
    );
}

#[test]
fn a_language_that_the_model_does_not_know_is_silence() {
    use std::sync::Arc;
    use treefill::completion::CompletionOptions;
    use treefill::document::Snapshot;
    use treefill::engine::scripted::ScriptedEngine;
    use treefill::engine::{ModelInfo, Status};
    let engine = ScriptedEngine::always("x = 1\n");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let outcome = |languages: Option<&[&str]>, language: &str| {
        let languages = languages.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        engine.set_status(Status::Ready(Arc::new(ModelInfo { languages, ..ModelInfo::default() })));
        let mut request = request("python", "ˇ\n", TriggerKind::Invoked);
        if language != "python" {
            request.snapshot = Snapshot::of_text("file:///a.js", "\n", None);
        }
        let options = CompletionOptions::default();
        let never = treefill::cancel::CancelToken::never();
        runtime.block_on(treefill::completion::complete(request, &*engine, &options, &never)).outcome
    };
    let expected = Outcome::Skipped(Reason::UnknownLanguage("python, rust".into()));
    assert_eq!(outcome(Some(&["python", "rust"]), "javascript"), expected);
    assert!(matches!(outcome(Some(&["python", "rust"]), "python"), Outcome::Suggested(_)));
    assert!(matches!(outcome(None, "javascript"), Outcome::Suggested(_)), "a user's model is trusted");
}

#[test]
fn a_word_that_the_limit_cut_is_not_shown() {
    use treefill::completion::CompletionOptions;
    use treefill::engine::scripted::{Script, ScriptedEngine};
    let pieces: Vec<String> = ["comp", "ute(", "tot"].map(str::to_owned).to_vec();
    let engine = ScriptedEngine::new(move |_| Script::Cut(pieces.clone()));
    let request = request("python", "x = ˇ\n", TriggerKind::Invoked);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(treefill::completion::complete(
        request,
        &*engine,
        &CompletionOptions::default(),
        &treefill::cancel::CancelToken::never(),
    ));
    match report.outcome {
        Outcome::Suggested(suggestion) => assert_eq!(suggestion.text(), "compute()"),
        Outcome::Skipped(reason) => assert_eq!(reason, Reason::Invalid),
    }
}
