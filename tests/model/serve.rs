//! Tests the real program as an editor starts it: how it answers, and how it ends. Uses the embedded model where a suggestion
//! is asked for.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::connection::Connection;
use crate::program::Program;

const TWO_SECONDS: Duration = Duration::from_secs(2);

#[test]
fn a_suggestion_from_the_embedded_model_and_an_orderly_end() {
    for arguments in [&["serve"][..], &["--stdio"][..]] {
        let mut program = Program::start(arguments);
        let info = program.initialize(Some(std::process::id()))["serverInfo"].clone();
        assert_eq!(info, json!({ "name": "treefill", "version": env!("CARGO_PKG_VERSION") }));
        let text = "import os\n\n\ndef read(path):\n    with open(path) as file:\n        return file.\n";
        let document = json!({ "uri": "file:///x.py", "languageId": "python", "version": 1, "text": text });
        program.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let params = json!({
            "textDocument": { "uri": "file:///x.py" },
            "position": { "line": 5, "character": 20 },
            "context": { "triggerKind": 1 },
        });
        let items = program.call("textDocument/inlineCompletion", params)["items"].clone();
        let status = program.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
        assert_eq!(status["engine"]["state"], "ready", "{status}");
        assert!(!items[0]["insertText"].as_str().unwrap_or_default().trim().is_empty(), "{items} {status}");
        program.shut_down();
        assert_eq!(program.ended_within(TWO_SECONDS), Some(0));
        // The numbers of it are there, and no text.
        let stats = std::fs::read_to_string(program.home.path().join("treefill/stats.jsonl")).unwrap();
        let lines: Vec<&str> = stats.lines().collect();
        assert!(
            matches!(lines[..], [asked, ended] if asked.contains("shown") && ended.contains("dismissed"))
        );
        assert!(lines[0].contains("\"generated\":"), "{stats}");
        assert!(!stats.contains("path") && !stats.contains("x.py"), "{stats}");
    }
}

#[test]
fn an_unfinished_line_that_the_memory_knows_is_gone_on_with() {
    let mut program = Program::start(&["serve"]);
    program.initialize(None);
    let text = concat!(
        "class Shelf:\n    def __init__(self, name, items):\n        self.name = name  # größe 🧀\n        self.items = items\n\n",
        "    def label(self):\n        self.\n\n    def first(self):\n        return self.items[0]\n",
    );
    let document = json!({ "uri": "file:///x.py", "languageId": "python", "version": 1, "text": text });
    program.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let ask = json!({
        "textDocument": { "uri": "file:///x.py" },
        "position": { "line": 6, "character": 13 },
        "context": { "triggerKind": 1 },
    });
    // Who rests behind the dot has the document told as it stands: there nothing follows in that line.
    let settled = json!({ "command": "treefill.status", "arguments": [{ "settled": true }] });
    let status = program.call("workspace/executeCommand", settled);
    assert_eq!(status["workspace"]["texts"], 1, "{status}");
    let list = program.call("textDocument/completion", ask);
    let why =
        program.call("workspace/executeCommand", json!({ "command": "treefill.why", "arguments": [{}] }));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list} {why}");
    program.shut_down();
    assert_eq!(program.ended_within(TWO_SECONDS), Some(0));
}

#[test]
fn exit_codes_without_a_shutdown() {
    let mut program = Program::start(&["serve"]);
    program.initialize(None);
    program.client.notify("exit", Value::Null);
    assert_eq!(program.ended_within(TWO_SECONDS), Some(1));

    let mut program = Program::start(&["serve"]);
    program.initialize(None);
    program.client.hang_up();
    assert_eq!(program.ended_within(TWO_SECONDS), Some(1));

    let mut program = Program::start(&["serve"]);
    program.client.hang_up();
    assert_eq!(program.ended_within(TWO_SECONDS), Some(1));
}

#[test]
fn a_closed_output_ends_it() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = Command::new(env!("CARGO_BIN_EXE_treefill"))
        .args(["serve", "--in-process"])
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let input = child.stdin.take().unwrap();
    let mut client = Connection::new(input, std::io::empty());
    client.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(start.elapsed() < TWO_SECONDS);
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut program = Program::start_with(&["serve", "--log", "trace,tower_lsp=trace"], "", |command| {
        command.stderr(writer);
    });
    program.initialize(None);
    let document = json!({ "uri": "file:///x.py", "languageId": "python", "version": 1, "text": "x" });
    program.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    for _ in 0..2000 {
        // Each of these is logged, and together they fill any pipe.
        program.client.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": "file:///closed.py", "version": 1 },
                "contentChanges": [{ "text": "y".repeat(100) }],
            }),
        );
    }
    program.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
    program.shut_down();
    assert_eq!(program.ended_within(TWO_SECONDS), Some(0));
    let mut log = Vec::new();
    reader.read_to_end(&mut log).unwrap();
    // It did fill the pipe: 64 KiB on Linux, less a message that did not fit any more.
    assert!(log.len() > 32 << 10, "{}", String::from_utf8_lossy(&log));
}

#[cfg(unix)]
mod unix {
    use super::*;

    #[test]
    fn a_signal_ends_it_cleanly() {
        let mut program = Program::start(&["serve"]);
        program.initialize(None);
        let id = program.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        assert_eq!(program.ended_within(TWO_SECONDS), Some(0));
    }

    #[test]
    fn it_ends_when_the_editor_is_gone_unless_told_otherwise() {
        let editor = || Command::new("sleep").arg("600").spawn().unwrap();
        let (mut first, mut second) = (editor(), editor());
        let mut watching = Program::start(&["serve"]);
        let mut staying = Program::start(&["serve", "--no-watch-parent"]);
        watching.initialize(Some(first.id()));
        staying.initialize(Some(second.id()));
        for editor in [&mut first, &mut second] {
            editor.kill().unwrap();
            editor.wait().unwrap();
        }
        assert_eq!(watching.ended_within(Duration::from_secs(5)), Some(1));
        staying.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
        staying.client.hang_up();
        assert_eq!(staying.ended_within(TWO_SECONDS), Some(1));
    }
}
