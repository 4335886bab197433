//! Tests that the user is in control: when suggestions come, how likely and how long they are, what is dismissed, and why nothing
//! comes.

use serde_json::{Value, json};
use treefill::completion::Eagerness;
use treefill::engine::scripted::{Script, ScriptedEngine};

use super::support::{TestServer, URI};

/// A server whose model says `text`, with these settings in the user's file.
fn server(text: &str, completion: &str) -> TestServer {
    let capabilities = json!({ "textDocument": { "inlineCompletion": {} } });
    let config = format!("[completion]\n{completion}\n");
    TestServer::start_with(ScriptedEngine::always(text), json!({ "capabilities": capabilities }), &config)
}

/// The text of the first item: by itself (2), or asked for (1).
fn ask(server: &mut TestServer, (line, character): (u32, u32), kind: u32) -> Option<String> {
    let params = json!({ "textDocument": { "uri": URI }, "position": { "line": line, "character": character },
        "context": { "triggerKind": kind } });
    let answer = server.client().call("textDocument/inlineCompletion", params);
    answer["items"][0]["insertText"].as_str().map(str::to_owned)
}

fn last(server: &mut TestServer) -> Value {
    server.command("treefill.status", json!([]))["last"].clone()
}

fn reason(server: &mut TestServer) -> String {
    last(server)["reason"].as_str().unwrap_or_default().to_owned()
}

fn change(server: &mut TestServer, from: (u32, u32), to: (u32, u32), text: &str) {
    let position = |(line, character): (u32, u32)| json!({ "line": line, "character": character });
    let change = json!({ "range": { "start": position(from), "end": position(to) }, "text": text });
    let document = json!({ "uri": URI, "version": null });
    let params = json!({ "textDocument": document, "contentChanges": [change] });
    server.client().notify("textDocument/didChange", params);
}

#[test]
fn by_hand_only() {
    let mut server = server("compute(1)", "trigger = 'manual'");
    server.open("x = \n");
    assert_eq!(ask(&mut server, (0, 4), 2), None);
    assert!(reason(&mut server).contains("completion.trigger"));
    assert_eq!(ask(&mut server, (0, 4), 1).as_deref(), Some("compute(1)"));
    assert_eq!(ask(&mut server, (0, 4), 2), None, "still nothing by itself");
    change(&mut server, (0, 4), (0, 4), "co");
    assert_eq!(ask(&mut server, (0, 6), 2).as_deref(), Some("mpute(1)"), "what was asked for goes on");
    let settings = json!({ "completion": { "trigger": "automatic" } });
    server.client().notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    change(&mut server, (0, 4), (0, 6), "");
    assert_eq!(ask(&mut server, (0, 4), 2).as_deref(), Some("compute(1)"), "at once");
}

#[test]
fn comments_strings_and_imports_can_be_left_alone() {
    for (setting, text, place, asked) in [
        ("in_comments", "x = 1  # the \n", (0, 13), "size"),
        ("in_strings", "x = 'the '\n", (0, 9), "size"),
        ("in_strings", "def f():\n    \"\"\"Give the \n    \"\"\"\n", (1, 16), "size"),
        ("in_imports", "import \n", (0, 7), "os"),
        ("in_imports", "from os import (\n    path,\n    \n)\n", (2, 4), "sep"),
    ] {
        let mut server = server(asked, "");
        server.open(text);
        assert_eq!(ask(&mut server, place, 2).as_deref(), Some(asked), "{setting} {text}");
        let settings = json!({ "completion": { setting: false } });
        server.client().notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
        server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
        server.open(text);
        assert_eq!(ask(&mut server, place, 2), None, "{setting} {text}");
        assert!(reason(&mut server).contains(&format!("completion.{setting} = false")), "{setting}");
        assert_eq!(ask(&mut server, place, 1).as_deref(), Some(asked), "who asks gets it");
    }
    let mut server = server("y + 1", "in_comments = false\nin_strings = false\nin_imports = false");
    server.open("import os\nfrom os import (path)\nx = \n");
    assert!(ask(&mut server, (2, 4), 2).is_some(), "code is something else");
}

#[test]
fn one_line_or_several() {
    let text = "y = 1\n    return y";
    for (setting, expected) in [("auto", text), ("never", "y = 1"), ("always", text)] {
        let mut server = server(&format!("{text}\n"), &format!("multiline = '{setting}'"));
        server.open("def f():\n    \n");
        assert_eq!(ask(&mut server, (1, 4), 2).as_deref(), Some(expected), "{setting}");
    }
    for (setting, expected) in [("auto", "1"), ("always", "1\nb = 2")] {
        let mut server = server("1\nb = 2\n", &format!("multiline = '{setting}'"));
        server.open("a = \n");
        assert_eq!(ask(&mut server, (0, 4), 2).as_deref(), Some(expected), "{setting}");
    }
}

