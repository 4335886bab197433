//! The real binary as an editor starts it, with the embedded model: the whole way from a keystroke to a suggestion.

use serde_json::{Value, json};

use crate::engine::support;
use crate::program::Client;

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
    assert!(
        ["self", "größe"].iter().any(|name| text.starts_with(name)),
        "not one of the names in sight: {text}"
    );
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

/// The embedded model with a chat template: the whole way of an action that takes instructions, in a second engine process
/// that is started when the action is chosen. What the model answers is noise, and noise is refused.
#[test]
fn an_action_asks_a_second_model_and_noise_is_refused_in_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let model = support::instruct(&home).model;
    let settings = format!("[instruct]\npath = {}\n", json!(model));
    let mut client = Client::start_in(home, &settings);
    client.initialize();
    let uri = "file:///add.py";
    open(&mut client, uri, "python", "def add(a, b):\n    total = a + b\n    return total\n");
    let at = json!({"line": 1, "character": 4});
    let menu = client.request(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}}),
    );
    let actions = menu["result"].as_array().unwrap();
    let explain =
        actions.iter().find(|action| action["title"] == "Explain `add` with comments").unwrap().clone();
    // The other model's engine is there once it has answered.
    ask(&mut client, uri, 1, 13);
    #[cfg(unix)]
    assert_eq!(client.engines(), 1, "no action was chosen yet");

    let resolved = client.request("codeAction/resolve", explain.clone());
    assert_eq!(resolved["result"], explain, "nothing to apply");
    #[cfg(unix)]
    assert_eq!(client.engines(), 2);
    let told = client.told_of("Explain `add`");
    let expected = "nothing was changed (Explain `add` with comments): the model gave no comments, or changed the code \
                    around them";
    assert!(told.contains(expected), "{told}");
    assert_eq!(client.end(), 0);
}

#[test]
fn a_model_that_takes_no_instructions_is_told_from_one_that_does() {
    let model = support::options().model;
    let mut client =
        Client::start_in(tempfile::tempdir().unwrap(), &format!("[instruct]\npath = {}\n", json!(model)));
    client.initialize();
    let uri = "file:///add.py";
    open(&mut client, uri, "python", "def add(a, b):\n    return a + b\n");
    let range = json!({"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 9}});
    let arguments = json!([{"uri": uri, "range": range, "instruction": "subtract"}]);
    let params = json!({"command": "treefill.rewrite", "arguments": arguments});
    assert_eq!(client.request("workspace/executeCommand", params)["result"], Value::Null);
    let told = client.told_of("Rewrite: subtract");
    assert!(told.contains("it has no chat template") && told.contains("instruct.path"), "{told}");
    assert_eq!(client.end(), 0);
}
