//! Tests the off switches that commands turn.

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::{TestServer, URI};

fn suggests(server: &mut TestServer, uri: &str) -> bool {
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 } });
    let answer = server.client().call("textDocument/inlineCompletion", params);
    !answer["items"].as_array().unwrap().is_empty()
}

#[test]
fn each_scope() {
    let mut server = TestServer::start(ScriptedEngine::always("1"));
    let rust = "file:///x.rs";
    server.open("x = \n");
    server.open_as(rust, "rust", "let \n");
    let states = |server: &mut TestServer| (suggests(server, URI), suggests(server, rust));
    let toggle = |server: &mut TestServer, argument: Value| {
        server.command("treefill.toggle", json!([argument]))["enabled"].clone()
    };

    let off =
        |server: &mut TestServer| server.command("treefill.status", json!([{ "uri": URI }]))["off"].clone();

    assert!(states(&mut server).0);
    assert_eq!(off(&mut server), Value::Null);
    assert_eq!(toggle(&mut server, json!({ "scope": "language", "uri": URI })), false);
    assert!(!states(&mut server).0);
    assert_eq!(off(&mut server), "language");
    assert_eq!(toggle(&mut server, json!({ "scope": "language", "language": "python" })), true);
    assert!(states(&mut server).0);
    assert_eq!(toggle(&mut server, json!({ "scope": "file", "uri": URI })), false);
    assert!(!states(&mut server).0);
    assert_eq!(toggle(&mut server, json!({ "scope": "file", "uri": URI })), true);
    assert_eq!(toggle(&mut server, Value::Null), false);
    assert_eq!(states(&mut server), (false, false));
    server.command("treefill.resume", json!([]));
    assert!(states(&mut server).0);
}

#[test]
fn a_pause() {
    let mut server = TestServer::start(ScriptedEngine::always("1"));
    server.open("x = \n");
    for argument in [json!([]), json!([{ "minutes": 5 }]), json!([0.5]), json!([{ "minutes": 1e300 }])] {
        server.command("treefill.pause", argument);
        assert!(!suggests(&mut server, URI));
        assert_eq!(server.command("treefill.status", json!([]))["paused"], true);
        server.command("treefill.resume", json!([]));
        assert!(suggests(&mut server, URI));
    }
    let counts = server.command("treefill.status", json!([]))["counts"].clone();
    assert_eq!((&counts["silent"]["disabled"], &counts["shown"]), (&4.into(), &4.into()));
}
