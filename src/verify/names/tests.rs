//! Tests the names of a suggestion by tables: the suggestion is in ⟦brackets⟧.

use super::*;

#[track_caller]
fn names(language: &str, marked: &str) -> Names {
    let (snapshot, inserted) = crate::testing::fixture(language, marked);
    check(&snapshot, &snapshot.parse().unwrap(), inserted)
}

#[track_caller]
fn unknown(language: &str, marked: &str, expected: &[&str]) {
    assert_eq!(names(language, marked).unknown, expected, "{marked}");
}

#[track_caller]
fn python(marked: &str, expected: &[&str]) {
    unknown("python", marked, expected);
}

#[track_caller]
fn rust(marked: &str, expected: &[&str]) {
    unknown("rust", marked, expected);
}

#[track_caller]
fn shadowing(marked: &str, expected: &[&str]) {
    assert_eq!(names("python", marked).shadowing, expected, "{marked}");
}

#[test]
fn what_the_file_does_not_know() {
    python("x = ⟦compute(len(y), z=1) + x.zebra⟧\n", &["compute", "y"]);
    python("x = 1\nprint(⟦x, nothing, nothing⟧)\n", &["nothing"]);
    // A name that the suggestion completes counts whole, and one that it only touches does not become another.
    python("total = 1\nx = tot⟦al + 1⟧\n", &[]);
    python("total = 1\nx = tot⟦als + 1⟧\n", &["totals"]);
    python("x = ⟦⟧y\n", &[]);
    python("# ⟦some words⟧\ns = 'more'\n", &[]);
    python("s = ⟦f'{x} is {s!r:>{width}}'⟧\n", &["x", "width"]);
}

#[test]
fn python_scopes() {
    let f = "import os.path\nfrom a import b as c, d\n\ndef f(p, *q, r=1, **s):\n    t = 0\n    def g(): return 1\n";
    python(&format!("{f}    return ⟦(os, c, d, p, q, r, s, t, g, f, later)⟧\n\nlater = 1\n"), &[]);
    python(&format!("{f}    return ⟦(path, a, b)⟧\n"), &["path", "a", "b"]);
    python(&format!("{f}print(⟦p, t, g, f⟧)\n"), &["p", "t", "g"]);
    // A class's names are not those of its methods, but of its body.
    python("class A:\n    n = 1\n    def m(self, x=⟦n⟧): pass\n", &[]);
    python("class A:\n    n = 1\n    o = ⟦n⟧\n", &[]);
    python("class A:\n    n = 1\n    def m(self):\n        return ⟦self, n, A, m⟧\n", &["n", "m"]);
    python("class A:\n    def m(self):\n        ⟦self.x = self⟧\n", &[]);
    python("def f():\n    global G\n    G = 1\n\ndef g():\n    return ⟦G⟧\n", &[]);
}

#[test]
fn python_statements_that_name() {
    python("⟦for a, (b, c) in []: print(a, b, c)⟧\n", &[]);
    python("⟦with open('x') as f, f as (g, h): print(f, g, h)⟧\n", &[]);
    python("try: pass\nexcept OSError as e:\n    ⟦print(e)⟧\n", &[]);
    python("xs = []\ny = ⟦[x + 1 for x in xs if x], {k: v for k, v in xs}⟧\n", &[]);
    python("xs = [x for x in []]\nprint(⟦x⟧)\n", &["x"]);
    python("⟦if any((hit := x) for x in []): print(hit)⟧\n", &[]);
    python("f = ⟦lambda a, *b: (a, b)⟧\n", &[]);
    python("match 1:\n    case [a, *b] | {'k': c}: ⟦print(a, b, c)⟧\n", &[]);
    python("type P[T] = list[T]\n⟦def f[K](x: P[K]) -> K: ...⟧\n", &[]);
    python("x = 1\n⟦x += y⟧\n", &["y"]);
}

#[test]
fn python_where_nothing_can_be_said() {
    python("from a import *\nx = ⟦anything⟧\n", &[]);
    python("globals().update(a)\nx = ⟦anything⟧\n", &[]);
    python("def f(ab, :\n    x = ⟦ab + no⟧\n", &["no"]);
    python("x = ⟦__file__ + __name__⟧\n", &[]);
}

#[test]
fn builtins_that_are_hidden() {
    shadowing("⟦sum = 0⟧\n", &["sum"]);
    shadowing("⟦for id, (list, x) in []: pass⟧\n", &["id", "list"]);
    shadowing("⟦def f(type, input=1): pass⟧\n", &["type", "input"]);
    shadowing("⟦def open(): pass⟧\n", &["open"]);
    // Deliberate, a member, long done, or nothing that anybody misses.
    shadowing("⟦from io import open⟧\n", &[]);
    shadowing("class A:\n    ⟦id = 1⟧\n", &[]);
    shadowing("class A:\n⟦    def list(self): pass⟧\n", &[]);
    shadowing("def f(id):\n    ⟦id = 1⟧\n", &[]);
    shadowing("x.⟦id = 1; f(type=2)⟧\n", &[]);
    shadowing("⟦license = _ = 1⟧\n", &[]);
}

