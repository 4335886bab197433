//! Tests our own syntax errors as diagnostics: shown after a pause where they are wanted, and taken back.

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::{TestServer, URI};

fn start(config: &str) -> TestServer {
    TestServer::start_with(ScriptedEngine::always("") as _, json!({ "capabilities": {} }), config)
}

fn published(server: &mut TestServer) -> Value {
    let params = server.client().message("textDocument/publishDiagnostics")["params"].clone();
    assert_eq!(params["uri"], URI);
    params
}

#[test]
fn they_come_after_a_pause_and_go_when_mended_or_closed() {
    let mut server = start("[diagnostics]\nsyntax = true\n");
    server.open("é = len([1, 2)\n");
    let shown = published(&mut server);
    assert_eq!(shown["version"], 1);
    let first = &shown["diagnostics"][0];
    assert_eq!((&first["source"], &first["severity"]), (&json!("treefill"), &json!(1)));
    assert_eq!(first["range"]["start"], json!({ "line": 0, "character": 13 }), "{shown}");
    server.insert(&json!({ "line": 0, "character": 13 }), "]");
    let mended = published(&mut server);
    assert_eq!((&mended["version"], &mended["diagnostics"]), (&json!(2), &json!([])));
    // Of two changes in a row only the last is looked at.
    server.insert(&json!({ "line": 0, "character": 0 }), ")");
    server.insert(&json!({ "line": 0, "character": 0 }), "]");
    assert_eq!(published(&mut server)["version"], 4);
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(published(&mut server)["diagnostics"], json!([]));
}

#[test]
fn they_go_when_they_are_switched_off_and_never_come_unasked() {
    let mut server = start("");
    server.open("é = len([1, 2)\n");
    let set = |server: &mut TestServer, syntax: bool| {
        let settings = json!({ "treefill": { "diagnostics": { "syntax": syntax } } });
        server.client().notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    };
    set(&mut server, true);
    // The first that comes is of this look: nothing came before it was switched on.
    assert_ne!(published(&mut server)["diagnostics"], json!([]));
    set(&mut server, false);
    assert_eq!(published(&mut server)["diagnostics"], json!([]));
    // A sound document says nothing at all; unread messages would end this test with a failure.
    set(&mut server, true);
    assert_ne!(published(&mut server)["diagnostics"], json!([]));
}
