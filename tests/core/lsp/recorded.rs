//! Tests what real checkers said of damaged files (`benches/diagnostics.py --record`), over the wire: the first action
//! gives the undamaged file back. It is preferred, and it is there without what came with the diagnostic, too.

use serde_json::{Value, json};
use treefill::document::{Edit, Encoding, Snapshot};
use treefill::engine::scripted::ScriptedEngine;

use super::support::TestServer;

/// Checker, language, ending, cases.
const RECORDED: [(&str, &str, &str, &str); 3] = [
    ("pyright", "python", "py", include_str!("recorded/pyright.json")),
    ("ruff", "python", "py", include_str!("recorded/ruff.json")),
    ("rustc", "rust", "rs", include_str!("recorded/rustc.json")),
];

/// The text after the first action for what was told.
fn repaired(language: &str, uri: &str, text: &str, told: &Value) -> (Value, String) {
    let literals = json!({ "codeActionKind": { "valueSet": [] } });
    let document = json!({ "codeAction": { "codeActionLiteralSupport": literals } });
    let params = json!({ "capabilities": { "textDocument": document } });
    let mut server = TestServer::start_with(ScriptedEngine::always("") as _, params, "");
    server.open_as(uri, language, text);
    let context = json!({ "diagnostics": [told] });
    let params = json!({ "textDocument": { "uri": uri }, "range": told["range"], "context": context });
    let action = server.client().call("textDocument/codeAction", params)[0].clone();
    let snapshot = Snapshot::of_text(uri, text, None);
    let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let byte = |place: &Value| {
        snapshot.to_byte(number(&place["line"]), number(&place["character"]), Encoding::Utf16)
    };
    let edits = action["edit"]["changes"][uri].as_array().cloned().unwrap_or_default();
    let edits: Vec<Edit> = edits
        .iter()
        .map(|edit| {
            let range = byte(&edit["range"]["start"])..byte(&edit["range"]["end"]);
            Edit::replace(range, edit["newText"].as_str().unwrap())
        })
        .collect();
    (action, treefill::actions::with_edits(&snapshot, &edits).text.to_string())
}

#[test]
fn the_first_action_gives_the_undamaged_file_back() {
    for (checker, language, ending, cases) in RECORDED {
        let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() >= 3, "{checker}");
        for case in cases {
            let (kind, text) = (&case["kind"], case["text"].as_str().unwrap());
            // rust-analyzer names the file in what is related: the fixtures call it by its own name.
            let place = &case["told"]["relatedInformation"][0]["location"]["uri"];
            let uri = place.as_str().map_or_else(|| format!("file:///orders.{ending}"), str::to_owned);
            let mut told = case["told"].clone();
            let (action, after) = repaired(language, &uri, text, &told);
            assert_eq!(after, case["mended"].as_str().unwrap(), "{checker} {kind}: {action}");
            assert_eq!(action["isPreferred"], true, "{checker} {kind}: {action}");
            for extra in ["data", "relatedInformation"] {
                told.as_object_mut().unwrap().remove(extra);
            }
            let (action, after) = repaired(language, &uri, text, &told);
            assert_eq!(after, case["mended"].as_str().unwrap(), "{checker} {kind}, bare: {action}");
        }
    }
}
