//! Tests that no secret gets into a prompt: 40 canaries in secret, ignored, closed and ordinary files, and a log of every prompt.

use std::sync::Arc;

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::{TestServer, able};
use crate::soak;

/// In the place of the canary of a text.
const HERE: &str = "CANARY";

/// A text of 16 letters and digits that looks like chance, another one for each number.
fn chance(number: usize, length: usize) -> String {
    let letters = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut state = 0x9e37_79b9_u64.wrapping_mul(number as u64 + 7);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(letters[(state >> 33) as usize % letters.len()])
    };
    // A digit at a fixed place, so that there is one.
    (0..length).map(|at| if at == 3 { '7' } else { next() }).collect()
}

/// Files that are private by name, and what they say.
const SECRET_FILES: [(&str, &str); 10] = [
    (".env", "DB_PASSWORD=CANARY\nX=\n"),
    (".env.staging", "TOKEN=CANARY\nX=\n"),
    (".dev.vars", "A=CANARY\nX=\n"),
    ("server.pem", "CANARY\n"),
    ("id_ed25519", "CANARY\n"),
    (".npmrc", "//registry/:_auth=CANARY\nX=\n"),
    (".netrc", "machine x login y password CANARY\n"),
    ("credentials.py", "who = 'CANARY'\nx = \n"),
    ("secrets.py", "wifi = 'CANARY'\nx = \n"),
    ("prod.tfvars", "x = \"CANARY\"\ny = \n"),
];

/// Files that the project excludes.
const IGNORED_FILES: [(&str, &str); 6] = [
    ("local/settings.py", "def local_CANARY():\n    return helper_\nx = \n"),
    ("local/deep/other.py", "helper_name = 'CANARY'\nx = \n"),
    ("closed/notes.py", "helper_name = 'CANARY'\nx = (1\n"),
    ("closed/more.py", "class helper_name:\n    word = 'CANARY'\nx = \n"),
    ("a.private.py", "who = 'CANARY'\nx = \n"),
    ("b.private.py", "def helper_name(CANARY):\n    pass\nx = \n"),
];

/// Lines of an ordinary file. The parts are joined here, so that nothing that looks at this file finds a key.
fn lines() -> Vec<(String, usize)> {
    let of = |parts: &[&str], length| (parts.concat(), length);
    vec![
        of(&["AWS_ID = 'AK", "IACANARY'"], 0),
        of(&["AWS_SECRET_ACCESS_KEY = 'CANARY'"], 40),
        of(&["a = \"gh", "p_CANARY\""], 36),
        of(&["b = \"github", "_pat_CANARY\""], 40),
        of(&["c = 'glp", "at-CANARY'"], 20),
        of(&["d = 'xox", "b-123456789012-CANARY'"], 24),
        of(&["e = 'sk_", "live_CANARY'"], 24),
        of(&["f = 'rk_", "test_CANARY'"], 12),
        of(&["g = 'AI", "zaCANARY'"], 35),
        of(&["h = 'sk-", "ant-api03-CANARY'"], 60),
        of(&["i = 'sk-", "proj-CANARY'"], 60),
        of(&["j = 'npm", "_CANARY'"], 36),
        of(&["k = 'py", "pi-AgEIcHlwaS5vcmcCANARY'"], 60),
        of(&["l = 'ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.CANARY'"], 43),
        of(&["m = '''-----BEGIN RSA PRIVATE ", "KEY-----\nCANARY\n-----END RSA PRIVATE ", "KEY-----'''"], 64),
        of(&["client_secret = \"CANARY\""], 20),
        of(&["headers = {'Authorization': 'Bearer CANARY'}"], 32),
        of(&["url = 'postgres://app:CANARY@db.local/app'"], 16),
        of(&["db_password: str = 'CANARY'"], 12),
        of(&["config['api_key'] = \"CANARY\""], 24),
        of(&["n = 'hv", "s.CANARY'"], 40),
        of(&["o = 'hf", "_CANARY'"], 34),
    ]
}

/// Everything that an engine was asked, and told of the workspace, as one text.
fn prompts(engine: &ScriptedEngine) -> String {
    let told = serde_json::to_string(&engine.remembered()).unwrap();
    engine.jobs().iter().map(|job| serde_json::to_string(job).unwrap()).chain([told]).collect()
}

fn ask_everywhere(server: &mut TestServer, uri: &str, language: &str, text: &str) {
    server.open_as(uri, language, text);
    for (line, content) in text.split('\n').enumerate() {
        let at = json!({ "line": line, "character": content.len() });
        let document = json!({ "uri": uri });
        let params = json!({ "textDocument": document, "position": at, "context": { "triggerKind": 1 } });
        server.client().call("textDocument/inlineCompletion", params);
        // Each of them takes the parsers a while.
        if line % 5 != 0 {
            continue;
        }
        let params = json!({
            "textDocument": document, "range": { "start": at, "end": at }, "context": { "diagnostics": [] },
        });
        let actions = server.client().call("textDocument/codeAction", params);
        for action in actions.as_array().into_iter().flatten().filter(|action| !action["data"].is_null()) {
            server.client().call("codeAction/resolve", action.clone());
        }
    }
}

