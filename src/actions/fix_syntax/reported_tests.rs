//! Tests that a repair is offered where compilers report the error, however far that is from the damage.

use super::repaired;
use crate::actions::testing::request;
use crate::actions::{ActionRequest, fixes};

/// Ask in the line that a compiler reports (from 1; 0 is the last one): the first offer gives `right`.
fn check(language: &str, right: &str, broken: &str, line: usize) {
    let rows = broken.split_inclusive('\n');
    let asked = if line == 0 { rows.clone().count() } else { line };
    let at = rows.take(asked - 1).map(str::len).sum::<usize>();
    let request = request(language, &format!("{}ˇ{}", &broken[..at], &broken[at..]), "");
    let offers = fixes(&request);
    let titles: Vec<&str> = offers.iter().map(|offer| offer.title.as_str()).collect();
    let first = offers.first().map(|offer| repaired(&request.snapshot, offer).text.to_string());
    let code = &broken[..broken.len().min(200)];
    assert!(first.as_deref() == Some(right), "{language} {line}: {titles:?}\n{code}");
}

/// A file with `code` above many sound items.
fn rust(code: &str) -> String {
    let item = |number: usize| {
        format!(
            "\nfn item{number}(values: &[u32]) -> u32 {{\n    values.iter().map(|value| value + 1).sum()\n}}\n"
        )
    };
    let below: String = (0..12).map(item).collect();
    format!("{code}{below}")
}

fn python(code: &str) -> String {
    let item = |number: usize| {
        format!("\n\ndef item{number}(values):\n    \"\"\"Add them up.\"\"\"\n    return sum(values)\n")
    };
    let below: String = (0..12).map(item).collect();
    format!("{code}{below}")
}

#[test]
fn a_bracket_is_missing_and_the_end_of_the_file_is_reported() {
    let right =
        rust("fn f(a: &[u8]) -> usize {\n    if a.is_empty() {\n        return 0;\n    }\n    a.len()\n}\n");
    check("rust", &right, &right.replacen("    }\n", "    \n", 1), 0);
    let right = rust(
        "impl A {\n    fn new() -> Self {\n        Self\n    }\n\n    fn len(&self) -> usize {\n        0\n    }\n}\n",
    );
    check("rust", &right, &right.replacen("Self\n    }\n", "Self\n    \n", 1), 0);
    let right = rust("struct A;\n\n#[cfg(test)]\nfn f(a: u32) -> u32 {\n    a\n}\n");
    check("rust", &right, &right.replacen(")]", ")", 1), 0);
    let right = rust(
        "struct A;\n\nimpl A {\n    fn f(&self, a: u32) -> Option<u32> {\n        let b = a + 1;\n        Some(b)\n    }\n}\n",
    );
    check("rust", &right, &right.replacen("<u32> {", "<u32>", 1), 8);
}

#[test]
fn a_bracket_is_missing_and_the_next_closer_is_reported() {
    let right = rust(
        "fn f(values: &mut Vec<u32>) {\n    if values.is_empty() {\n        values.push(1);\n    }\n    values.clear();\n}\n",
    );
    check("rust", &right, &right.replacen("clear()", "clear)", 1), 5);
    check("rust", &right, &right.replacen("push(1);", "push(1;", 1), 3);
    check("rust", &right, &right.replacen("push(1);", "push(1;", 1), 4);
    check("rust", &right, &right.replacen("is_empty() {", "is_empty()", 1), 6);
}

#[test]
fn a_keyword_stands_twice_and_the_end_of_its_block_is_reported() {
    let right = rust(
        "fn f(a: &[u8]) -> usize {\n    let n = a.len();\n    if n > 3 {\n        g(n);\n        g(1);\n        g(2);\n        g(3);\n    }\n    n\n}\n",
    );
    check("rust", &right, &right.replacen("if n", "if if n", 1), 9);
    check("rust", &right, &right.replacen("if n", "if if n", 1), 3);
    check("rust", &right, &right.replacen("let n", "let let n", 1), 2);
    let right = rust(
        "fn f(n: usize) {\n    if n > 3 {\n        g(n);\n    } else if n == 2 {\n        g(1);\n        g(2);\n    } else {\n        g(3);\n    }\n}\n",
    );
    check("rust", &right, &right.replacen("else if", "else if if", 1), 10);
}

