//! Tests what the engine is told of a workspace: which files, what of them, and what is taken back.

mod private;
pub(crate) mod project;
mod signatures;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};
use treefill::config::Config;
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{Engine, MemoryChange, Status};
use treefill::workspace::Pace;

use self::project::{Project, known, uri, write};
use super::support::{PACE, PATIENCE, TestServer};

#[test]
fn the_source_files_of_the_folder_are_told_without_their_keys() {
    let key = ["AKIA", "Q3EGRZ7VBNM2LKJH"].concat();
    let with_key = format!("def login():\r\n    key = '{key}'\r\n");
    let files = [
        ("a.py", with_key.as_str()),
        ("src/b.rs", "fn b() {}\n"),
        ("notes.md", "# no source\n"),
        ("node_modules/c.py", "c = 1\n"),
        ("empty.py", ""),
        ("made.py", "# @generated\nd = 1\n"),
    ];
    let mut project = Project::start(&files, "");
    let known = project.until_read(4);
    assert_eq!(project.documents(&known), ["a.py", "empty.py", "src/b.rs"]);
    let told = &known[&project.uri("a.py")];
    assert_eq!(told.text, "def login():\n    key = 'REDACTED'\n");
    assert_eq!(told.folder, project.folder.path().display().to_string());
    assert!(known.values().all(|text| !text.open));
    let status = project.server.command("treefill.status", json!([]));
    assert_eq!(status["workspace"]["message"], "workspace: 4 files read");
}

#[test]
fn an_open_text_wins_over_the_disk_until_it_is_closed() {
    let mut project = Project::start(&[("a.py", "disk = 1\n"), ("b.py", "b = 1\n")], "");
    project.until_read(2);
    project.open("a.py", "buffer = 1\n");
    let uri = project.uri("a.py");
    let known = project.until(|known| known[&uri].open);
    assert_eq!(known[&uri].text, "buffer = 1\n");
    project.replace("a.py", "typed = 1\r\n");
    project.until(|known| known[&uri].text == "typed = 1\n");
    // What is saved meanwhile does not matter.
    project.write("a.py", "saved = 1\n");
    project.open("b.py", "b = 2\n");
    let other = project.uri("b.py");
    let known = project.until(|known| known[&other].text == "b = 2\n");
    assert_eq!(known[&uri].text, "typed = 1\n");
    project.close("a.py");
    let known = project.until(|known| known[&uri].text == "saved = 1\n");
    assert!(known[&uri].open, "it was open a moment ago");
    // A file that is gone is forgotten when it is closed.
    std::fs::remove_file(project.folder.path().join("b.py")).unwrap();
    project.close("b.py");
    project.until(|known| !known.contains_key(&other));
}

#[test]
fn one_document_in_another_spelling_is_told_once() {
    let mut project = Project::start(&[("a b.py", "disk = 1\n")], "");
    let known = project.until_read(1);
    assert_eq!(project.documents(&known), ["a%20b.py"]);
    project.open("a b.py", "buffer = 1\n");
    let known = project.until(|known| known.values().all(|text| text.open));
    assert_eq!(project.documents(&known), ["a b.py"]);
    project.close("a b.py");
    let known = project.until(|known| known.values().all(|text| text.text == "disk = 1\n"));
    assert_eq!(project.documents(&known), ["a b.py"]);
}

#[test]
fn a_server_that_is_switched_off_forgets_everything() {
    let mut project = Project::start(&[("a.py", "a = 1\n")], "");
    project.open("new.py", "new = 1\n");
    project.until(|known| known.len() == 2);
    let config = project.server.folder.path().join("config.toml");
    std::fs::write(&config, "[workspace]\nenabled = false\n").unwrap();
    project.server.client().notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    project.until(|known| known.is_empty());
    assert_eq!(project.engine.remembered().last().unwrap().change, MemoryChange::Clear);
    project.open("other.py", "other = 1\n");
    let status = project.server.command("treefill.status", json!([]));
    assert_eq!(status["workspace"]["state"], "off");
    std::fs::write(&config, "").unwrap();
    project.server.client().notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    project.until(|known| known.len() == 3);
    for _ in 0..2 {
        project.server.client().message("window/showMessage");
    }
}

