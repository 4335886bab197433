//! Checks that code which a model rewrites keeps the signatures of its functions, unless the user asked for another one.

use std::ops::Range;

use tree_sitter::Tree;

use crate::document::Snapshot;
use crate::document::tree::walk;
use crate::text::{is_word, tokens};

/// Words of an instruction that ask for another signature, or for other functions.
const ASKS: &[&str] = &[
    "signature",
    "signatures",
    "parameter",
    "parameters",
    "param",
    "params",
    "argument",
    "arguments",
    "arg",
    "args",
    "keyword",
    "positional",
    "default",
    "defaults",
    "rename",
    "type",
    "types",
    "typed",
    "typing",
    "annotate",
    "annotated",
    "annotation",
    "annotations",
    "hint",
    "hints",
    "async",
    "asynchronous",
    "await",
    "generic",
    "generics",
    "lifetime",
    "lifetimes",
    "public",
    "private",
    "static",
    "class",
    "classes",
    "functions",
    "methods",
    "split",
    "merge",
    "extract",
    "inline",
    "remove",
    "delete",
    "drop",
    "replace",
];

/// How a function is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// The tokens of its text before the body.
    header: Vec<String>,
}

/// The functions that begin in the bytes `range` of `snapshot`, whose tree is `tree`, without those inside of them.
pub fn signatures(snapshot: &Snapshot, tree: &Tree, range: &Range<usize>) -> Vec<Signature> {
    let Some(language) = snapshot.language.as_deref() else { return Vec::new() };
    let mut found = Vec::new();
    walk(tree.root_node(), |node| {
        if node.end_byte() < range.start || node.start_byte() >= range.end {
            return false;
        }
        let is_function = language.config.functions.iter().any(|kind| kind == node.kind());
        if !is_function || node.start_byte() < range.start {
            return true;
        }
        let end = node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
        if let Some(name) = node.child_by_field_name("name") {
            let name = snapshot.slice(name.byte_range());
            found.push(Signature { name, header: header(&snapshot.slice(node.start_byte()..end)) });
        }
        false
    });
    found
}

/// The tokens of a header; a comma behind the last parameter makes no other signature.
fn header(text: &str) -> Vec<String> {
    let all: Vec<&str> = tokens(text).into_iter().map(|range| &text[range]).collect();
    let trailing = |at: usize| all[at] == "," && all.get(at + 1).is_some_and(|next| *next == ")");
    (0..all.len()).filter(|at| !trailing(*at)).map(|at| all[at].to_owned()).collect()
}

/// What is wrong with the functions `after` in the place of those `before`, for the user; `told` is the instruction.
pub fn flaw(before: &[Signature], after: &[Signature], told: &str) -> Option<String> {
    let words: Vec<String> =
        told.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let said = |word: &str| words.iter().any(|one| *one == word.to_lowercase());
    if ASKS.iter().any(|word| said(word)) {
        return None;
    }
    before.iter().filter(|one| !after.contains(one)).find_map(|old| {
        let name = &old.name;
        match after.iter().find(|new| new.name == *name) {
            Some(new) => {
                let others = difference(&old.header, &new.header);
                let asked = !others.is_empty() && others.iter().all(|word| said(word));
                (!asked).then(|| format!("it changes the signature of `{name}`, which you did not ask for"))
            }
            None if said(name) => None,
            None => Some(format!("it leaves no `{name}`, which you did not ask for")),
        }
    })
}

/// The words that one of two headers has and the other has not.
fn difference<'a>(old: &'a [String], new: &'a [String]) -> Vec<&'a str> {
    let is_other = |token: &&String| token.starts_with(is_word) && old.contains(token) != new.contains(token);
    old.iter().chain(new).filter(is_other).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::language;

    fn of(name: &str, text: &str) -> Vec<Signature> {
        let snapshot = Snapshot::of_text("", text, language(name));
        signatures(&snapshot, &snapshot.parse().unwrap(), &(0..text.len()))
    }

    #[track_caller]
    fn check(language: &str, before: &str, after: &str, told: &str, expected: Option<&str>) {
        let found = flaw(&of(language, before), &of(language, after), told);
        assert_eq!(
            found.as_deref().map(|text| text.split('`').next().unwrap().trim()),
            expected,
            "{before} {after} {told}"
        );
    }

    #[test]
    fn the_signature_stays_unless_told_otherwise() {
        let before = "def f(a, b=1):\n    return a\n";
        let (changes, leaves) = (Some("it changes the signature of"), Some("it leaves no"));
        for (after, told, expected) in [
            ("def f(\n    a,\n    b=1,\n):\n    x = a\n    return x\n", "make it long", None),
            ("def f(a, b=1):\n    return a\n\n\ndef g():\n    pass\n", "make it long", None),
            ("def f(a):\n    return a\n", "make it short", changes),
            ("def f(a):\n    return a\n", "b goes, and 1", None),
            ("def f(a):\n    return a\n", "remove what is not used", None),
            ("def f(b, a=1):\n    return a\n", "make it short", changes),
            ("def f(a, b=1, timeout=1):\n    return a\n", "Give it a timeout", None),
            ("def g(a, b=1):\n    return a\n", "make it short", leaves),
            ("def g(a, b=1):\n    return a\n", "rename it", None),
            ("f = 1\n", "make it short", leaves),
            ("f = 1\n", "make a number of f", None),
        ] {
            check("python", before, after, told, expected);
        }
        let rust = "impl A {\n    pub fn f(&self) -> u8 {\n        1\n    }\n}\n";
        check("rust", rust, &rust.replace("pub fn", "fn"), "shorter", changes);
        check("rust", rust, &rust.replace("pub fn", "fn"), "make it private", None);
        check("rust", rust, &rust.replace('1', "2"), "shorter", None);
    }

    #[test]
    fn functions_inside_of_functions_may_change() {
        let before = "class A:\n    def f(self):\n        def g(): pass\n        g()\n";
        let after = "class A:\n    def f(self):\n        pass\n";
        check("python", before, after, "shorter", None);
        assert_eq!(of("python", before).len(), 1);
    }
}
