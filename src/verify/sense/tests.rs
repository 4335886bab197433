//! Tests the rules, each with bodies that break it and some that are close to that.

use super::Nonsense::{CallsItself, GivesNothing, NoSuchMember, Overwrites, SaysTwice, WrongType};
use super::*;

/// What is wrong with the marked body.
#[track_caller]
fn judged(language: &str, marked: &str, parameters: &[&str]) -> Option<Nonsense> {
    let (snapshot, inserted) = crate::testing::fixture(language, marked);
    let tree = snapshot.parse().unwrap();
    assert!(!tree.root_node().has_error(), "{marked}");
    let kinds = &snapshot.language.as_ref().unwrap().config.functions;
    let inner = tree.root_node().descendant_for_byte_range(inserted.start, inserted.end).unwrap();
    let mut around = std::iter::successors(Some(inner), |node| node.parent());
    let function = around.find(|node| kinds.iter().any(|kind| kind == node.kind())).unwrap();
    let name = snapshot.slice(function.child_by_field_name("name").unwrap().byte_range());
    let parameters: Vec<String> = parameters.iter().map(|name| (*name).to_owned()).collect();
    let file = FileSense::new(&snapshot, &tree).unwrap();
    let written = Written { function, name: &name, parameters: &parameters };
    file.nonsense(&snapshot, &tree, written, &inserted)
}

/// Bodies of `def f(HEAD:`, each with what is wrong with it.
#[track_caller]
fn python(rows: &[(&str, &str, Option<Nonsense>)]) {
    for (head, body, expected) in rows {
        let body = body.replace('\n', "\n    ");
        let text = format!("class Own:\n    pass\n\n\ndef f({head}:\n    ⟦{body}⟧\n");
        assert_eq!(judged("python", &text, &["a", "b"]), *expected, "{text}");
    }
}

#[track_caller]
fn rust(rows: &[(&str, &str, Option<Nonsense>)]) {
    for (head, body, expected) in rows {
        let text = format!("struct Own;\n\nfn f({head} {{\n    ⟦{body}⟧\n}}\n");
        assert_eq!(judged("rust", &text, &["a", "b"]), *expected, "{text}");
    }
}

#[test]
fn what_python_gives_back() {
    python(&[
        ("a) -> dict[str, int]", "return 0", Some(WrongType)),
        ("a) -> dict[str, int]", "return {x: 1 for x in a}", None),
        ("a) -> Mapping[str, int]", "return {a: 1}", None),
        ("a: str, b) -> str", "return a in b", Some(WrongType)),
        ("a, b) -> bool", "return a in b", None),
        ("a, b) -> list[str]", "return a not in b", Some(WrongType)),
        ("a) -> str", "return None", Some(WrongType)),
        ("a) -> Own", "return None", Some(WrongType)),
        ("a) -> Own", "return Own()", None),
        ("a) -> Foreign", "return None", None),
        ("a) -> Optional[str]", "return None", None),
        ("a) -> int | None", "if a:\n    return 1\nreturn None", None),
        ("a) -> int", "return 'x'", Some(WrongType)),
        ("a) -> int", "return f'{a}'", Some(WrongType)),
        ("a) -> bytes", "return 'x'", Some(WrongType)),
        ("a) -> str", "return b'x'", Some(WrongType)),
        ("a) -> float", "return 1", None),
        ("a) -> int", "return 1.5", Some(WrongType)),
        ("a) -> 'int'", "return a if a else ''", Some(WrongType)),
        ("a) -> int", "return (1 if a else 0)", None),
        ("a: str) -> int", "return a", Some(WrongType)),
        ("a: str) -> int", "return a.split()", Some(WrongType)),
        ("a: str) -> list[str]", "return a.strip().split(',')", None),
        ("a: str) -> int", "return a.find('x') + len(a)", None),
        ("a: str) -> int", "a = len(a)\nreturn a", None),
        ("a: str) -> str", "return a + a + 'x'", None),
        ("a: int) -> str", "return a * 2", Some(WrongType)),
        ("a) -> None", "return len(a)", Some(WrongType)),
        ("a) -> Iterator[int]", "yield a\nreturn", None),
        ("a) -> Iterator[int]", "return (x for x in a)", None),
        ("a) -> Iterator[int]", "return [x for x in a]", Some(WrongType)),
        ("a) -> int", "def g():\n    return ''\nreturn len(g())", None),
        ("a) -> Any", "return None", None),
        ("a)", "return None", None),
    ]);
}

