//! Tests actions that take a model: offered in the menu, resolved when chosen, by `codeAction/resolve` or a command.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{Engine, ModelInfo, Status, Unavailable};

use super::support::{GatedEngine, TestServer, URI, able};

const STUB: &str = "é = 1\n\n\ndef f(ä):\n    \"\"\"Says ä.\"\"\"\n\n\ny = 2\n";

fn start(engine: Arc<dyn Engine>, capabilities: Value) -> TestServer {
    let mut server = TestServer::start_with(engine, json!({ "capabilities": capabilities }), "");
    server.open(STUB);
    server
}

/// The actions in the docstring.
fn menu(server: &mut TestServer, only: Value) -> Vec<Value> {
    let place = json!({ "line": 4, "character": 9 });
    let params = json!({
        "textDocument": { "uri": URI },
        "range": { "start": place, "end": place },
        "context": { "diagnostics": [], "only": only },
    });
    server.client().call("textDocument/codeAction", params).as_array().unwrap().clone()
}

fn the_action(server: &mut TestServer) -> Value {
    let [action] = &menu(server, Value::Null)[..] else { panic!("one action") };
    action.clone()
}

/// The edits of a document change, and that it names the version.
fn edits(action: &Value) -> &Value {
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": URI, "version": 1 }), "{action}");
    &change["edits"]
}

fn the_edit() -> Value {
    // UTF-16: the docstring is 15 units wide, behind an indentation of four.
    let at = json!({ "line": 4, "character": 17 });
    json!([{ "range": { "start": at, "end": at }, "newText": "\n    return ä" }])
}

#[test]
fn a_promise_is_made_when_it_is_chosen() {
    let engine = ScriptedEngine::always("return ä\n");
    let mut server = start(Arc::clone(&engine) as _, able());
    let provider = &server.capabilities["codeActionProvider"];
    assert_eq!(provider["resolveProvider"], true);
    assert_eq!(provider["codeActionKinds"], json!(["quickfix", "refactor.rewrite"]));
    let action = the_action(&mut server);
    assert_eq!(action["title"], "Implement `f` from its docstring");
    assert_eq!(
        (&action["kind"], &action["edit"], &action["command"]),
        (&json!("refactor.rewrite"), &Value::Null, &Value::Null)
    );
    assert_eq!(engine.jobs().len(), 0, "a menu asks no model");
    for (only, count) in [("refactor", 1), ("refactor.rewrite", 1), ("quickfix", 0), ("source", 0)] {
        assert_eq!(menu(&mut server, json!([only])).len(), count, "{only}");
    }
    let resolved = server.client().call("codeAction/resolve", action.clone());
    assert_eq!(edits(&resolved), &the_edit());
    assert_eq!(resolved["title"], action["title"]);
}

/// The menu on a name that nobody knows, and that the file has nothing like.
fn infills(server: &mut TestServer, severity: u32) -> (Value, Vec<Value>) {
    let place = |character: u32| json!({ "line": 7, "character": character });
    let range = json!({ "start": place(4), "end": place(10) });
    let told = json!({ "range": range, "message": "\"nobody\" is not defined", "severity": severity });
    let params =
        json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [7, told] } });
    let menu = server.client().call("textDocument/codeAction", params);
    let infills =
        menu.as_array().unwrap().iter().filter(|action| {
            action["title"].as_str().is_some_and(|title| title.starts_with("Fix this error"))
        });
    (told, infills.cloned().collect())
}

#[test]
fn an_error_without_a_sure_repair_is_written_anew_when_that_is_chosen() {
    let engine = ScriptedEngine::always("é\n");
    let mut server = start(Arc::clone(&engine) as _, able());
    server.client().notify(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": URI, "version": 9 },
            "contentChanges": [{ "text": "é = 1\n\n\ndef f(ä):\n    return ä\n\n\nz = nobody\n" }],
        }),
    );
    let (told, actions) = infills(&mut server, 1);
    let [action] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(action["title"], "Fix this error (\"nobody\" is not defined)");
    assert_eq!((&action["kind"], &action["diagnostics"]), (&json!("quickfix"), &json!([told])));
    assert_eq!((&action["edit"], engine.jobs().len()), (&Value::Null, 0), "a menu asks no model");
    let resolved = server.client().call("codeAction/resolve", action.clone());
    let change = &resolved["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": URI, "version": 9 }));
    assert_eq!(change["edits"], json!([{ "range": told["range"], "newText": "é" }]));
    // A warning is left to whoever gave it.
    assert_eq!(infills(&mut server, 2).1, Vec::<Value>::new());
    // The text is what it is about: another one is refused.
    server.insert(&json!({ "line": 0, "character": 0 }), "z");
    let stale = server.client().request("codeAction/resolve", action.clone());
    assert_eq!(server.client().answer(stale)["error"]["code"], -32801);
}

