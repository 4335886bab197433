//! Tests what changes under a running server: the settings file is saved by another program, the configured model is missing or lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{Engine, Status, Unavailable};
use treefill::session::EngineStarter;

use super::support::{TestServer, URI};

/// What tests of this server change of the settings, as the file says it.
const START: &str = "[engine]\nprefetch = 'never'\n[completion]\ndelay_ms = 0\neagerness = 'high'\n";
/// Twice the promise: the machine may be busy.
const SOON: Duration = Duration::from_secs(4);

fn params() -> Value {
    json!({ "capabilities": { "textDocument": { "inlineCompletion": {} } } })
}

fn start(config: &str) -> TestServer {
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(), config);
    server.open("x = \n");
    server
}

fn suggested(server: &mut TestServer) -> Option<String> {
    let id = server.ask(&json!({ "line": 0, "character": 4 }));
    let items = server.items(id);
    items.first().map(|item| item["insertText"].as_str().unwrap().to_owned())
}

fn told(server: &mut TestServer) -> (u64, String) {
    let message = server.client().message("window/showMessage")["params"].clone();
    (message["type"].as_u64().unwrap(), message["message"].as_str().unwrap().to_owned())
}

fn file(server: &TestServer) -> PathBuf {
    server.folder.path().join("config.toml")
}

#[test]
fn a_file_saved_by_any_program_is_live_within_two_seconds_and_what_changed_is_said() {
    let mut server = start(START);
    assert!(suggested(&mut server).is_some());
    let saved = Instant::now();
    std::fs::write(file(&server), format!("{START}[disable]\nlanguages = ['python']\n")).unwrap();
    let (kind, text) = told(&mut server);
    assert!(saved.elapsed() < SOON, "{:?}", saved.elapsed());
    assert_eq!(kind, 3);
    assert!(text.contains("config.toml: disable.languages changed, in force now"), "{text}");
    assert_eq!(suggested(&mut server), None);

    // Many programs write another file and rename it.
    let other = server.folder.path().join("config.toml~");
    std::fs::write(&other, START).unwrap();
    std::fs::rename(&other, file(&server)).unwrap();
    assert!(told(&mut server).1.contains("disable.languages changed"));
    assert!(suggested(&mut server).is_some());
    // A comment changes nothing, and nothing is said of it: the next message is about what comes after.
    std::fs::write(file(&server), format!("# mine\n{START}")).unwrap();
    std::fs::write(file(&server), format!("{START}max_tokens = 9\n")).unwrap();
    assert!(told(&mut server).1.contains("completion.max_tokens changed"));
}

#[test]
fn a_broken_file_keeps_what_was_and_names_the_line() {
    let off = format!("{START}[disable]\nlanguages = ['python']\n");
    let mut server = start(&off);
    assert_eq!(suggested(&mut server), None);
    std::fs::write(file(&server), format!("{START}[disable\nlanguages = ['rust']\n")).unwrap();
    let (kind, text) = told(&mut server);
    assert_eq!(kind, 1);
    assert!(text.contains("config.toml:6: ") && text.contains("stay in force"), "{text}");
    assert_eq!(suggested(&mut server), None);
    std::fs::write(file(&server), format!("{START}enabled = 3\n[disable]\nlanguages = ['rust']\n")).unwrap();
    let (kind, text) = told(&mut server);
    assert!(kind == 2 && text.contains("config.toml:6: completion.enabled"), "{text}");
    assert!(told(&mut server).1.contains("disable.languages changed"));
    assert!(suggested(&mut server).is_some());
}

#[test]
fn what_counts_from_the_next_start_is_said_so() {
    let mut server = start(START);
    std::fs::write(file(&server), format!("{START}menu = 'never'\n")).unwrap();
    let (_, text) = told(&mut server);
    assert!(text.contains("completion.menu changed, in force when the editor starts"), "{text}");
}

