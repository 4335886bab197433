//! Tests which stubs are recognised, which bodies are refused, and where a body goes. The model is a script.

use std::sync::Arc;

use super::*;
use crate::actions::{testing, with_edits};
use crate::engine::scripted::{Script, ScriptedEngine};
use crate::engine::{EngineError, Sampling};

/// A snapshot of what is around `ˇ`, and the cursor.
fn open(language: &str, text: &str) -> (Snapshot, Range<usize>) {
    // The macro's own name would look like work left undone here.
    crate::testing::fixture(language, &text.replace("hole!", concat!("to", "do!")))
}

fn title(language: &str, text: &str) -> String {
    let (snapshot, range) = open(language, text);
    find(&snapshot, &range).map(|action| action.title).unwrap_or_default()
}

fn run(engine: &Arc<ScriptedEngine>, language: &str, text: &str) -> Result<String, Reason> {
    let text = text.replace("hole!", concat!("to", "do!"));
    let (snapshot, edits) = testing::run(&SPEC, language, &text, "", engine);
    edits.map(|edits| with_edits(&snapshot, &edits).text.to_string())
}

/// What the file is after the likeliest of `texts` that passes.
fn implemented(language: &str, text: &str, texts: &[&str]) -> Result<String, Reason> {
    let texts: Vec<(String, f32)> = texts.iter().map(|text| ((*text).to_owned(), -0.5)).collect();
    run(&ScriptedEngine::new(move |_| Script::Texts(texts.clone())), language, text)
}

#[track_caller]
fn check(language: &str, before: &str, body: &str, after: &str) {
    assert_eq!(implemented(language, before, &[body]).as_deref(), Ok(after));
}

#[test]
fn a_docstring_gets_its_body() {
    check(
        "python",
        "def add(a: int, b: int) -> int:\n    \"\"\"The ˇsum.\"\"\"\n\n\nx = 1\n",
        "return a + b\n",
        "def add(a: int, b: int) -> int:\n    \"\"\"The sum.\"\"\"\n    return a + b\n\n\nx = 1\n",
    );
    check(
        "rust",
        "/// Theˇ sum.\nfn add(a: u8, b: u8) -> u8 {}\n",
        "a + b",
        "/// The sum.\nfn add(a: u8, b: u8) -> u8 {\n    a + b\n}\n",
    );
}

#[test]
fn the_line_where_one_would_type_on_belongs_to_it() {
    for (before, after) in [
        ("def f(a):\n    'a'\n    ˇ\n\n\nx = 1\n", "def f(a):\n    'a'\n    return a\n\n\nx = 1\n"),
        (
            "class A:\n\tdef f(self, a):\n\t\t'a'\n\n\t\tˇ",
            "class A:\n\tdef f(self, a):\n\t\t'a'\n\t\treturn a",
        ),
    ] {
        check("python", before, "return a", after);
    }
    let rust = "/// a\nfn f(a: u8) -> u8 {\n    ˇ\n}\n";
    check("rust", rust, "a", &rust.replace('ˇ', "a"));
    assert_eq!(title("python", "def f(a):\n    'a'\nˇ\nx = 1\n"), "");
    assert_eq!(title("python", "def f(a):\n    'a'\n    return a\n    ˇ\n"), "");
}

#[test]
fn files_that_only_declare_are_left_alone() {
    let language = crate::testing::language("python");
    let file = |uri: &str| Snapshot::of_text(uri, "def f(a): ...\n", language.clone());
    let offered = |uri: &str| find(&file(uri), &(0..0)).is_some();
    assert!(offered("file:///a.py") && !offered("file:///a.pyi"));
}

#[test]
fn whatever_stands_for_a_body_is_replaced_and_nothing_else() {
    for (before, after) in [
        ("def f(a):ˇ ...\n", "def f(a):\n    return a\n"),
        ("def fˇ(a):\n\tpass\n", "def f(a):\n\treturn a\n"),
        ("def fˇ(a):\r\n    pass\r\n", "def f(a):\r\n    return a\r\n"),
        ("def f(a): \"\"\"Sayˇs a.\"\"\"\n", "def f(a):\n    \"\"\"Says a.\"\"\"\n    return a\n"),
        ("def f(a):\n    '''Says a.'''  # oˇk\n", "def f(a):\n    '''Says a.'''  # ok\n    return a\n"),
        (
            "def f(a):\n    '''Says a.'''\n    # now\n    paˇss\ny = 1\n",
            "def f(a):\n    '''Says a.'''\n    # now\n    return a\ny = 1\n",
        ),
        (
            "class A(P):\n  @final\n  def f(self, a):\n    raise NotImplementedErrorˇ\n\n  def g(self): pass\n",
            "class A(P):\n  @final\n  def f(self, a):\n    return a\n\n  def g(self): pass\n",
        ),
    ] {
        check("python", before, "return a", after);
    }
    for (before, after) in [
        ("fn f(a: u8) -> u8 { hole!()ˇ }\n", "fn f(a: u8) -> u8 {\n    a\n}\n"),
        ("fn f(a: u8) -> u8 {\n\thole!(\"ˇsoon\");\n}\n", "fn f(a: u8) -> u8 {\n\ta\n}\n"),
        (
            "trait T {\n  /// Says a.\n  fn f(&self, a: u8) -> u8ˇ;\n  fn g();\n}\n",
            "trait T {\n  /// Says a.\n  fn f(&self, a: u8) -> u8 {\n    a\n  }\n  fn g();\n}\n",
        ),
        (
            "impl A {\n    // Why.\n    pub fn f(a: u8) -> u8 {\n        // now\n        unimplementedˇ!()\n    }\n}\n",
            "impl A {\n    // Why.\n    pub fn f(a: u8) -> u8 {\n        // now\n        a\n    }\n}\n",
        ),
    ] {
        check("rust", before, "a", after);
    }
}

