//! Tests actions that take a model which follows instructions: hidden without one, asked in messages, checked, and a
//! message when nothing came of it. Their prompts are tested beside each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{Engine, Task};

use super::support::{GatedEngine, TestServer, URI, able};

const TEXT: &str = "é = 1\n\n\ndef f(ä):\n    é = \"🧀\"; return ä\n\n\ny = 2\n";
const CONFIG: &str = "[instruct]\npath = \"follows.gguf\"\n";

/// A server with this engine for instructions, and how often that was started.
fn start(engine: Arc<dyn Engine>, config: &str) -> (TestServer, Arc<AtomicUsize>) {
    let infill = ScriptedEngine::always("never asked");
    let mut server = TestServer::start_with(infill, json!({ "capabilities": able() }), config);
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    server.session.instruct_by(Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Arc::clone(&engine)
    }));
    server.open(TEXT);
    (server, started)
}

fn menu(server: &mut TestServer, diagnostics: &Value) -> Vec<Value> {
    let place = json!({ "line": 4, "character": 8 });
    let params = json!({
        "textDocument": { "uri": URI },
        "range": { "start": place, "end": place },
        "context": { "diagnostics": diagnostics },
    });
    server.client().call("textDocument/codeAction", params).as_array().unwrap().clone()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|action| action["title"].as_str().unwrap()).collect()
}

fn edits(action: &Value) -> &Value {
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": URI, "version": 1 }), "{action}");
    &change["edits"]
}

#[test]
fn they_are_hidden_unless_a_model_is_configured() {
    let (mut server, started) = start(ScriptedEngine::always(""), "");
    assert_eq!(menu(&mut server, &json!([])), Vec::<Value>::new());
    let status = server.command("treefill.status", json!([]));
    assert_eq!(status["instruct"], false);
    assert_eq!(started.load(Ordering::Relaxed), 0);
}

#[test]
fn one_that_is_chosen_starts_the_model_and_is_made() {
    let engine = ScriptedEngine::always("Give it back.");
    let (mut server, started) = start(Arc::clone(&engine) as _, CONFIG);
    let actions = menu(&mut server, &json!([]));
    assert_eq!(titles(&actions), ["Write the docstring of `f`", "Explain `f` with comments"]);
    assert!(actions.iter().all(|action| action["kind"] == "refactor.rewrite"));
    assert_eq!(server.command("treefill.status", json!([]))["instruct"], true);
    assert_eq!((started.load(Ordering::Relaxed), engine.jobs().len()), (0, 0), "a menu starts no model");
    for times in 1..3 {
        let resolved = server.client().call("codeAction/resolve", actions[0].clone());
        let at = json!({ "line": 3, "character": 9 });
        let text = "\n    \"\"\"Give it back.\"\"\"";
        assert_eq!(edits(&resolved), &json!([{ "range": { "start": at, "end": at }, "newText": text }]));
        assert_eq!((started.load(Ordering::Relaxed), engine.jobs().len()), (1, times));
    }
    assert!(matches!(engine.jobs()[0].task, Task::Chat { .. }));
}

#[test]
fn a_diagnostic_is_a_question_and_its_action_a_quick_fix() {
    let engine = ScriptedEngine::always("```python\ndef f(ä):\n    é = \"🧀\"; return ä + é\n```");
    let (mut server, _) = start(engine, CONFIG);
    let range = json!({ "start": { "line": 4, "character": 21 }, "end": { "line": 4, "character": 22 } });
    let told =
        json!([{ "range": range, "message": "wrong type", "source": "mypy", "code": "x", "severity": 1 }]);
    let actions = menu(&mut server, &told);
    let fix = actions.iter().find(|action| action["title"] == "Fix with the instruct model: wrong type");
    let fix = fix.unwrap();
    assert_eq!(fix["kind"], "quickfix");
    assert_eq!((&fix["diagnostics"], &fix["data"]["told"]), (&told, &json!("mypy says: wrong type (x)")));
    let resolved = server.client().call("codeAction/resolve", fix.clone());
    // UTF-16: behind the emoji of two units.
    let at = json!({ "line": 4, "character": 22 });
    assert_eq!(edits(&resolved), &json!([{ "range": { "start": at, "end": at }, "newText": " + é" }]));
}

#[test]
fn cancelling_and_typing_end_the_work() {
    let (engine, jobs) = GatedEngine::new();
    let (mut server, _) = start(engine, CONFIG);
    let action = menu(&mut server, &json!([])).remove(1);
    let id = server.client().request("codeAction/resolve", action.clone());
    let job = jobs.recv().unwrap();
    server.client().notify("$/cancelRequest", json!({ "id": id }));
    job.given_up();
    assert_eq!(server.client().answer(id)["error"]["code"], -32800);
    let id = server.client().request("codeAction/resolve", action.clone());
    let job = jobs.recv().unwrap();
    server.insert(&json!({ "line": 7, "character": 0 }), "z");
    job.given_up();
    assert_eq!(server.client().answer(id)["error"]["code"], -32801);
    let stale = server.client().request("codeAction/resolve", action);
    assert_eq!(server.client().answer(stale)["error"]["code"], -32801);
}

fn rewrite(version: i64) -> Value {
    let range = json!({ "start": { "line": 4, "character": 4 }, "end": { "line": 4, "character": 9 } });
    json!([{ "uri": URI, "range": range, "instruction": "twice", "version": version }])
}

#[test]
fn a_selection_is_rewritten_by_a_command() {
    let engine = ScriptedEngine::always("    é = \"🧀\"; return ä * 2");
    let (mut server, _) = start(engine, CONFIG);
    server.command("treefill.rewrite", rewrite(1));
    let request = server.client().message("workspace/applyEdit");
    assert_eq!(request["params"]["label"], "Rewrite: twice");
    let at = json!({ "line": 4, "character": 22 });
    assert_eq!(
        edits(&request["params"]),
        &json!([{ "range": { "start": at, "end": at }, "newText": " * 2" }])
    );
    let applied = json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } });
    server.client().send(&applied);
    for (arguments, code) in [(rewrite(7), -32801), (json!([{ "uri": URI }]), -32602), (json!([]), -32602)] {
        let params = json!({ "command": "treefill.rewrite", "arguments": arguments });
        let id = server.client().request("workspace/executeCommand", params);
        assert_eq!(server.client().answer(id)["error"]["code"], code);
    }
}

#[test]
fn what_came_of_nothing_is_told_in_one_sentence() {
    for (config, expected) in [
        (CONFIG, "the model's answer was not used: the model spoke to you instead of doing it"),
        ("", "no model: this takes one that follows instructions; name its file in instruct.path"),
    ] {
        let (mut server, _) = start(ScriptedEngine::always("Sorry, I cannot."), config);
        assert_eq!(server.command("treefill.rewrite", rewrite(1)), Value::Null);
        let told = server.client().message("window/showMessage");
        let text = told["params"]["message"].as_str().unwrap();
        assert!(text.contains("nothing was changed (Rewrite: twice): ") && text.contains(expected), "{text}");
    }
}

#[test]
fn an_editor_or_a_project_may_not_name_the_model() {
    let infill = ScriptedEngine::always("");
    let options = json!({ "instruct": { "path": "/tmp/evil.gguf" } });
    let params = json!({ "capabilities": able(), "initializationOptions": options });
    let mut server = TestServer::start_with(infill, params, "");
    let told = server.client().message("window/showMessage");
    let text = told["params"]["message"].as_str().unwrap();
    assert!(text.contains("instruct.path: refused"), "{text}");
    assert!(!server.session.overview(None).instruct);
}
