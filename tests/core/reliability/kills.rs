//! Tests that the death of the engine costs one answer (row 9): killed, aborted, by a bus error, stopped, again and again.

use std::time::{Duration, Instant};

use serde_json::json;
use treefill::engine::daemon::ask;

use super::support::{Editor, Process};
use crate::connection::PATIENCE;
use crate::soak;

const URI: &str = "file:///a.py";
/// The engine of these tests reads no model.
const LIMIT: Duration = Duration::from_secs(1);

/// A document whose first line changes.
struct Document {
    version: usize,
    line: String,
}

impl Document {
    fn change(&mut self, editor: &mut Editor, line: &str) {
        self.version += 1;
        editor.edit(URI, self.version, self.line.len(), line);
        line.clone_into(&mut self.line);
    }
}

/// Kills the engine in the middle of a job; the time until the next suggestion.
fn killed(editor: &mut Editor, document: &mut Document, signal: i32) -> Duration {
    document.change(editor, "hang = ");
    let hangs = editor.ask(URI, "hang = ".len());
    editor.status();
    Process(editor.engine()).signal(signal);
    let start = Instant::now();
    // It is answered, whatever the answer is.
    editor.client.answer(hangs);
    // The document is there with every change.
    document.change(editor, &format!("x{signal}7 = "));
    while editor.suggested(URI, &document.line) != Some(format!("{signal}7")) {
        assert!(start.elapsed() < PATIENCE, "a suggestion after signal {signal}");
    }
    start.elapsed()
}

#[test]
fn an_engine_that_dies_costs_one_answer_and_no_document() {
    let mut times = Vec::new();
    let signals = [libc::SIGKILL, libc::SIGABRT, libc::SIGBUS, libc::SIGSTOP];
    for number in 0..soak::count(signals.len(), 100) {
        // A new server each time: it waits longer before each restart, and gives the engine up after five.
        let mut editor = Editor::start();
        editor.until("ready");
        let mut document = Document { version: 1, line: "x1 = ".into() };
        editor.open(URI, "x1 = \n");
        editor.suggested(URI, "x1 = ");
        times.push(killed(&mut editor, &mut document, signals[number % signals.len()]));
        assert_eq!(editor.status()["documents"], 1);
        editor.end();
    }
    let (count, (p99, worst)) = (times.len(), soak::p99(times));
    soak::figure(
        9,
        format!("{count} kills, next suggestion: p99 {p99:.2?}, worst {worst:.2?}; 0 documents lost"),
    );
    assert!(worst <= soak::limit(LIMIT), "{worst:?}");
}

#[test]
fn after_five_restarts_suggestions_end_and_everything_else_goes_on() {
    let mut editor = Editor::start();
    editor.open(URI, "print(len(3)\n");
    for _ in 0..6 {
        editor.until("ready");
        let before = editor.engine();
        Process(before).signal(libc::SIGKILL);
        // Lost, given up, or there again.
        let another = |editor: &Editor| editor.socket().and_then(|socket| ask::report(&socket));
        while editor.status()["engine"]["state"] == "ready"
            && another(&editor).is_none_or(|report| report.pid == before)
        {}
    }
    // The built-in model takes its place where there is one.
    let start = Instant::now();
    loop {
        let told = editor.status()["engine"]["message"].to_string();
        if told.contains("6 times") || cfg!(feature = "embedded-model") && told.contains("built-in") {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{told}");
    }
    let at = json!({ "line": 0, "character": 5 });
    let params = json!({ "textDocument": { "uri": URI }, "range": { "start": at, "end": at } });
    assert!(editor.client.call("textDocument/codeAction", params).is_array());
    soak::figure(9, "given up after the 5th restart within 3 min; documents and actions go on");
    editor.end();
}
