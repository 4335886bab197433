//! Tests `textDocument/inlineCompletion`: what is announced, positions, superseding, typing on, silence.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use treefill::engine::Status;
use treefill::engine::scripted::{Script, ScriptedEngine};

use super::support::{GatedEngine, PATIENCE, TestServer, URI};

const TEXT: &str = "s = 'é😀'; total = ˇ\n";

fn client(encodings: &[&str]) -> Value {
    json!({ "capabilities": {
        "general": { "positionEncodings": encodings },
        "textDocument": { "inlineCompletion": {} },
        "workspace": { "diagnostic": "of an odd shape" },
    } })
}

fn range(line: u64, start: u64, end: u64) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

#[test]
fn who_asks_may_choose() {
    let texts = vec![("first(a)\n".to_owned(), -0.1), ("second(b)\n".to_owned(), -0.2)];
    let mut server = TestServer::start(ScriptedEngine::new(move |_| Script::Texts(texts.clone())));
    let position = server.open_at(TEXT, char::len_utf8);
    for (kind, expected) in [(2, vec!["first(a)"]), (1, vec!["first(a)", "second(b)"])] {
        let document = json!({ "uri": URI });
        let context = json!({ "triggerKind": kind });
        let asked = json!({ "textDocument": document, "position": position, "context": context });
        let answer = server.client().call("textDocument/inlineCompletion", asked);
        let items = answer["items"].as_array().unwrap().iter();
        let texts: Vec<&str> = items.map(|item| item["insertText"].as_str().unwrap()).collect();
        assert_eq!(texts, expected);
    }
}

#[test]
fn lines_end_as_clients_insert_them() {
    // The client puts in the document's own: Neovim would show a CR.
    let mut server = TestServer::start(ScriptedEngine::always("\n    y = 1\n    return y\n"));
    let position = server.open_at("x = 1\r\ndef f():ˇ\r\n", char::len_utf8);
    let id = server.ask(&position);
    assert_eq!(server.items(id)[0]["insertText"], "\n    y = 1\n    return y");
}

#[test]
fn what_is_announced() {
    let server = TestServer::start(ScriptedEngine::always(""));
    let capabilities = &server.capabilities;
    assert_eq!(capabilities["inlineCompletionProvider"], true);
    assert_eq!(capabilities["positionEncoding"], "utf-8");
    assert_eq!(capabilities["textDocumentSync"]["openClose"], true);
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    assert!(capabilities.get("completionProvider").is_none());
    let commands = &capabilities["executeCommandProvider"]["commands"];
    assert!(commands.as_array().unwrap().contains(&"treefill.accepted".into()));
}

#[test]
fn initialize_does_not_wait_for_the_engine() {
    // The engine is never there: starting it blocks until the test ends.
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = std::sync::Mutex::new(blocked);
    let start: treefill::session::EngineStarter = Arc::new(move |_| {
        let _ = blocked.lock().unwrap().recv();
        ScriptedEngine::always("")
    });
    let server = TestServer::start_by(start, client(&["utf-8"]), "");
    assert_eq!(server.capabilities["inlineCompletionProvider"], true);
    drop(release);
}

#[test]
fn positions_in_all_encodings() {
    type Units = fn(char) -> usize;
    let encodings: [(&str, Units); 3] =
        [("utf-8", char::len_utf8), ("utf-16", char::len_utf16), ("utf-32", |_| 1)];
    for (encoding, units) in encodings {
        let mut server = TestServer::start_with(ScriptedEngine::always("compute()"), client(&[encoding]), "");
        assert_eq!(server.capabilities["positionEncoding"], encoding);
        let position = server.open_at(TEXT, units);
        let id = server.ask(&position);
        let items = server.items(id);
        let at = position["character"].as_u64().unwrap();
        assert_eq!(items[0]["insertText"], "compute()", "{encoding}");
        assert_eq!(items[0]["range"], range(0, at, at), "{encoding}");
        assert_eq!(items[0]["command"]["command"], "treefill.accepted");
        // Typed on: the change is in the same units.
        server.insert(&position, "comp");
        let id = server.ask(&json!({ "line": 0, "character": at + 4 }));
        assert_eq!(server.items(id)[0]["insertText"], "ute()", "{encoding}");
    }
}

