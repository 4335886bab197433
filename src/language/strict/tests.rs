//! Tests what the strict parsers must refuse, accept, and survive.

use super::*;

fn parser(language: &str) -> StrictParser {
    StrictParser::by_name(language).unwrap()
}

#[track_caller]
fn refuses(parser: StrictParser, texts: &[&str]) {
    for text in texts {
        assert!(parser.errors(text) > 0, "{} accepts {text:?}", parser.name());
    }
}

#[track_caller]
fn accepts(parser: StrictParser, texts: &[&str]) {
    for text in texts {
        assert_eq!(parser.judge(text).total(), 0, "{} refuses {text:?}", parser.name());
    }
}

/// Texts of one kind: `examples/<language>.toml`.
#[derive(serde::Deserialize)]
struct Example {
    name: String,
    refused: Vec<String>,
    accepted: Vec<String>,
}

fn examples(file: &str) -> Vec<Example> {
    let mut file: std::collections::HashMap<String, Vec<Example>> = toml::from_str(file).unwrap();
    file.remove("example").unwrap()
}

#[track_caller]
fn judges(language: &str, examples: &[Example]) {
    for example in examples {
        for text in &example.refused {
            assert!(!parser(language).accepts(text), "{}: accepted {text:?}", example.name);
            assert!(parser(language).errors(text) > 0, "{}: no error in {text:?}", example.name);
        }
        for text in &example.accepted {
            let errors = parser(language).syntax_errors(text);
            assert!(parser(language).accepts(text), "{}: refused {text:?} {errors:?}", example.name);
            assert_eq!(parser(language).errors(text), 0, "{}: {text:?}", example.name);
        }
    }
}

/// Each rule has an example, and it is that rule which refuses it.
#[track_caller]
fn explains(language: &str, rules: &[&str], examples: &[Example]) {
    for rule in rules {
        let example = examples.iter().find(|example| example.name == *rule);
        let example = example.unwrap_or_else(|| panic!("no example of {rule:?}"));
        assert!(!example.refused.is_empty() && !example.accepted.is_empty(), "{rule}");
        for text in &example.refused {
            let errors = parser(language).syntax_errors(text);
            assert!(errors.iter().any(|error| error.message == *rule), "{rule}: {text:?} {errors:?}");
        }
    }
}

#[test]
fn rust_is_judged_as_rustc_judges_it() {
    let examples = examples(include_str!("examples/rust.toml"));
    judges("rust", &examples);
    explains("rust", &rust::rule_names(), &examples);
}

#[test]
fn python_is_judged_as_cpython_judges_it() {
    let examples = examples(include_str!("examples/python.toml"));
    judges("python", &examples);
    explains("python", &python::rule_names(), &examples);
}

/// What an item belongs to is not known when something around it is broken, or a macro may mend it.
#[test]
fn an_unknown_place_refuses_nothing() {
    let semantic = |text: &str| parser("rust").judge(text).semantic;
    // The head of the trait, or of the `impl`, is damaged or cut off.
    assert_eq!(semantic("trait T {\n fn f();\n"), 0);
    assert_eq!(semantic("trait T \n fn f(&self);\n}\n"), 0);
    assert_eq!(semantic("    fn f(&self) {}\n}\n"), 0);
    assert_eq!(semantic("fn f(&self) {}\n"), 1);
    let within = |text: &str| parser("rust").judge_inside(text).semantic;
    assert_eq!((within("fn f();\n"), within("trait T { fn f(); }\n"), within("}\nfn f();\n")), (1, 0, 0));
    // A `nonlocal` whose function is cut off.
    assert_eq!(parser("python").judge("    def g():\n        nonlocal x\n").semantic, 0);
    assert_eq!(parser("python").judge("def g():\n    nonlocal x\n").semantic, 1);
}

/// A fault that stood there before silences no suggestion, and a new one is seen.
#[test]
fn only_a_new_fault_is_worse() {
    let judged = |text: &str| StrictReport::whole(Some(parser("rust")), text.to_owned());
    let before = "fn f();\nimpl S {\n}\n";
    assert!(!judged("fn f();\nimpl S {\n    fn g() {}\n}\n").worse_than(&judged(before)));
    assert!(judged("fn f();\nimpl S {\n    pub fn g(x: &[u8]) -> usize;\n}\n").worse_than(&judged(before)));
    let open = "pub fn f(x: &[u8]) -> usize\n";
    assert!(judged("pub fn f(x: &[u8]) -> usize;\n").worse_than(&judged(open)));
    assert!(!judged("pub fn f(x: &[u8]) -> usize {\n    0\n}\n").worse_than(&judged(open)));
}