#[test]
fn without_a_model_nothing_is_written_anew() {
    let mut server = start(Unavailable::because("set model.path"), able());
    server.client().message("window/showMessage");
    server.client().notify(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": URI, "version": 9 },
            "contentChanges": [{ "text": "é = 1\n\n\ndef f(ä):\n    return ä\n\n\nz = nobody\n" }],
        }),
    );
    assert_eq!(infills(&mut server, 1).1, Vec::<Value>::new());
}

#[test]
fn a_document_that_moved_on_is_left_alone() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = start(engine, able());
    let action = the_action(&mut server);
    let late = server.client().request("codeAction/resolve", action.clone());
    let job = jobs.recv().unwrap();
    // While it is being made: the work stops by itself.
    server.insert(&json!({ "line": 7, "character": 0 }), "z");
    job.given_up();
    assert_eq!(server.client().answer(late)["error"]["code"], -32801);
    // Before it is asked for: nothing begins.
    let stale = server.client().request("codeAction/resolve", action);
    assert_eq!(server.client().answer(stale)["error"]["code"], -32801);
    assert!(jobs.try_recv().is_err());
}

#[test]
fn a_cancelled_request_and_a_closed_document_free_the_engine() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = start(engine, able());
    let action = the_action(&mut server);
    let mut quickest = Duration::MAX;
    // Several times, for other programs run on this machine.
    for _ in 0..5 {
        let id = server.client().request("codeAction/resolve", action.clone());
        let job = jobs.recv().unwrap();
        let cancelled = Instant::now();
        server.client().notify("$/cancelRequest", json!({ "id": id }));
        job.given_up();
        quickest = quickest.min(cancelled.elapsed());
        assert_eq!(server.client().answer(id)["error"]["code"], -32800);
    }
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");

    let id = server.client().request("codeAction/resolve", action);
    let job = jobs.recv().unwrap();
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    job.given_up();
    assert_eq!(server.client().answer(id)["error"]["code"], -32801);
}

#[test]
fn what_is_no_promise_of_ours_comes_back_as_it_was() {
    let mut server = start(ScriptedEngine::always("return ä\n"), able());
    for action in [
        json!({ "title": "a", "edit": { "changes": {} } }),
        json!({ "title": "a", "data": { "uri": URI, "version": 1 } }),
        json!({ "title": "a", "data": { "uri": URI, "version": 1, "action": "dance", "range": null } }),
    ] {
        assert_eq!(server.client().call("codeAction/resolve", action.clone()), action);
    }
}

#[test]
fn clients_that_cannot_resolve_get_a_command() {
    let literal = json!({ "textDocument": { "codeAction": { "codeActionLiteralSupport": {} } } });
    for (capabilities, is_literal) in [(json!({}), false), (literal, true)] {
        let mut server = start(ScriptedEngine::always("return ä\n"), capabilities);
        let action = the_action(&mut server);
        let command = if is_literal { &action["command"] } else { &action };
        assert_eq!(command["command"], "treefill.apply");
        server.command("treefill.apply", command["arguments"].clone());
        let request = server.client().message("workspace/applyEdit");
        assert_eq!(request["params"]["edit"]["changes"][URI], the_edit());
        let applied = json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "applied": true } });
        server.client().send(&applied);

        server.insert(&json!({ "line": 7, "character": 0 }), "z");
        let params = json!({ "command": "treefill.apply", "arguments": command["arguments"] });
        let id = server.client().request("workspace/executeCommand", params);
        assert_eq!(server.client().answer(id)["error"]["code"], -32801);
    }
}

