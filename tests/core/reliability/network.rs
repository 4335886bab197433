//! Tests that `serve` and its engine open no network socket (row 17): under strace with default settings, and without any network.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Editor, command, home};
use crate::home::Home;
use crate::remote::fake::Fake;
use crate::soak;

/// Default settings. A program without llama.cpp is given a model, so that it starts an engine at all.
fn default_home() -> Home {
    if cfg!(feature = "embedded-model") { Home::new() } else { home() }
}

fn finds(program: &str, arguments: &[&str]) -> bool {
    let run = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// An engine that can only say why it cannot work says so.
const STATE: &str = if cfg!(feature = "embedded-model") { "ready" } else { "failed" };

/// What an editor does, until the engine is in this state: suggestions, menus, actions, commands.
fn work(editor: &mut Editor, state: &str) {
    let uri = "file:///w/a.py";
    editor.initialize(Some(std::process::id()));
    editor.open(uri, "import os\n\ndef f(path):\n    print(len(path)\n");
    let at = json!({ "line": 3, "character": 10 });
    let place = json!({ "textDocument": { "uri": uri }, "position": at });
    let range = json!({ "textDocument": { "uri": uri }, "range": { "start": at, "end": at }, "context": { "diagnostics": [] } });
    for (method, params) in [
        ("textDocument/inlineCompletion", place.clone()),
        ("textDocument/completion", place),
        ("textDocument/codeAction", range),
        ("workspace/executeCommand", json!({ "command": "treefill.status" })),
    ] {
        let id = editor.client.request(method, params);
        editor.client.answer(id);
    }
    editor.until(state);
    editor.edit(uri, 2, 6, "import");
    let id = editor.ask(uri, 6);
    editor.client.answer(id);
}

/// Strace ends with the last process that it follows, the engine's.
fn shut_down(editor: &mut Editor) {
    editor.client.call("shutdown", Value::Null);
    editor.client.notify("exit", Value::Null);
    let _ = crate::home::run(&mut editor.home.command(&["engine", "stop"]));
    assert_eq!(editor.ended_within(Duration::from_secs(30)), Some(Some(0)));
}

#[test]
fn no_network_socket_is_opened() {
    let strace = ["-f", "-qq", "-e", "trace=execve,socket,connect,sendto,sendmsg"];
    if !finds("strace", &[&strace[..], &["-o", "/dev/null", "true"]].concat()) {
        return soak::not_run(17, "strace is not installed, or may not trace here");
    }
    let home = default_home();
    let log: PathBuf = home.path("trace");
    let program = env!("CARGO_BIN_EXE_treefill");
    let mut command = command(&home, "strace".as_ref(), &strace);
    command.arg("-o").arg(&log).args([program, "serve"]);
    let mut editor = Editor::run(home, command);
    work(&mut editor, STATE);
    shut_down(&mut editor);
    let trace = std::fs::read_to_string(log).unwrap();
    let lines = |word: &str| trace.lines().filter(|line| line.contains(word)).count();
    // What is counted was there to be counted: two programs, which spoke to one another.
    assert!(lines("execve(") >= 2 && lines("socket(AF_UNIX") >= 2 && lines("\"engine\"") >= 1, "{trace}");
    let found: Vec<&str> = trace.lines().filter(|line| line.contains("AF_INET")).collect();
    soak::figure(17, format!("serve and engine under strace: {} INET sockets", found.len()));
    assert!(found.is_empty(), "{found:#?}");
}

/// The engine's process asks it, which strace lets go when it is started.
#[test]
fn no_network_socket_is_opened_by_serve_where_a_server_runs_the_model() {
    let strace = ["-f", "-qq", "-b", "execve", "-e", "trace=socket,connect,sendto,sendmsg"];
    if !finds("strace", &[&strace[..], &["-o", "/dev/null", "true"]].concat()) {
        return soak::not_run(17, "strace is not installed, or may not trace here");
    }
    let fake = Fake::start("x\n", |_, _| false);
    let home = default_home();
    home.config(&format!("[remote]\nurl = '{}'\n", fake.url()));
    let log: PathBuf = home.path("trace");
    let mut command = command(&home, "strace".as_ref(), &strace);
    command.arg("-o").arg(&log).args([env!("CARGO_BIN_EXE_treefill"), "serve"]);
    let mut editor = Editor::run(home, command);
    work(&mut editor, "ready");
    shut_down(&mut editor);
    let trace = std::fs::read_to_string(log).unwrap();
    assert!(trace.contains("socket(AF_UNIX"), "{trace}");
    assert!(!trace.contains("AF_INET"), "{trace}");
    assert!(!fake.asked("/completion").is_empty(), "the engine has asked");
}

#[test]
fn without_any_network_everything_works() {
    if !finds("unshare", &["-rn", "true"]) {
        return soak::not_run(17, "unshare -rn is not allowed here");
    }
    let home = default_home();
    let command = command(&home, "unshare".as_ref(), &["-rn", env!("CARGO_BIN_EXE_treefill"), "serve"]);
    let mut editor = Editor::run(home, command);
    work(&mut editor, STATE);
    shut_down(&mut editor);
    soak::figure(17, "works under `unshare -rn`");
}
