//! The real binary as an editor starts it, with the embedded model: the whole way from a keystroke to a suggestion.
#![allow(clippy::unwrap_used, reason = "a panic in a test is its report")]

mod client;

use client::Client;
use serde_json::{Value, json};

const PYTHON: &str = "class Shelf:\n    def size(self):\n        größe = \"🧀\"; return len(\n\n    def name(self):\n        pass\n";

fn open(client: &mut Client, uri: &str, language: &str, text: &str) {
    let document = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
    client.notify("textDocument/didOpen", json!({"textDocument": document}));
}

fn ask(client: &mut Client, uri: &str, line: u32, character: u32) -> Vec<Value> {
    let answer = client.request(
        "textDocument/inlineCompletion",
        json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}, "context": {"triggerKind": 1}}),
    );
    answer["result"]["items"].as_array().unwrap_or_else(|| panic!("no items: {answer}")).clone()
}

fn insert(client: &mut Client, uri: &str, version: i32, line: u32, character: u32, text: &str) {
    let at = json!({"line": line, "character": character});
    let change = json!({"range": {"start": at, "end": at}, "text": text});
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}),
    );
}

/// UTF-16 length, which is what this client counts in: it offers no other encoding.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap()
}

#[test]
fn a_keystroke_becomes_a_suggestion_and_typing_it_keeps_the_rest() {
    let mut client = Client::start();
    let initialized = client.initialize();
    assert_eq!(initialized["result"]["serverInfo"]["name"], "treefill");
    assert!(
        initialized["result"]["capabilities"]["inlineCompletionProvider"].is_object()
            || initialized["result"]["capabilities"]["inlineCompletionProvider"] == true,
        "{initialized}"
    );

    let uri = "file:///shelf.py";
    open(&mut client, uri, "python", PYTHON);
    let column = units("        größe = \"🧀\"; return len(");
    let items = ask(&mut client, uri, 2, column);
    let text = items[0]["insertText"].as_str().unwrap().to_owned();
    assert!(text.starts_with("self"), "{text}");
    assert_eq!(items[0]["range"]["start"], json!({"line": 2, "character": column}));

    insert(&mut client, uri, 2, 2, column, &text[..2]);
    let rest = ask(&mut client, uri, 2, column + 2);
    assert_eq!(rest[0]["insertText"].as_str().unwrap(), &text[2..]);

    assert_eq!(client.end(), 0);
}

#[test]
fn a_menu_gets_the_same_suggestion_as_one_item() {
    let mut client = Client::start();
    client.initialize();
    let uri = "file:///tally.rs";
    open(
        &mut client,
        uri,
        "rust",
        "struct Tally { counts: Vec<usize> }\n\nimpl Tally {\n    fn is_empty(&self) -> bool {\n        self.\n    }\n}\n",
    );
    let inline = ask(&mut client, uri, 4, 13);
    let menu = client.request(
        "textDocument/completion",
        json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 13}}),
    );
    let items = menu["result"]["items"].as_array().or_else(|| menu["result"].as_array()).unwrap();
    assert_eq!(items.len(), 1, "{menu}");
    let text = inline[0]["insertText"].as_str().unwrap();
    assert!(items[0]["textEdit"]["newText"].as_str().unwrap().ends_with(text), "{menu} {text}");
    assert_eq!(client.end(), 0);
}

#[test]
fn exit_without_shutdown_is_code_1() {
    let mut client = Client::start();
    client.initialize();
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(), 1);
}