#[test]
fn the_bar_follows_the_eagerness_and_the_status_shows_it() {
    let mut bars = Vec::new();
    for level in Eagerness::LEVELS.map(Eagerness::name).into_iter().filter(|level| *level != "medium") {
        let mut server = server("1", &format!("eagerness = '{level}'"));
        let status = server.command("treefill.status", json!([]))["interrupts"].clone();
        assert_eq!((&status["eagerness"], &status["trigger"]), (&level.into(), &"automatic".into()));
        assert_eq!(status["bar"], status["bar_of_eagerness"], "nobody reacted yet");
        bars.push(status["bar"].as_f64().unwrap());
    }
    assert!(bars[0] > bars[1], "{bars:?}");
}

#[test]
fn who_takes_nothing_is_shown_less() {
    for (adapts, expected) in [("true", true), ("false", false)] {
        let script = |job: usize| Script::Texts(vec![(format!("1{job}"), -0.01)]);
        let jobs = std::sync::atomic::AtomicUsize::new(0);
        let engine =
            ScriptedEngine::new(move |_| script(jobs.fetch_add(1, std::sync::atomic::Ordering::Relaxed)));
        let params = json!({ "capabilities": { "textDocument": { "inlineCompletion": {} } } });
        let config = format!("[completion]\neagerness = 'high'\neagerness_adapts = {adapts}\n");
        let mut server = TestServer::start_with(engine, params, &config);
        server.open("y = 10\nx = \n");
        for _ in 0..12 {
            ask(&mut server, (1, 4), 2);
            change(&mut server, (1, 4), (1, 4), "q");
            change(&mut server, (1, 4), (1, 5), "");
            ask(&mut server, (0, 6), 2);
        }
        let status = server.command("treefill.status", json!([]))["interrupts"].clone();
        let (bar, usual) = (status["bar"].as_f64().unwrap(), status["bar_of_eagerness"].as_f64().unwrap());
        assert_eq!(bar > usual, expected, "{status}");
        assert!(bar < 2.0 * usual, "a little: {status}");
    }
}

#[test]
fn what_was_typed_against_does_not_come_again_there() {
    let mut server = server("compute(1)", "");
    server.open("a = 1\nx = \n");
    assert_eq!(ask(&mut server, (1, 4), 2).as_deref(), Some("compute(1)"));
    change(&mut server, (1, 4), (1, 4), "q");
    change(&mut server, (1, 4), (1, 5), "");
    assert_eq!(ask(&mut server, (1, 4), 2), None);
    assert!(reason(&mut server).contains("dismissed"));
    // A file that is opened again is the same, and an edit elsewhere does not change the place.
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    server.open("import os\n\n\nb = 2\na = 1\nx = \n");
    assert!(ask(&mut server, (5, 4), 2).is_some(), "other lines above: another place");
    server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    server.open("a = 1\nx = \n");
    assert_eq!(ask(&mut server, (1, 4), 2), None);
    assert_eq!(ask(&mut server, (1, 4), 1).as_deref(), Some("compute(1)"), "who asks gets it");
    assert_eq!(ask(&mut server, (1, 4), 2), None, "by itself it does not come again");
}

#[test]
fn what_was_undone_does_not_come_again_there() {
    let mut server = server("compute(1)", "");
    server.open("x = \n");
    for reported in [true, false] {
        change(&mut server, (0, 0), (0, 1), if reported { "y" } else { "z" });
        assert_eq!(ask(&mut server, (0, 4), 2).as_deref(), Some("compute(1)"));
        change(&mut server, (0, 4), (0, 4), "compute(1)");
        if reported {
            let id = server.session.overview(None).counts.requests;
            server.command("treefill.accepted", json!([{ "id": id }]));
        }
        assert_eq!(ask(&mut server, (0, 14), 2), None, "it repeats the line");
        change(&mut server, (0, 4), (0, 14), "");
        assert_eq!(ask(&mut server, (0, 4), 2), None, "reported: {reported}");
        change(&mut server, (0, 4), (0, 4), "c");
        assert_ne!(ask(&mut server, (0, 5), 2).as_deref(), Some("ompute(1)"), "nor the rest of it");
        change(&mut server, (0, 4), (0, 5), "");
    }
}

#[test]
fn what_was_typed_in_part_and_then_against_does_not_come_again_there() {
    let mut server = server("compute(1)", "");
    server.open("x = \n");
    assert!(ask(&mut server, (0, 4), 2).is_some());
    change(&mut server, (0, 4), (0, 4), "co");
    assert_eq!(ask(&mut server, (0, 6), 2).as_deref(), Some("mpute(1)"));
    change(&mut server, (0, 6), (0, 6), "q");
    change(&mut server, (0, 6), (0, 7), "");
    assert_ne!(ask(&mut server, (0, 6), 2).as_deref(), Some("mpute(1)"));
    change(&mut server, (0, 4), (0, 6), "");
    assert_eq!(ask(&mut server, (0, 4), 2), None, "nor where it came first");
}