#[test]
fn python_refuses_what_cpython_refuses() {
    refuses(
        parser("python"),
        &[
            "def f():\n",
            "if x:\n    a\n  b\n",
            "try:\n    a\n",
            "f(a=1, b)\n",
            "f(a=1, a=2)\n",
            "f((a)=1)\n",
            "f(**a, *b)\n",
            "if x:\n\ta\n        b\n",
            "x = yield = 1\n",
            "def f(a, a): pass\n",
            "def f(a=1, b): pass\n",
            "lambda a, a: 1\n",
            "return 1\n",
            "class A:\n    return 1\n",
            "yield 1\n",
            "break\n",
            "for x in y:\n    pass\nelse:\n    continue\n",
            "def f():\n    await g()\n",
            "class A:\n    x = await g()\n",
            "nonlocal x\n",
            "def f(x):\n    global x\n",
            "1 = x\n",
            "f() = 1\n",
            "x + 1 = 2\n",
            "*a = 1\n",
            "*a, *b = c\n",
            "print 'x'\n",
            "a b\n",
            "'unclosed\n",
            "f'{'\n",
            "f'{a b}'\n",
            "from __future__ import nope\n",
            "x = 1\nfrom __future__ import annotations\n",
            "match x:\n    case a: pass\n    case b: pass\n",
            "match x:\n    case [a, a]: pass\n",
            "def f():\n    from m import *\n",
            "del f()\n",
            "del x + 1\n",
            "import a.b as\n",
            "0777\n",
            "1__0\n",
            "b'é'\n",
            "'\\N{nope'\n",
            "assert x, \n",
            "[x := 1 for x in y]\n",
            "async def f():\n    yield 1\n    return 2\n",
        ],
    );
}

#[test]
fn python_accepts_what_cpython_accepts() {
    accepts(
        parser("python"),
        &[
            "",
            "def f():\n    return 1\n",
            "async def f():\n    return [x async for x in y if await x]\n",
            "async def f():\n    yield await g()\n",
            "def f():\n    return (await x for x in y)\n",
            "def f(x):\n    for y in x:\n        if y: continue\n        while 1: break\n    else:\n        yield 1\n",
            "lambda x: (yield)\n",
            "class A:\n    x = [y for y in z]\n    def f(self): return self\n",
            "match x:\n    case {'a': [1, *b]} if b: pass\n    case _: pass\n",
            "try:\n    a\nexcept* E:\n    b\n",
            "def f[T](x: T) -> T: return x\ntype A = int\n",
            "with (a as b, c): pass\n",
            "x = f'{a!r:>{b}} {c=}'\n",
            "if x:\n\ta\n\tb\n",
            "\u{c}\ndef f(): ...\n",
        ],
    );
}

#[test]
fn newer_syntax_is_refused_only_where_the_file_had_none() {
    let [old, new] = ["x = 1\n", "type A = int\n"].map(|text| parser("python").judge(text));
    assert!(new.worse_than(&old));
    assert!(!new.worse_than(&new));
    assert!(parser("python").judge("try:\n    a\nexcept E, F:\n    b\n").worse_than(&new));
    assert!(!parser("python").judge("match x:\n    case 1: pass\n").worse_than(&old));
}

#[test]
fn newer_syntax_that_an_error_hid_is_not_added() {
    let judged = |text: &str| StrictReport::whole(Some(parser("python")), text.to_owned());
    let open = "def f():\n    \"\"\"A.\n    return 1\n\n\ndef g[T](x: T):\n    \"\"\"B.\"\"\"\n";
    let closed = open.replacen("A.", "A.\"\"\"", 1);
    assert_eq!((judged(open).faults.min_version, judged(&closed).faults.min_version), (0, 12));
    assert!(!judged(&closed).worse_than(&judged(open)));
    // The change itself min_version it, although it mends the text.
    for (before, after) in [
        ("def g(x: T):\n    return (x\n", "def g[T](x: T):\n    return (x)\n"),
        ("def g(x):\n    return (x\n", "def g(x):\n    return (x)\ntype A = int\n"),
        ("x = f'{a\n", "x = f'{a['b']}'\n"),
        ("try:\n    a(\nexcept E:\n    b\n", "try:\n    a()\nexcept* E:\n    b\n"),
    ] {
        assert!(judged(after).worse_than(&judged(before)), "{after}");
    }
}

