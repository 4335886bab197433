//! Tests suggestions that once made a real file worse for an independent parser, one row each.

use expect_test::expect;

use super::check::check;

#[test]
fn what_does_not_repair_the_place_is_not_shown() {
    // rustc counts three errors after `pub(crate) fn` where it counts one after `pu`; rust-analyzer counts one for both.
    check(
        "rust",
        "pub struct Guard<T> {\n    lock: Lock<T>,\n    puˇ\n    data: *mut T,\n    _p: PhantomData<T>,\n}\n",
        "b(crate) fn\n",
        expect![[r#"
            pub struct Guard<T> {
                lock: Lock<T>,
                pu«b(crate)»
                data: *mut T,
                _p: PhantomData<T>,
            }
        "#]],
    );
    check(
        "rust",
        "fn fold(&mut self) -> Option<u8> {\n    let Sˇ\n        self.last = None;\n    };\n    None\n}\n",
        "ome(accum) = iter.next().map(C::new) else {\n",
        expect![[r#"
            fn fold(&mut self) -> Option<u8> {
                let S«ome(accum) = iter.next().map(C::new)»
                    self.last = None;
                };
                None
            }
        "#]],
    );
}

#[test]
fn a_header_opens_its_block() {
    // The `}` of the block is all that is missing then: one error, as before.
    check(
        "rust",
        "fn f(n: usize) {\n    for i in ˇ\n\n    g();\n}\n\nfn h() {}\n",
        "0..n {\n        k(i);\n",
        expect![[r#"
            fn f(n: usize) {
                for i in «0..n {»

                g();
            }

            fn h() {}
        "#]],
    );
    check(
        "rust",
        "fn f(n: usize) {\n    for i in ˇ\n\n    g();\n}\n",
        "0..n\n",
        expect![[r#"
        fn f(n: usize) {
            for i in «0..n {»

            g();
        }
    "#]],
    );
    check(
        "rust",
        "use std::fmt;\n\nimpl fmt::Dˇ\n\npub struct A;\n\nfn h() {}\n",
        "ebug for A {\n    fn fmt(\n",
        expect![[r#"
            use std::fmt;

            impl fmt::D«ebug for A {»

            pub struct A;

            fn h() {}
        "#]],
    );
    // Where nothing is written yet, an empty block is no suggestion.
    check("rust", "fn f(n: usize) {\n    ˇ\n    g();\n}\n", "match n {\n", expect!["Invalid"]);
    // Closing the block would not make this whole: what is missing besides cannot be counted.
    check("rust", "fn f(n: usize) {\n    let a = if nˇ\n\n    g();\n}\n", " > 1 {\n", expect!["Invalid"]);
}

#[test]
fn an_opener_does_not_pair_with_a_stray_closer() {
    check(
        "rust",
        "fn new() -> Format {\n    ˇ\n}\n\nfn fmt(of: &Format) {\n    match of.take() {\n        None => panic!(\"x\"),\n    };\n}}\n",
        "Format::new(format!(\"{}\", separator\n",
        expect![[r#"
            fn new() -> Format {
                «Format::new(format!("{}", separator))»
            }

            fn fmt(of: &Format) {
                match of.take() {
                    None => panic!("x"),
                };
            }}
        "#]],
    );
    check("rust", "fn f() {\n    let a = g(&[\"vˇ;\n}\n\nfn broken( {\n}\n", "alues\"]", expect!["Invalid"]);
}

#[test]
fn what_adds_a_risk_is_not_shown() {
    for (language, before, generated) in [
        ("python", "import subprocess\nsubprocess.run(cmd, ˇ)\n", "shell=True"),
        ("python", "x = ˇ\n", "eval(text)\n"),
        ("rust", "fn f(p: *const u8) -> u8 {\n    ˇ\n}\n", "unsafe { *p }\n"),
    ] {
        check(language, before, generated, expect!["Risky"]);
    }
    // The risk is there already, and nothing is added to it.
    check("python", "eval(text)\ny = ˇ\n", "text\n", expect!["eval(text)\ny = «text»\n"]);
}

#[test]
fn newer_syntax_that_an_open_quotation_hid_is_not_added() {
    // Python 3.12 alone reads the second function: ending the docstring of the first asks no more of it.
    let behind = "\n    return x\n\n\ndef g[T](x: T) -> T:\n    \"\"\"The same.\"\"\"\n    return x\n";
    check(
        "python",
        &format!("def f(x):\n    \"\"\"ˇ{behind}"),
        "What it is.\"\"\"\n",
        expect![[r#"
            def f(x):
                """«What it is."""»
                return x


            def g[T](x: T) -> T:
                """The same."""
                return x
        "#]],
    );
    check("python", "x = f'{aˇ\n", "['b']}'\n", expect!["Invalid"]);
}
