//! Tests imports that come with a suggestion: as further edits of a menu's entry, and by a command behind ghost text.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use serde_json::{Value, json};
use treefill::engine::Engine;
use treefill::engine::scripted::ScriptedEngine;

use super::support::{Asked, GatedEngine, PATIENCE, TestServer, URI, prepared};

/// A letter of two bytes stands above, so that no unit is mistaken for another.
const TEXT: &str = "# é\nimport os\n\nx = ˇ\n";
const IMPORT: &str = "\nfrom pathlib import Path";

fn start(engine: Arc<dyn Engine>, config: &str) -> TestServer {
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-8"] },
        "textDocument": { "inlineCompletion": {} },
        "workspace": { "applyEdit": true, "workspaceEdit": { "documentChanges": true } },
    });
    TestServer::start_with(engine, json!({ "capabilities": capabilities }), config)
}

fn at(line: u64, character: u64) -> Value {
    json!({ "line": line, "character": character })
}

/// The suggestion at `position`.
fn item(server: &mut TestServer, position: &Value) -> Value {
    let id = server.ask(position);
    server.items(id).remove(0)
}

/// The edit that the client is asked for next, and the id of the question.
fn asked_edit(server: &mut TestServer) -> (Value, Value) {
    let mut message = server.client().message("workspace/applyEdit");
    (message["params"].take(), message["id"].take())
}

fn answer(server: &mut TestServer, id: &Value, applied: bool) {
    let result = json!({ "applied": applied });
    server.client().send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
}

#[test]
fn an_accepted_text_brings_its_import() {
    let mut server = start(ScriptedEngine::always("Path('a')\n"), "");
    let position = server.open_at(TEXT, char::len_utf8);
    let item = item(&mut server, &position);
    assert_eq!(item["insertText"], "Path('a')");
    assert_eq!(item["command"]["command"], "treefill.accepted");
    assert_eq!(item["command"]["title"], "Suggestion accepted; adds `from pathlib import Path`");
    server.insert(&position, "Path('a')");
    server.command("treefill.accepted", item["command"]["arguments"].clone());
    let (asked, id) = asked_edit(&mut server);
    assert_eq!(asked["label"], "treefill adds `from pathlib import Path`");
    let change = &asked["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": URI, "version": 2 }));
    let end = at(1, 9);
    assert_eq!(change["edits"], json!([{ "range": { "start": end, "end": end }, "newText": IMPORT }]));
    server.insert(&end, IMPORT);
    answer(&mut server, &id, true);
    assert_eq!(server.command("treefill.status", json!([]))["counts"]["accepted"], 1);
    // Once it is there, there is nothing to do; of a text that does not use it neither.
    let imports = item["command"]["arguments"][0]["imports"].clone();
    server.command("treefill.import", json!([imports]));
    server.open("x = 1\n");
    server.command("treefill.import", json!([imports]));
    server.open("x = Path()\n");
    server.command("treefill.import", json!([imports]));
    let (asked, id) = asked_edit(&mut server);
    assert_eq!(asked["edit"]["documentChanges"][0]["edits"][0]["newText"], "from pathlib import Path\n\n");
    answer(&mut server, &id, true);
}

