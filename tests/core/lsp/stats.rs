//! Tests what is recorded of suggestions: events of their lives, as numbers, and no text.

use std::path::PathBuf;

use serde_json::{Value, json};
use treefill::engine::scripted::{Script, ScriptedEngine};
use treefill::stats::{self, ActionOutcome, Asked, Disposition, Ended, Recorder, RequestKind, UsageEvent};

use super::support::{PATIENCE, TestServer, URI};

/// Stands in the document and in what is suggested, and must not stand in the file.
const MARKER: &str = "marker_7f3a";

struct Counted {
    server: TestServer,
    recorder: Recorder,
    file: PathBuf,
}

impl Counted {
    fn start(config: &str) -> Self {
        // Behind the marker comes more of it; elsewhere the model has nothing to say.
        let engine = ScriptedEngine::new(|job| {
            let before = job.segments.iter().any(|segment| segment.text.ends_with("total = "));
            Script::Pieces(if before { vec![format!("{MARKER}(1)")] } else { Vec::new() })
        });
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": { "inlineCompletion": {} },
        });
        let server = TestServer::start_with(engine, json!({ "capabilities": capabilities }), config);
        let file = server.folder.path().join("state/stats.jsonl");
        let recorder = Recorder::start(file.clone());
        server.session.record_to(recorder.clone());
        Self { server, recorder, file }
    }

    /// Open a document and ask; the position of the suggestion and its item.
    fn shown(&mut self) -> (Value, Value) {
        let position = self.server.open_at(&format!("{MARKER} = 'é😀'; total = ˇ\n"), char::len_utf8);
        let id = self.server.ask(&position);
        let items = self.server.items(id);
        assert_eq!(items[0]["insertText"], format!("{MARKER}(1)"));
        (position, items[0].clone())
    }

    fn close(&mut self) {
        self.server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
        // An answer comes after everything before it was handled.
        self.server.command("treefill.status", json!([]));
    }

    /// What is in the file.
    fn events(&self) -> Vec<UsageEvent> {
        self.recorder.flush(PATIENCE);
        let log = stats::read(&self.file).unwrap();
        assert_eq!(log.damaged, 0);
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        for secret in [MARKER, "x.py", "file:", "total"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        log.events
    }
}

fn right_of(position: &Value, bytes: usize) -> Value {
    let character = position["character"].as_u64().unwrap() + bytes as u64;
    json!({ "line": position["line"], "character": character })
}

/// The events without their times, briefly.
fn brief(events: &[UsageEvent]) -> Vec<String> {
    let brief = |event: &UsageEvent| match event {
        UsageEvent::Asked(Asked { outcome, bytes, continued, without_model, .. }) => {
            let how = [(*continued, " continued"), (*without_model, " free")];
            let how: String = how.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
            format!("{outcome} {bytes}{how}")
        }
        UsageEvent::Ended(Ended { fate, taken, .. }) => format!("{fate:?} {taken}"),
        UsageEvent::Kept(kept) => format!("kept {}", kept.share),
        UsageEvent::Acted(acted) => format!("{} {:?}", acted.action, acted.came),
    };
    events.iter().map(brief).collect()
}

#[test]
fn typed_on_then_accepted_then_looked_at_again() {
    let mut counted = Counted::start("");
    let (position, _) = counted.shown();
    counted.server.insert(&position, "mark");
    let id = counted.server.ask(&right_of(&position, 4));
    let item = counted.server.items(id).remove(0);
    counted.server.insert(&right_of(&position, 4), item["insertText"].as_str().unwrap());
    counted.server.command("treefill.accepted", item["command"]["arguments"].clone());
    // Half of it is deleted before the document is closed.
    let range = json!({ "start": right_of(&position, 11), "end": right_of(&position, 14) });
    counted.server.client().notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": URI, "version": 9 }, "contentChanges": [{ "range": range, "text": "" }] }),
    );
    counted.close();
    let events = counted.events();
    let kept = format!("kept {}", 11.0_f32 / 14.0);
    // "mark" came in one change, too: an editor that takes word by word does the same.
    assert_eq!(brief(&events), ["shown 14", "shown 10 continued free", "Accepted 14", &kept]);
    let UsageEvent::Asked(first) = &events[0] else { panic!("{events:?}") };
    assert_eq!((first.language.as_str(), first.kind, first.lines), ("python", RequestKind::Automatic, 1));
    assert!(first.ms > 0.0 && first.tokens > 0);
}

