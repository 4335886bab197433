//! Tests what a user reads of each state: the sentence of an answer, of a notification, and of a message.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use treefill::engine::scripted::{Script, ScriptedEngine};
use treefill::engine::{ModelInfo, ServerInfo, Status};
use treefill::lsp::{BetterModel, HintOptions};

use super::support::{GatedEngine, TestServer, URI};

fn params(shows: bool) -> Value {
    json!({ "capabilities": {
        "textDocument": { "inlineCompletion": {} },
        "experimental": { "treefillStatus": shows },
    } })
}

fn ready() -> Status {
    let info = ModelInfo { name: "Small".into(), parameters: 15_300_000, layers: 5, ..ModelInfo::default() };
    Status::Ready(Arc::new(ModelInfo { backend: "CPU : SSE3 = 1 | AVX2 = 1".into(), ..info }))
}

fn status(server: &mut TestServer) -> Value {
    server.command("treefill.status", json!([{ "uri": URI }]))
}

fn state(server: &mut TestServer) -> (String, String) {
    let state = status(server)["state"].take();
    let text = |key: &str| state[key].as_str().unwrap().to_owned();
    (text("id"), text("sentence"))
}

fn ask(server: &mut TestServer) -> bool {
    let params = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 4 },
        "context": { "triggerKind": 2 } });
    let answer = server.client().call("textDocument/inlineCompletion", params);
    answer["items"].as_array().is_some_and(|items| !items.is_empty())
}

#[test]
fn the_engine_has_a_sentence_in_each_state() {
    let (engine, _jobs) = GatedEngine::new();
    engine.status.send_replace(Status::Loading(0.42));
    let mut server = TestServer::start_with(engine.clone(), params(false), "");
    server.open("x = \n");
    while state(&mut server).0 == "starting" {}
    assert_eq!(state(&mut server), ("loading".into(), "The model is being read: 42 %.".into()));
    engine.status.send_replace(Status::Restarting);
    assert_eq!(
        state(&mut server),
        ("restarting".into(), "The engine has ended and is being started again.".into())
    );
    engine.status.send_replace(ready());
    assert_eq!(state(&mut server), ("ready".into(), "Suggestions are ready.".into()));
    let told = status(&mut server);
    assert_eq!(told["title"], "Small, 15 M parameters, CPU");
    assert_eq!((&told["lines"][0], &told["lines"][1]), (&"Suggestions are ready.".into(), &told["title"]));
    assert_eq!(told["thinking"]["sentence"], "The model is thinking.");
    let remote = |trouble: Option<&str>| {
        let at = ServerInfo {
            host: "gpu.example".into(),
            trouble: trouble.map(str::to_owned),
            ..ServerInfo::default()
        };
        let model = ModelInfo { name: "Large".into(), server: Some(at), ..ModelInfo::default() };
        Status::Ready(Arc::new(model))
    };
    engine.status.send_replace(remote(None));
    let sentence = "Suggestions come from a server: text around the cursor is sent to gpu.example.";
    assert_eq!(state(&mut server), ("remote".into(), sentence.into()));
    assert_eq!(status(&mut server)["title"], "Large, on gpu.example");
    engine.status.send_replace(remote(Some("it refuses connections")));
    let sentence = "The server gpu.example cannot be used at present: it refuses connections.";
    assert_eq!(state(&mut server), ("remote".into(), sentence.into()));
    engine.status.send_replace(ready());
}

#[test]
fn what_is_off_where_and_until_when() {
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(true), "");
    server.open("x = \n");
    let answer = server.command("treefill.pause", json!([{ "minutes": 15 }]));
    let sentence = answer["sentence"].as_str().unwrap().to_owned();
    let clock = sentence.strip_prefix("Suggestions are paused everywhere until ").unwrap();
    assert!(clock.len() == "15:42.".len() && clock.as_bytes()[2] == b':', "{sentence}");
    assert_eq!(state(&mut server), ("paused".into(), sentence.clone()));
    assert_eq!(server.command("treefill.why", json!([{ "uri": URI }]))["sentence"], sentence);
    let answer = server.command("treefill.resume", json!([{ "uri": URI }]));
    assert_eq!(answer["sentence"], "Suggestions are on in x.py.");

    let file = json!([{ "scope": "file", "uri": URI }]);
    let off = server.command("treefill.toggle", file.clone());
    assert_eq!(off["sentence"], "Suggestions are paused in x.py until you resume or close it.");
    assert_eq!(state(&mut server).1, off["sentence"]);
    let language = json!([{ "scope": "language", "uri": URI }]);
    let off = server.command("treefill.toggle", language.clone());
    assert_eq!(off["sentence"], "Suggestions are paused in python until you resume.");
    let told = status(&mut server);
    assert_eq!(told["lines"][0], off["sentence"], "the widest switch comes first");
    let lines = told["lines"].to_string();
    assert!(lines.contains("Suggestions are paused by hand in python, in x.py."), "{lines}");
    assert_eq!(
        server.command("treefill.toggle", language)["sentence"],
        off_in_file(),
        "the file is still off"
    );
    assert_eq!(server.command("treefill.toggle", file)["sentence"], "Suggestions are on in x.py.");
    server.command("treefill.pause", json!([]));
    let all = server.command("treefill.resume", json!([]));
    assert_eq!(all["sentence"], "Suggestions are on everywhere.");
}

