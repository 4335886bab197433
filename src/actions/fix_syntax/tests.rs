//! Tests repairs before and after, and that correct code gets none.

use expect_test::{Expect, expect};

use super::*;
use crate::actions::fixes;
use crate::actions::testing::request;

pub(super) fn ask(language: &str, before: &str) -> (Snapshot, Vec<Fix>) {
    let request = request(language, before, "");
    (request.snapshot.clone(), fixes(&request))
}

/// Apply the first offer at `ˇ`: its title, then the text.
fn check(language: &str, before: &str, after: Expect) {
    let (snapshot, offers) = ask(language, before);
    let title = offers.first().map_or("nothing", |offer| &offer.title);
    let result =
        offers.first().map_or(snapshot.text.to_string(), |offer| repaired(&snapshot, offer).text.to_string());
    after.assert_eq(&format!("{title}\n{result}"));
}

#[test]
fn brackets() {
    check(
        "python",
        "def f(items):\n    if len(itemsˇ > 3:\n        return 1\n",
        expect![[r#"
            Close the call: insert `)` after `len(items`
            def f(items):
                if len(items) > 3:
                    return 1
        "#]],
    );
    check(
        "python",
        "x = foo(\n    a,\n    b,\n\nˇy = f(x)\nz = g(y)\n",
        expect![[r#"
            Close the call: insert `)` in line 4
            x = foo(
                a,
                b,
            )
            y = f(x)
            z = g(y)
        "#]],
    );
    // Behind the last element, not behind the comment that follows.
    check(
        "python",
        "y = f(x)\nx = f(\n    1,\n    2,\n# commentˇ\n\n",
        expect![[r#"
            Close the call: insert `)` after `2,` (line 4)
            y = f(x)
            x = f(
                1,
                2,)
            # comment

        "#]],
    );
    check(
        "rust",
        "fn f(a: &[u8]) -> usize {\n    if a.is_empty() {\n        return 0;\n    \n    a.len()\n}ˇ\n",
        expect![[r#"
            Close the block: insert `}` in line 4
            fn f(a: &[u8]) -> usize {
                if a.is_empty() {
                    return 0;
                }
                a.len()
            }
        "#]],
    );
    check(
        "rust",
        "fn f(a: &[u8]) -> usize {\n    a.iter()).count()ˇ\n}\n",
        expect![[r#"
        Delete `)` after `a.iter()`
        fn f(a: &[u8]) -> usize {
            a.iter().count()
        }
    "#]],
    );
}

#[test]
fn marks() {
    check(
        "python",
        "def f(a, b)ˇ\n    return a + b\n",
        expect![[r#"
        Add the missing `:` after `def f(a, b)`
        def f(a, b):
            return a + b
    "#]],
    );
    check(
        "python",
        "x = [1, 2 ˇ3]\n",
        expect![[r#"
        Add the missing `,` after `x = [1, 2`
        x = [1, 2, 3]
    "#]],
    );
    check(
        "rust",
        "fn f() {\n    let x = 1ˇ\n    let y = 2;\n}\n",
        expect![[r#"
        Add the missing `;` after `let x = 1`
        fn f() {
            let x = 1;
            let y = 2;
        }
    "#]],
    );
    check(
        "rust",
        "fn f() {\n    let x = 1ˇ\n    g(x);\n}\n",
        expect![[r#"
            Add the missing `;` after `let x = 1`
            fn f() {
                let x = 1;
                g(x);
            }
        "#]],
    );
    check(
        "rust",
        "fn f(a u32ˇ) -> u32 {\n    a\n}\n",
        expect![[r#"
        Add the missing `:` after `fn f(a`
        fn f(a: u32) -> u32 {
            a
        }
    "#]],
    );
}

#[test]
fn keywords() {
    check(
        "python",
        "def f(x):\n    retrun xˇ\n",
        expect![[r#"
        Correct the spelling: `return`
        def f(x):
            return x
    "#]],
    );
    check(
        "python",
        "def f(x):\n    return x\n\n f(y):ˇ\n    return y\n",
        expect![[r#"
            Insert `def` before `f(y):`
            def f(x):
                return x

            def f(y):
                return y
        "#]],
    );
    check(
        "rust",
        "fn f() {\n    lte x = g()ˇ;\n}\n",
        expect![[r#"
        Correct the spelling: `let`
        fn f() {
            let x = g();
        }
    "#]],
    );
}

#[test]
fn indentation() {
    check(
        "python",
        "def f(x):\n    a = x\n     b = aˇ\n    return b\n",
        expect![[r#"
            Indent line 3 by 1 less
            def f(x):
                a = x
                b = a
                return b
        "#]],
    );
    check(
        "python",
        "def f(x):\n    if x:\n    return 1ˇ\n    return 2\n",
        expect![[r#"
        Indent line 3 by 4 more
        def f(x):
            if x:
                return 1
            return 2
    "#]],
    );
}

#[test]
fn quotes() {
    check(
        "python",
        "print(\"helloˇ)\n",
        expect![[r#"
        Close the string: insert `"` after `print("hello`
        print("hello")
    "#]],
    );
    check(
        "rust",
        "fn f() {\n    println!(\"hello);ˇ\n}\n\nfn g() {\n    println!(\"x\");\n}\n",
        expect![[r#"
            Close the string: insert `"` after `println!("hello`
            fn f() {
                println!("hello");
            }

            fn g() {
                println!("x");
            }
        "#]],
    );
}

#[test]
fn windows_line_ends_stay() {
    let (snapshot, offers) = ask("python", "def f(a):\r\n    g(aˇ\r\n\r\nx = 1\r\n");
    let text = repaired(&snapshot, &offers[0]).text.to_string();
    assert_eq!(text, "def f(a):\r\n    g(a)\r\n\r\nx = 1\r\n");
    assert_eq!(offers[0].edits, [crate::document::Edit::insert(18, ")")]);
}

#[test]
fn nothing_is_offered_where_nothing_is_wrong() {
    assert_eq!(ask("python", "def f(a):\n    return ˇa\n").1, []);
    assert_eq!(ask("rust", "fn fˇ() {}\n").1, []);
    let broken = format!("x = ˇ1\n{}y = (\n", "z = 2\n".repeat(60));
    assert_eq!(ask("python", &broken).1, [], "the error is far away");
}

#[test]
fn an_offer_never_adds_a_fault_and_says_what_it_mends() {
    for (language, text) in [
        ("python", "class A:\n    def f(self:\n        return )ˇ\n\n    def g(self):\n        pass\n"),
        ("rust", "fn f( {\n    let = ;ˇ\n    match {\n}\n"),
    ] {
        let (snapshot, offers) = ask(language, text);
        let before = crate::verify::FaultCount::of(&snapshot).unwrap();
        for offer in offers {
            let after = crate::verify::FaultCount::of(&repaired(&snapshot, &offer)).unwrap();
            assert!(after.adds_nothing_to(&before) && after.total() < before.total(), "{}", offer.title);
        }
    }
}