#[test]
fn forty_canaries_and_none_in_a_prompt() {
    let project = tempfile::tempdir().unwrap();
    let root = project.path().display().to_string();
    std::fs::write(project.path().join(".gitignore"), "/local/\n").unwrap();
    std::fs::write(project.path().join(".aiignore"), "closed/**\n").unwrap();
    let mut params = json!({ "capabilities": able(), "rootUri": format!("file://{root}") });
    params["capabilities"]["textDocument"]["inlineCompletion"] = json!({});
    let config = "[disable]\npaths = [\"*.private.py\"]\n";
    let engine = ScriptedEngine::always("1");
    let mut server = TestServer::start_with(Arc::<ScriptedEngine>::clone(&engine), params, config);
    let mut canaries: Vec<String> = Vec::new();
    let mut fill = |text: &str, length: usize| {
        let canary = chance(canaries.len(), length);
        canaries.push(canary.clone());
        text.replace(HERE, &canary)
    };

    for (number, (name, text)) in SECRET_FILES.iter().chain(&IGNORED_FILES).enumerate() {
        let (text, path) = (fill(text, 16), project.path().join(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
        let uri = format!("file://{root}/{name}");
        ask_everywhere(&mut server, &uri, "python", &text);
        assert_eq!(engine.jobs().len(), 0, "{name}");
        if number % 2 == 0 {
            let document = json!({ "textDocument": { "uri": uri } });
            server.client().notify("textDocument/didClose", document);
        }
    }
    let mut text = String::from("import os\n");
    for (line, length) in lines() {
        // AWS has capitals and digits only.
        let line = if length == 0 { line.replace(HERE, "Q3EGRZ7VBNM2LKJH") } else { fill(&line, length) };
        text.push_str(&line);
        text.push('\n');
    }
    canaries.push("Q3EGRZ7VBNM2LKJH".to_owned());
    text.push_str("\ndef total(items):\n    return helper_name(items)\n\nx = (1\n");
    // 10 in secret files, 6 in excluded ones, 22 in strings; two more around the cursor.
    let (first, second) = (chance(90, 24), chance(91, 24));
    text.push_str(&format!("def f():\n    api_key = \"{first}\"\n    client_secret = \"{second}\n"));
    canaries.extend([first, second]);
    assert_eq!(canaries.len(), 40);
    ask_everywhere(&mut server, &format!("file://{root}/app.py"), "python", &text);

    let prompts = prompts(&engine);
    assert!(prompts.contains("def total") && prompts.contains("REDACTED"), "there were prompts");
    let told: Vec<&String> = canaries.iter().filter(|canary| prompts.contains(canary.as_str())).collect();
    assert!(told.is_empty(), "{told:?}");
    let asked = engine.jobs().len();
    soak::figure(23, format!("{} canaries, {asked} prompts: {} in them", canaries.len(), told.len()));
    // What actions said that changed nothing.
    server.client().forget();
}

#[test]
fn no_key_is_suggested() {
    let key = ["AKIA", "Q3EGRZ7VBNM2LKJH"].concat();
    let text = format!("AWS_ACCESS_KEY_ID = '{key}'\nAWS_SECRET_ACCESS_KEY = 'ˇ'\n");
    for (said, expected) in [
        (key.clone(), false),
        (chance(3, 40), false),
        ("REDACTED".to_owned(), false),
        ("none".to_owned(), true),
    ] {
        let mut server = TestServer::start(ScriptedEngine::always(&said));
        let at = server.open_at(&text, char::len_utf8);
        let id = server.ask(&at);
        assert_eq!(!server.items(id).is_empty(), expected, "{said}");
        if !expected {
            let why: Value = server.command("treefill.status", json!([]))["last"]["reason"].clone();
            assert!(why.as_str().unwrap().contains("key"), "{said}: {why}");
        }
    }
}

#[test]
fn a_suggestion_ends_before_a_key() {
    let said = format!("a = 1\n    token = '{}'\n", chance(5, 24));
    let mut server = TestServer::start(ScriptedEngine::always(&said));
    let at = server.open_at("def f():\n    ˇ\n", char::len_utf8);
    let params = json!({
        "textDocument": { "uri": super::support::URI }, "position": at, "context": { "triggerKind": 1 },
    });
    let answer = server.client().call("textDocument/inlineCompletion", params);
    let texts: Vec<&str> =
        answer["items"].as_array().unwrap().iter().filter_map(|item| item["insertText"].as_str()).collect();
    assert_eq!(texts, ["a = 1"]);
}

#[test]
fn inside_a_key_nothing_is_suggested() {
    let key = ["sk_live_", &chance(8, 24)].concat();
    let (before, after) = key.split_at(14);
    for text in [format!("k = '{before}ˇ{after}'\n"), format!("k = '{key}ˇ'\n")] {
        let engine = ScriptedEngine::always("1");
        let mut server = TestServer::start(engine.clone());
        let at = server.open_at(&text, char::len_utf8);
        let id = server.ask(&at);
        assert!(server.items(id).is_empty() && engine.jobs().is_empty());
    }
}