fn off_in_file() -> &'static str {
    "Suggestions are paused in x.py until you resume or close it."
}

#[test]
fn who_shows_no_answers_gets_messages() {
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(false), "");
    server.open("x = \n");
    for (command, message) in [
        ("treefill.why", "No suggestion was asked for yet."),
        ("treefill.pause", "Suggestions are paused everywhere until you resume."),
        ("treefill.why", "Suggestions are paused everywhere until you resume."),
        ("treefill.resume", "Suggestions are on everywhere."),
    ] {
        server.command(command, json!([]));
        let told = server.client().message("window/showMessage")["params"].take();
        assert_eq!(told, json!({ "type": 3, "message": format!("treefill: {message}") }), "{command}");
    }
}

#[test]
fn who_chooses_from_the_commands_is_told_by_messages() {
    let (engine, _jobs) = GatedEngine::new();
    engine.status.send_replace(ready());
    let params = json!({ "clientInfo": { "name": "helix" }, "capabilities": {} });
    let mut server = TestServer::start_with(engine, params, "");
    server.open("x = \n");
    let told = |server: &mut TestServer, command: &str, argument: Value| {
        server.command(command, argument);
        server.client().message("window/showMessage")["params"]["message"].as_str().unwrap().to_owned()
    };
    let ready = "treefill: Suggestions are ready. Small, 15 M parameters, CPU.";
    while told(&mut server, "treefill.status", json!([])) != ready {}
    // Who cannot name a document means the one that is open, or the one that was asked about last.
    let off = told(&mut server, "treefill.toggle", json!([{ "scope": "file", "uri": URI }]));
    assert_eq!(off, format!("treefill: {}", off_in_file()));
    assert_eq!(told(&mut server, "treefill.why", json!([])), off);
    let opened = json!({ "uri": "file:///y.py", "languageId": "python", "version": 1, "text": "y = \n" });
    server.client().notify("textDocument/didOpen", json!({ "textDocument": opened }));
    assert_eq!(told(&mut server, "treefill.why", json!([])), "treefill: No suggestion was asked for yet.");
    assert!(!ask(&mut server));
    assert_eq!(told(&mut server, "treefill.why", json!([])), off);
}

#[test]
fn settings_that_switch_off_are_named() {
    for (config, sentence) in [
        ("[completion]\nenabled = false\n", "Suggestions are off here by the setting completion.enabled."),
        ("[disable]\nlanguages = ['python']\n", "Suggestions are off here by the setting disable.languages."),
        ("[disable]\npaths = ['x.py']\n", "Suggestions are off here by the setting disable.paths."),
    ] {
        let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(true), config);
        server.open("x = \n");
        while state(&mut server).0 == "starting" {}
        assert_eq!(state(&mut server), ("off".into(), sentence.into()), "{config}");
    }
}

