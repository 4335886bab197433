//! Tests a panic in every handler (row 8): it costs that request, the next is answered, and the log does not quote the document.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{InitializeParams, InitializeResult};
use tower_lsp::{LanguageServer, LspService};
use treefill::engine::scripted::{Script, ScriptedEngine};

use crate::lsp::support::{Pumped, TestServer, URI, able};
use crate::soak;

/// A name that stands in the document only.
const CANARY: &str = "wanderfalke";
/// Set in the process whose log is looked at.
const LOGGED: &str = "TREEFILL_TEST_PANICS";

/// The methods of the real server and the names that its handlers have, from the list of them.
fn methods() -> Vec<(&'static str, &'static str)> {
    let source = include_str!("../../../src/lsp/methods.rs");
    let registered = source.split(".custom_method(").skip(1);
    let methods: Vec<_> = registered
        .map(|rest| {
            let name = rest.split('"').nth(1).unwrap();
            let own: &str = if rest.starts_with("own!") { format!("own/{name}").leak() } else { name };
            (name, own)
        })
        .collect();
    assert!(methods.len() >= 12, "{methods:?}");
    methods
}

fn is_notification(method: &str) -> bool {
    method.contains("/did") || method.starts_with("$/")
}

/// A server whose handlers all panic.
struct Panics;

#[tower_lsp::async_trait]
impl LanguageServer for Panics {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn shutdown(&self) -> Result<()> {
        panic!("{CANARY}");
    }
}

impl Panics {
    async fn request(&self, params: Value) -> Result<Value> {
        panic!("{params}");
    }

    async fn notification(&self, params: Value) {
        panic!("{params}");
    }

    async fn sound(&self) -> Result<Value> {
        Ok(json!("sound"))
    }
}

#[test]
fn a_panic_in_any_handler_costs_its_request() {
    let methods = methods();
    let of_service = methods.clone();
    let mut pumped = Pumped::start(move |_| {
        let mut service = LspService::build(|_| Panics).custom_method("test/sound", Panics::sound);
        for (name, own) in of_service {
            service = match is_notification(name) {
                true => service.custom_method(own, Panics::notification),
                false => service.custom_method(own, Panics::request),
            };
        }
        service.finish()
    });
    let client = &mut pumped.connection;
    client.call("initialize", json!({ "capabilities": {} }));
    for (method, _) in &methods {
        let params = json!({ "textDocument": { "uri": URI, "text": CANARY } });
        if is_notification(method) {
            client.notify(method, params);
        } else {
            let id = client.request(method, params);
            let answer = client.answer(id);
            assert_eq!(answer["error"]["code"], -32603, "{method}: {answer}");
            assert!(!answer.to_string().contains(CANARY), "{answer}");
        }
        let id = client.request("test/sound", Value::Null);
        assert_eq!(client.answer(id)["result"], "sound", "after {method}");
    }
    let id = client.request("shutdown", Value::Null);
    assert_eq!(client.answer(id)["error"]["code"], -32603);
    client.notify("exit", Value::Null);
    pumped.ended();
    soak::figure(
        8,
        format!("{} handlers panicked: each cost its own request, the next was answered", methods.len() + 1),
    );
}

/// Requests of the real server, whose engines panic with the document's text.
fn panicking_engines() {
    let panics = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panics);
    let engine = ScriptedEngine::new(move |job| {
        if counted.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            panic!("{job:?}");
        }
        Script::Texts(vec![("1".to_owned(), -0.01)])
    });
    let mut params = json!({ "capabilities": able() });
    params["capabilities"]["textDocument"]["inlineCompletion"] = json!({});
    let config = "[instruct]\npath = \"follows.gguf\"\n[completion]\nmenu = 'always'\n";
    let mut server = TestServer::start_with(Arc::clone(&engine) as _, params, config);
    server.session.instruct_by(Arc::new(move |_| Arc::clone(&engine) as _));
    server.open(&format!("def {CANARY}(x):\n    return x\n\ny = \n"));
    let at = json!({ "line": 3, "character": 4 });
    let place = json!({ "textDocument": { "uri": URI }, "position": at, "context": { "triggerKind": 1 } });
    let inside = json!({ "line": 0, "character": 6 });
    let range = json!({ "start": inside, "end": inside });
    let menu = json!({ "textDocument": { "uri": URI }, "range": range, "context": { "diagnostics": [] } });
    let actions = server.client().call("textDocument/codeAction", menu);
    let lazy = actions.as_array().unwrap().iter().find(|action| !action["data"].is_null()).unwrap().clone();
    let arguments = json!([{ "uri": URI, "range": range, "instruction": "subtract" }]);
    let rewrite = json!({ "command": "treefill.rewrite", "arguments": arguments });
    let mut refused = 0;
    for (method, params) in [
        ("textDocument/inlineCompletion", place.clone()),
        ("textDocument/completion", place),
        ("codeAction/resolve", lazy),
        ("workspace/executeCommand", rewrite),
    ] {
        // The next job panics.
        panics.store(0, Ordering::SeqCst);
        let id = server.client().request(method, params);
        let answer = server.client().answer(id);
        // A task of its own may panic for a request, which is then answered with nothing.
        refused += usize::from(answer["error"]["code"] == -32603);
        assert!(answer["error"].is_null() || answer["error"]["code"] == -32603, "{method}: {answer}");
        assert!(panics.load(Ordering::SeqCst) > 0, "{method} asked an engine");
        assert!(!answer.to_string().contains("panicked"), "{answer}");
        assert_eq!(server.command("treefill.status", json!([]))["documents"], 1);
    }
    assert!(refused >= 2, "{refused}");
    server.client().forget();
}

#[test]
fn a_panic_in_an_engine_is_answered_and_the_log_quotes_nothing() {
    if std::env::var_os(LOGGED).is_some() {
        treefill::lsp::log_panics_without_their_text();
        tracing_subscriber::fmt().with_env_filter("warn,treefill=debug").with_writer(std::io::stderr).init();
        return panicking_engines();
    }
    // In a process of its own: what is done with panics holds for the whole process.
    let name = "reliability::panics::a_panic_in_an_engine_is_answered_and_the_log_quotes_nothing";
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", name, "--nocapture"]).env(LOGGED, "1").output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(log.matches("panic at ").count() >= 4, "{log}");
    assert!(!log.contains(CANARY), "{log}");
    soak::figure(8, "4 requests whose engine panicked with the document's text: none of it in the log");
}
