//! Tests prefetching: what is prepared, what stops it, and that it is there when the user takes a suggestion.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::{Asked, GatedEngine, PATIENCE, TestServer, URI, prepared};

const TEXT: &str = "s = 'é😀'; total = ˇ\n";

fn server() -> (TestServer, Receiver<Asked>) {
    let (engine, jobs) = GatedEngine::new();
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-8"] },
        "textDocument": { "inlineCompletion": {} },
    });
    let params = json!({ "capabilities": capabilities });
    (TestServer::start_with(engine, params, "[engine]\nprefetch = \"always\"\n"), jobs)
}

fn right_of(position: &Value, bytes: usize) -> Value {
    let character = position["character"].as_u64().unwrap() + bytes as u64;
    json!({ "line": position["line"], "character": character })
}

/// A server that shows `compute()` at the position, and its jobs from then on.
fn showing() -> (TestServer, Receiver<Asked>, Value) {
    let (mut server, jobs) = server();
    let position = server.open_at(TEXT, char::len_utf8);
    let id = server.ask(&position);
    jobs.recv_timeout(PATIENCE).unwrap().say("compute()");
    assert_eq!(server.items(id)[0]["insertText"], "compute()");
    (server, jobs, position)
}

#[test]
fn what_follows_a_suggestion_is_there_when_it_is_taken() {
    let (mut server, jobs, position) = showing();
    // Nobody has asked for this one.
    jobs.recv_timeout(PATIENCE).unwrap().say(" + 1");
    prepared(&server, 1);
    // Typing on what is shown neither needs the model nor loses what was prepared.
    server.insert(&position, "comp");
    let id = server.ask(&right_of(&position, 4));
    assert_eq!(server.items(id)[0]["insertText"], "ute()");
    server.insert(&right_of(&position, 4), "ute()");
    let id = server.ask(&right_of(&position, 9));
    assert_eq!(server.items(id)[0]["insertText"], " + 1");
    // The one after that is next in line.
    jobs.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn any_request_stops_work_ahead() {
    let (mut server, jobs, position) = showing();
    let ahead = jobs.recv_timeout(PATIENCE).unwrap();
    server.insert(&position, "x");
    let id = server.ask(&right_of(&position, 1));
    ahead.given_up();
    jobs.recv_timeout(PATIENCE).unwrap().say(".y");
    assert_eq!(server.items(id)[0]["insertText"], ".y");
}

#[test]
fn an_editor_may_say_where_the_cursor_rests() {
    let (mut server, jobs) = server();
    let position = server.open_at(TEXT, char::len_utf8);
    server.command("treefill.warm", json!([{ "uri": URI, "position": position }]));
    jobs.recv_timeout(PATIENCE).unwrap().say("warm()");
    prepared(&server, 1);
    let id = server.ask(&position);
    assert_eq!(server.items(id)[0]["insertText"], "warm()", "no job was needed");
    server.command("treefill.prefetch", json!([{ "uri": "file:///not/open.py", "position": position }]));
    let id = server.client().request(
        "workspace/executeCommand",
        json!({ "command": "treefill.prefetch", "arguments": [{ "uri": URI }] }),
    );
    assert_eq!(server.client().answer(id)["error"]["code"], -32602);
}

#[test]
fn a_closed_document_is_not_worked_on() {
    let (mut server, jobs, _) = showing();
    let ahead = jobs.recv_timeout(PATIENCE).unwrap();
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    ahead.given_up();
}

#[test]
fn it_can_be_switched_off() {
    let engine = ScriptedEngine::always("compute()");
    let mut server = TestServer::start(Arc::clone(&engine) as _);
    let position = server.open_at(TEXT, char::len_utf8);
    for _ in 0..3 {
        let id = server.ask(&position);
        assert_eq!(server.items(id)[0]["insertText"], "compute()");
    }
    assert_eq!(engine.jobs().len(), 1);
}
