//! Tests that private files stay private: patterns of the user's, in every folder of the workspace.

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::TestServer;

fn params(roots: &[&str], options: Value) -> Value {
    let folder = |root: &&str| json!({ "uri": root, "name": "x" });
    json!({
        "capabilities": { "textDocument": { "inlineCompletion": {} } },
        "workspaceFolders": roots.iter().map(folder).collect::<Vec<_>>(),
        "initializationOptions": options,
    })
}

fn suggests(server: &mut TestServer, uri: &str) -> bool {
    server.open_as(uri, "python", "x = \n");
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 } });
    let answer = server.client().call("textDocument/inlineCompletion", params);
    !answer["items"].as_array().unwrap().is_empty()
}

#[test]
fn patterns_of_private_folders_hold_in_every_folder_of_the_workspace() {
    let roots = ["file:///w/one", "file:///w/two"];
    for pattern in ["diary/**", "diary/", "./diary/**", "/diary", "/w/*/diary", "**/diary/*.py"] {
        let options = json!({ "disable": { "paths": [pattern] } });
        let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&roots, options), "");
        for root in roots {
            assert!(!suggests(&mut server, &format!("{root}/diary/today.py")), "{pattern}");
            assert!(suggests(&mut server, &format!("{root}/today.py")), "{pattern}");
        }
    }
}

#[test]
fn folders_that_come_later_count_too() {
    let options = json!({ "disable": { "paths": ["/diary"] } });
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&[], options), "");
    assert!(suggests(&mut server, "file:///w/three/diary/a.py"));
    let event = json!({ "added": [{ "uri": "file:///w/three", "name": "x" }], "removed": [] });
    server.client().notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    assert!(!suggests(&mut server, "file:///w/three/diary/a.py"));
}

#[test]
fn a_pattern_that_matches_nothing_is_reported() {
    let config = "[disable]\npaths = [\"../shared/**\", \"diary/\", \"\"]\n";
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&[], json!({})), config);
    let told = server.client().message("window/showMessage")["params"]["message"].to_string();
    assert!(told.contains("../shared/**") && told.contains("matches nothing"), "{told}");
    assert!(!suggests(&mut server, "file:///w/diary/a.py"), "the others count");
}