#[test]
fn an_editor_that_does_not_tell_and_a_user_who_types_it_all() {
    let mut counted = Counted::start("");
    let (position, _) = counted.shown();
    counted.server.insert(&position, &format!("{MARKER}(1)"));
    counted.close();
    assert_eq!(brief(&counted.events()), ["shown 14", "Accepted 14", "kept 1"]);
    let (position, _) = counted.shown();
    for (at, letter) in format!("{MARKER}(1)").char_indices() {
        counted.server.insert(&right_of(&position, at), &letter.to_string());
    }
    counted.close();
    assert_eq!(brief(&counted.events())[3..], ["shown 14", "Typed 0"]);
}

#[test]
fn dismissed_by_other_text_with_the_reason_for_silence() {
    let mut counted = Counted::start("");
    let (position, item) = counted.shown();
    counted.server.insert(&position, "z");
    let id = counted.server.ask(&right_of(&position, 1));
    assert!(counted.server.items(id).is_empty());
    // Too late: it is gone.
    counted.server.command("treefill.accepted", item["command"]["arguments"].clone());
    assert_eq!(brief(&counted.events()), ["shown 14", "Dismissed 0", "blank 0"]);
}

#[test]
fn off_by_hand_is_a_reason_and_the_end_of_the_server_an_end() {
    let mut counted = Counted::start("");
    counted.shown();
    counted.server.command("treefill.pause", json!([]));
    let id = counted.server.ask(&json!({ "line": 0, "character": 1 }));
    assert!(counted.server.items(id).is_empty());
    assert_eq!(brief(&counted.events()), ["shown 14", "disabled 0"]);
    counted.server.pumped.shut_down();
    let UsageEvent::Ended(ended) = &counted.events()[2] else { panic!("an end") };
    assert_eq!((ended.fate, ended.bytes), (Disposition::Dismissed, 14));
}

#[test]
fn menus_count_as_such_and_nothing_is_counted_where_it_is_off() {
    for (config, count) in [("", 1), ("[stats]\nenabled = false\n", 0)] {
        let mut counted = Counted::start(config);
        let position = counted.server.open_at("total = ˇ\n", char::len_utf8);
        let params = json!({ "textDocument": { "uri": URI }, "position": position });
        counted.server.client().call("textDocument/completion", params);
        let events = counted.events();
        assert_eq!(events.len(), count, "{events:?}");
        if let Some(UsageEvent::Asked(asked)) = events.first() {
            assert_eq!((asked.kind, asked.is_shown()), (RequestKind::Menu, true));
        }
    }
}

#[test]
fn code_actions_are_counted_by_what_becomes_of_them() {
    let mut counted = Counted::start("");
    counted.server.open(&format!("{MARKER} = len([1, 2)\n"));
    let at = json!({ "line": 0, "character": 3 });
    let params =
        json!({ "textDocument": { "uri": URI }, "range": { "start": at, "end": at }, "context": {} });
    for _ in 0..2 {
        let actions = counted.server.client().call("textDocument/codeAction", params.clone());
        assert_eq!(actions[0]["command"], "treefill.apply", "{actions}");
    }
    counted.server.insert(&json!({ "line": 0, "character": MARKER.len() + 12 }), "]");
    counted.close();
    assert_eq!(brief(&counted.events()), ["fix_syntax Offered", "fix_syntax Applied", "fix_syntax Kept"]);
}

#[test]
fn a_repair_that_is_undone_or_changed_by_hand_is_counted_as_such() {
    let after = |change: &str| {
        let mut counted = Counted::start("");
        counted.server.open(&format!("{MARKER} = len([1, 2)\n"));
        let at = json!({ "line": 0, "character": 3 });
        let params =
            json!({ "textDocument": { "uri": URI }, "range": { "start": at, "end": at }, "context": {} });
        counted.server.client().call("textDocument/codeAction", params);
        let place = |character: usize| json!({ "line": 0, "character": MARKER.len() + character });
        counted.server.insert(&place(12), "]");
        let range = json!({ "start": place(12), "end": place(13) });
        counted.server.client().notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": URI, "version": 9 }, "contentChanges": [{ "range": range, "text": change }] }),
        );
        counted.close();
        let events = counted.events();
        let UsageEvent::Acted(applied) = &events[1] else { panic!("{events:?}") };
        assert_eq!((applied.kind.as_str(), applied.came), ("insert", ActionOutcome::Applied));
        brief(&events).split_off(2)
    };
    assert_eq!(after(""), ["fix_syntax Undone"]);
    assert_eq!(after("}"), ["fix_syntax Edited"]);
}
