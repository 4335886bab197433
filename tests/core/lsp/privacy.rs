//! Tests that private files stay private: patterns of the user's, in every folder of the workspace.

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::TestServer;

fn params(roots: &[&str], options: Value) -> Value {
    let folder = |root: &&str| json!({ "uri": root, "name": "x" });
    json!({
        "capabilities": { "textDocument": { "inlineCompletion": {} } },
        "workspaceFolders": roots.iter().map(folder).collect::<Vec<_>>(),
        "initializationOptions": options,
    })
}

fn suggests(server: &mut TestServer, uri: &str) -> bool {
    server.open_as(uri, "python", "x = \n");
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 4 } });
    let answer = server.client().call("textDocument/inlineCompletion", params);
    !answer["items"].as_array().unwrap().is_empty()
}

#[test]
fn patterns_of_private_folders_hold_in_every_folder_of_the_workspace() {
    let roots = ["file:///w/one", "file:///w/two"];
    for pattern in ["diary/**", "diary/", "./diary/**", "/diary", "/w/*/diary", "**/diary/*.py"] {
        let options = json!({ "disable": { "paths": [pattern] } });
        let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&roots, options), "");
        for root in roots {
            assert!(!suggests(&mut server, &format!("{root}/diary/today.py")), "{pattern}");
            assert!(suggests(&mut server, &format!("{root}/today.py")), "{pattern}");
        }
    }
}

#[test]
fn folders_that_come_later_count_too() {
    let options = json!({ "disable": { "paths": ["/diary"] } });
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&[], options), "");
    assert!(suggests(&mut server, "file:///w/three/diary/a.py"));
    let event = json!({ "added": [{ "uri": "file:///w/three", "name": "x" }], "removed": [] });
    server.client().notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    assert!(!suggests(&mut server, "file:///w/three/diary/a.py"));
}

#[test]
fn a_pattern_that_matches_nothing_is_reported() {
    let config = "[disable]\npaths = [\"../shared/**\", \"diary/\", \"\"]\n";
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&[], json!({})), config);
    let told = server.client().message("window/showMessage")["params"]["message"].to_string();
    assert!(told.contains("../shared/**") && told.contains("matches nothing"), "{told}");
    assert!(!suggests(&mut server, "file:///w/diary/a.py"), "the others count");
}

/// What `treefill.status` says about the last silence.
fn why(server: &mut TestServer) -> String {
    server.command("treefill.status", json!([]))["last"]["reason"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn files_with_secrets_are_silent_and_the_status_says_why() {
    let engine = ScriptedEngine::always("1");
    let mut server = TestServer::start(engine.clone());
    for name in
        [".env.test", "deploy.pem", "id_ed25519", ".npmrc", "credentials.json", "prod.tfvars", "secrets.py"]
    {
        assert!(!suggests(&mut server, &format!("file:///w/{name}")), "{name}");
        let why = why(&mut server);
        assert!(why.contains("a private file") && why.contains("disable.except"), "{name}: {why}");
    }
    assert!(engine.jobs().is_empty());
    assert!(suggests(&mut server, "file:///w/environment.py"));
}

#[test]
fn only_the_user_lets_secrets_in() {
    let options = json!({ "disable": { "secrets": false, "except": [".env.example"] } });
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&[], options), "");
    let told = server.client().message("window/showMessage")["params"]["message"].to_string();
    assert!(told.contains("disable.secrets") && told.contains("refused"), "{told}");
    assert!(!suggests(&mut server, "file:///w/.env.example"));
    let config = "[disable]\nexcept = [\".env.example\"]\n";
    let mut server = TestServer::start_with(ScriptedEngine::always("1"), params(&[], json!({})), config);
    assert!(suggests(&mut server, "file:///w/.env.example"));
    assert!(!suggests(&mut server, "file:///w/.env"));
}

#[test]
fn what_a_project_excludes_is_silent_as_long_as_it_does() {
    let project = tempfile::tempdir().unwrap();
    let root = format!("file://{}", project.path().display());
    let engine = ScriptedEngine::always("1");
    let mut server = TestServer::start_with(engine.clone(), params(&[&root], json!({})), "");
    for (file, pattern) in [(".gitignore", "made/"), (".aiignore", "*/b.py"), (".copilotignore", "/made")] {
        assert!(suggests(&mut server, &format!("{root}/made/b.py")), "{file}");
        std::fs::write(project.path().join(file), format!("{pattern}\n")).unwrap();
        let before = engine.jobs().len();
        assert!(!suggests(&mut server, &format!("{root}/made/b.py")), "{file}");
        assert_eq!(engine.jobs().len(), before);
        let why = why(&mut server);
        assert!(why.contains(file) && why.contains(pattern), "{file}: {why}");
        assert!(suggests(&mut server, &format!("{root}/a.py")), "{file}");
        std::fs::remove_file(project.path().join(file)).unwrap();
    }
    std::fs::write(project.path().join(".noai"), "").unwrap();
    assert!(!suggests(&mut server, &format!("{root}/a.py")));
}
