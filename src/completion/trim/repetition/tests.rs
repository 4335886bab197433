//! Tests what counts as a repetition, and what is meant.

use super::*;
use crate::testing;

/// What is left of `generated` at `ˇ` in `before`, or the reason why nothing is.
fn left(language: &str, before: &str, generated: &str) -> String {
    let (snapshot, cursor) = testing::fixture(language, before);
    let context = CursorContext::at(&snapshot, snapshot.parse().as_ref(), cursor.start);
    match without_repeats(generated, &context) {
        Ok(text) => text.to_owned(),
        Err(reason) => format!("{reason:?}"),
    }
}

#[track_caller]
fn check(language: &str, rows: &[(&str, &str, &str)]) {
    for (before, generated, expected) in rows {
        assert_eq!(left(language, before, generated), *expected, "{before:?} {generated:?}");
    }
}

#[test]
fn runs_of_one_character() {
    let meant = "x = 'aaaaaaaa'";
    check(
        "python",
        &[
            ("print(f'{{ˇ}}')\n", "{{{{{{{{{{{{", "Repetition"),
            ("x = ˇ\n", "f((((((((((", "f"),
            ("ˇ\n", meant, meant),
            ("x = ˇ\n", "'aaaaaaaaaaaaaaa", "'"),
            ("x = ˇ\n", "10000000000000", "1"),
            ("x = ˇ\n", "f(g(h(i((a)))))", "f(g(h(i((a)))))"),
            ("def f():\n    ˇ\n", "if a:\n                b()", "if a:\n                b()"),
            ("# ˇ\n", "----------------", "Repetition"),
            ("# --------\n# a\n# ˇ\n", "----------------", "----------------"),
            ("\"\"\"Title.\n\nParameters\nˇ\n", "----------", "----------"),
        ],
    );
}

#[test]
fn groups_of_tokens() {
    check(
        "python",
        &[
            ("x = ˇ\n", "foo.bar.foo.bar.foo.bar.foo.bar.foo.bar.foo.bar", "foo.bar."),
            ("x = ˇ\n", "a.first().second().first().second().first().second()", "a.first().second()"),
            ("x = ˇ\n", "\" + \" + \" + \" + \" + \" + ", "\" + "),
            ("x = f(ˇ\n", "0, 0, 0, 0, 0, 0", "Repetition"),
            ("x = ˇ\n", "[0.5, 0.5, 0.5, 0.5, 0.5]", "Repetition"),
            ("def f():\n    ˇ\n", "g()\n    x = [None, None, None, None, None]", "g()\n"),
            // Lists of a few equal elements, chains and placeholders are meant.
            ("x = ˇ\n", "[0, 0, 0, 0]", "[0, 0, 0, 0]"),
            ("x = ˇ\n", "Path(__file__).parent.parent.parent", "Path(__file__).parent.parent.parent"),
            ("x = ˇ\n", "'%s %s %s %s %s %s'", "'%s %s %s %s %s %s'"),
            ("x = ˇ\n", "'({}, {}, {}, {}, {})'", "'({}, {}, {}, {}, {})'"),
            ("x = ˇ\n", "b'\\x00\\x00\\x00\\x00'", "b'\\x00\\x00\\x00\\x00'"),
        ],
    );
    check("rust", &[("let x: ˇ\n", "Vec<Vec<Vec<u8>>> = f();", "Vec<Vec<Vec<u8>>> = f();")]);
}

#[test]
fn phrases() {
    check(
        "python",
        &[
            ("def f():\n    \"\"\"ˇ\"\"\"\n", "Return the area of the area of the area", "Repetition"),
            ("def f():\n    \"\"\"ˇ\"\"\"\n", "An area. Return the area of the area of it", "An area."),
            ("def f():\n    \"\"\"Return the area ˇ\"\"\"\n", "the area of it", "Repetition"),
            ("x = 1  # ˇ\n", "the sum of all, the sum of all", "Repetition"),
            ("x = ˇ\n", "f('one or one or one or more')", "Repetition"),
            ("x = ˇ\n", "f()\ny = 'one or one or one or more'", "f()\n"),
            ("x = ˇ\n", "f()  # one or one or one or more", "f()  "),
            (
                "def f():\n    \"\"\"ˇ\"\"\"\n",
                "All that that says, and more.",
                "All that that says, and more.",
            ),
            ("x = ˇ\n", "'WHERE a = ? AND b = ? AND c = ?'", "'WHERE a = ? AND b = ? AND c = ?'"),
            ("x = ˇ\n", "f('%d %d %d %d', '{a} {a}')", "f('%d %d %d %d', '{a} {a}')"),
            ("x = ˇ\n", "a.b(a.b(c))", "a.b(a.b(c))"),
        ],
    );
    let prose = "This tool checks the code of the code of the project.";
    check(
        "markdown",
        &[("# Demo\n\nˇ\n", prose, "Repetition"), ("x = ˇ\n", "a(b) + a(b) + c", "a(b) + a(b) + c")],
    );
    check(
        "rust",
        &[
            ("/// A point.\n/// ˇ\nstruct P;\n", "A point of\n/// a point of\n/// lines.", "Repetition"),
            ("fn f() -> &'static str {\n    r#\"SELECT ˇ\"#\n}\n", "id, WHERE id, WHERE", "Repetition"),
        ],
    );
}

#[test]
fn lines_and_blocks() {
    check(
        "python",
        &[
            ("class P:\n    x: int\n    ˇ\n", "z: int\n    z: int", "z: int\n"),
            ("class P:\n    x: int\n    ˇ\n", "x: int\n    y: int", "Repetition"),
            (
                "def f(a):\n    ˇ\n",
                "if a < 1:\n        return 1\n    if a < 1:\n        return 1",
                "if a < 1:\n        return 1\n",
            ),
            ("def f(a):\n    a.one()\n    a.two()\n    ˇ\n", "a.one()\n    a.two()", "Repetition"),
            ("def f(a):\n    ˇ\n    a.one()\n    a.two()\n", "a.one()\n    a.two()", "AlreadyThere"),
            ("import numpy\nˇ\n", "import numpy", "Repetition"),
            ("x = 1\nx = ˇ\n", "1", "Repetition"),
            // A line that comes again later, short ones and closers.
            (
                "def f(a):\n    ˇ\n",
                "if a:\n        return 1\n    b()\n    return 1",
                "if a:\n        return 1\n    b()\n    return 1",
            ),
            ("x = [\n    [\n        1,\n    ],\n    [\n        ˇ\n", "1,\n    ],\n]", "1,\n    ],\n]"),
        ],
    );
}

#[test]
fn a_loop_is_noticed_while_it_is_written() {
    let (snapshot, cursor) = testing::fixture("python", "def f(a):\n    one(a)\n    ˇ\n");
    let context = CursorContext::at(&snapshot, None, cursor.start);
    for (text, expected) in [
        ("one(a)", false),
        ("one(a)\n", true),
        ("two(a)\n    two", false),
        ("two(a)\n    two(a)\n", true),
        ("x = [0, 0, 0, 0, 0", true),
    ] {
        assert_eq!(has_begun(text, &context), expected, "{text:?}");
    }
}
