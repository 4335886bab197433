//! Tests what users of other tools complain about, one row each: doubled suffixes and brackets, indentation, leaked
//! tokens.

use expect_test::expect;

use super::check::check;

#[test]
fn the_suffix_is_not_doubled() {
    check(
        "python",
        "print(ˇ)\n",
        "a, b)",
        expect![[r#"
        print(«a, b»)
    "#]],
    );
    check(
        "python",
        "print(ˇ)\n",
        "foo(a)",
        expect![[r#"
        print(«foo(a)»)
    "#]],
    );
    check(
        "python",
        "print('Not equalˇ')\n",
        ": no')",
        expect![[r#"
        print('Not equal«: no»')
    "#]],
    );
    check(
        "python",
        "x = foo(ˇ)\n",
        "a).bar(b)",
        expect![[r#"
        x = foo(«a).bar(b»)
    "#]],
    );
    check(
        "rust",
        "fn f() {\n    let x = Some(ˇ);\n}\n",
        "1);\n",
        expect![[r#"
        fn f() {
            let x = Some(«1»);
        }
    "#]],
    );
    check(
        "rust",
        "fn f() {\n    g(ˇ\n    h();\n}\n",
        "a);\n    h();\n}",
        expect![[r#"
        fn f() {
            g(«a);»
            h();
        }
    "#]],
    );
    check(
        "rust",
        "fn f() {ˇ}\n",
        "\n    g();\n}\n",
        expect![[r#"
            fn f() {«
                g();
            }»
        "#]],
    );
    check(
        "python",
        "if ˇ:\n    pass\n",
        "x > 1:\n    pass",
        expect![[r#"
        if «x > 1»:
            pass
    "#]],
    );
    check(
        "python",
        "x = ˇ + y\n",
        "a + y\n",
        expect![[r#"
        x = «a » + y
    "#]],
    );
    check(
        "python",
        "def f():\n    ˇ\n    return total\n",
        "total = 1\n    return total\n",
        expect![[r#"
        def f():
            «total = 1»
            return total
    "#]],
    );
}

#[test]
fn brackets_are_even() {
    // Valid Python, by two strings that follow each other.
    check("python", "a = {\"eq\": \"==\", \"lt\": \"<ˇ\"}\n", "\"\"}\n", expect!["Invalid"]);
    check(
        "python",
        "x = foo(ˇ\n",
        "a, b\n",
        expect![[r#"
        x = foo(«a, b)»
    "#]],
    );
    check(
        "python",
        "x = foo(aˇ\n",
        ", b)))\n",
        expect![[r#"
        x = foo(a«, b)»
    "#]],
    );
    check(
        "rust",
        "fn f() {\n    let v = ˇ\n}\n",
        "vec![1, (2",
        expect![[r#"
            fn f() {
                let v = «vec![1, (2)];»
            }
        "#]],
    );
    check(
        "python",
        "x = ˇ\n",
        "'it is\n",
        expect![[r#"
            x = «'it is'»
        "#]],
    );
}

#[test]
fn indentation_is_the_files_own() {
    check(
        "python",
        "def f():\n    if x:\n        ˇ\n",
        "        return 1\n",
        expect![[r#"
            def f():
                if x:
                    «return 1»
        "#]],
    );
    check(
        "python",
        "x = ˇ\n",
        " 1\n",
        expect![[r#"
        x = «1»
    "#]],
    );
    check(
        "python",
        "def f():\n    ˇ\n",
        "if x:\n      y()\n",
        expect![[r#"
            def f():
                «if x:
                    y()»
        "#]],
    );
    check(
        "rust",
        "fn f() {\n\tlet a = 1;\n\tif a {ˇ\n\t}\n}\n",
        "\n        g();\n",
        expect![[r#"
        fn f() {
        	let a = 1;
        	if a {«
        		g();»
        	}
        }
    "#]],
    );
    check("python", "def f(x):\n    return xˇ\n", "\n\ndef g():\n    pass\n", expect!["Blank"]);
    check(
        "python",
        "class A:\n    def f(self):\n        ˇ\n\n    def g(self):\n        pass\n",
        "x = 1\n        return x\n\n    def h(self):\n",
        expect![[r#"
        class A:
            def f(self):
                «x = 1
                return x»

            def g(self):
                pass
    "#]],
    );
}

#[test]
fn special_tokens_never_leak() {
    check(
        "python",
        "x = ˇ\n",
        "1</fim_middle>",
        expect![[r#"
        x = «1»
    "#]],
    );
    check(
        "python",
        "x = ˇ\n",
        "1<|endoftext|>foo",
        expect![[r#"
        x = «1»
    "#]],
    );
    check("python", "x = ˇ\n", "<EOT>", expect!["Blank"]);
    check("python", "x = ˇ\n", "1\u{202e}", expect!["Invalid"]);
    check(
        "rust",
        "fn f() {\n    let x: Vec<ˇ\n}\n",
        "u8> = Vec::new();",
        expect![[r#"
        fn f() {
            let x: Vec<«u8> = Vec::new();»
        }
    "#]],
    );
}

#[test]
fn repetition_is_silence() {
    check("python", "import numpy\nˇ\n", "import numpy\n", expect!["Repetition"]);
    check(
        "python",
        "x = ˇ\n",
        "foo.bar.foo.bar.foo.bar.foo.bar.foo.bar.foo.bar",
        expect![[r#"
        x = «foo.bar»
    "#]],
    );
}