#[test]
fn another_engine_is_told_everything_again() {
    let engines: Arc<Mutex<Vec<Arc<ScriptedEngine>>>> = Arc::default();
    let made = Arc::clone(&engines);
    let start = Arc::new(move |_: &Config| {
        let engine = ScriptedEngine::always("1");
        made.lock().push(Arc::clone(&engine));
        engine as Arc<dyn Engine>
    });
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.py", "a = 1\n");
    let params = json!({ "capabilities": {}, "rootUri": uri(folder.path(), "") });
    let mut server = TestServer::start_by(start, params, "");
    server.open_as(&uri(folder.path(), "b.py"), "python", "b = 1\n");
    let start = Instant::now();
    let until = |server: &mut TestServer, number: usize, times: usize| {
        loop {
            server.command("treefill.status", json!([]));
            let engine = engines.lock().get(number).cloned();
            let texts = engine.map_or(0, |engine| engine.remembered().len());
            assert!(start.elapsed() < PATIENCE, "engine {number} was told {texts}");
            if texts == times {
                return;
            }
        }
    };
    until(&mut server, 0, 2);
    // It has ended, and another one is started in its place.
    engines.lock()[0].set_status(Status::Restarting);
    engines.lock()[0].set_status(Status::Ready(Arc::default()));
    until(&mut server, 0, 4);
    server.session.start_engine();
    until(&mut server, 1, 2);
    assert_eq!(known(&engines.lock()[1]).len(), 2);
}

#[test]
fn the_nearest_files_are_told_within_the_budget() {
    let text = format!("x = 1\n{}", "y = 1\n".repeat(100_000));
    let mut project = Project::start(
        &[("far/a.py", &text), ("near/b.py", &text)],
        "[workspace]\nmax_mb = 1\nenabled = false\n",
    );
    project.open("near/new.py", "new = 1\n");
    let config = project.server.folder.path().join("config.toml");
    std::fs::write(&config, "[workspace]\nmax_mb = 1\n").unwrap();
    project.server.client().notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    let known = project.until_read(1);
    assert_eq!(project.documents(&known), ["near/b.py", "near/new.py"]);
    project.server.client().message("window/showMessage");
}

#[test]
fn who_waits_until_all_is_told_sees_the_last_change() {
    let mut project = Project::start(&[("a.py", "a = 1\n"), ("b.py", "b = 1\n")], "");
    let settled = json!([{ "settled": true }]);
    project.server.command("treefill.status", settled.clone());
    assert_eq!(known(&project.engine).len(), 2);
    for number in 0..20 {
        let text = format!("a = {number}\n");
        project.open("a.py", &text);
        let status = project.server.command("treefill.status", settled.clone());
        let told = &known(&project.engine)[&project.uri("a.py")];
        assert_eq!((told.text.as_str(), told.open), (text.as_str(), true), "{status}");
        assert!(status["workspace"]["tokens"].is_u64(), "{status}");
        project.write("a.py", "whole = 1\n");
        project.close("a.py");
        project.server.command("treefill.status", settled.clone());
        assert_eq!(known(&project.engine)[&project.uri("a.py")].text, "whole = 1\n");
    }
}

#[test]
fn folders_come_and_go() {
    let mut project = Project::start(&[("a.py", "a = 1\n")], "");
    let other = tempfile::tempdir().unwrap();
    write(other.path(), "b.py", "b = 1\n");
    project.until_read(1);
    let folder = json!({ "uri": format!("file://{}", other.path().display()), "name": "other" });
    let change = |added: Value, removed: Value| json!({ "event": { "added": added, "removed": removed } });
    let method = "workspace/didChangeWorkspaceFolders";
    project.server.client().notify(method, change(json!([folder]), json!([])));
    let there = uri(other.path(), "b.py");
    project.until(|known| known.len() == 2 && known.contains_key(&there));
    project.server.client().notify(method, change(json!([]), json!([folder])));
    project.until(|known| known.len() == 1 && !known.contains_key(&there));
}

#[test]
fn switches_take_texts_back() {
    let mut project =
        Project::start(&[("a.py", "a = 1\n"), ("b.py", "b = 1\n"), ("c.rs", "fn c() {}\n")], "");
    project.open("a.py", "a = 2\n");
    project.until(|known| known.len() == 3);
    let (a, b) = (project.uri("a.py"), project.uri("b.py"));
    let file = json!([{ "scope": "file", "uri": a }]);
    project.server.command("treefill.toggle", file.clone());
    project.until(|known| !known.contains_key(&a) && known.contains_key(&b));
    // Its copy on the disk is no way around that.
    project.close("a.py");
    project.server.command("treefill.toggle", json!([{ "scope": "language", "language": "python" }]));
    let known = project.until(|known| known.len() == 1);
    assert_eq!(project.documents(&known), ["c.rs"]);
    project.server.command("treefill.toggle", json!([{ "scope": "language", "language": "python" }]));
    let known = project.until(|known| known.contains_key(&b));
    assert!(!known.contains_key(&a));
    project.server.command("treefill.toggle", file);
    project.until(|known| known.contains_key(&a));
}