#[test]
fn what_rust_gives_back() {
    rust(&[
        ("a: u8) -> String", "0", Some(WrongType)),
        ("a: u8) -> u32", "\"\"", Some(WrongType)),
        ("a: u8) -> u32", "a", Some(WrongType)),
        ("a: u8) -> u8", "a", None),
        ("a: u8) -> u32", "None", Some(WrongType)),
        ("a: u8) -> Option<u32>", "None", None),
        ("a: u8) -> Option<u32>", "Some(1)", None),
        ("a: u8) -> Result<u32, Own>", "Some(1)", Some(WrongType)),
        ("a: u8) -> u32", "if a > 1 { 1 } else { Some(2) }", Some(WrongType)),
        ("a: u8) -> u32", "match a { 1 => 1, _ => return 2 }", None),
        ("a: u8) -> bool", "if a > 1 { return true; }\n    a == 0", None),
        ("a: &str) -> String", "a", Some(WrongType)),
        ("a: &str) -> String", "a.to_string()", None),
        ("a: &str) -> usize", "a.len()", None),
        ("a: &str) -> u32", "a.len()", Some(WrongType)),
        ("a: &String) -> &str", "a", None),
        ("a: u8) -> f64", "1", Some(WrongType)),
        ("a: u8) -> f64", "-1.0", None),
        ("a: u8) -> Own", "0", Some(WrongType)),
        ("a: u8) -> Vec<u8>", "vec![a]", None),
        ("a: u8) -> Foreign", "0", None),
        ("a: u8) -> impl Fn() -> u8", "move || 0", None),
        ("a: &[u8]) -> u8", "a.iter().map(|x| { return \"\"; }).count() as u8", None),
        ("a: u8)", "\"x\"", None),
    ]);
}

#[test]
fn something_is_given_on_each_way() {
    python(&[
        ("a) -> int", "print(a)", Some(GivesNothing)),
        ("a) -> Foreign", "print(a)", Some(GivesNothing)),
        ("a) -> int", "if a:\n    return 1", Some(GivesNothing)),
        ("a) -> int", "return", Some(GivesNothing)),
        ("a) -> Foreign", "if a:\n    return 1", None),
        ("a) -> int", "if a:\n    return 1\nelif f(a):\n    return 2\nelse:\n    raise ValueError(a)", None),
        ("a) -> int", "for x in a:\n    return 1", Some(GivesNothing)),
        ("a) -> int", "while True:\n    a()", None),
        ("a) -> int", "with a:\n    return 1", None),
        ("a) -> int", "try:\n    return a()\nexcept OSError:\n    pass", Some(GivesNothing)),
        ("a) -> int", "try:\n    return a()\nexcept OSError:\n    sys.exit(a)", None),
        ("a) -> int | None", "print(a)", None),
        ("a) -> None", "print(a)", None),
        ("a)", "print(a)", None),
    ]);
    rust(&[
        ("a: u8) -> u8", "a;", Some(GivesNothing)),
        ("a: u8) -> Foreign", "if a > 1 { g(a); }\n    g(a);", Some(GivesNothing)),
        ("a: u8) -> u8", "return a;", None),
        ("a: u8) -> u8", "if a > 1 { return a; } else { panic!(\"x\"); }", None),
        ("a: u8) -> u8", "if a > 1 { return a; } else { g(a); }", Some(GivesNothing)),
        ("a: u8) -> u8", "loop { g(a); }", None),
        ("a: u8)", "g(a);", None),
    ]);
}

#[test]
fn sides_that_are_the_same() {
    python(&[
        ("a, b)", "a = a", Some(SaysTwice)),
        ("a, b)", "self.a = self.a", Some(SaysTwice)),
        ("a, b)", "self.a = a", None),
        ("a, b)", "return a in a", Some(SaysTwice)),
        ("a, b)", "return a == a", Some(SaysTwice)),
        ("a, b)", "a, b = b, a\nreturn a", None),
    ]);
    rust(&[
        ("a: u8, b: u8)", "let a = a;", Some(SaysTwice)),
        ("a: u8, b: u8)", "let mut a = a;\n    g(&mut a);", None),
        ("a: u8, b: u8) -> bool", "a == a", Some(SaysTwice)),
        ("mut a: u8, b: u8)", "a = a;", Some(SaysTwice)),
    ]);
}

#[test]
fn parameters_that_nobody_reads_before_they_are_set() {
    python(&[
        ("a, b)", "a = 1\nreturn a + b", Some(Overwrites)),
        ("a, b)", "a: int = 1\nreturn a + b", Some(Overwrites)),
        ("a, b)", "a, c = 1, 2\nreturn a + b", Some(Overwrites)),
        ("a, b)", "for a in b:\n    print(a)", Some(Overwrites)),
        ("a, b)", "a = a or 1\nreturn a", None),
        ("a, b)", "if a is None:\n    a = 1\nreturn a", None),
        ("a, b)", "if b:\n    a = 1\nreturn a", None),
        ("a, b)", "print(a)\na = 1\nreturn a", None),
        ("a, b)", "c = 1\nreturn c + a", None),
        ("a, b)", "a += 1\nreturn a", None),
        ("a, b)", "self.a = 1", None),
    ]);
    rust(&[
        ("a: u8, b: u8)", "let a = 1;\n    g(a, b);", Some(Overwrites)),
        ("mut a: u8, b: u8)", "a = b;\n    g(a);", Some(Overwrites)),
        ("a: u8, b: Vec<u8>)", "for a in b { g(a); }", Some(Overwrites)),
        ("a: u8, b: u8)", "let a = a + 1;\n    g(a);", None),
        ("a: u8, b: u8)", "println!(\"{}\", a);\n    let a = 1;\n    g(a);", None),
        ("a: u8, b: u8)", "println!(\"{a:?}\");\n    let a = 1;\n    g(a);", None),
        ("mut a: u8, b: u8)", "if b > 1 { a = 1; }\n    g(a);", None),
    ]);
}

