//! Runs the example of each row of `idioms.toml` through the action, at the line where the error is reported.

use std::sync::Arc;

use crate::actions::fix_syntax::{complaints, offers, repaired};
use crate::actions::request::{ActionRequest, RequestedFile};
use crate::actions::{Fix, Workspace};
use crate::document::Snapshot;
use crate::language::{Language, Registry};
use crate::text::common_prefix;

/// The offers where an error of `text` is reported, and the text.
fn asked(language: &Arc<Language>, text: &str, after: &str) -> (Snapshot, Vec<Fix>) {
    let snapshot = Snapshot::of_text("file:///test", text, Some(language.clone()));
    // Where no parser says where, the compiler does: in the line of the damage.
    let reported = complaints(&snapshot).into_iter().next();
    let range = reported.map_or(common_prefix(text, after), |reported| reported.range.start.min(text.len()));
    let request = ActionRequest {
        snapshot: snapshot.clone(),
        range: Some(range..range),
        diagnostics: Vec::new(),
        workspace: Workspace::default(),
        // Cures are tried whatever the time.
        time: std::time::Duration::from_millis(100),
    };
    let file = RequestedFile::read(&snapshot).unwrap();
    let found = offers(&request, &file);
    (snapshot, found)
}

/// A language as its folder has it now.
fn language_from_folder(name: &str) -> Arc<Language> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    let (registry, problems) = Registry::load(Some(&folder));
    assert_eq!(problems, []);
    registry.by_name(name).unwrap()
}

/// The examples of a language that are not cured as they say, and how many there are.
fn failures(language: &str) -> (usize, Vec<String>) {
    let language = language_from_folder(language);
    let rows = &language.idioms.rows;
    let mut failed = Vec::new();
    for row in rows {
        let (before, after) = &row.example;
        let (snapshot, found) = asked(&language, before, after);
        let first = found.first();
        let result = first
            .map_or("nothing is offered".to_owned(), |first| repaired(&snapshot, first).text.to_string());
        let title = first.map_or("", |first| &first.title);
        if result != *after {
            let reported = complaints(&snapshot);
            failed
                .push(format!("{}: {title}\n{result}--- wanted\n{after}--- reported {reported:?}\n", row.id));
        }
    }
    (rows.len(), failed)
}

fn check(language: &str) {
    let (count, failed) = failures(language);
    assert!(count >= 40, "{language}: {count} idioms");
    assert!(failed.is_empty(), "{language}: {} of {count}:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn each_idiom_of_python_is_cured_as_its_example_says() {
    check("python");
}

#[test]
fn each_idiom_of_rust_is_cured_as_its_example_says() {
    check("rust");
}

#[test]
fn several_habits_in_one_place_are_cured_together() {
    for (name, before, after) in [
        (
            "python",
            "def f(x):\n    if x > 0:\n        r = 1\n    else if x < 0:\n        r = 2\n    return r\n",
            "def f(x):\n    if x > 0:\n        r = 1\n    elif x < 0:\n        r = 2\n    return r\n",
        ),
        (
            "python",
            "def f(a, b):\n    if (!a && b) {\n        return 1;\n    }\n",
            "def f(a, b):\n    if (not a and b):\n        return 1;\n",
        ),
        ("python", "function add(a, b) {\n    return a + b\n}\n", "def add(a, b):\n    return a + b\n"),
        ("python", "var add = (a, b) => a + b;\n", "add = lambda a, b: a + b;\n"),
        (
            "rust",
            "fn f(a: u8, b: u8) {\n    if a > 0 and b > 0 and not (a == b) {\n        g();\n    }\n}\n",
            "fn f(a: u8, b: u8) {\n    if a > 0 && b > 0 && !(a == b) {\n        g();\n    }\n}\n",
        ),
        (
            "rust",
            "fn f(x: u8) -> u8 {\n    return x > 0 ? 1 : 2;\n}\n",
            "fn f(x: u8) -> u8 {\n    return if x > 0 { 1 } else { 2 };\n}\n",
        ),
        (
            "rust",
            "fn f() {\n    for (int i = 0; i < 9; i++) {\n        println!('{}', i);\n    }\n}\n",
            "fn f() {\n    for i in 0..9 {\n        println!(\"{}\", i);\n    }\n}\n",
        ),
    ] {
        let (snapshot, found) = asked(&language_from_folder(name), before, after);
        let first = found.first().map(|first| repaired(&snapshot, first).text.to_string());
        assert_eq!(first.as_deref(), Some(after), "{found:#?}");
    }
}

#[test]
fn code_that_means_something_stays() {
    for (name, text) in [
        (
            "python",
            "def f(a, b):\n    try:\n        g(a)\n    except (ValueError, KeyError):\n        pass\n",
        ),
        ("python", "true = 1\nx = true\n"),
        ("rust", "fn f(a: Option<u8>, b: Option<u8>) -> Option<u8> {\n    a.and(b)\n}\n"),
    ] {
        let language = language_from_folder(name);
        assert!(asked(&language, text, &text.replacen("x = t", "x = T", 1)).1.is_empty(), "{text}");
    }
}

#[test]
fn a_member_is_no_habit() {
    let language = language_from_folder("rust");
    let text = "fn f(cell: Cell) {\n    cell.lend(Section::new into()).get();\n}\n";
    let (_, fixes) = asked(&language, text, &text.replace("new into()", "new()"));
    assert!(
        fixes.iter().all(|fix| fix.kind != "idiom"),
        "{:?}",
        fixes.iter().map(|fix| &fix.title).collect::<Vec<_>>()
    );
}