#[test]
fn without_a_folder_only_files_beside_the_open_one_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("a.py", "a = 1\n"), ("b.py", "b = 1\n"), ("c.rs", "fn c() {}\n"), ("deep/d.py", "d = 1\n")]
    {
        write(folder.path(), name, text);
    }
    let engine = ScriptedEngine::always("1");
    let params = json!({ "capabilities": {} });
    let server = TestServer::start_with(Arc::<ScriptedEngine>::clone(&engine), params, "");
    let mut project = Project { folder, engine, server };
    project.open("a.py", "a = 2\n");
    let known = project.until(|known| known.len() == 2);
    assert_eq!(project.names(&known), [("a.py".to_owned(), true), ("b.py".to_owned(), false)]);
    project.close("a.py");
    project.until(|known| known.is_empty());
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "far.py", "far = 1\n");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.py", "a = 1\n");
    for name in ["", "far.py"] {
        let (target, link) = (outside.path().join(name), folder.path().join(format!("linked{name}")));
        std::os::unix::fs::symlink(target, link).unwrap();
    }
    let engine = ScriptedEngine::always("1");
    let params = json!({ "capabilities": {}, "rootUri": uri(folder.path(), "") });
    let server = TestServer::start_with(Arc::<ScriptedEngine>::clone(&engine), params, "");
    let mut project = Project { folder, engine, server };
    let known = project.until_read(1);
    assert_eq!(project.documents(&known), ["a.py"]);
}

#[test]
fn a_whole_disk_is_not_read_and_that_is_said() {
    let engine = ScriptedEngine::always("1");
    let params = json!({ "capabilities": {}, "rootUri": "file:///" });
    let mut server = TestServer::start_with(engine.clone(), params, "");
    let start = Instant::now();
    loop {
        let status = server.command("treefill.status", json!([]))["workspace"].take();
        if status["message"] == "workspace: 0 files read; / is not read: it is the whole disk" {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{status}");
    }
    assert!(engine.remembered().is_empty());
}

/// A server that reads one file in a while, for a client that can do this.
fn slow(files: usize, capabilities: Value) -> Project {
    let folder = tempfile::tempdir().unwrap();
    (0..files).for_each(|number| write(folder.path(), &format!("{number}.py"), "x = 1\n"));
    let engine = ScriptedEngine::always("1");
    let used = Arc::clone(&engine);
    let start = Arc::new(move |_: &Config| Arc::clone(&used) as Arc<dyn Engine>);
    let params = json!({ "capabilities": capabilities, "rootUri": uri(folder.path(), "") });
    let pace = Pace { batch: 1, pause: Duration::from_millis(400), ..PACE };
    let server = TestServer::start_at(pace, start, params, "");
    Project { folder, engine, server }
}

#[test]
fn a_long_reading_is_shown() {
    let mut project = slow(6, json!({ "window": { "workDoneProgress": true } }));
    let asked = project.server.client().message("window/workDoneProgress/create");
    assert_eq!(asked["params"]["token"], "treefill/workspace/1");
    project.server.client().send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null }));
    let mut kinds = Vec::new();
    loop {
        let value = project.server.client().message("$/progress")["params"]["value"].take();
        kinds.push(value["kind"].as_str().unwrap().to_owned());
        if value["kind"] == "end" {
            assert_eq!(value["message"], "workspace: 6 files read");
            break;
        }
        let message = value["message"].as_str().unwrap();
        assert!(message.ends_with(" of 6 files read") || message.ends_with("looking for files"), "{value}");
    }
    assert_eq!(kinds[0], "begin");
}

#[test]
fn a_client_that_shows_the_status_is_told_how_far_it_is() {
    let mut project = slow(3, json!({ "experimental": { "treefillStatus": true } }));
    loop {
        let status = project.server.client().message("treefill/status")["params"].take();
        if status["workspace"]["message"] == "workspace: 3 files read" {
            assert_eq!(status["workspace"]["bytes"], 18);
            break;
        }
    }
}
