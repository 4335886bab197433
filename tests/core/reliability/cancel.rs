//! Tests how soon a cancelled request is answered (row 6); `tests/model` does it in the middle of a prompt.

use std::time::{Duration, Instant};

use serde_json::json;

use super::support::Editor;
use crate::soak;

const LINE: &str = "hang = ";
const LIMIT: Duration = Duration::from_millis(50);

fn uri(number: usize) -> String {
    format!("file:///{number}.py")
}

/// The time between the notification and the answer.
fn cancelled(editor: &mut Editor, id: i64) -> Duration {
    let start = Instant::now();
    editor.client.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(editor.client.answer(id)["error"]["code"], -32800);
    start.elapsed()
}

#[test]
fn a_cancelled_request_is_answered_at_once_when_idle_and_with_64_in_flight() {
    let mut editor = Editor::start();
    editor.until("ready");
    for number in 0..64 {
        editor.open(&uri(number), &format!("{LINE}\n"));
    }
    // The languages are there.
    editor.open("file:///first.py", "x1 = \n");
    editor.suggested("file:///first.py", "x1 = ");
    let times = soak::count(30, 1000);
    let idle: Vec<Duration> = (0..times)
        .map(|_| {
            let id = editor.ask(&uri(0), LINE.len());
            // Answered behind it, so the request is at work.
            editor.status();
            cancelled(&mut editor, id)
        })
        .collect();
    let mut flying: Vec<i64> = (0..64).map(|number| editor.ask(&uri(number), LINE.len())).collect();
    editor.status();
    let busy: Vec<Duration> = (0..times)
        .map(|number| {
            let took = cancelled(&mut editor, flying[number % 64]);
            flying[number % 64] = editor.ask(&uri(number % 64), LINE.len());
            took
        })
        .collect();
    for id in flying {
        cancelled(&mut editor, id);
    }
    let ((idle, _), (busy, _)) = (soak::p99(idle), soak::p99(busy));
    soak::figure(6, format!("{times} times: p99 idle {idle:.1?}, 64 in flight {busy:.1?}"));
    assert!(idle <= soak::limit(LIMIT) && busy <= soak::limit(LIMIT), "{idle:?}, {busy:?}");
    editor.end();
}