#[test]
fn members_that_a_type_has_not() {
    python(&[
        ("a: str, b)", "return a.items()", Some(NoSuchMember)),
        ("a: str, b)", "a.name = b", Some(NoSuchMember)),
        ("a: list[str], b)", "return a.split(b)", Some(NoSuchMember)),
        ("a: dict, b)", "a.append(b)", Some(NoSuchMember)),
        ("a: int, b)", "return a.value", Some(NoSuchMember)),
        ("a: bool, b)", "return a.upper()", Some(NoSuchMember)),
        ("a: str = '', b=1)", "return a.strip().keys()", Some(NoSuchMember)),
        ("a, b)", "return ', '.split_all(a)", Some(NoSuchMember)),
        ("a: str, b)", "return a.upper().__len__()", None),
        ("a: str | None, b)", "return a.items()", None),
        ("a: Foreign, b)", "return a.items()", None),
        ("a: str, b)", "if isinstance(a, dict):\n    return a.items()", None),
        ("a: str, b)", "a = b(a)\nreturn a.items()", None),
        ("a: str, b)", "return [a.items() for a in b]", None),
    ]);
    rust(&[
        ("a: &str, b: u8)", "a.push(b);", Some(NoSuchMember)),
        ("a: &mut String, b: char)", "a.push(b);", None),
        ("a: String, b: char)", "a.keys();", Some(NoSuchMember)),
        ("a: u8, b: u8) -> u8", "a.value()", Some(NoSuchMember)),
        ("a: u64, b: u64) -> u64", "a.wrapping_add(b)", None),
        ("a: bool, b: u8)", "a.len();", Some(NoSuchMember)),
        ("a: &str, b: u8)", "a.trim().iter_mut();", Some(NoSuchMember)),
        ("a: &str, b: u8)", "let a = g(a);\n    a.push(b);", None),
        ("a: &Own, b: u8)", "a.push(b);", None),
    ]);
    let with_traits = "use itertools::Itertools;\nfn f(a: &str) { ⟦a.anything();⟧ }\n";
    assert_eq!(judged("rust", with_traits, &["a"]), None);
}

#[test]
fn calls_of_itself_with_the_same_arguments() {
    python(&[
        ("a, b)", "return f(a, b)", Some(CallsItself)),
        ("a, b)", "return f(a, b=b)", Some(CallsItself)),
        ("a, b)", "return f(b, a)", None),
        ("a, b)", "return f(a, b - 1)", None),
        ("a, b)", "b -= 1\nreturn f(a, b)", None),
        ("a, b)", "return self.f(a, b)", None),
        ("a, b)", "return g(a, b)", None),
    ]);
    rust(&[
        ("a: u8, b: u8) -> u8", "f(a, b)", Some(CallsItself)),
        ("a: u8, b: u8) -> u8", "f(a, b - 1)", None),
        ("a: u8, b: u8) -> u8", "Self::f(a, b)", None),
    ]);
    for (text, expected) in [
        ("class A:\n    def f(self, a):\n        ⟦return self.f(a)⟧\n", Some(CallsItself)),
        ("class A:\n    def f(self, a):\n        ⟦return f(a)⟧\n", None),
        ("class A:\n    def f(self, a):\n        ⟦return super().f(a)⟧\n", None),
        ("class A:\n    @property\n    def f(self):\n        ⟦return self.f⟧\n", Some(CallsItself)),
        ("class A:\n    @property\n    def f(self):\n        ⟦return self._f⟧\n", None),
    ] {
        let parameters: &[&str] = if text.contains("property") { &[] } else { &["a"] };
        assert_eq!(judged("python", text, parameters), expected, "{text}");
    }
    for (text, expected) in [
        ("impl A { fn f(&self, a: u8) -> u8 { ⟦self.f(a)⟧ } }", Some(CallsItself)),
        ("impl A { fn f(a: u8) -> u8 { ⟦Self::f(a)⟧ } }", Some(CallsItself)),
        ("impl A { fn f(&self, a: u8) -> u8 { ⟦self.0.f(a)⟧ } }", None),
        ("impl T for A { fn f(&self, a: u8) -> u8 { ⟦self.f(a)⟧ } }", None),
        ("impl A { fn f(&self, a: u8) -> u8 { ⟦f(a)⟧ } }", None),
    ] {
        assert_eq!(judged("rust", text, &["a"]), expected, "{text}");
    }
}
