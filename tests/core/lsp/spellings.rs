//! Tests clients that spell one URI in several ways, and that send null where others send nothing.

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::{TestServer, able};

const OPENED: &str = "file:///c%3A/my%20code/caf%C3%A9.py";
const OTHERS: [&str; 3] = [
    "file:///C:/my%20code/caf%c3%a9.py",
    "file:///c:/my%20code/caf%C3%A9%2Epy",
    "file://localhost/c%3a/my code/café.py",
];

fn start(text: &str) -> TestServer {
    let mut params = json!({ "capabilities": able() });
    params["capabilities"]["textDocument"]["inlineCompletion"] = json!({});
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params, "");
    server.open_as(OPENED, "python", text);
    server
}

fn suggested(server: &mut TestServer, uri: &str, context: Value) -> usize {
    let params = json!({
        "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 }, "context": context,
    });
    let id = server.client().request("textDocument/inlineCompletion", params);
    server.items(id).len()
}

#[test]
fn all_spellings_of_a_uri_are_one_document_and_answers_have_the_one_it_was_opened_by() {
    let mut server = start("x = \n");
    for (at, uri) in OTHERS.iter().enumerate() {
        assert_eq!(suggested(&mut server, uri, json!({ "triggerKind": 1 })), 1, "{uri}");
        let change = json!({ "range": { "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 0 } }, "text": "#\n" });
        let document = json!({ "uri": uri, "version": at + 2 });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        server.client().notify("textDocument/didChange", params);
        let status = server.command("treefill.status", json!([{ "uri": uri }]));
        assert_eq!(status["documents"], 1, "{uri}");
    }
    assert_eq!(server.session.version(OPENED), Some(4));
    // Opened again in another spelling it is the same document still, from now on spelled so.
    server.open_as(OTHERS[0], "python", "print(len(3)\n");
    assert_eq!(server.command("treefill.status", json!([]))["documents"], 1);
    let at = json!({ "line": 0, "character": 9 });
    let params = json!({
        "textDocument": { "uri": OPENED }, "range": { "start": at, "end": at }, "context": { "diagnostics": [] },
    });
    let found = server.client().call("textDocument/codeAction", params);
    assert_eq!(found[0]["edit"]["documentChanges"][0]["textDocument"]["uri"], OTHERS[0], "{found}");
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": OTHERS[1] } }));
    assert_eq!(server.command("treefill.status", json!([]))["documents"], 0);
}

#[test]
fn null_counts_as_missing() {
    let mut server = start("x = \n");
    for context in [Value::Null, json!({}), json!({ "triggerKind": null, "selectedCompletionInfo": null })] {
        assert_eq!(suggested(&mut server, OPENED, context), 1);
    }
    server.open_as(OPENED, "python", "print(len(3)\n");
    let at = json!({ "line": 0, "character": 9 });
    for context in [
        Value::Null,
        json!({ "diagnostics": null }),
        json!({ "diagnostics": [], "only": null, "triggerKind": null }),
        json!({ "diagnostics": [null] }),
    ] {
        let range = json!({ "start": at, "end": at });
        let params = json!({ "textDocument": { "uri": OPENED }, "range": range, "context": context });
        let found = server.client().call("textDocument/codeAction", params);
        assert!(found.as_array().is_some_and(|found| !found.is_empty()), "{context}: {found}");
    }
    let params = json!({ "command": "treefill.status", "arguments": null });
    assert_eq!(server.client().call("workspace/executeCommand", params)["documents"], 1);
}