#[test]
fn a_keyword_is_missing_before_a_long_value() {
    let right = rust(
        "fn f(a: &A) -> u32 {\n    match a.read(a.file.borrow(), &mut *a.buffer.lock(), 0).map(|(size, _)| size.get()) {\n        Ok(size) => size,\n        Err(_) => 0,\n    }\n}\n",
    );
    check("rust", &right, &right.replacen("match ", "", 1), 2);
}

#[test]
fn a_word_too_many_goes_where_no_bracket_is_missing() {
    let right = rust("struct A {\n    pub(crate) size: u32,\n    name: u32,\n}\n");
    check("rust", &right, &right.replacen("crate", "crate pub", 1), 2);
}

#[test]
fn a_comma_is_missing_and_the_element_before_it_is_reported() {
    let right = python(
        "a = {\n    'b': {\n        'one': 1,\n        'two': 2,\n        'three': 3,\n        'four': 4,\n    },\n    'c': {'five': 5},\n}\n",
    );
    check("python", &right, &right.replacen("    },\n", "    }\n", 1), 2);
}

#[test]
fn a_quotation_closes_in_its_own_line() {
    let right = rust("fn f() {\n    println!(\"hello\");\n    g(\"a\", \"b\");\n}\n");
    check("rust", &right, &right.replacen("hello\"", "hello", 1), 3);
    let right = rust("struct A;\n\n#[cfg(target_os = \"linux\")]\nfn f() {}\n\nfn g() {\n    h(\"a\");\n}\n");
    check("rust", &right, &right.replacen("linux\"", "linux", 1), 7);
    check("rust", &right, &right.replacen("\"linux", "linux", 1), 7);
    let right = rust("fn f() {\n    g(r#\"a \"b\" c\"#);\n}\n");
    check("rust", &right, &right.replacen("c\"#", "c#", 1), 2);
    check("rust", &right, &right.replacen("c\"#", "c", 1), 2);
    check("rust", &right, &right.replacen("c\"#", "c\"", 1), 2);
    let right = rust("fn f(a: u8) -> bool {\n    a == b'x' || a == b'y'\n}\n");
    check("rust", &right, &right.replacen("b'x'", "b'x", 1), 2);
}

#[test]
fn a_quotation_holds_no_code() {
    let right = python("def f(a):\n    g(a.name, '')\n    return {'path': a.path, 'name': a.name}\n");
    check("python", &right, &right.replacen("''", "'", 1), 2);
    check("python", &right, &right.replacen("'path'", "'path", 1), 3);
    let right = python("def f(a):\n    return f'{a.name}({a.path}, items={a.items})'\n");
    check("python", &right, &right.replacen("f'", "f", 1), 2);
}

#[test]
fn a_docstring_ends_where_its_text_ends() {
    let right = python("def f(a):\n    \"\"\"Say it.\n\n    And more of it.\n    \"\"\"\n    return a\n");
    check("python", &right, &right.replacen("    \"\"\"\n", "    \"\"\n", 1), 2);
    let right = python("def f(a):\n    \"\"\"Say it.\"\"\"\n    return a\n");
    check("python", &right, &right.replacen("it.\"\"\"", "it.\"\"", 1), 2);
    check("python", &right, &right.replacen("it.\"\"\"", "it.", 1), 2);
    check("python", &right, &right.replacen("\"\"\"Say", "\"\"Say", 1), 2);
    let right = python("def f(a):\n    \"\"\"Say it.\n\n    And more of it.\"\"\"\n    return a\n");
    check("python", &right, &right.replacen("of it.\"\"\"", "of it.\"\"", 1), 2);
}

#[test]
fn two_errors_are_repaired_one_after_another() {
    // Asked for the first error, whatever its line; each first offer is taken.
    let repair = |broken: &str| {
        let mut text = broken.to_owned();
        for _ in 0..4 {
            let request = ActionRequest { range: None, ..request("rust", &format!("{text}ˇ"), "") };
            let Some(offer) = fixes(&request).into_iter().next() else { break };
            text = repaired(&request.snapshot, &offer).text.to_string();
        }
        text
    };
    let right = rust(
        "fn f(values: &mut Vec<u32>) {\n    if values.is_empty() {\n        values.push(1);\n    }\n    values.clear();\n}\n",
    );
    for (first, second) in [("push(1)", "clear()"), ("is_empty() {", "clear()"), ("push(1)", "    }")] {
        let cut = |code: &str| code[..code.len() - 1].to_owned();
        let broken = right.replacen(first, &cut(first), 1).replacen(second, &cut(second), 1);
        assert_eq!(repair(&broken)[..120], right[..120], "{first} {second}");
    }
}
