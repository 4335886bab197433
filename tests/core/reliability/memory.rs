//! Tests what memory frames without reason cost (row 5), and that an engine which hits its memory limit ends alone (row 16).

use super::engine::program;
use super::support::{self, Editor};
use crate::connection::PATIENCE;
use crate::soak;

#[test]
fn lengths_beyond_reason_are_refused_and_cost_no_memory() {
    let mut editor = Editor::plain();
    let process = editor.process();
    // So that what the first frames need is there, and the languages.
    editor.open("file:///a.py", "x = \n");
    editor.suggested("file:///a.py", "x = ");
    for _ in 0..100 {
        editor.client.raw(b"Content-Length: -7\r\n\r\n{}");
        editor.client.raw(format!("Content-Length: {}\r\n\r\n{{", 65 << 20).as_bytes());
        editor.status();
    }
    let before = process.anonymous();
    let mut most = 0;
    for length in ["10000000000", "-1", "99999999999999999999"] {
        editor.client.raw(format!("Content-Length: {length}\r\n\r\n{{\"jsonrpc\":").as_bytes());
        editor.status();
        most = process.anonymous().max(most);
    }
    // 100 MiB are announced, 99 come.
    editor.client.raw(format!("Content-Length: {}\r\n\r\n", 100 << 20).as_bytes());
    for _ in 0..99 {
        editor.client.raw(&vec![b'x'; 1 << 20]);
        most = process.anonymous().max(most);
    }
    editor.status();
    let growth = process.anonymous().max(most).saturating_sub(before);
    soak::figure(5, format!("at most {growth} KiB more"));
    assert!(growth <= 1024 * if soak::is_long() { 1 } else { 5 }, "{growth} KiB");
    editor.client.forget();
    editor.end();
}

#[test]
fn an_engine_that_runs_out_of_memory_dies_alone() {
    let home = support::home();
    // KiB: the model has none, and 512 MiB.
    let limited = "ulimit -v 1048576 && exec \"$0\" serve";
    let mut command = support::command(&home, "sh".as_ref(), &["-c", limited]);
    command.arg(program());
    let mut editor = Editor::run(home, command);
    editor.initialize(None);
    editor.until("ready");
    editor.open("file:///a.py", "devour = \n");
    editor.open("file:///b.py", "x1 = \n");
    for _ in 0..3 {
        let before = editor.engine();
        assert_eq!(editor.suggested("file:///a.py", "devour = "), None);
        // Another one is there.
        let start = std::time::Instant::now();
        while editor.suggested("file:///b.py", "x1 = ").as_deref() != Some("1") {
            assert!(start.elapsed() < PATIENCE);
        }
        assert_ne!(editor.engine(), before);
    }
    soak::figure(16, "engine out of memory 3 times under `ulimit -v`: serve went on");
    editor.end();
}