#[test]
fn titles_say_what_is_there_to_go_by() {
    for (language, text, expected) in [
        ("python", "def f(a):\n    '''Says aˇ.'''\n", "Implement `f` from its docstring"),
        ("python", "ˇdef f(a): pass\n", "Implement `f`"),
        (
            "python",
            "class A:\n    @property\n    def f(self):\n        '''a'''\n        ...ˇ\n",
            "Implement `f` from its docstring",
        ),
        ("rust", "/// Says ˇa.\n#[must_use]\nfn f() {}\n", "Implement `f` from its doc comment"),
        ("rust", "fn f() { hole!()ˇ }", "Implement `f`"),
        // A body, no documentation, somewhere else, meant to be so.
        ("python", "def f(a):\n    '''a'''\n    return aˇ\n", ""),
        ("python", "def f(a):\n    pass\n    return aˇ\n", ""),
        ("python", "ˇx = 1\ndef f(a): pass\n", ""),
        ("python", "@overload\ndef f(a)ˇ: ...\n", ""),
        ("python", "class A: ˇ...\n", ""),
        ("rust", "fn f() {ˇ}", ""),
        ("rust", "trait T {\n    fn f()ˇ;\n}", ""),
        ("rust", "/// a\nˇstruct A {}", ""),
        ("rust", "extern \"C\" {\n    /// a\n    fn fˇ();\n}", ""),
    ] {
        assert_eq!(title(language, text), expected, "{text}");
    }
}

#[test]
fn a_body_that_breaks_something_is_cut_back_or_refused() {
    let stub = "def f(a) -> int:\n    pasˇs\n\n\ndef g(): return 1\n";
    let with = |body: &str| Ok(stub.replace("pasˇs", body));
    for (texts, expected) in [
        // Cut at the last line that fits, behind what leaves, and where the function ends.
        (vec!["raise ValueError(a)"], with("raise ValueError(a)")),
        (vec!["return a\n    print(a)"], with("return a")),
        (vec!["return a\n\n\ndef h(): return 2"], with("return a")),
        // No statement, no part of the syntax, none of its parameters, more risk than before.
        (vec!["# a"], Err(Reason::Invalid)),
        (vec!["pass"], Err(Reason::Invalid)),
        (vec!["'''a'''"], Err(Reason::Invalid)),
        (vec!["return a +"], Err(Reason::Invalid)),
        (vec!["return 1"], Err(Reason::Invalid)),
        (vec!["x.a = f(a=1)"], Err(Reason::Invalid)),
        (vec!["return eval(a)"], Err(Reason::Invalid)),
        (vec![" "], Err(Reason::Invalid)),
        // What is left of it gives nothing back.
        (vec!["b = a\n    if b:"], Err(Reason::Invalid)),
        // The best of several: one that answers, one that knows its names.
        (vec!["print(a)", "return a"], with("return a")),
        (vec!["return unheard_of(a)", "return len(a)"], with("return len(a)")),
    ] {
        assert_eq!(implemented("python", stub, &texts), expected, "{texts:?}");
    }
    let free = stub.replace(" -> int", "");
    for (text, expected) in [
        ("b = a\n    if b:", "b = a"),
        // Said once is enough.
        ("a.b = 1\n    a.b = 1\n    a.b = 1", "a.b = 1"),
        ("if a:\n        g()\n    if a:\n        g()\n    return a", "if a:\n        g()"),
    ] {
        assert_eq!(implemented("python", &free, &[text]), Ok(free.replace("pasˇs", expected)), "{text:?}");
    }
    let two = "fn f(a: u8, b: u8) -> u8 {\n    todoˇ!()\n}\n";
    let changed = "fn f(a: &mut Vec<u8>) {\n    todoˇ!()\n}\n";
    assert_eq!(implemented("rust", changed, &["a.push(1);"]), Ok(changed.replace("todoˇ!()", "a.push(1);")));
    let best = implemented("rust", two, &["a;", "a", "a + b", "unsafe { g(a, b) }"]);
    assert_eq!(best, Ok(two.replace("todoˇ!()", "a + b")));
}

