//! Tests what comes from elsewhere: diagnostics of older texts, folders that come and go, and the cells of notebooks.

use serde_json::{Value, json};
use treefill::engine::scripted::ScriptedEngine;

use super::support::TestServer;

const LITERALS: &str = "codeActionLiteralSupport";

fn start(folders: &[&str]) -> TestServer {
    let capabilities = json!({ "textDocument": { "codeAction": { LITERALS: {} } } });
    let folders: Vec<Value> = folders.iter().map(|uri| json!({ "uri": uri, "name": "x" })).collect();
    let params = json!({ "capabilities": capabilities, "workspaceFolders": folders });
    TestServer::start_with(ScriptedEngine::always("") as _, params, "[diagnostics]\nsyntax = true\n")
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

fn told(range: &Value, message: &str) -> Value {
    json!({ "range": range, "message": message, "severity": 1, "source": "other" })
}

/// The titles of the quick fixes for a diagnostic, and the text of the first edit of the first.
fn fixes(server: &mut TestServer, uri: &str, told: Value) -> (Vec<String>, String) {
    let params = json!({
        "textDocument": { "uri": uri }, "range": told["range"], "context": { "diagnostics": [told], "only": ["quickfix"] },
    });
    let actions = server.client().call("textDocument/codeAction", params);
    // Without those that a model would make.
    let complete: Vec<&Value> =
        actions.as_array().unwrap().iter().filter(|action| action["edit"].is_object()).collect();
    let titles = complete.iter().map(|action| action["title"].as_str().unwrap().to_owned());
    let first = complete.first().copied().unwrap_or(&Value::Null);
    let first = first["edit"]["changes"][uri][0]["newText"].as_str().unwrap_or_default();
    (titles.collect(), first.to_owned())
}

#[test]
fn what_was_said_of_an_older_text_has_no_offer() {
    let uri = "file:///x/old.py";
    let mut server = start(&[]);
    server.open_as(
        uri,
        "python",
        "def a(rows):\n    return math.fsum(rows)\n\ndef b(rows):\n    return len(rows)\n",
    );
    let message = "\"math\" is not defined";
    let (there, stale) = (range(1, 11, 15), range(4, 11, 14));
    assert_eq!(fixes(&mut server, uri, told(&there, message)).0[0], "Import `math`");
    assert_eq!(fixes(&mut server, uri, told(&stale, message)).0, Vec::<String>::new());
    for nowhere in [range(99, 0, 4), range(1, 90, 94)] {
        assert_eq!(fixes(&mut server, uri, told(&nowhere, message)).0, Vec::<String>::new());
    }
    // The other way round, it is the same range.
    let reversed = json!({ "start": there["end"], "end": there["start"] });
    assert_eq!(fixes(&mut server, uri, told(&reversed, message)).0[0], "Import `math`");
    // A version says more than a name.
    let mut versioned = told(
        &json!({ "start": { "line": 1, "character": 11 }, "end": { "line": 1, "character": 11 } }),
        message,
    );
    versioned["data"] = json!({ "version": 1 });
    assert_eq!(fixes(&mut server, uri, versioned).0[0], "Import `math`");
}

#[test]
fn a_byte_order_mark_stays_first() {
    let uri = "file:///x/mark.py";
    let mut server = start(&[]);
    server.open_as(uri, "python", "\u{feff}x = math.pi\n");
    let (titles, text) = fixes(&mut server, uri, told(&range(0, 5, 9), "\"math\" is not defined"));
    assert_eq!((titles[0].as_str(), text.as_str()), ("Import `math`", "import math\n\n"));
    let uri = "file:///x/mark.rs";
    server.open_as(uri, "rust", "\u{feff}fn f() {}\n");
    assert_eq!(fixes(&mut server, uri, told(&range(0, 0, 2), "strange")).0, Vec::<String>::new());
}

#[test]
fn folders_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| format!("file://{}/{path}", folder.path().display());
    for (path, text) in [("one/main.py", ""), ("t wo/gears.py", "class Sprocket: pass\n")] {
        std::fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    let mut server = start(&[&at("one")]);
    let offered = &server.capabilities["workspace"]["workspaceFolders"];
    assert_eq!(offered, &json!({ "supported": true, "changeNotifications": true }));
    let uri = at("one/main.py");
    server.open_as(&uri, "python", "x = Sprocket()\n");
    let ask = |server: &mut TestServer| {
        fixes(server, &uri, told(&range(0, 4, 12), "\"Sprocket\" is not defined")).0
    };
    assert!(ask(&mut server).is_empty());
    let change = |server: &mut TestServer, added: &[&str], removed: &[&str]| {
        let list = |uris: &[&str]| -> Value {
            uris.iter().map(|uri| json!({ "uri": at(uri), "name": "y" })).collect()
        };
        let event = json!({ "added": list(added), "removed": list(removed) });
        server.client().notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    };
    change(&mut server, &["t%20wo/"], &[]);
    assert_eq!(ask(&mut server)[0], "Import `Sprocket` from `gears`");
    change(&mut server, &["t%20wo"], &["one"]);
    assert_eq!(ask(&mut server)[0], "Import `Sprocket` from `gears`");
    change(&mut server, &["one"], &["t%20wo"]);
    assert!(ask(&mut server).is_empty());
}

#[test]
fn a_cell_s_magics_are_left_alone_and_its_code_is_repaired() {
    let mut server = start(&[]);
    let mut cell = 0;
    let mut open = |server: &mut TestServer, text: &str| {
        cell += 1;
        let uri = format!("vscode-notebook-cell:/x/n.ipynb#W{cell}");
        server.open_as(&uri, "python", text);
        uri
    };
    for (text, line) in [
        ("%matplotlib inline\nimport os\n", 0),
        ("import os\nos.path?\nos??\n", 1),
        ("%%bash\nif x; then\n", 1),
        ("files = !ls *.py\n!echo 'a\nos = %env OS\n", 1),
        ("reply = await get(url)\nasync with a as b:\n    [await x for x in b]\n", 1),
    ] {
        let uri = open(&mut server, text);
        assert_eq!(
            fixes(&mut server, &uri, told(&range(line, 0, 3), "invalid syntax")).0,
            Vec::<String>::new(),
            "{text}"
        );
    }
    let uri = open(&mut server, "%matplotlib inline\n!ls\nprint(len(x)\n");
    let shown = server.client().message("textDocument/publishDiagnostics")["params"].clone();
    assert_eq!(
        (&shown["uri"], &shown["diagnostics"][0]["range"]["start"]["line"]),
        (&json!(uri), &json!(2)),
        "{shown}"
    );
    assert_eq!(fixes(&mut server, &uri, shown["diagnostics"][0].clone()).1, ")");
    let uri = open(&mut server, "%%time\n%load_ext x\nx = math.pi\n");
    let titles = fixes(&mut server, &uri, told(&range(2, 4, 8), "\"math\" is not defined")).0;
    assert_eq!(titles[0], "Import `math`");
}
