//! Tests code actions over the wire: literals with versioned edits, commands for others, and a document that moved on.

use std::sync::Arc;

use serde_json::{Value, json};
use treefill::engine::scripted::{Script, ScriptedEngine};
use treefill::engine::{Capabilities, Task, Unavailable};

use super::support::{GatedEngine, TestServer, URI};

/// A client with these abilities, and a file with a missing bracket behind a letter of two bytes.
fn start(capabilities: Value) -> TestServer {
    let engine = ScriptedEngine::always("");
    let mut server =
        TestServer::start_with(Arc::clone(&engine) as _, json!({ "capabilities": capabilities }), "");
    server.open("é = len([1, 2)\nx = 1\n");
    server
}

fn ask(server: &mut TestServer, context: Value) -> Value {
    let place = json!({ "line": 0, "character": 3 });
    let params = json!({ "textDocument": { "uri": URI }, "range": { "start": place, "end": place }, "context": context });
    server.client().call("textDocument/codeAction", params)
}

#[test]
fn a_literal_has_a_versioned_edit_and_the_diagnostic_it_mends() {
    let mut server = start(json!({
        "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    }));
    assert_eq!(
        server.capabilities["codeActionProvider"]["codeActionKinds"],
        json!(["quickfix", "refactor.rewrite"])
    );
    let range = json!({ "start": { "line": 0, "character": 13 }, "end": { "line": 0, "character": 14 } });
    let told = json!({ "range": range, "message": "Expected \"]\"", "source": "other", "code": 3, "more": { "a": 1 } });
    let actions = ask(&mut server, json!({ "diagnostics": [told, 7] }));
    let first = &actions[0];
    assert_eq!(first["title"], "Close the bracket: insert `]` after `[1, 2`");
    assert_eq!((&first["kind"], &first["diagnostics"]), (&json!("quickfix"), &json!([told])));
    let change = &first["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": URI, "version": 1 }));
    let at = json!({ "line": 0, "character": 13 });
    assert_eq!(change["edits"], json!([{ "range": { "start": at, "end": at }, "newText": "]" }]));
    let none = ask(&mut server, json!({ "diagnostics": [], "only": ["refactor"] }));
    assert_eq!(none, json!([]));
    assert_ne!(ask(&mut server, json!({ "only": ["quickfix"] })), json!([]));
}

#[test]
fn a_command_asks_the_client_to_apply_unless_the_document_moved_on() {
    let mut server = start(json!({}));
    let first = ask(&mut server, json!({}))[0].clone();
    assert_eq!(first["command"], "treefill.apply");
    server.command("treefill.apply", first["arguments"].clone());
    let request = server.client().message("workspace/applyEdit");
    let edits = &request["params"]["edit"]["changes"][URI];
    assert_eq!(edits[0]["newText"], "]");
    server.client().send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } }));

    server.insert(&json!({ "line": 1, "character": 0 }), "y");
    let params = json!({ "command": "treefill.apply", "arguments": first["arguments"] });
    let id = server.client().request("workspace/executeCommand", params);
    assert_eq!(server.client().answer(id)["error"]["code"], -32801);
}

#[test]
fn what_another_server_complains_about_is_repaired_with_the_files_around_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shapes.py"), "class Square: pass\n").unwrap();
    let uri = |name: &str| format!("file://{}/{name}", folder.path().display());
    let capabilities = json!({
        "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } } },
    });
    let folders = json!([{ "uri": format!("file://{}", folder.path().display()), "name": "x" }]);
    let params = json!({ "capabilities": capabilities, "workspaceFolders": folders });
    let mut server = TestServer::start_with(ScriptedEngine::always("") as _, params, "");
    // What is open counts as it is on the screen.
    server.open_as(&uri("lines.py"), "python", "class Line: pass\n");
    server.open_as(&uri("x.py"), "python", "é = [Square(), Line()]\n");
    let mut ask = |name: &str, from: u32| {
        let place = |character: u32| json!({ "line": 0, "character": character });
        let range = json!({ "start": place(from), "end": place(from + u32::try_from(name.len()).unwrap()) });
        let told =
            json!({ "range": range, "message": format!("\"{name}\" is not defined"), "source": "Pyright" });
        let params = json!({ "textDocument": { "uri": uri("x.py") }, "range": range, "context": { "diagnostics": [7, told] } });
        // A list that a busy machine has no time for is asked for again, as a user would.
        let mut lists = (0..20).map(|_| server.client().call("textDocument/codeAction", params.clone()));
        let actions =
            lists.find(|actions| actions[0]["edit"]["changes"].is_object()).expect("a list with a repair");
        assert_eq!((&actions[0]["isPreferred"], &actions[0]["diagnostics"]), (&json!(true), &json!([told])));
        let edits = &actions[0]["edit"]["changes"][uri("x.py")];
        edits[0]["newText"].as_str().unwrap().to_owned()
    };
    assert_eq!(ask("Square", 5), "from shapes import Square\n\n");
    assert_eq!(ask("Line", 15), "from lines import Line\n\n");
}

