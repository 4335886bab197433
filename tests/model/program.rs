//! Starts the real program as an editor does, in a home of its own, and talks to it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::connection::Connection;

/// A running server, and the home folder that it has to itself.
pub struct Program {
    pub child: Child,
    pub client: Connection,
    pub home: tempfile::TempDir,
}

impl Program {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, "", |command| {
            command.stderr(Stdio::null());
        })
    }

    /// With more settings, and the command changed. How much the model reads depends on its speed, and a busy machine must not
    /// change the result: there is time to spare. The engine's process goes with the test.
    pub fn start_with(arguments: &[&str], settings: &str, change: impl FnOnce(&mut Command)) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("treefill")).unwrap();
        let patient = "[model]\nmax_prefill_ms = 20000\n[engine]\nexit_after_idle_s = 0\n[completion]\ndeadline_ms = 30000\n";
        std::fs::write(home.path().join("treefill/config.toml"), format!("{patient}{settings}")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_treefill"));
        command
            .args(arguments)
            .env("TREEFILL_RUNTIME_DIR", home.path().join("run"))
            .env("XDG_STATE_HOME", home.path())
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            // Shared, so that the model is unpacked once.
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .env_remove("TREEFILL_CONFIG")
            .env_remove("TREEFILL_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let client = Connection::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, client, home }
    }

    pub fn initialize(&mut self, process: Option<u32>) -> Value {
        let literals = json!({ "codeActionKind": { "valueSet": [] } });
        let actions = json!({
            "codeActionLiteralSupport": literals, "dataSupport": true,
            "resolveSupport": { "properties": ["edit"] },
        });
        let capabilities = json!({
            "textDocument": { "inlineCompletion": {}, "codeAction": actions },
            "window": { "workDoneProgress": true },
        });
        let result = self.call("initialize", json!({ "processId": process, "capabilities": capabilities }));
        self.client.notify("initialized", json!({}));
        result
    }

    /// Send a request and wait for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.client.request(method, params);
        let answer = self.wait_for(|message| message.get("method").is_none() && message["id"] == id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The next message that is wanted; what the server asks meanwhile is answered with null.
    pub fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let asks = |message: &Value| message.get("method").is_some() && !message["id"].is_null();
            let message = self.client.take(|message| wanted(message) || asks(message));
            if wanted(&message) {
                return message;
            }
            self.client.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        }
    }

    /// `shutdown` and `exit`.
    pub fn shut_down(&mut self) {
        self.call("shutdown", Value::Null);
        self.client.notify("exit", Value::Null);
    }

    /// The exit code; panics when it takes longer than `most`.
    pub fn ended_within(&mut self, most: Duration) -> Option<i32> {
        let start = Instant::now();
        // The thread that reads the output sees the end without polling for it.
        self.client.rest();
        let code = self.child.wait().unwrap().code();
        assert!(start.elapsed() < most, "{:?}", start.elapsed());
        code
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