#[test]
fn when_there_is_nothing_to_apply_the_user_is_told_in_one_sentence() {
    let engines: [(Arc<dyn Engine>, &str); 2] = [
        (ScriptedEngine::always("return 1\n"), "nothing of what the model wrote parses"),
        (Unavailable::because("set model.path"), "no model: set model.path"),
    ];
    for (engine, expected) in engines {
        let mut server = start(engine, able());
        let action = the_action(&mut server);
        assert_eq!(server.client().call("codeAction/resolve", action.clone()), action);
        let told = server.client().take(|message| {
            message["params"]["message"].as_str().is_some_and(|text| text.contains("Implement `f`"))
        });
        assert_eq!(told["method"], "window/showMessage");
        let text = told["params"]["message"].as_str().unwrap();
        assert!(text.contains(expected), "{text}");
        if text.contains("no model") {
            // Said once when it was looked for, too.
            server.client().take(|message| {
                message["params"]["message"] == "treefill: There is no model: set model.path."
            });
        }
    }
}

#[test]
fn where_suggestions_are_off_no_model_is_promised() {
    let mut server = start(ScriptedEngine::always("return ä\n"), able());
    let action = the_action(&mut server);
    server.command("treefill.toggle", json!([{ "scope": "file", "uri": URI }]));
    server.client().message("window/showMessage");
    assert_eq!(menu(&mut server, Value::Null), Vec::<Value>::new());
    assert_eq!(server.client().call("codeAction/resolve", action.clone()), action);
    server.client().message("window/showMessage");
}

#[test]
fn progress_is_shown_by_the_request_s_token_or_by_one_of_ours() {
    let progress = |server: &mut TestServer, token: &Value, kind: &str| {
        server.client().take(|message| {
            let params = &message["params"];
            message["method"] == "$/progress" && &params["token"] == token && params["value"]["kind"] == kind
        })
    };
    let (engine, jobs) = GatedEngine::new();
    let mut capabilities = able();
    capabilities["window"] = json!({ "workDoneProgress": true });
    let mut server = start(engine, capabilities);
    let action = the_action(&mut server);
    let id = server.client().request("codeAction/resolve", action.clone());
    let job = jobs.recv().unwrap();
    let create = server.client().message("window/workDoneProgress/create");
    server.client().send(&json!({ "jsonrpc": "2.0", "id": create["id"], "result": null }));
    let token = create["params"]["token"].clone();
    let begin = progress(&mut server, &token, "begin");
    assert_eq!(begin["params"]["value"]["message"], "Implement `f` from its docstring");
    job.say("return ä\n");
    assert_eq!(edits(&server.client().answer(id)["result"]), &the_edit());
    progress(&mut server, &token, "end");

    // A command may bring its own; giving up ends the display too.
    let params = json!({ "command": "treefill.apply", "arguments": [action["data"]], "workDoneToken": 7 });
    let id = server.client().request("workspace/executeCommand", params);
    let job = jobs.recv().unwrap();
    progress(&mut server, &json!(7), "begin");
    server.client().notify("$/cancelRequest", json!({ "id": id }));
    job.given_up();
    progress(&mut server, &json!(7), "end");
    assert_eq!(server.client().answer(id)["error"]["code"], -32800);
}

#[test]
fn what_a_small_model_writes_is_a_draft_to_be_confirmed() {
    let with = |parameters: u64| {
        let engine = ScriptedEngine::always("return ä\n");
        let info = ModelInfo { parameters, ..ModelInfo::default() };
        engine.set_status(Status::Ready(Arc::new(info)));
        engine
    };
    let mut asking = able();
    asking["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({});
    let mut server = start(with(8_000_000), asking.clone());
    let action = the_action(&mut server);
    assert_eq!(action["title"], "Draft `f` from its docstring");
    let resolved = server.client().call("codeAction/resolve", action);
    assert_eq!(edits(&resolved)[0]["newText"], "\n    return ä");
    assert_eq!(edits(&resolved)[0]["annotationId"], "draft");
    let annotation = &resolved["edit"]["changeAnnotations"]["draft"];
    assert_eq!(annotation["needsConfirmation"], true);
    assert_eq!(annotation["label"], "Draft `f` from its docstring");
    // A client that cannot ask gets the edit; a larger model writes no drafts.
    let mut server = start(with(8_000_000), able());
    let action = the_action(&mut server);
    let resolved = server.client().call("codeAction/resolve", action);
    assert_eq!((edits(&resolved), &resolved["edit"]["changeAnnotations"]), (&the_edit(), &Value::Null));
    let mut server = start(with(1_500_000_000), asking);
    let action = the_action(&mut server);
    assert_eq!(action["title"], "Implement `f` from its docstring");
    let resolved = server.client().call("codeAction/resolve", action);
    assert_eq!(edits(&resolved), &the_edit());
}
