//! The real program as an editor starts it: how it answers, and how it ends. It uses the embedded model where a
//! suggestion is asked for.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::connection::Connection;

struct Program {
    child: Child,
    client: Connection,
    home: tempfile::TempDir,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, |command| {
            command.stderr(Stdio::null());
        })
    }

    fn start_with(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let home = tempfile::tempdir().unwrap();
        // The engine's process goes with the test.
        std::fs::create_dir(home.path().join("treefill")).unwrap();
        std::fs::write(home.path().join("treefill/config.toml"), "[engine]\nexit_after_idle_s = 0\n")
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_treefill"));
        command
            .args(arguments)
            .env("TREEFILL_RUNTIME_DIR", home.path().join("run"))
            .env("XDG_STATE_HOME", home.path())
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            // Shared, so that the model is unpacked once.
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .env_remove("TREEFILL_CONFIG")
            .env_remove("TREEFILL_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let client = Connection::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, client, home }
    }

    fn initialize(&mut self, process: Option<u32>) -> Value {
        let capabilities = json!({ "textDocument": { "inlineCompletion": {} } });
        let result =
            self.client.call("initialize", json!({ "processId": process, "capabilities": capabilities }));
        self.client.notify("initialized", json!({}));
        result
    }

    /// The exit code; panics when it takes longer than `most`.
    fn ended_within(&mut self, most: Duration) -> Option<i32> {
        let start = Instant::now();
        // The thread that reads the output sees the end without polling for it.
        self.client.rest();
        let code = self.child.wait().unwrap().code();
        assert!(start.elapsed() < most, "{:?}", start.elapsed());
        code
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
        let items = program.client.call("textDocument/inlineCompletion", params)["items"].clone();
        let status = program.client.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
        assert_eq!(status["engine"]["state"], "ready", "{status}");
        assert!(!items[0]["insertText"].as_str().unwrap_or_default().trim().is_empty(), "{items} {status}");
        program.client.call("shutdown", Value::Null);
        program.client.notify("exit", Value::Null);
        assert_eq!(program.ended_within(TWO_SECONDS), Some(0));
        // The numbers of it are there, and no text.
        let stats = std::fs::read_to_string(program.home.path().join("treefill/stats.jsonl")).unwrap();
        let lines: Vec<&str> = stats.lines().collect();
        assert!(
            matches!(lines[..], [asked, ended] if asked.contains("shown") && ended.contains("dismissed"))
        );
        assert!(!stats.contains("path") && !stats.contains("x.py"), "{stats}");
    }
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
    let mut program = Program::start_with(&["serve", "--log", "trace,tower_lsp=trace"], |command| {
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
    program.client.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
    program.client.call("shutdown", Value::Null);
    program.client.notify("exit", Value::Null);
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
        staying.client.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
        staying.client.hang_up();
        assert_eq!(staying.ended_within(TWO_SECONDS), Some(1));
    }
}
