//! Tests repairs by diagnostics as real checkers report them, and by the text after the first fix.

mod placing;

use super::*;
pub use crate::actions::testing::request;
use crate::diagnostics::{Diagnostic, SuggestedFix};
use crate::document::Edit;

fn offers(request: &ActionRequest) -> Vec<Fix> {
    let file = RequestedFile::read(&request.snapshot);
    file.map_or_else(Vec::new, |file| super::offers(request, &file))
}

/// The titles of the offers for a request, and the text after the first.
pub fn answer(request: &ActionRequest) -> (Vec<String>, String) {
    let offers = offers(request);
    let titles = offers.iter().map(|offer| offer.title.clone()).collect();
    let edits = offers.first().map_or(Vec::new(), |offer| offer.edits.clone());
    (titles, with_edits(&request.snapshot, &edits).text.to_string())
}

/// After the first offer, the text is `after`.
#[track_caller]
pub fn check(language: &str, marked: &str, message: &str, after: &str) {
    let (titles, text) = answer(&request(language, marked, message));
    assert_eq!(text, after, "{titles:?}");
    assert!(!titles.is_empty(), "nothing is offered");
}

/// Nothing is offered.
#[track_caller]
pub fn nothing(language: &str, marked: &str, message: &str) {
    let (titles, _) = answer(&request(language, marked, message));
    assert!(titles.is_empty(), "{titles:?}");
}

/// The message of an undefined name in each language.
pub fn undefined(language: &str, name: &str) -> String {
    match language {
        "python" => format!("\"{name}\" is not defined"),
        _ => format!("cannot find value `{name}` in this scope"),
    }
}

#[test]
fn one_sure_repair_is_preferred_and_two_are_not() {
    let preferred = |text: &str, name: &str| {
        let offers = offers(&request("python", text, &undefined("python", name)));
        offers.iter().map(|offer| offer.preferred).collect::<Vec<_>>()
    };
    assert_eq!(preferred("items = []\nprint(⟦itmes⟧)\n", "itmes"), [true]);
    // Either is a slip of the other.
    let two = preferred("value1 = value2 = 1\nprint(⟦value3⟧)\n", "value3");
    assert!(two.len() == 2 && !two.contains(&true), "{two:?}");
}

#[test]
fn a_repair_that_breaks_something_is_not_offered() {
    let mut request = request("python", "x = f(⟦a⟧)\n", "strange");
    let suggestion =
        |text: &str| SuggestedFix { title: "do".into(), edits: vec![Edit::replace(6..7, text)], safe: true };
    request.diagnostics[0].suggestions = vec![suggestion("a)"), suggestion("(")];
    assert!(offers(&request).is_empty());
    request.diagnostics[0].suggestions = vec![suggestion("1")];
    assert_eq!(answer(&request).1, "x = f(1)\n");
}

#[test]
fn line_ends_stay_as_they_are_and_edits_are_small() {
    let text = "import os\r\n\r\nprint(⟦json⟧.dumps(1), os)\r\n";
    let request = request("python", text, &undefined("python", "json"));
    assert_eq!(answer(&request).1, "import json\r\nimport os\r\n\r\nprint(json.dumps(1), os)\r\n");
    assert_eq!(offers(&request)[0].edits, [Edit::insert(0, "import json\r\n")]);
}

#[test]
fn two_diagnostics_are_mended_each_by_its_own() {
    let mut request = request("python", "items = []\nprint(⟦itmes⟧, joson)\n", &undefined("python", "itmes"));
    let second = Diagnostic { range: 24..29, message: undefined("python", "joson"), ..Diagnostic::default() };
    request.diagnostics.push(second);
    request.diagnostics.push(request.diagnostics[0].clone());
    let offers = offers(&request);
    assert!(offers.iter().any(|offer| offer.fixes == [0, 2]), "{offers:?}");
    assert!(offers.iter().all(|offer| !offer.fixes.is_empty()));
}

#[test]
fn what_was_said_of_nothing_we_know_has_no_offer() {
    nothing("python", "x = ⟦1⟧ + 'a'\n", "Operator \"+\" not supported for types");
    let empty = ActionRequest { diagnostics: vec![], ..request("python", "x = ⟦y⟧\n", "") };
    assert!(offers(&empty).is_empty());
    // A range past the end, as of an older version.
    let mut old = request("python", "x = ⟦y⟧\n", &undefined("python", "y"));
    old.diagnostics[0].range = 400..405;
    assert!(offers(&old).is_empty());
}

/// Another server's diagnostic of the same place.
fn also(request: &mut ActionRequest, message: &str, source: &str) {
    let diagnostic =
        Diagnostic { message: message.into(), source: source.into(), ..request.diagnostics[0].clone() };
    request.diagnostics.push(diagnostic);
}

#[test]
fn what_several_servers_report_of_a_name_is_repaired_once() {
    let mut twice = request("python", "x = ⟦math⟧.pi\n", &undefined("python", "math"));
    also(&mut twice, "Undefined name `math`", "Ruff");
    also(&mut twice, "Undefined variable 'math'", "Pylint");
    let found = offers(&twice);
    assert_eq!(found[0].title, "Import `math`");
    assert!(found.iter().all(|offer| offer.fixes == [0, 1, 2]), "{found:?}");
    assert_eq!(found.iter().filter(|offer| offer.title == "Import `math`").count(), 1);

    // One of them brings its own change.
    let mut unused =
        request("python", "import sys\nimport ⟦os⟧\nsys.exit()\n", "Import \"os\" is not accessed");
    also(&mut unused, "`os` imported but unused", "Ruff");
    let edits = vec![Edit::replace(11..21, "")];
    unused.diagnostics[1].suggestions =
        vec![SuggestedFix { title: "Remove unused import: `os`".into(), edits, safe: true }];
    let found = offers(&unused);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0].fixes, found[0].preferred), (&vec![0, 1], true));
}

#[test]
fn a_name_that_is_imported_by_now_is_known() {
    nothing("python", "import math\nx = ⟦math⟧.pi\n", &undefined("python", "math"));
    // In a function it may be meant for it alone.
    let text = "def f():\n    import math\n\nx = ⟦math⟧.pi\n";
    let after = "import math\n\ndef f():\n    import math\n\nx = math.pi\n";
    check("python", text, &undefined("python", "math"), after);
}