#[test]
fn a_body_that_nobody_means_is_refused_and_the_next_one_tried() {
    for (head, nonsense, sense) in [
        ("def f(a: str) -> dict[str, int]", "return len(a) and 0 if a else 0", "return {a: 1}"),
        ("def f(a: str) -> str", "return a in a", "return a.upper()"),
        ("def f(a: str) -> list[str]", "return a", "return a.split()"),
        ("def f(a: str) -> int", "print(a)", "return len(a)"),
        ("def f(a)", "a = a", "return a"),
        ("def f(a)", "a = 1\n    return a", "return a"),
        ("def f(a: str)", "return a.items()", "return a.upper()"),
        ("def f(a)", "return f(a)", "return f(a - 1)"),
        ("def f(a)", "return 1", "return a"),
    ] {
        let stub = format!("{head}:\n    paˇss\n");
        assert_eq!(implemented("python", &stub, &[nonsense]), Err(Reason::Invalid), "{head}: {nonsense}");
        let expected = Ok(stub.replace("paˇss", sense));
        assert_eq!(implemented("python", &stub, &[nonsense, sense]), expected, "{head}");
    }
    for (head, nonsense, sense) in [
        ("fn f(a: &str) -> String", "if a.is_empty() { 0 } else { 1 }", "a.to_uppercase()"),
        ("fn f(a: &str) -> u32", "println!(\"{a}\"); \"\"", "a.len() as u32"),
        ("fn f(a: u8) -> u32", "if a > 1 { None } else { Some(1) }", "u32::from(a)"),
        ("fn f(a: u8) -> u8", "g(a);", "a"),
        ("fn f(a: u8) -> bool", "a == a", "a == 1"),
        ("fn f(mut a: u8)", "a = 1;\n    g(a);", "println!(\"{a}\");"),
        ("fn f(a: &str)", "a.push('x');", "println!(\"{}\", a.trim());"),
        ("fn f(a: u8) -> u8", "f(a)", "f(a - 1)"),
        ("fn f(a: u8) -> u8", "1", "a"),
    ] {
        let stub = format!("{head} {{\n    hole!ˇ()\n}}\n");
        assert_eq!(implemented("rust", &stub, &[nonsense]), Err(Reason::Invalid), "{head}: {nonsense}");
        let expected = Ok(stub.replace("hole!ˇ()", sense));
        assert_eq!(implemented("rust", &stub, &[nonsense, sense]), expected, "{head}");
    }
}

#[test]
fn it_is_asked_again_by_chance_while_nothing_is_good() {
    let stub = "def f(a):\n    paˇss\n";
    let engine = ScriptedEngine::new(|job| match job.sampling {
        Sampling::Seeded { seed: 6, .. } => Script::Texts(vec![("return a".into(), -0.4)]),
        _ => Script::Texts(vec![("return 1".into(), -0.1)]),
    });
    assert_eq!(run(&engine, "python", stub), Ok(stub.replace("paˇss", "return a")));
    assert_eq!(engine.jobs().len(), 3);
    let jobs = engine.jobs();
    let prefix = jobs[0].segments.iter().find(|segment| segment.role == Role::Prefix).unwrap();
    assert_eq!(prefix.text, "def f(a):\n    ");
}

#[test]
fn what_is_most_likely_wrong_is_not_written() {
    let stub = "def f(a):\n    paˇss\n";
    let rated = |logprob: f32| {
        ScriptedEngine::new(move |_| {
            let words = ["return", " a", ".b", ".c", "()"];
            Script::Rated(words.iter().map(|word| ((*word).to_owned(), logprob)).collect())
        })
    };
    let unsure = rated(-2.0);
    assert_eq!(run(&unsure, "python", stub), Err(Reason::LowConfidence));
    assert_eq!(unsure.jobs().len(), 3, "it is asked again, and not for ever");
    let message = SPEC.failure_message(&Reason::LowConfidence);
    assert!(message.contains("larger model"), "{message}");
    let sure = rated(-0.1);
    assert_eq!(run(&sure, "python", stub), Ok(stub.replace("paˇss", "return a.b.c()")));
    assert_eq!(sure.jobs().len(), 1);
}

#[test]
fn types_below_are_told() {
    let engine = ScriptedEngine::always("return a.b");
    let text = "def f(a: Thing, b: int):\n    paˇss\n\n\nclass Other(int):\n    pass\n\n\nclass Thing(Base):\n    b = 1\n";
    run(&engine, "python", text).unwrap();
    let jobs = engine.jobs();
    assert_eq!(
        (jobs[0].segments[0].role, jobs[0].segments[0].text.as_str()),
        (Role::Stable, "class Thing(Base)\n")
    );
}

#[test]
fn an_engine_that_fails_is_named_and_not_asked_again() {
    let engine = ScriptedEngine::new(|_| Script::Error(EngineError::Failed("no memory".into())));
    let failed = run(&engine, "python", "def f(a):ˇ ...\n");
    assert_eq!((failed, engine.jobs().len()), (Err(Reason::EngineFailed("no memory".into())), 1));
    assert_eq!(run(&engine, "python", "ˇx = 1\n"), Err(Reason::NotHere));
}
