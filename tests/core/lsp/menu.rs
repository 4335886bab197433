//! Tests `textDocument/completion`: one entry that behaves well beside those of other servers.

use serde_json::{Value, json};
use treefill::engine::scripted::{Script, ScriptedEngine};

use super::support::{TestServer, URI};

fn client(name: &str, item: Value) -> Value {
    json!({
        "clientInfo": { "name": name },
        "capabilities": { "textDocument": { "completion": { "completionItem": item } } },
    })
}

fn menu(server: &mut TestServer, position: &Value) -> Value {
    let params =
        json!({ "textDocument": { "uri": URI }, "position": position, "context": { "triggerKind": 1 } });
    let list = server.client().call("textDocument/completion", params);
    assert_eq!(list["isIncomplete"], true);
    list["items"].clone()
}

#[test]
fn only_clients_without_ghost_text_get_it_unless_the_user_says_otherwise() {
    let inline = json!({ "capabilities": { "textDocument": { "inlineCompletion": {} } } });
    let start = |params: &Value, config: &str| {
        let server = TestServer::start_with(ScriptedEngine::always(""), params.clone(), config);
        server.capabilities.get("completionProvider").is_some()
    };
    assert!(start(&client("helix", json!({})), ""));
    assert!(!start(&client("helix", json!({})), "[completion]\nmenu = \"never\"\n"));
    assert!(!start(&inline, ""));
    assert!(start(&inline, "[completion]\nmenu = \"always\"\n"));
    let mut asking = inline.clone();
    asking["initializationOptions"] = json!({ "completion": { "menu": "always" } });
    assert!(start(&asking, ""));
}

#[test]
fn the_entry_covers_the_typed_word_and_stays_last() {
    let item = json!({
        "documentationFormat": ["markdown", "plaintext"],
        "labelDetailsSupport": true,
        "insertTextModeSupport": { "valueSet": [1, 2] },
    });
    let mut server = TestServer::start_with(ScriptedEngine::always("ute(1)"), client("vim", item), "");
    let position = server.open_at("é = '😀'; x = compˇ\n", char::len_utf16);
    let items = menu(&mut server, &position);
    let entry = &items[0];
    let end = position["character"].as_u64().unwrap();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!(entry["label"], "compute(1)");
    assert_eq!(entry["labelDetails"]["description"], "treefill");
    assert_eq!(entry["filterText"], "compute(1)");
    assert_eq!(entry["textEdit"]["newText"], "compute(1)");
    assert_eq!(entry["textEdit"]["range"]["start"]["character"], end - 4);
    assert_eq!(entry["textEdit"]["range"]["end"]["character"], end);
    assert_eq!(entry["documentation"]["value"], "```python\ncompute(1)\n```");
    assert_eq!((&entry["insertTextFormat"], &entry["insertTextMode"]), (&1.into(), &1.into()));
    assert_eq!(entry["preselect"], false);
    assert!(entry["sortText"].as_str().unwrap() > "~~~~");
    assert_eq!(entry["command"]["command"], "treefill.accepted");
}

#[test]
fn further_lines_are_sent_as_they_will_stand() {
    let engine = ScriptedEngine::always("\n        return x");
    let mut server = TestServer::start_with(engine, client("helix", json!({})), "");
    let position = server.open_at("def f(x):\n    if x:ˇ\n", char::len_utf16);
    let items = menu(&mut server, &position);
    assert_eq!(items[0]["textEdit"]["newText"], "\n        return x", "{items}");
    assert_eq!(items[0]["label"], "return x");
}

#[test]
fn documentation_is_code_where_it_is_shown_as_markdown() {
    for (name, expected) in [
        ("other", json!("compute(1)")),
        ("helix", json!({ "kind": "markdown", "value": "```python\ncompute(1)\n```" })),
    ] {
        let mut server =
            TestServer::start_with(ScriptedEngine::always("ute(1)"), client(name, json!({})), "");
        let position = server.open_at("x = compˇ\n", char::len_utf16);
        let items = menu(&mut server, &position);
        assert_eq!(items[0]["documentation"], expected, "{name}");
    }
}

#[test]
fn who_opens_it_again_or_outside_of_a_word_gets_what_is_unlikely_too() {
    let start = || {
        let engine = ScriptedEngine::new(|_| Script::Texts(vec![("ute(1)".to_owned(), -6.0)]));
        TestServer::start_with(engine, client("helix", json!({})), "[completion]\neagerness = 'low'\n")
    };
    let mut server = start();
    let position = server.open_at("x = compˇ\n", char::len_utf16);
    assert_eq!(menu(&mut server, &position), json!([]), "it may have opened by itself");
    assert_eq!(menu(&mut server, &position)[0]["label"], "compute(1)");
    let mut server = start();
    let position = server.open_at("x = ˇ\n", char::len_utf16);
    assert_eq!(menu(&mut server, &position)[0]["label"], "ute(1)");
}