#[test]
fn rust_refuses_what_rustc_refuses() {
    refuses(
        parser("rust"),
        &[
            "fn main() {",
            "fn main() { let x = ; }",
            "fn main() { foo( }",
            "fn f(a b) {}",
            "struct S { a: u8 b: u8 }",
            "fn main() { let x = 1 let y = 2; }",
            "fn main() { 'ab'; }",
            "fn main() { if x }",
            "fn main() { match x { 1 => } }",
            "impl { }",
            "use a::;",
            "fn main() { x = = 1; }",
            "fn main() { \"unclosed }",
            "fn main() { a < b < c; }",
            "fn main() { 1 = }",
            "let x = 1;",
        ],
    );
}

#[test]
fn rust_accepts_what_rustc_accepts() {
    accepts(
        parser("rust"),
        &[
            "",
            "//! doc\nfn main() {}\n",
            "async fn f<T: A<B = C>>(x: &'a mut [T; 3]) -> impl Fn(u8) -> u8 where T: 'static { async move { x? } }",
            "fn f() { let Some(x) = y else { return }; if let 1 | 2 = x && true {} 'a: loop { break 'a; } }",
            "macro_rules! m { ($($x:expr),*) => { [$($x),*] } }\nm!(a b c);\n",
            "const X: fn() -> ! = || -> ! { loop {} };",
            "fn f() { let r#type = b\"x\"; c\"y\"; r#\"z\"#; 1_000.0e-3f64; }",
            "unsafe extern \"C\" { fn f(); }",
        ],
    );
}

#[test]
fn each_kind_of_fault_counts_for_itself() {
    let fewer = Faults { syntax: 1, ..Faults::default() };
    let other = Faults { semantic: 1, ..Faults::default() };
    assert!(other.worse_than(&fewer) && fewer.worse_than(&other));
    assert!(!Faults::default().worse_than(&fewer));
    assert!(Faults { unjudged: true, ..Faults::default() }.worse_than(&fewer));
    assert!(!fewer.worse_than(&Faults { unjudged: true, ..Faults::default() }));
}

/// Every construct that nests, just under the limit and far above it: a stack overflow would end the test process.
#[test]
fn deep_nesting_is_survived() {
    let python = [
        ("(", "x", ")"),
        ("[", "", "]"),
        ("{0:", "0", "}"),
        ("-", "x", ""),
        ("not ", "x", ""),
        ("lambda a, b: ", "x", ""),
        ("a.", "b", ""),
        ("", "a", "(b)"),
        ("", "a", "[0]"),
        ("a + ", "b", ""),
        ("a ** ", "b", ""),
        ("a if b else ", "c", ""),
        ("await ", "x", ""),
        ("f'{", "x", "}'"),
        ("x = ", "1", ""),
        ("a and ", "b", ""),
        ("(yield ", "x", ")"),
        ("f(*", "x", ")"),
        ("*", "x", ""),
        ("[x for x in ", "y", "]"),
    ];
    let rust = [
        ("(", "x", ")"),
        ("[", "x", "]"),
        ("{", "x", "}"),
        ("-", "x", ""),
        ("&", "x", ""),
        ("|a, b| ", "x", ""),
        ("|| ", "x", ""),
        ("", "x", ".a"),
        ("", "x", "?"),
        ("", "x", "()"),
        ("a + ", "b", ""),
        ("a = ", "b", ""),
        ("if a {} else ", "{}", ""),
        ("if ", "a", " {}"),
        ("match ", "a", " {}"),
        ("x as A<B, ", "C", ">"),
        ("x as fn(A, B) -> ", "C", ""),
        ("x as for<'a, 'b> fn() -> ", "C", ""),
        ("", "x", ".f::<A, B>()"),
        ("return ", "x", ""),
        ("break ", "x", ""),
        ("..", "x", ""),
        ("unsafe {", "x", "}"),
        ("a::<", "b", ">"),
        ("m!(", "x", ")"),
        ("", "x", " as u8"),
        ("*", "x", ""),
        ("async {", "x", "}"),
        ("for x in ", "y", " {}"),
        ("let &", "x", " = y"),
        ("<A<B, C> as D<", "E", ">>::F"),
    ];
    for times in [150, 1_500, 5_900, 60_000] {
        for (open, middle, close) in python {
            let nested = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
            let in_function = format!("async def f():\n    y = {nested}\n");
            let verdicts = [&nested, &in_function].map(|text| parser("python").judge(text));
            assert!(times < 60_000 || open == "x = " || verdicts[1].unjudged, "{open} {close}: {verdicts:?}");
        }
        for (open, middle, close) in rust {
            let nested =
                format!("fn f() {{ let x = {}{middle}{}; }}", open.repeat(times), close.repeat(times));
            let verdict = parser("rust").judge(&nested);
            assert!(times < 60_000 || verdict.unjudged, "{open} {close}: {verdict:?}");
        }
    }
}