#[test]
fn off_switches_hold_for_actions_too() {
    let mut server = start(json!({}));
    assert_ne!(ask(&mut server, json!({})), json!([]));
    server.command("treefill.pause", json!([]));
    assert_eq!(ask(&mut server, json!({})), json!([]));
    server.command("treefill.resume", json!([]));
    server.command("treefill.toggle", json!([{ "scope": "file", "uri": URI }]));
    assert_eq!(ask(&mut server, json!({})), json!([]));
    server.command("treefill.toggle", json!([{ "scope": "file", "uri": URI }]));
    assert_ne!(ask(&mut server, json!({})), json!([]));
    let engine = ScriptedEngine::always("");
    let config = "[disable]\nlanguages = [\"python\"]\n";
    let mut server = TestServer::start_with(engine as _, json!({ "capabilities": {} }), config);
    server.open("é = len([1, 2)\n");
    assert_eq!(ask(&mut server, json!({})), json!([]));
}

/// What has several repairs, which a slow machine finds too.
const BROKEN: &str = "x = 1 2\ny = 1\n";

/// The titles of what is offered for that, and which is preferred.
fn titles(server: &mut TestServer) -> Vec<(String, bool)> {
    let place = json!({ "line": 0, "character": 5 });
    let params = json!({
        "textDocument": { "uri": URI }, "range": { "start": place, "end": place }, "context": { "only": ["quickfix"] },
    });
    let actions = server.client().call("textDocument/codeAction", params);
    let title = |action: &Value| {
        (action["title"].as_str().unwrap().to_owned(), action["isPreferred"].as_bool().unwrap_or(false))
    };
    actions.as_array().unwrap().iter().map(title).collect()
}

fn literals() -> Value {
    json!({ "capabilities": { "textDocument": { "codeAction": { "codeActionLiteralSupport": {} } } } })
}

#[test]
fn the_model_orders_repairs_and_is_asked_once_for_each_version() {
    let mut server = TestServer::start_with(Unavailable::because("none"), literals(), "");
    server.client().message("window/showMessage");
    server.open(BROKEN);
    let without = titles(&mut server);
    assert!(without.len() > 1, "{without:?}");
    // The last one makes the likeliest lines by far.
    let engine = ScriptedEngine::new(|job| match &job.task {
        Task::Score { continuations } => {
            let last = continuations.len() - 1;
            Script::Scores((0..=last).map(|at| if at == last { -1.0 } else { -200.0 }).collect())
        }
        Task::Generate { .. } | Task::Chat { .. } | Task::Explain { .. } => Script::Pieces(Vec::new()),
    });
    let mut server = TestServer::start_with(Arc::clone(&engine) as _, literals(), "");
    server.open(BROKEN);
    let mut expected = without.clone();
    expected.rotate_right(1);
    let names = |titles: &[(String, bool)]| titles.iter().map(|(title, _)| title.clone()).collect::<Vec<_>>();
    let with = titles(&mut server);
    assert_eq!(names(&with), names(&expected));
    assert_eq!((titles(&mut server), engine.jobs().len()), (with, 1), "known");
    server.insert(&json!({ "line": 1, "character": 5 }), " ");
    titles(&mut server);
    assert_eq!(engine.jobs().len(), 2, "another text");
}

#[test]
fn an_engine_that_scores_no_texts_leaves_the_order_by_ngrams() {
    let mut server = TestServer::start_with(Unavailable::because("none"), literals(), "");
    server.client().message("window/showMessage");
    server.open(BROKEN);
    let without = titles(&mut server);
    let engine = ScriptedEngine::new(|_| Script::Scores(vec![-1.0]));
    engine.set_capabilities(Capabilities { scoring: false, ..Capabilities::LLAMA });
    let mut server = TestServer::start_with(Arc::clone(&engine) as _, literals(), "");
    server.open(BROKEN);
    assert_eq!((titles(&mut server), engine.jobs().len()), (without, 0));
}

#[test]
fn a_menu_does_not_wait_for_a_model_that_is_slow() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = TestServer::start_with(engine, literals(), "");
    server.open(BROKEN);
    let first = titles(&mut server);
    let job = jobs.recv().unwrap();
    assert_eq!(titles(&mut server), first, "asked already");
    assert!(jobs.try_recv().is_err());
    // What is no longer the text is weighed no longer.
    server.insert(&json!({ "line": 1, "character": 5 }), " ");
    job.given_up();
}

#[test]
fn where_nothing_is_wrong_nothing_is_offered() {
    let mut server = TestServer::start(ScriptedEngine::always(""));
    server.open("x = 1\n");
    assert_eq!(ask(&mut server, json!({ "diagnostics": [] })), json!([]));
}
