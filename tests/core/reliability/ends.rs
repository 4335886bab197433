//! Tests that nothing outlives its editor, whatever happens to it (row 18), and that broken pipes end the server in time (row 20).

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::engine::{LOADS, program};
use super::support::{self, Editor, Process, wait};
use crate::soak;

const URI: &str = "file:///a.py";
/// Both `serve` and, when it does not linger, its engine.
const GONE: Duration = Duration::from_secs(5);
const TWO_SECONDS: Duration = Duration::from_secs(2);

/// What the server does when its editor is killed.
const STATES: [&str; 6] =
    ["idle", "decode", "load", "awaiting the client's answer", "after shutdown", "exit and an extra message"];

/// A server in this state, and the process of its editor.
fn in_state(state: &str) -> (Editor, std::process::Child) {
    let process = Command::new("sleep").arg("600").spawn().unwrap();
    let loads = ["load", "awaiting the client's answer"].contains(&state);
    let change = |command: &mut Command| {
        if loads {
            command.env(LOADS, "1");
        }
    };
    let mut editor = Editor::start_with(change, Some(process.id()));
    editor.open(URI, "hang = \n");
    editor.until(if loads { "loading" } else { "ready" });
    match state {
        "decode" => {
            editor.ask(URI, "hang = ".len());
            editor.status();
        }
        "load" => drop(editor.ask(URI, "hang = ".len())),
        // Progress is asked for first, and the answer never comes.
        "awaiting the client's answer" => drop(editor.client.message("window/workDoneProgress/create")),
        "after shutdown" => drop(editor.client.call("shutdown", Value::Null)),
        "exit and an extra message" => {
            editor.client.notify("exit", Value::Null);
            let extra = json!({ "jsonrpc": "2.0", "id": 9, "method": "textDocument/hover", "params": {} });
            // The pipe may be closed already.
            let extra = format!("Content-Length: {}\r\n\r\n{extra}", extra.to_string().len());
            editor.client.try_raw(extra.as_bytes());
        }
        _ => {}
    }
    (editor, process)
}

/// Kills the editor; the times until the server and the engine are gone.
fn killed(state: &str, pipe_stays: bool) -> (Duration, Duration) {
    let (mut editor, mut process) = in_state(state);
    // After `exit` it may have gone already.
    let engine = editor.socket().and_then(|socket| treefill::engine::daemon::ask::report(&socket));
    let start = Instant::now();
    process.kill().unwrap();
    process.wait().unwrap();
    if !pipe_stays {
        editor.client.hang_up();
    }
    assert!(editor.ended_within(soak::limit(GONE)).is_some(), "{state}: serve is there after {GONE:?}");
    let serve = start.elapsed();
    let engine = engine.map(|report| Process(report.pid));
    while engine.is_some_and(Process::is_alive) {
        assert!(start.elapsed() < serve + soak::limit(GONE), "{state}: the engine is there");
        wait(Duration::from_millis(5));
    }
    (serve, start.elapsed())
}

#[test]
fn nothing_outlives_an_editor_that_was_killed() {
    let (mut serve, mut engine) = (Vec::new(), Vec::new());
    for number in 0..soak::count(STATES.len(), 100) {
        let (first, second) = killed(STATES[number % STATES.len()], false);
        serve.push(first);
        engine.push(second);
    }
    // Somebody else may hold the pipe, as a terminal does that was started from the editor.
    let (watched, _) = killed("idle", true);
    let (count, (_, serve), (_, engine)) = (serve.len(), soak::p99(serve), soak::p99(engine));
    let figure = format!(
        "{count} of {count} gone; the last serve after {serve:.1?}, engine {engine:.1?}; with the pipe open {watched:.1?}"
    );
    soak::figure(18, figure);
}

#[test]
fn a_closed_output_ends_it_and_a_closed_log_does_not() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let home = support::home();
    let mut command = support::command(&home, program(), &["serve"]);
    let pipes = command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::null());
    let mut child = pipes.spawn().unwrap();
    let start = Instant::now();
    let mut client = crate::connection::Connection::new(child.stdin.take().unwrap(), std::io::empty());
    client.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let closed = start.elapsed();
    assert!(closed < soak::limit(TWO_SECONDS), "{closed:?}");

    let home = support::home();
    let mut command = support::command(&home, "sh".as_ref(), &["-c", "exec \"$0\" serve --log trace 2>&-"]);
    command.arg(program());
    let mut editor = Editor::run(home, command);
    editor.initialize(None);
    editor.open(URI, "x1 = \n");
    editor.until("ready");
    assert_eq!(editor.suggested(URI, "x1 = ").as_deref(), Some("1"));
    editor.end();
    soak::figure(20, format!("closed stdout: gone after {closed:.1?}; closed stderr: goes on"));
}

#[test]
fn an_editor_that_reads_nothing_can_still_end_it() {
    let home = support::home();
    let mut command = support::command(&home, program(), &["serve"]);
    let (_unread, writer) = std::io::pipe().unwrap();
    let pipes = command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::null());
    let mut child = pipes.spawn().unwrap();
    let mut client = crate::connection::Connection::new(child.stdin.take().unwrap(), std::io::empty());
    client.request("initialize", json!({ "capabilities": {} }));
    // Far more than a pipe holds.
    for _ in 0..2000 {
        client.request("workspace/executeCommand", json!({ "command": "treefill.status" }));
    }
    let start = Instant::now();
    client.hang_up();
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(_) => break start.elapsed(),
            None if start.elapsed() > soak::limit(TWO_SECONDS) => panic!("it is still there"),
            None => wait(Duration::from_millis(5)),
        }
    };
    soak::figure(20, format!("stdout full and unread: gone {ended:.1?} after the end of the input"));
}