#[test]
fn an_import_is_made_anew_when_the_user_types_on() {
    let mut server = start(ScriptedEngine::always("Path('a')\n"), "");
    let position = server.open_at(TEXT, char::len_utf8);
    let item = item(&mut server, &position);
    server.insert(&position, "Path('a')");
    server.command("treefill.accepted", item["command"]["arguments"].clone());
    let (_, id) = asked_edit(&mut server);
    server.insert(&at(0, 0), "import sys\n");
    answer(&mut server, &id, false);
    let (asked, id) = asked_edit(&mut server);
    let change = &asked["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["version"], 3);
    assert_eq!(change["edits"][0]["range"]["start"], at(2, 9));
    // A client that does not want it is not asked again.
    answer(&mut server, &id, false);
}

#[test]
fn nothing_is_imported_that_the_user_or_the_client_does_not_want() {
    let text = ScriptedEngine::always("Path('a')\n");
    let mut server = start(Arc::clone(&text) as _, "[completion]\nimports = false\n");
    let position = server.open_at(TEXT, char::len_utf8);
    let arguments = |item: &Value| item["command"]["arguments"][0].as_object().unwrap().len();
    assert_eq!(arguments(&item(&mut server, &position)), 1);
    let mut server = TestServer::start(text);
    let position = server.open_at(TEXT, char::len_utf8);
    assert_eq!(arguments(&item(&mut server, &position)), 1);
}

#[test]
fn a_menu_s_entry_makes_both_edits() {
    let params = json!({ "clientInfo": { "name": "helix" }, "capabilities": {} });
    let mut server = TestServer::start_with(ScriptedEngine::always("th('a')\n"), params, "");
    let position = server.open_at("import os\n\nx = Paˇ\n", char::len_utf16);
    let params =
        json!({ "textDocument": { "uri": URI }, "position": position, "context": { "triggerKind": 1 } });
    let list = server.client().call("textDocument/completion", params);
    let entry = &list["items"][0];
    assert_eq!(entry["textEdit"]["newText"], "Path('a')");
    assert_eq!(entry["detail"], "treefill: adds `from pathlib import Path`");
    let end = at(0, 9);
    let edit = json!({ "range": { "start": end, "end": end }, "newText": IMPORT });
    assert_eq!(entry["additionalTextEdits"], json!([edit]));
    assert_eq!(entry["command"]["arguments"][0].as_object().unwrap().len(), 1);
}

#[test]
fn what_was_prepared_goes_on_behind_the_import() {
    for late in [false, true] {
        let (engine, jobs): (_, Receiver<Asked>) = GatedEngine::new();
        let mut server = start(engine, "[engine]\nprefetch = \"always\"\n");
        let position = server.open_at(TEXT, char::len_utf8);
        let id = server.ask(&position);
        jobs.recv_timeout(PATIENCE).unwrap().say("Path('a')");
        let item = server.items(id).remove(0);
        let ahead = jobs.recv_timeout(PATIENCE).unwrap();
        let ahead = if late {
            Some(ahead)
        } else {
            ahead.say(" / name");
            None
        };
        if !late {
            prepared(&server, 1);
        }
        server.insert(&position, "Path('a')");
        server.command("treefill.accepted", item["command"]["arguments"].clone());
        let (_, id) = asked_edit(&mut server);
        server.insert(&at(1, 9), IMPORT);
        answer(&mut server, &id, true);
        // The import is in before the engine speaks.
        server.command("treefill.status", json!([]));
        if let Some(ahead) = ahead {
            ahead.say(" / name");
            prepared(&server, 1);
        }
        let id = server.ask(&at(4, 13));
        assert_eq!(server.items(id)[0]["insertText"], " / name", "late: {late}");
    }
}

#[test]
fn the_answer_to_who_asked_before_the_import_came_is_brought_behind_it() {
    let (engine, jobs) = GatedEngine::new();
    let mut server = start(engine, "");
    let position = server.open_at(TEXT, char::len_utf8);
    let id = server.ask(&position);
    jobs.recv_timeout(PATIENCE).unwrap().say("Path('a')");
    let item = server.items(id).remove(0);
    server.insert(&position, "Path('a')");
    server.command("treefill.accepted", item["command"]["arguments"].clone());
    let (_, id) = asked_edit(&mut server);
    let asked = server.ask(&at(3, 13));
    let job = jobs.recv_timeout(PATIENCE).unwrap();
    server.insert(&at(1, 9), IMPORT);
    answer(&mut server, &id, true);
    server.command("treefill.status", json!([]));
    job.say(" / name");
    let found = server.items(asked).remove(0);
    assert_eq!(found["insertText"], " / name");
    assert_eq!(found["range"]["start"], at(4, 13));
}