/// Starts `configured` where a model is configured, else the built-in one, which writes `2`.
fn starter(configured: impl Fn() -> Arc<dyn Engine> + Send + Sync + 'static) -> EngineStarter {
    Arc::new(move |config| match &config.model.path {
        Some(_) => configured(),
        None => ScriptedEngine::always("2") as Arc<dyn Engine>,
    })
}

fn with_model(path: &str) -> String {
    format!("[model]\npath = '{path}'\n{START}")
}

#[test]
fn the_built_in_model_stands_in_for_one_that_is_missing() {
    let missing = || Unavailable::because("the setting `model.path`: the model /no/m.gguf was not found");
    let mut server = TestServer::start_by(starter(missing), params(), &with_model("/no/m.gguf"));
    server.open("x = \n");
    let (kind, text) = told(&mut server);
    assert_eq!(kind, 2);
    assert!(text.contains("in place of yours: /no/m.gguf was not found; set model.path"), "{text}");
    assert_eq!(suggested(&mut server).as_deref(), Some("2"));
    let status = server.command("treefill.status", json!([{ "uri": URI }]));
    assert_eq!(status["engine"]["state"], "ready");
    let message = status["engine"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the built-in model is used in place of yours: /no/m.gguf was not found"),
        "{status}"
    );

    // The way out: without the line nothing is said any more.
    std::fs::write(file(&server), START).unwrap();
    assert!(told(&mut server).1.contains("model.path changed"));
    while server.command("treefill.status", json!([]))["engine"]["message"] != Value::Null {}
}

#[test]
fn the_built_in_model_stands_in_for_one_that_is_lost_later() {
    let engine = ScriptedEngine::always("1");
    let configured = Arc::clone(&engine);
    let starter = starter(move || Arc::clone(&configured) as Arc<dyn Engine>);
    let mut server = TestServer::start_by(
        starter,
        params(),
        &with_model(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
    );
    server.open("x = \n");
    assert_eq!(suggested(&mut server).as_deref(), Some("1"));
    engine.set_status(Status::Failed("the engine was lost 6 times".into()));
    let (_, text) = told(&mut server);
    assert!(text.contains("built-in model is used") && text.contains("lost 6 times"), "{text}");
    assert!(suggested(&mut server).is_some());
}

#[test]
fn without_a_built_in_model_the_error_of_the_configured_one_is_shown() {
    let start: EngineStarter = Arc::new(|config| {
        Unavailable::because(if config.model.path.is_some() { "/no/m.gguf is broken" } else { "none inside" })
    });
    let mut server = TestServer::start_by(start, params(), &with_model("/no/m.gguf"));
    assert_eq!(told(&mut server), (1, "treefill: There is no model: /no/m.gguf is broken.".to_owned()));
}

#[test]
fn the_built_in_model_stands_in_for_one_that_is_broken_beside_its_broken_adapter() {
    let alone = ScriptedEngine::always("3");
    let without_adapter = Arc::clone(&alone);
    let start: EngineStarter = Arc::new(move |config| match (&config.model.path, &config.model.adapter) {
        (Some(_), Some(_)) => Unavailable::because("the setting `model.adapter`: /no/lora.gguf is none"),
        (Some(_), None) => Arc::clone(&without_adapter) as Arc<dyn Engine>,
        (None, _) => ScriptedEngine::always("2"),
    });
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let settings = format!("[model]\npath = '{model}'\nadapter = '/no/lora.gguf'\n{START}");
    let mut server = TestServer::start_by(start, params(), &settings);
    server.open("x = \n");
    let (_, text) = told(&mut server);
    assert!(text.contains("/no/lora.gguf"), "{text}");
    assert_eq!(suggested(&mut server).as_deref(), Some("3"));
    // It was being read meanwhile.
    alone.set_status(Status::Failed("the file is cut off".into()));
    let (_, text) = told(&mut server);
    assert!(text.contains("built-in model is used") && text.contains("cut off"), "{text}");
    assert!(suggested(&mut server).is_some());
}
