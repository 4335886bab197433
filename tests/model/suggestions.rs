//! Tests the whole way from a keystroke to a suggestion: the real binary as an editor starts it, with the embedded model.

use serde_json::{Value, json};

use crate::connection::PATIENCE;
use crate::engine::support;
use crate::program::Program;

const PYTHON: &str = "class Shelf:\n    def size(self):\n        größe = \"🧀\"; return len(\n\n    def name(self):\n        pass\n";

/// The program in a home of its own, with more settings.
fn start(settings: &str) -> Program {
    Program::start_with(&["--stdio", "--clientProcessId=1"], settings, |_| {})
}

fn end(mut client: Program) {
    client.shut_down();
    assert_eq!(client.ended_within(PATIENCE), Some(0));
}

/// Engine processes that run for this home.
#[cfg(unix)]
fn engines(client: &Program) -> usize {
    let files = std::fs::read_dir(client.home.path().join("run")).into_iter().flatten().flatten();
    files.filter(|file| file.path().extension().is_some_and(|ending| ending == "sock")).count()
}

/// What the server says to the user with these words in it; it may come after an answer.
fn message_with(client: &mut Program, words: &str) -> String {
    let text = |message: &Value| message["params"]["message"].as_str().unwrap_or_default().to_owned();
    text(&client.wait_for(|message| message["id"].is_null() && text(message).contains(words)))
}

fn open(client: &mut Program, uri: &str, language: &str, text: &str) {
    let document = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
    client.client.notify("textDocument/didOpen", json!({"textDocument": document}));
}

fn ask(client: &mut Program, uri: &str, line: u32, character: u32) -> Vec<Value> {
    let answer = client.call(
        "textDocument/inlineCompletion",
        json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}, "context": {"triggerKind": 1}}),
    );
    answer["items"].as_array().unwrap_or_else(|| panic!("no items: {answer}")).clone()
}

fn insert(client: &mut Program, uri: &str, version: i32, line: u32, character: u32, text: &str) {
    let at = json!({"line": line, "character": character});
    let change = json!({"range": {"start": at, "end": at}, "text": text});
    client.client.notify(
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
    let mut client = start("");
    let initialized = client.initialize(Some(std::process::id()));
    assert_eq!(initialized["serverInfo"]["name"], "treefill");
    assert!(
        initialized["capabilities"]["inlineCompletionProvider"].is_object()
            || initialized["capabilities"]["inlineCompletionProvider"] == true,
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

    end(client);
}

#[test]
fn a_menu_gets_the_same_suggestion_as_one_item() {
    let mut client = start("");
    client.initialize(Some(std::process::id()));
    let uri = "file:///tally.rs";
    open(
        &mut client,
        uri,
        "rust",
        "struct Tally { counts: Vec<usize> }\n\nimpl Tally {\n    fn is_empty(&self) -> bool {\n        self.\n    }\n}\n",
    );
    let inline = ask(&mut client, uri, 4, 13);
    let menu = client.call(
        "textDocument/completion",
        json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 13}}),
    );
    let items = menu["items"].as_array().or_else(|| menu.as_array()).unwrap();
    assert_eq!(items.len(), 1, "{menu}");
    let text = inline[0]["insertText"].as_str().unwrap();
    assert!(items[0]["textEdit"]["newText"].as_str().unwrap().ends_with(text), "{menu} {text}");
    end(client);
}

#[test]
fn exit_without_shutdown_is_code_1() {
    let mut client = start("");
    client.initialize(Some(std::process::id()));
    client.client.notify("exit", Value::Null);
    assert_eq!(client.ended_within(PATIENCE), Some(1));
}

/// The embedded model with a chat template: the whole way of an action that takes instructions, in a second engine process
/// that is started when the action is chosen. What the model answers is noise, and noise is refused.
#[test]
fn an_action_asks_a_second_model_and_noise_is_refused_in_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let model = support::instruct(&home).model;
    let settings = format!("[instruct]\npath = {}\n", json!(model));
    let mut client = start(&settings);
    client.initialize(Some(std::process::id()));
    let uri = "file:///add.py";
    open(&mut client, uri, "python", "def add(a, b):\n    total = a + b\n    return total\n");
    let at = json!({"line": 1, "character": 4});
    let menu = client.call(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}}),
    );
    let actions = menu.as_array().unwrap();
    let explain =
        actions.iter().find(|action| action["title"] == "Explain `add` with comments").unwrap().clone();
    // The other model's engine is there once it has answered.
    ask(&mut client, uri, 1, 13);
    #[cfg(unix)]
    assert_eq!(engines(&client), 1, "no action was chosen yet");

    let resolved = client.call("codeAction/resolve", explain.clone());
    assert_eq!(resolved, explain, "nothing to apply");
    #[cfg(unix)]
    assert_eq!(engines(&client), 2);
    let message = message_with(&mut client, "Explain `add`");
    let expected = "nothing was changed (Explain `add` with comments): the model's answer was not used: ";
    assert!(message.contains(expected), "{message}");
    end(client);
}

#[test]
fn a_model_that_takes_no_instructions_is_told_from_one_that_does() {
    let model = support::options().model;
    let mut client = start(&format!("[instruct]\npath = {}\n", json!(model)));
    client.initialize(Some(std::process::id()));
    let uri = "file:///add.py";
    open(&mut client, uri, "python", "def add(a, b):\n    return a + b\n");
    let range = json!({"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 9}});
    let arguments = json!([{"uri": uri, "range": range, "instruction": "subtract"}]);
    let params = json!({"command": "treefill.rewrite", "arguments": arguments});
    assert_eq!(client.call("workspace/executeCommand", params), Value::Null);
    let message = message_with(&mut client, "Rewrite: subtract");
    assert!(message.contains("it has no chat template") && message.contains("instruct.path"), "{message}");
    end(client);
}