#[test]
fn typing_what_is_shown_needs_no_model_and_the_acceptance_counts() {
    let engine = ScriptedEngine::always("compute(1)");
    let mut server = TestServer::start(engine.clone());
    let mut position = server.open_at(TEXT, char::len_utf8);
    for typed in ["c", "o", "m", "p"] {
        let id = server.ask(&position);
        assert!(server.items(id)[0]["insertText"].as_str().unwrap().starts_with(typed));
        server.insert(&position, typed);
        position["character"] = (position["character"].as_u64().unwrap() + 1).into();
    }
    let id = server.ask(&position);
    let item = server.items(id).remove(0);
    assert_eq!(item["insertText"], "ute(1)");
    assert_eq!(engine.jobs().len(), 1);
    server.command("treefill.accepted", item["command"]["arguments"].clone());
    let counts = server.command("treefill.status", json!([]))["counts"].clone();
    assert_eq!((&counts["shown"], &counts["accepted"]), (&5.into(), &1.into()));
}

#[test]
fn a_newer_request_ends_the_older_at_once() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = TestServer::start(engine);
    let position = server.open_at(TEXT, char::len_utf8);
    let older = server.ask(&position);
    let first = jobs.recv_timeout(PATIENCE).unwrap();
    let newer = server.ask(&position);
    assert!(server.items(older).is_empty());
    first.given_up();
    jobs.recv_timeout(PATIENCE).unwrap().say("compute()");
    assert_eq!(server.items(newer)[0]["insertText"], "compute()");
}

#[test]
fn cancelling_and_closing_give_the_work_up() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = TestServer::start(engine);
    let position = server.open_at(TEXT, char::len_utf8);
    let id = server.ask(&position);
    let job = jobs.recv_timeout(PATIENCE).unwrap();
    let start = Instant::now();
    server.client().notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(server.client().answer(id)["error"]["code"], -32800);
    assert!(start.elapsed().as_millis() < 500);
    job.given_up();

    let id = server.ask(&position);
    let job = jobs.recv_timeout(PATIENCE).unwrap();
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    assert!(server.items(id).is_empty());
    job.given_up();
}

#[test]
fn an_answer_for_an_older_text_is_brought_up_to_date_or_dropped() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = TestServer::start(engine);
    for (typed, expected) in [("comp", Some("ute()")), ("other", None)] {
        let position = server.open_at(TEXT, char::len_utf8);
        let id = server.ask(&position);
        let job = jobs.recv_timeout(PATIENCE).unwrap();
        server.insert(&position, typed);
        // The change is in before the engine speaks: this request comes after it.
        server.command("treefill.status", json!([]));
        job.say("compute()");
        let items = server.items(id);
        assert_eq!(items.first().map(|item| item["insertText"].as_str().unwrap()), expected, "{typed}");
        if let Some(item) = items.first() {
            let at = position["character"].as_u64().unwrap() + typed.len() as u64;
            assert_eq!(item["range"], range(0, at, at));
        }
        server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    }
}

#[test]
fn six_hundred_changes_with_sixty_four_requests_in_flight() {
    // The suggestion repeats the number that stands in the text before the cursor.
    let engine = ScriptedEngine::new(|job| {
        let prefix: String = job.segments.iter().map(|segment| segment.text.as_str()).collect();
        let number = prefix.split("number_").nth(1).and_then(|rest| rest.split('_').next()).unwrap_or("?");
        Script::Pieces(vec![format!("value_{number}")])
    });
    let mut server = TestServer::start(engine);
    let uri = |document: u32| format!("file:///{document}.py");
    for document in 0..64 {
        server.open_as(&uri(document), "python", "# number_0_\nx = \n");
    }
    let mut asked = Vec::new();
    for change in 0_u32..600 {
        let (document, round) = (change % 64, change / 64 + 1);
        let text_document = json!({ "uri": uri(document), "version": round + 1 });
        let old = (change / 64).to_string().len();
        let edit = json!({ "range": range(0, 9, 9 + old as u64), "text": round.to_string() });
        server.client().notify(
            "textDocument/didChange",
            json!({ "textDocument": text_document, "contentChanges": [edit] }),
        );
        if change + 64 >= 600 {
            let params = json!({ "textDocument": { "uri": uri(document) }, "position": { "line": 1, "character": 4 } });
            asked.push((round, server.client().request("textDocument/inlineCompletion", params)));
        }
    }
    assert_eq!(asked.len(), 64);
    for (round, id) in asked {
        let items = server.items(id);
        assert_eq!(items[0]["insertText"], format!("value_{round}"));
    }
}

