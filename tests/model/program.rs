//! A small LSP client over the stdio of a real process: enough to ask and to be asked. It checks nothing by itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

pub struct Client {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_id: i64,
    /// What the server said by itself meanwhile.
    told: Vec<Value>,
    home: tempfile::TempDir,
}

impl Client {
    /// `treefill --stdio` in a home of its own, with the embedded model and time to spare: how much the model reads
    /// depends on its speed, and a busy machine must not change the result.
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), "")
    }

    /// The same in this home, with more settings.
    pub fn start_in(home: tempfile::TempDir, settings: &str) -> Self {
        let config = home.path().join("config.toml");
        std::fs::write(
            &config,
            format!(
                "[model]\nmax_prefill_ms = 20000\n[engine]\nexit_after_idle_s = 0\n[completion]\ndeadline_ms = 30000\n{settings}"
            ),
        )
        .unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_treefill"))
            .args(["--stdio", "--clientProcessId=1"])
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_STATE_HOME", home.path())
            .env("TREEFILL_RUNTIME_DIR", home.path().join("run"))
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .env("TREEFILL_CONFIG", &config)
            .env_remove("TREEFILL_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output, last_id: 0, told: Vec::new(), home }
    }

    /// Engine processes that run for this home.
    pub fn engines(&self) -> usize {
        let files = std::fs::read_dir(self.home.path().join("run")).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|ending| ending == "sock")).count()
    }

    pub fn initialize(&mut self) -> Value {
        let params = json!({
            "processId": std::process::id(), "rootUri": null,
            "capabilities": {
                "textDocument": {"inlineCompletion": {}, "codeAction": {
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
                    "dataSupport": true,
                    "resolveSupport": {"properties": ["edit"]},
                }},
                "window": {"workDoneProgress": true},
            },
        });
        let answer = self.request("initialize", params);
        self.notify("initialized", json!({}));
        answer
    }

    /// Ask, and wait for the answer; what the server asks meanwhile is answered with null.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            match (message.get("method").is_some(), message.get("id")) {
                (true, Some(id)) => self.send(json!({"jsonrpc": "2.0", "id": id, "result": null})),
                (false, Some(answered)) if *answered == id => return message,
                (false, other) => panic!("an answer to {other:?}, which was not asked: {message}"),
                (true, None) => self.told.push(message),
            }
        }
    }

    /// What the server tells the user with these words in it; it may come after an answer.
    pub fn told_of(&mut self, words: &str) -> String {
        let told = |message: &Value| {
            message["params"]["message"].as_str().filter(|text| text.contains(words)).map(str::to_owned)
        };
        loop {
            if let Some(text) = self.told.iter().find_map(told) {
                return text;
            }
            let message = self.receive();
            match message.get("id") {
                Some(id) => self.send(json!({"jsonrpc": "2.0", "id": id, "result": null})),
                None => self.told.push(message),
            }
        }
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        let mut message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if message["params"].is_null() {
            message.as_object_mut().unwrap().remove("params");
        }
        self.send(message);
    }

    /// `shutdown` and `exit`; the exit code.
    pub fn end(&mut self) -> i32 {
        let answer = self.request("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null, "{answer}");
        self.notify("exit", Value::Null);
        self.wait()
    }

    /// The exit code of a process that was told to end.
    pub fn wait(&mut self) -> i32 {
        let code = self.process.wait().unwrap().code().expect("it ended by itself");
        self.input = None;
        code
    }

    fn send(&mut self, message: Value) {
        let body = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = None;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server closed its output");
            match line.trim() {
                "" => break,
                header => {
                    length = header.strip_prefix("Content-Length: ").map_or(length, |text| text.parse().ok())
                }
            }
        }
        let mut body = vec![0; length.expect("a length")];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // After a failed assertion the process may still wait for us.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