#[test]
fn an_undo_may_take_back_more_than_was_accepted() {
    let mut server = server("compute(1)", "");
    server.open("a = 1\n\n");
    change(&mut server, (1, 0), (1, 0), "x = co");
    change(&mut server, (1, 4), (1, 6), "");
    assert!(ask(&mut server, (1, 4), 2).is_some());
    change(&mut server, (1, 4), (1, 4), "compute(1)");
    change(&mut server, (1, 0), (1, 14), "");
    change(&mut server, (1, 0), (1, 0), "x = ");
    assert_eq!(ask(&mut server, (1, 4), 2), None);
}

#[test]
fn what_is_typed_along_with_closers_of_the_editor_is_wanted() {
    let mut server = server("compute(1)", "");
    server.open("x = \n");
    assert!(ask(&mut server, (0, 4), 2).is_some());
    change(&mut server, (0, 4), (0, 4), "compute()");
    assert_eq!(ask(&mut server, (0, 12), 2).as_deref(), Some("1"));
    change(&mut server, (0, 4), (0, 13), "");
    let mut server = server_of_blocks();
    server.open("def f(y):\n");
    assert_eq!(ask(&mut server, (0, 9), 2).as_deref(), Some("\n    return y"));
    change(&mut server, (0, 9), (0, 9), "\n    ");
    assert_eq!(ask(&mut server, (1, 4), 2).as_deref(), Some("return y"));
}

#[test]
fn a_menu_that_was_opened_has_what_was_dismissed() {
    let config = "[completion]\nmenu = 'always'\n";
    let capabilities = json!({ "textDocument": { "inlineCompletion": {} } });
    let engine = ScriptedEngine::always("compute(1)");
    let mut server = TestServer::start_with(engine, json!({ "capabilities": capabilities }), config);
    server.open("x = \n");
    assert!(ask(&mut server, (0, 4), 2).is_some());
    server.command("treefill.dismissed", json!([{ "uri": URI }]));
    for (kind, expected) in [(3, 0), (1, 1)] {
        let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 4 },
            "context": { "triggerKind": kind } });
        let answer = server.client().call("textDocument/completion", params);
        assert_eq!(answer["items"].as_array().unwrap().len(), expected, "{kind}");
    }
}

fn server_of_blocks() -> TestServer {
    server("\n    return y\n", "")
}

#[test]
fn after_a_dismissal_there_is_quiet() {
    for (seconds, expected) in [(60, None), (0, Some("compute(1)"))] {
        let mut server = server("compute(1)", &format!("quiet_after_dismissal_s = {seconds}"));
        server.open("x = \nlonger_name = \n");
        assert!(ask(&mut server, (0, 4), 2).is_some());
        server.command("treefill.dismissed", json!([{ "uri": URI }]));
        assert_eq!(ask(&mut server, (1, 14), 2).as_deref(), expected, "{seconds}");
        assert_eq!(ask(&mut server, (0, 4), 2), None);
        let why = if seconds == 0 { "undid" } else { "quiet_after_dismissal_s" };
        assert!(reason(&mut server).contains(why), "{seconds}");
        change(&mut server, (0, 4), (0, 4), "c");
        assert_ne!(ask(&mut server, (0, 5), 2).as_deref(), Some("ompute(1)"), "nor the rest of it");
        change(&mut server, (0, 4), (0, 5), "");
        assert_eq!(ask(&mut server, (0, 4), 1).as_deref(), Some("compute(1)"), "who asks gets it");
        change(&mut server, (0, 4), (0, 4), "co");
        assert_eq!(ask(&mut server, (0, 6), 2).as_deref(), Some("mpute(1)"), "what was asked for goes on");
    }
}

#[test]
fn why_nothing_says_where_and_when() {
    let mut server = server("", "");
    assert_eq!(last(&mut server), Value::Null);
    server.open("a = 1\nx = \n");
    assert_eq!(ask(&mut server, (1, 4), 2), None);
    let told = last(&mut server);
    assert_eq!((&told["uri"], &told["line"], &told["column"]), (&URI.into(), &2.into(), &5.into()));
    assert_eq!((&told["shown"], &told["by"]), (&false.into(), &"automatic".into()));
    assert_eq!(told["reason"], "the model has nothing to add");
    assert!(told["seconds_ago"].as_u64().unwrap() < 60);
    // The same, for a shell.
    let file = server.folder.path().join("status.json");
    let of_file = || serde_json::from_slice::<Value>(&std::fs::read(&file).ok()?).ok();
    while of_file().is_none_or(|told| told["last"]["reason"] != "the model has nothing to add") {
        server.command("treefill.status", json!([]));
    }
    server.command("treefill.pause", json!([]));
    assert_eq!(ask(&mut server, (1, 4), 1), None);
    let told = last(&mut server);
    assert_eq!((&told["reason"], &told["line"]), (&"switched off here".into(), &Value::Null));
}