#[test]
fn hidden_builtins_get_another_name() {
    let check = |marked: &str, expected: Option<&str>| {
        let (snapshot, inserted) = crate::testing::fixture("python", marked);
        let tree = snapshot.parse().unwrap();
        let names = super::check(&snapshot, &tree, inserted.clone()).shadowing;
        assert_eq!(renamed(&snapshot, &tree, &inserted, &names).as_deref(), expected, "{marked}");
    };
    check(
        "def f(a):\n    ⟦sum = 0\n    for x in a:\n        sum += x.sum\n    return g(sum=sum)⟧\n",
        Some("sum_ = 0\n    for x in a:\n        sum_ += x.sum\n    return g(sum=sum_)"),
    );
    check(
        "⟦def f(id):\n    return id\n\ndef g():\n    return id⟧\n",
        Some("def f(id_):\n    return id_\n\ndef g():\n    return id"),
    );
    check("su⟦m = 0⟧\n", None);
    check("sum_ = 1\n⟦sum = 0⟧\n", None);
}

#[test]
fn rust_scopes() {
    let f = "use a::{b, c::D as E, f::{self}};\nstatic S: u8 = 1;\nfn go<T: Copy>(p: T, (q, _): (u8, u8)) {\n    let v = 1;\n";
    rust(&format!("{f}    ⟦(b, E, f, S, p, q, v, go::<T>, Some(1), Late);⟧\n}}\nstruct Late;\n"), &[]);
    rust(&format!("{f}    ⟦(c, D, w);⟧\n    let w = 1;\n}}\n"), &["c", "D", "w"]);
    rust(&format!("{f}}}\nfn h() -> T {{ ⟦p + v⟧ }}\n"), &["p", "v"]);
    rust("fn f() { let x = 1; ⟦let x = x + y;⟧ }\n", &["y"]);
    rust("fn f(o: Option<u8>) { if let Some(n) = o { ⟦n⟧ } }\n", &[]);
    rust("fn f(o: Option<u8>) { if let Some(n) = o {} ⟦n;⟧ }\n", &["n"]);
    rust("fn f() { ⟦for (i, x) in [] { match x { y if y > i => y, Z(w) => w } }⟧ }\n", &["Z"]);
    rust("fn f() { let g = ⟦|a, (b, c): (u8, u8)| a + b + c + d⟧; }\n", &["d"]);
}

#[test]
fn rust_members_fields_and_paths() {
    let items = "struct A { n: u8 }\nimpl A {\n    const K: u8 = 1;\n    fn m(&self) {}\n";
    rust(&format!("{items}    fn o(&self) {{ ⟦self.n; self.m(); Self::K; A {{ n: 1 }};⟧ }}\n}}\n"), &[]);
    rust(&format!("{items}    fn o(&self) {{ ⟦m(); K; A {{ n }};⟧ }}\n}}\n"), &["m", "K", "n"]);
    rust("fn f() { ⟦serde::to(1); std::mem::take; Missing::new(); x::<Y>();⟧ }\n", &["Missing", "x", "Y"]);
    rust("trait T<'a> { type I: Iterator<Item = u8>; fn f(&'a self) -> ⟦Self::I⟧; }\n", &[]);
    rust("fn f<'a>() { 'l: loop { ⟦break 'l;⟧ } }\n", &[]);
    rust("enum E { One }\nfn f() { ⟦E::One; One;⟧ }\n", &["One"]);
}

#[test]
fn rust_where_nothing_can_be_said() {
    rust("fn f() { ⟦println!(\"{}\", x); own!(y);⟧ }\n", &[]);
    rust("use super::*;\nfn f(l: ⟦size_t⟧) {}\n", &[]);
    rust("use super::*;\nfn f() { ⟦go(CONST, Type::X, value)⟧ }\n", &["value"]);
    rust("lazy_static! { static ref TABLE: u8 = 1; }\nfn f() { ⟦TABLE⟧ }\n", &[]);
    rust("macro_rules! m { () => { fn made() {} } }\nfn f() { ⟦made()⟧ }\n", &[]);
}

#[test]
fn other_languages_have_no_names() {
    let snapshot = Snapshot::of_text("", "x = y\n", None);
    let tree = crate::testing::fixture("python", "ˇx = y\n").0.parse().unwrap();
    assert_eq!(check(&snapshot, &tree, 4..5), Names::default());
}

#[track_caller]
fn foreign(language: &str, marked: &str, expected: Option<&str>) {
    let (snapshot, inserted) = crate::testing::fixture(language, marked);
    let end = check(&snapshot, &snapshot.parse().unwrap(), inserted.clone()).foreign_end;
    assert_eq!(end.map(|end| snapshot.slice(inserted.start..end)).as_deref(), expected, "{marked}");
}

#[test]
fn names_of_other_functions() {
    let f = "def f(file):\n    rows = 1\n    return rows\n\n";
    foreign("python", &format!("{f}def g():\n    return ⟦h(file, rows)⟧\n"), Some("h(file"));
    foreign("python", &format!("{f}def g(file):\n    return ⟦h(file, other)⟧\n"), None);
    foreign("python", &format!("{f}def g():\n    return ⟦h.rows(file=1)⟧\n"), None);
    foreign("python", &format!("{f}from a import *\n\ndef g():\n    return ⟦rows⟧\n"), None);
    let f = "fn f(a: u8) {\n    let count = a;\n}\n\n";
    foreign("rust", &format!("{f}fn g() {{\n    ⟦h(count)⟧\n}}\n"), Some("h(count"));
    foreign(
        "rust",
        &format!("{f}fn g() {{\n    assert_eq!(⟦b.count, count⟧);\n}}\n"),
        Some("b.count, count"),
    );
    foreign("rust", &format!("{f}fn g() {{\n    println!(⟦\"\", count = 1⟧);\n}}\n"), None);
    foreign("rust", &format!("{f}fn g() {{\n    println!(\"\", ⟦v.map(|count| count)⟧);\n}}\n"), None);
    foreign("rust", &format!("{f}fn g() {{\n    own!(⟦count⟧);\n}}\n"), None);
}
