//! Tests settings: what is taken, what is refused, what changes while the server runs.

use std::sync::Arc;
use std::sync::mpsc;

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::{PATIENCE, TestServer};

const POSITION: (u64, u64) = (0, 4);

fn params(options: Value) -> Value {
    json!({
        "capabilities": { "textDocument": { "inlineCompletion": {} } },
        "initializationOptions": options,
    })
}

fn suggests(server: &mut TestServer) -> bool {
    let id = server.ask(&json!({ "line": POSITION.0, "character": POSITION.1 }));
    !server.items(id).is_empty()
}

fn changed(server: &mut TestServer, settings: Value) {
    server.client().notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
}

#[test]
fn problems_are_shown_once_with_the_names() {
    let options = json!({ "completion": { "max_tokns": 3 }, "model": { "path": "/evil.gguf" } });
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(options), "[completon]\n");
    let first = server.client().message("window/showMessage")["params"].clone();
    assert_eq!(first["type"], 2);
    assert!(first["message"].as_str().unwrap().contains("completon"), "{first}");
    let second = server.client().message("window/showMessage")["params"]["message"].clone();
    let second = second.as_str().unwrap();
    for part in ["max_tokns", "max_tokens", "model.path", "config.toml"] {
        assert!(second.contains(part), "{part}: {second}");
    }
    // The same again: nothing new to say; the drop of the server looks for unread messages.
    changed(&mut server, json!({ "completion": { "max_tokns": 3 } }));
    assert_eq!(server.session.config().model.path, None);
}

#[test]
fn the_editors_settings_change_live() {
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(json!({})), "");
    server.open("x = \n");
    assert!(suggests(&mut server));
    changed(&mut server, json!({ "treefill": { "disable": { "languages": ["python"] } } }));
    assert!(!suggests(&mut server));
    // Nothing in it: what was sent before stays.
    changed(&mut server, json!({}));
    assert!(!suggests(&mut server));
    changed(&mut server, json!({ "disable": { "paths": ["*.rs"] } }));
    assert!(suggests(&mut server));
    changed(&mut server, json!({ "disable": { "paths": ["**/t*st/*.py"] } }));
    assert!(!suggests(&mut server));
    changed(&mut server, json!({ "completion": { "enabled": false } }));
    assert!(!suggests(&mut server));
}

#[test]
fn an_editor_that_only_says_that_something_changed_is_asked() {
    let mut params = params(Value::Null);
    params["capabilities"]["workspace"] = json!({ "configuration": true });
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params, "");
    server.open("x = \n");
    for (enabled, expected) in [(false, false), (true, true)] {
        let asked = server.client().message("workspace/configuration");
        assert_eq!(asked["params"]["items"][0]["section"], "treefill");
        let settings = json!([{ "completion": { "enabled": enabled } }]);
        server.client().send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": settings }));
        // The answer is taken by a task of its own.
        while suggests(&mut server) != expected {}
        if expected == enabled && !enabled {
            changed(&mut server, Value::Null);
        }
    }
}

#[test]
fn a_changed_model_is_started_without_a_restart() {
    let (started, models) = mpsc::channel();
    let start: treefill::session::EngineStarter = Arc::new(move |config| {
        started.send(config.model.path.clone()).unwrap();
        let name = config.model.path.as_ref().map_or("1", |_| "2");
        ScriptedEngine::always(name)
    });
    let mut server = TestServer::start_by(start, params(json!({})), "");
    server.open("x = \n");
    assert_eq!(models.recv_timeout(PATIENCE).unwrap(), None);
    let position = json!({ "line": 0, "character": 4 });
    let id = server.ask(&position);
    assert_eq!(server.items(id)[0]["insertText"], "1");

    std::fs::write(
        server.folder.path().join("config.toml"),
        "[model]\npath = \"other.gguf\"\n[completion]\neagerness = \"high\"\n",
    )
    .unwrap();
    changed(&mut server, Value::Null);
    let model = models.recv_timeout(PATIENCE).unwrap().unwrap();
    assert!(model.ends_with("other.gguf"));
    let told = server.client().message("window/showMessage")["params"]["message"].to_string();
    assert!(told.contains("config.toml: ") && told.contains("model.path"), "{told}");
    server.insert(&position, "\n");
    server.insert(&json!({ "line": 1, "character": 0 }), "z = ");
    let position = json!({ "line": 1, "character": 4 });
    loop {
        let id = server.ask(&position);
        let items = server.items(id);
        // Until the new engine is in place the old one answers.
        if items.first().is_some_and(|item| item["insertText"] == "2") {
            break;
        }
        server
            .client()
            .notify("textDocument/didClose", json!({ "textDocument": { "uri": super::support::URI } }));
        server.open("x = \nz = \n");
    }
}
