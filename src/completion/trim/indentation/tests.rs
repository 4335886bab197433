//! Tests where lines are put, by what a model may write.

use super::*;
use crate::testing;

/// What `generated` becomes at `ˇ` in `before`.
#[track_caller]
fn check(language: &str, rows: &[(&str, &str, &str)]) {
    for (before, generated, expected) in rows {
        let (snapshot, cursor) = testing::fixture(language, before);
        let context = CursorContext::at(&snapshot, snapshot.parse().as_ref(), cursor.start);
        assert_eq!(indentation(generated, &context), *expected, "{before:?}");
    }
}

#[test]
fn brackets_say_how_deep_a_line_is() {
    check(
        "rust",
        &[
            // Too deep, and in spaces.
            (
                "fn f() {\n\tif a {\n\t\tˇ\n\t}\n}\n",
                "let mut b = [0; 3];\n\t\t\tb.sort();",
                "let mut b = [0; 3];\n\t\tb.sort();",
            ),
            (
                "fn f() {\n\tif a {\n\t\tˇ\n\t}\n}\n",
                "if b {\n            c();\n        }",
                "if b {\n\t\t\tc();\n\t\t}",
            ),
            ("fn f() {\n\tif a {ˇ\n}\n", "\n    c();\n}", "\n\t\tc();\n\t}"),
            // Chains and values on lines of their own go one step in, and no further.
            (
                "fn f() {\n    ˇ\n}\n",
                "let x = a\n    .iter()\n    .map(|b| {\n    c(b)\n    })\n    .sum();\n  x",
                "let x = a\n        .iter()\n        .map(|b| {\n            c(b)\n        })\n        .sum();\n    x",
            ),
            (
                "fn f() {\n    ˇ\n}\n",
                "let x =\nlong(\n1,\n);\ny()",
                "let x =\n        long(\n            1,\n        );\n    y()",
            ),
            ("fn f() {\n    let x = g(ˇ\n}\n", "\n    1,\n    2,\n);", "\n        1,\n        2,\n    );"),
            (
                "fn f() {\n    match a {\n        ˇ\n    }\n}\n",
                "A\n| B => 1,\nC => {\n2\n}\n}\n}",
                "A\n        | B => 1,\n        C => {\n            2\n        }\n    }\n}",
            ),
            // The cursor's line may go on with a statement, or close one.
            (
                "fn f() {\n    let a = b\n        ˇ\n}\n",
                ".iter()\n        .sum();\n    c(a)",
                ".iter()\n        .sum();\n    c(a)",
            ),
            ("fn f() {\n    g(|a| {\n        a\n    ˇ\n}\n", "});\n  h();", "});\n    h();"),
            (
                "fn f() {\n    ˇ\n}\n",
                "(a << 8)\n| (b << 4)\n| c",
                "(a << 8)\n        | (b << 4)\n        | c",
            ),
            ("fn f() {\n    g(r#\"\nˇ\n}\n", "a\"#);\n    h();", "a\"#);\n    h();"),
            // A string goes on as it was written.
            ("fn f() {\n    ˇ\n}\n", "let a = \"b\n  c\";\n      d();", "let a = \"b\n  c\";\n    d();"),
            // Attributes and comments are no statements, and a bound is none either.
            ("ˇ\n", "#[a]\n    fn b() {}\n// c\n    fn d() {}", "#[a]\nfn b() {}\n// c\nfn d() {}"),
            (
                "ˇ\n",
                "fn a<T>()\n    where\n    T: B,\n    U: C,\n{\n    d();\n}",
                "fn a<T>()\nwhere\n    T: B,\n    U: C,\n{\n    d();\n}",
            ),
        ],
    );
}

#[test]
fn blocks_say_how_deep_a_line_is() {
    check(
        "python",
        &[
            (
                "def f():\n    ˇ\n",
                "if x:\n      y()\n    else:\n      z()",
                "if x:\n        y()\n    else:\n        z()",
            ),
            ("def f():\n\tˇ\n", "if x:\n            y()\n        z()", "if x:\n\t\ty()\n\tz()"),
            ("def f():\n\tif a:\n\t\tˇ\n", "for x in y:\n\t\tz()", "for x in y:\n\t\t\tz()"),
            ("def f():ˇ\n", "\n  x = 1\n  return x", "\n    x = 1\n    return x"),
            (
                "def f():\n    if a:\n        if b:\n            ˇ\n",
                "return 1\n\n    return 2",
                "return 1\n\n    return 2",
            ),
            ("def f():\n    x = g(a,\n          ˇ\n", "b)\n    return x", "b)\n    return x"),
            // A step that no header asks for.
            ("def f():\n    ˇ\n", "x = 1\n        return x", "x = 1\n    return x"),
            // Inside of brackets lines may be aligned; the closer stands under the line that opened them.
            (
                "def f():\n    ˇ\n",
                "x = g(a,\n          b)\n    return x",
                "x = g(a,\n          b)\n    return x",
            ),
            (
                "def f():\n\tˇ\n",
                "x = [\n        1,\n        2,\n    ]\n    return x",
                "x = [\n\t\t1,\n\t\t2,\n\t]\n\treturn x",
            ),
            // A string goes on as it was written.
            (
                "def f():\n    ˇ\n",
                "x = \"\"\"a\n  b\n\"\"\"\n    return x",
                "x = \"\"\"a\n  b\n\"\"\"\n    return x",
            ),
            (
                "class A:\n    def f(self):\n        ˇ\n",
                "if x:  # why\n            y()\n\n    # And\n    def g(self):",
                "if x:  # why\n            y()\n\n    # And\n    def g(self):",
            ),
        ],
    );
}