#[test]
fn requests_wait_while_the_model_is_read() {
    let (engine, jobs) = GatedEngine::new();
    engine.status.send_replace(Status::Loading(0.1));
    let mut params = client(&["utf-8"]);
    params["capabilities"]["window"] = json!({ "workDoneProgress": true });
    let mut server = TestServer::start_with(engine.clone(), params, "");
    let position = server.open_at(TEXT, char::len_utf8);
    let id = server.ask(&position);
    let create = server.client().message("window/workDoneProgress/create");
    server.client().send(&json!({ "jsonrpc": "2.0", "id": create["id"], "result": null }));
    let begin = server.client().message("$/progress");
    assert_eq!(begin["params"]["value"]["kind"], "begin");
    assert_eq!(begin["params"]["token"], create["params"]["token"]);
    engine.status.send_replace(Status::Ready(Arc::default()));
    assert_eq!(server.client().message("$/progress")["params"]["value"]["kind"], "end");
    jobs.recv_timeout(PATIENCE).unwrap().say("compute()");
    assert_eq!(server.items(id)[0]["insertText"], "compute()");
}

#[test]
fn a_client_that_asks_for_it_is_told_what_the_engine_does() {
    let (engine, _jobs) = GatedEngine::new();
    engine.status.send_replace(Status::Loading(0.1));
    let mut params = client(&["utf-8"]);
    params["capabilities"]["experimental"] = json!({ "treefillStatus": true });
    let mut server = TestServer::start_with(engine.clone(), params, "");
    let told = |server: &mut TestServer| {
        let mut message = server.client().message("treefill/status");
        message["params"]["engine"].take()
    };
    // On a busy machine the client is there before the engine.
    let first = [told(&mut server)].into_iter().find(|told| told["state"] != "starting");
    let first = first.unwrap_or_else(|| told(&mut server));
    assert_eq!(first, json!({ "state": "loading", "share": 0.1 }));
    // The second is the same to a reader, and is not sent.
    for share in [0.425, 0.4251] {
        engine.status.send_replace(Status::Loading(share));
        let now = server.command("treefill.status", json!([]));
        assert_eq!(now["engine"], json!({ "state": "loading", "share": 0.42 }));
    }
    assert_eq!(told(&mut server), json!({ "state": "loading", "share": 0.42 }));
    engine.status.send_replace(Status::Restarting);
    assert_eq!(told(&mut server)["state"], "restarting");
    engine.status.send_replace(Status::Ready(Arc::default()));
    assert_eq!(told(&mut server)["state"], "ready");
    engine.status.send_replace(Status::Failed("no such file".into()));
    assert_eq!(told(&mut server), json!({ "state": "failed", "message": "no such file" }));
    // The message that every client gets.
    server.client().message("window/showMessage");
}

#[test]
fn a_model_that_cannot_be_read_is_said_once() {
    let (engine, _jobs) = GatedEngine::new();
    engine.status.send_replace(Status::Failed("model.gguf: no GGUF; set model.path".into()));
    let mut server = TestServer::start(engine);
    let position = server.open_at(TEXT, char::len_utf8);
    let message = server.client().message("window/showMessage");
    assert_eq!(
        message["params"]["message"],
        "treefill: There is no model: model.gguf: no GGUF; set model.path."
    );
    for _ in 0..2 {
        let id = server.ask(&position);
        assert!(server.items(id).is_empty());
    }
    let status = server.command("treefill.status", json!([]));
    assert_eq!(status["engine"]["state"], "failed");
    assert_eq!(status["counts"]["silent"]["no_engine"], 2);
}

#[test]
fn odd_triggers_positions_and_documents() {
    let mut server = TestServer::start(ScriptedEngine::always("compute()"));
    server.open("x = \n");
    for kind in [json!(0), json!(1), json!(2), json!(17)] {
        let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 99 },
            "context": { "triggerKind": kind } });
        assert_eq!(
            server.client().call("textDocument/inlineCompletion", params)["items"][0]["range"],
            range(0, 4, 4)
        );
    }
    for (uri, language, count) in [
        ("untitled:Untitled-1", "python", 1),
        ("file:///x.elvish", "elvish", 1),
        ("git:/x.py?{}", "python", 0),
        ("output:log", "plaintext", 0),
    ] {
        server.open_as(uri, language, "x = ");
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 } });
        let answer = server.client().call("textDocument/inlineCompletion", params);
        assert_eq!(answer["items"].as_array().unwrap().len(), count, "{uri}");
    }
    let nowhere =
        json!({ "textDocument": { "uri": "file:///closed.py" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(server.client().call("textDocument/inlineCompletion", nowhere)["items"], json!([]));
}

#[test]
fn the_selected_menu_entry_is_extended() {
    let mut server = TestServer::start(ScriptedEngine::always("(1)"));
    server.open("x = comp\n");
    let selected = json!({ "range": range(0, 4, 8), "text": "compute" });
    let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 8 },
        "context": { "triggerKind": 2, "selectedCompletionInfo": selected } });
    let items = server.client().call("textDocument/inlineCompletion", params)["items"].clone();
    assert_eq!(items[0]["insertText"], "compute(1)");
    assert_eq!(items[0]["range"], range(0, 4, 8));
}
