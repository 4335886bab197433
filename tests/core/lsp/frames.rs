//! Tests bad frames: each costs itself only.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::TestServer;
use crate::soak;

fn start() -> TestServer {
    TestServer::start(ScriptedEngine::always("pass"))
}

/// The server still answers.
fn check_alive(server: &mut TestServer) {
    let status = server.command("treefill.status", json!([]));
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
}

fn framed(body: &[u8]) -> Vec<u8> {
    [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

#[track_caller]
fn check(bytes: &[u8], code: i64, id: Value) {
    let mut server = start();
    server.client().raw(bytes);
    let answer = server.client().answer(id);
    assert_eq!(answer["error"]["code"], code, "{answer}");
    check_alive(&mut server);
}

#[test]
fn malformed_json() {
    check(&framed(b"{\"jsonrpc\""), -32700, Value::Null);
    check(&framed(b""), -32700, Value::Null);
}

#[test]
fn a_batch() {
    check(&framed(br#"[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]"#), -32600, Value::Null);
}

#[test]
fn nesting_deeper_than_serde_goes() {
    let deep = format!(r#"{{"id":"deep","method":"x","params":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    check(&framed(deep.as_bytes()), -32602, "deep".into());
}

#[test]
fn lengths_that_are_none() {
    for length in ["-1", "99999999999999999999", "ten", "1 2"] {
        check(format!("Content-Length: {length}\r\n\r\n").as_bytes(), -32700, Value::Null);
    }
}

#[test]
fn a_length_of_ten_gigabytes_is_skipped_until_the_next_header() {
    let mut server = start();
    server.client().raw(b"Content-Length: 10000000000\r\n\r\n{\"jsonrpc\":");
    check_alive(&mut server);
    assert_eq!(server.client().answer(Value::Null)["error"]["code"], -32700);
}

#[test]
fn headers_of_all_kinds() {
    let body = r#"{"jsonrpc":"2.0","id":1.0,"method":"workspace/executeCommand","params":{"command":"treefill.status"}}"#;
    let length = body.len();
    for headers in [
        format!("content-length: {length}"),
        format!("CONTENT-LENGTH:{length}"),
        format!("Content-Length: {length}\r\nContent-Type: application/vscode-jsonrpc"),
        format!("Content-Type: application/vscode-jsonrpc; charset=utf8\r\nX: y\r\nContent-Length: {length}"),
    ] {
        let mut server = start();
        server.client().raw(format!("{headers}\r\n\r\n{body}").as_bytes());
        assert_eq!(server.client().answer(1.0)["result"]["paused"], false);
    }
}

#[test]
fn half_an_emoji_and_bytes_that_are_not_text_still_open_a_document() {
    let mut server = start();
    let open = |uri: &str, text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"{uri}","languageId":"python","version":1,"text":"{text}"}}}}}}"#
        )
    };
    server.client().frame(&open("file:///a.py", r"x = '\ud83d'\n"));
    let mut bytes = open("file:///b.py", "x = '?'").into_bytes();
    let at = bytes.iter().position(|&byte| byte == b'?').unwrap();
    bytes[at] = 0xff;
    server.client().raw(&framed(&bytes));
    check_alive(&mut server);
    assert_eq!(server.session.overview(None).documents, 2);
}

#[test]
fn addresses_of_all_kinds_are_kept_apart() {
    let mut server = start();
    let long = format!("file:///{}", "a".repeat(8192));
    let addresses = [
        "file:///a%20b.py",
        "file:///%C3%A9.py",
        "file:///%FF.py",
        "file:///c%3A/x.py",
        "file:///C:/y.py",
        "untitled:Untitled-1",
        "vscode-notebook-cell:/n.ipynb#W0",
        "git:/x.py?{}",
        "",
        &long,
    ];
    for uri in addresses {
        server.open_as(uri, "python", "x = ");
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 9, "character": 9 } });
        server.client().call("textDocument/inlineCompletion", params);
    }
    assert_eq!(server.session.overview(None).documents, addresses.len());
    for uri in addresses {
        server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }
    check_alive(&mut server);
    assert_eq!(server.session.overview(None).documents, 0);
    soak::figure(
        22,
        format!("{} addresses: no panic, kept apart, spelled as the client does", addresses.len()),
    );
}

#[test]
fn parameters_of_the_wrong_shape() {
    let mut server = start();
    for (method, params) in [
        ("textDocument/inlineCompletion", json!({})),
        ("textDocument/inlineCompletion", json!({ "textDocument": { "uri": 3 }, "position": {} })),
        ("textDocument/completion", json!([])),
        ("workspace/executeCommand", json!({ "command": "no.such.command" })),
        (
            "workspace/executeCommand",
            json!({ "command": "treefill.pause", "arguments": [{ "minutes": "x" }] }),
        ),
        (
            "workspace/executeCommand",
            json!({ "command": "treefill.toggle", "arguments": [{ "scope": "file" }] }),
        ),
    ] {
        let id = server.client().request(method, params.clone());
        assert_eq!(server.client().answer(id)["error"]["code"], -32602, "{method} {params}");
        server.client().notify(method, params);
    }
    for method in ["textDocument/didOpen", "textDocument/didChange", "textDocument/didClose"] {
        server.client().notify(method, json!({ "textDocument": 3 }));
    }
    check_alive(&mut server);
}

#[test]
fn ten_thousand_mutated_frames() {
    let mut random = StdRng::seed_from_u64(20_260_101);
    let mut server = start();
    server.open("x = 1\ny = \n");
    let bodies = [
        json!({ "jsonrpc": "2.0", "id": 7, "method": "textDocument/inlineCompletion",
            "params": { "textDocument": { "uri": "file:///x.py" }, "position": { "line": 1, "character": 4 } } }),
        json!({ "jsonrpc": "2.0", "method": "textDocument/didChange",
            "params": { "textDocument": { "uri": "file:///x.py", "version": 2 }, "contentChanges": [{ "text": "é😀\n" }] } }),
        json!({ "jsonrpc": "2.0", "id": "a", "method": "textDocument/hover", "params": {} }),
        json!({ "jsonrpc": "2.0", "id": 3, "result": null }),
        json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": 7 } }),
    ];
    let rounds = soak::count(10_000, 200_000);
    for round in 0..rounds {
        let mut bytes = framed(bodies.choose(&mut random).unwrap().to_string().as_bytes());
        for _ in 0..random.random_range(1..=3) {
            mutate(&mut bytes, &mut random);
        }
        server.client().raw(&bytes);
        let id = format!("round {round}");
        server.client().send(&json!({ "jsonrpc": "2.0", "id": id, "method": "workspace/executeCommand",
            "params": { "command": "treefill.resume" } }));
        let answer = server.client().answer(id);
        assert_eq!(
            answer["result"]["enabled"],
            true,
            "after {:?}: {answer}",
            String::from_utf8_lossy(&bytes)
        );
        server.client().forget();
    }
    // What the mutated frames were answered does not matter, only that the server still is in step.
    server.pumped.shut_down();
    soak::figure(4, format!("{rounds} mutated frames: the next request was answered each time"));
}

fn mutate(bytes: &mut Vec<u8>, random: &mut StdRng) {
    if bytes.is_empty() {
        return;
    }
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..6) {
        0 => bytes[at] = random.random(),
        1 => bytes[at] ^= 1 << random.random_range(0..8),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, random.random()),
        4 => bytes.truncate(at),
        _ => {
            let end = random.random_range(at..=bytes.len());
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}