#[test]
fn why_nothing_came_is_a_sentence() {
    let script = ScriptedEngine::new(|_| Script::Texts(vec![("ute(1)".to_owned(), -9.0)]));
    let mut server = TestServer::start_with(script, params(true), "[completion]\neagerness = 'low'\n");
    server.open("x = \n");
    assert!(!ask(&mut server));
    let why = server.command("treefill.why", json!([{ "uri": URI }]))["sentence"].take();
    let why = why.as_str().unwrap().to_owned();
    assert!(
        why.starts_with("No suggestion at x.py:1:5, 0 seconds ago: the model is not sure enough"),
        "{why}"
    );
    let told = status(&mut server);
    assert!(
        told["lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line.as_str().unwrap().starts_with("No suggestion at x.py:1:5"))
    );

    let mut server = TestServer::start_with(ScriptedEngine::always(")))"), params(true), "");
    server.open("x = \n");
    assert!(!ask(&mut server));
    let why = server.command("treefill.why", json!([]))["sentence"].to_string();
    assert!(why.contains("nothing of what the model wrote fits here."), "{why}");
}

#[test]
fn who_waits_is_told_that_the_model_is_thinking() {
    let (engine, jobs) = GatedEngine::new();
    engine.status.send_replace(ready());
    let mut server = TestServer::start_with(engine, params(true), "");
    let position = server.open_at("x = ˇ\n", char::len_utf16);
    let id = server.ask(&position);
    let job = jobs.recv_timeout(super::support::PATIENCE).unwrap();
    let why = |server: &mut TestServer, argument: Value| {
        server.command("treefill.why", argument)["sentence"].as_str().unwrap().to_owned()
    };
    assert_eq!(why(&mut server, json!([{ "uri": URI }])), "The model is thinking.");
    assert_eq!(why(&mut server, json!([])), "The model is thinking.");
    job.say("compute()");
    assert_eq!(server.items(id)[0]["insertText"], "compute()");
    assert!(why(&mut server, json!([{ "uri": URI }])).starts_with("A suggestion was shown at x.py:1:5, "));
}

#[test]
fn a_suggestion_of_the_model_has_a_usual_time() {
    let (engine, jobs) = GatedEngine::new();
    engine.status.send_replace(ready());
    let mut server = TestServer::start_with(engine, params(true), "");
    let position = server.open_at("x = ˇ\n", char::len_utf16);
    let id = server.ask(&position);
    jobs.recv_timeout(super::support::PATIENCE).unwrap().say("compute()");
    assert_eq!(server.items(id)[0]["insertText"], "compute()");
    let title = status(&mut server)["title"].take();
    let title = title.as_str().unwrap();
    assert!(
        title.starts_with("Small, 15 M parameters, CPU, ") && title.ends_with(" a suggestion"),
        "{title}"
    );
}

#[test]
fn a_client_that_shows_the_state_is_told_of_pauses() {
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(true), "");
    let wait_for = |server: &mut TestServer, wanted: &str| {
        while server.client().message("treefill/status")["params"]["state"]["sentence"] != wanted {}
    };
    wait_for(&mut server, "Suggestions are ready.");
    server.command("treefill.pause", json!([]));
    wait_for(&mut server, "Suggestions are paused everywhere until you resume.");
    server.command("treefill.resume", json!([]));
    wait_for(&mut server, "Suggestions are ready.");
    // One that ends by itself.
    server.command("treefill.pause", json!([{ "minutes": 0.001 }]));
    wait_for(&mut server, "Suggestions are ready.");
}

#[test]
fn a_better_model_is_told_once_after_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hint.json");
    for (told, shows) in [(false, true), (true, true), (false, false)] {
        std::fs::write(&file, json!({ "first_used": 1000, "told": told }).to_string()).unwrap();
        let hint = HintOptions {
            file: file.clone(),
            rest: Duration::ZERO,
            measure: Arc::new(|| {
                Some(BetterModel {
                    name: "small-1b".into(),
                    title: "Small 1B".into(),
                    times: 66,
                    first_line_s: 0.8,
                    built_in_s: 0.1,
                    bytes: 1_650_000_000,
                })
            }),
        };
        let mut server = TestServer::start_hinted(hint, params(shows));
        server.open("x = \n");
        let sentence = match (told, shows) {
            // It is known at the start already.
            (true, _) => continue,
            (_, true) => {
                let params = server.client().message("treefill/hint")["params"].take();
                assert_eq!(params["name"], "small-1b");
                params["sentence"].to_string()
            }
            (_, false) => server.client().message("window/showMessage")["params"]["message"].to_string(),
        };
        assert!(sentence.contains("A better model fits this machine: Small 1B has 66 times"), "{sentence}");
        let record: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(record, json!({ "first_used": 1000, "told": true }));
    }
}

#[test]
fn a_client_that_lists_commands_is_offered_those_for_people() {
    let offered = |name: &str| {
        let params = json!({ "clientInfo": { "name": name }, "capabilities": {} });
        let server = TestServer::start_with(ScriptedEngine::always(""), params, "");
        server.capabilities["executeCommandProvider"]["commands"].clone()
    };
    assert_eq!(
        offered("helix"),
        json!(["treefill.pause", "treefill.resume", "treefill.status", "treefill.toggle", "treefill.why"])
    );
    assert!(offered("Neovim").as_array().unwrap().contains(&"treefill.accepted".into()));
}
