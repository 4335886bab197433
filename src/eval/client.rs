//! Talks the language server protocol with a `treefill serve` that it starts: requests, notifications, the end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// A running `treefill serve`, initialised, with UTF-8 positions.
pub struct LspClient {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last_id: u64,
    /// The folder that it works in.
    folder: Option<String>,
    /// Its settings, which it reads again when it likes.
    _settings: NamedTempFile,
}

impl LspClient {
    /// Start `binary serve` with these further arguments and the `settings`, as a file holds them.
    pub fn start(binary: &Path, arguments: &[&str], settings: &str) -> anyhow::Result<Self> {
        let mut file = NamedTempFile::with_suffix(".toml").context("cannot write the server's settings")?;
        file.write_all(settings.as_bytes()).context("cannot write the server's settings")?;
        let mut process = Command::new(binary)
            .arg("serve")
            .args(arguments)
            .arg("--config")
            .arg(file.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let input = process.stdin.take().context("no pipe to the server")?;
        let output = BufReader::new(process.stdout.take().context("no pipe from the server")?);
        let mut client = Self { process, input, output, last_id: 0, folder: None, _settings: file };
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-8"]},
            "textDocument": {"inlineCompletion": {}},
            "workspace": {"workspaceFolders": true},
        });
        let parameters =
            json!({"processId": std::process::id(), "rootUri": null, "capabilities": capabilities});
        let result = client.request("initialize", parameters)?;
        if result["capabilities"]["positionEncoding"] != "utf-8" {
            bail!("the server does not speak UTF-8 positions");
        }
        client.notify("initialized", json!({}))?;
        Ok(client)
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Work in the folder with this URI from now on, and in no other.
    pub fn work_in(&mut self, folder: &str) -> anyhow::Result<()> {
        let named = |uri: &String| json!({"uri": uri, "name": "eval"});
        let removed: Vec<Value> = self.folder.iter().map(named).collect();
        let added = self.folder.insert(folder.to_owned());
        let event = json!({"added": [named(added)], "removed": removed});
        self.notify("workspace/didChangeWorkspaceFolders", json!({"event": event}))
    }

    /// Send a request and wait for its answer; what the server asks meanwhile is answered with null.
    pub fn request(&mut self, method: &str, parameters: Value) -> anyhow::Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}))?;
        loop {
            let mut message = self.receive()?;
            if message["method"].is_string() {
                if !message["id"].is_null() {
                    self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": null}))?;
                }
            } else if message["id"] == id {
                if !message["error"].is_null() {
                    bail!("{method}: {}", message["error"]);
                }
                return Ok(message["result"].take());
            }
        }
    }

    pub fn notify(&mut self, method: &str, parameters: Value) -> anyhow::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}))
    }

    fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.input.flush().context("the server does not listen any more")
    }

    fn receive(&mut self) -> anyhow::Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                bail!("the server closed its output");
            }
            match line.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse()?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Drop for LspClient {
    fn drop(&mut self) {
        let _ = self.request("shutdown", Value::Null);
        let _ = self.notify("exit", Value::Null);
        let _ = self.process.wait();
    }
}
