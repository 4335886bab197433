//! Tests what is found around a cursor.

use super::*;

fn context(language: &str, text: &str) -> CursorContext {
    let (snapshot, cursor) = crate::testing::fixture(language, text);
    CursorContext::at(&snapshot, snapshot.parse().as_ref(), cursor.start)
}

#[test]
fn places() {
    for (language, text, expected) in [
        ("python", "x = ˇ1\n", CursorIn::Code),
        ("python", "x = 'aˇb'\n", CursorIn::String),
        ("python", "def f():\n    \"\"\"Docˇ\n    \"\"\"\n", CursorIn::String),
        ("python", "x = 1  # noteˇ\n", CursorIn::Comment),
        ("python", "# note\nˇ\n", CursorIn::Code),
        ("python", "x = 'ab'ˇ\n", CursorIn::Code),
        ("rust", "fn f() { g(\"aˇ\"); }\n", CursorIn::String),
        ("rust", "/// Docˇ\nfn f() {}\n", CursorIn::Comment),
        ("rust", "/* a */ˇ fn f() {}\n", CursorIn::Code),
        ("rust", "fn f<'a>(x: &'a strˇ) {}\n", CursorIn::Code),
    ] {
        assert_eq!(context(language, text).cursor_in, expected, "{text}");
    }
}

#[test]
fn scopes_from_the_inside_out() {
    for (language, text, expected) in [
        ("python", "class A:\n    def f(self):\n        xˇ\n", vec!["def f(s", "class A"]),
        (
            "python",
            "class A:\n    def f(self):\n        x = 1\n        ˇ\n\n    def g(self):\n        pass\n",
            vec!["def f(s", "class A"],
        ),
        ("python", "def f():\n    pass\nˇ\n", vec![]),
        ("rust", "mod m {\n    fn f() {\n        ˇ\n    }\n}\n", vec!["fn f() ", "mod m {"]),
        ("rust", "fn f() {}ˇ\n", vec![]),
    ] {
        let found = context(language, text);
        let text = text.replacen('ˇ', "", 1);
        let starts: Vec<&str> =
            found.scopes.iter().map(|scope| &text[scope.start..scope.start + 7]).collect();
        assert_eq!(starts, expected, "{text}");
    }
}

#[test]
fn a_broken_file_still_has_scopes() {
    let found = context("python", "def f(:\n    if x(:\n        ˇ\n");
    assert!(!found.scopes.is_empty());
}

#[test]
fn imports_and_outline() {
    let found =
        context("python", "import os\nfrom a import (b,\n  c)\n\ndef f(x):\n    pass\n\ndef g():\n    ˇ\n");
    let imports: Vec<&str> = found.imports.iter().map(|import| import.text.as_str()).collect();
    assert_eq!(imports, ["import os", "from a import (b,\n  c)"]);
    let outline: Vec<&str> = found.outline.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(outline, ["def f(x)"]);
}

#[test]
fn the_window_moves_in_steps() {
    let text: String = (0..4000).map(|row| format!("line {row}\n")).collect();
    let snapshot = Snapshot::of_text("", &text, None);
    let windows: Vec<usize> =
        (30_000..30_200).map(|offset| CursorContext::at(&snapshot, None, offset).window).collect();
    assert!(windows.iter().all(|window| *window == windows[0]), "typing on keeps it");
    assert!(text[..windows[0]].ends_with('\n'));
    assert!(30_000 - windows[0] <= BEFORE);
}

#[test]
fn anywhere_in_any_text_there_is_a_context() {
    for text in ["", "\n", "\r\n\r\n", "é", "a\rb", "\t"] {
        let snapshot = Snapshot::of_text("", text, crate::testing::language("python"));
        for offset in 0..text.len() + 2 {
            CursorContext::at(&snapshot, snapshot.parse().as_ref(), offset);
            CursorContext::at(&snapshot, None, offset);
        }
    }
}
