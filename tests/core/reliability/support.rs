//! Starts the real program as an editor does, talks to it, and looks at its process from outside.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use treefill::engine::daemon::ask;

use super::engine;
use crate::connection::{Connection, PATIENCE};
use crate::home::Home;

/// `treefill serve` and the end of its editor.
pub struct Editor {
    pub child: Child,
    pub client: Connection,
    pub home: Home,
}

/// A GGUF file that is whole, of a model that nothing can run.
pub fn small_model() -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    let (tensors, entries, name_length) = (1u64, 0u64, 1u64);
    bytes.extend([tensors, entries, name_length].iter().flat_map(|number| number.to_le_bytes()));
    bytes.push(b'w');
    let (dimensions, size, kind, offset) = (1u32, 2u64, 0u32, 0u64);
    bytes.extend(dimensions.to_le_bytes().into_iter().chain(size.to_le_bytes()));
    bytes.extend(kind.to_le_bytes().into_iter().chain(offset.to_le_bytes()));
    bytes.resize(bytes.len().next_multiple_of(32) + 32, 0);
    bytes
}

/// Settings by which every request reaches the engine at once, and the engine goes with its last client.
const AT_ONCE: &str =
    "[engine]\nprefetch = 'never'\nexit_after_idle_s = 0\n[completion]\ndelay_ms = 0\neagerness = 'high'\n";

/// A home whose configured model is the script of `engine.rs`, once [`program`] is run in it.
pub fn home() -> Home {
    let home = Home::new();
    let model = home.file("model.gguf", small_model());
    home.config(&format!("[model]\npath = '{model}'\n{AT_ONCE}"));
    home
}

/// `program` with these arguments in a home.
pub fn command(home: &Home, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in home.command(&[]).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

impl Editor {
    /// With the engine of these tests.
    pub fn start() -> Self {
        Self::start_with(|_| {}, None)
    }

    /// The same with a changed command, for an editor of this process number.
    pub fn start_with(change: impl FnOnce(&mut Command), process: Option<u32>) -> Self {
        let home = home();
        let mut command = command(&home, engine::program(), &["serve"]);
        change(&mut command);
        let mut editor = Self::run(home, command);
        editor.initialize(process);
        editor
    }

    /// The program as it is, without any engine where it was built without llama.cpp.
    pub fn plain() -> Self {
        let home = Home::new();
        let command = home.command(&["serve"]);
        let mut editor = Self::run(home, command);
        editor.initialize(None);
        editor
    }

    /// Any command that serves.
    pub fn run(home: Home, mut command: Command) -> Self {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn().unwrap();
        let client = Connection::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, client, home }
    }

    pub fn initialize(&mut self, process: Option<u32>) {
        let capabilities = json!({
            "textDocument": { "inlineCompletion": {} }, "window": { "workDoneProgress": process.is_some() },
        });
        self.client.call("initialize", json!({ "processId": process, "capabilities": capabilities }));
        self.client.notify("initialized", json!({}));
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "python", "version": 1, "text": text });
        self.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub fn close(&mut self, uri: &str) {
        self.client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// Replaces the first `length` characters of the first line.
    pub fn edit(&mut self, uri: &str, version: usize, length: usize, text: &str) {
        let at = |character| json!({ "line": 0, "character": character });
        let change = json!({ "range": { "start": at(0), "end": at(length) }, "text": text });
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        self.client.notify("textDocument/didChange", params);
    }

    /// Asks for a suggestion in the first line.
    pub fn ask(&mut self, uri: &str, character: usize) -> i64 {
        let params = json!({
            "textDocument": { "uri": uri }, "position": { "line": 0, "character": character },
            "context": { "triggerKind": 1 },
        });
        self.client.request("textDocument/inlineCompletion", params)
    }

    /// What is suggested at the end of a first line.
    pub fn suggested(&mut self, uri: &str, line: &str) -> Option<String> {
        let id = self.ask(uri, line.len());
        suggestion(&self.client.answer(id))
    }

    pub fn status(&mut self) -> Value {
        self.client.call("workspace/executeCommand", json!({ "command": "treefill.status" }))
    }

    /// Waits until the engine is in this state.
    pub fn until(&mut self, state: &str) -> Value {
        let start = Instant::now();
        loop {
            let status = self.status();
            if status["engine"]["state"] == state {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "{state} in time: {status}");
            wait(Duration::from_millis(5));
        }
    }

    /// The socket of the engine, if there is one.
    pub fn socket(&self) -> Option<PathBuf> {
        let files = std::fs::read_dir(self.home.path("run")).into_iter().flatten().flatten();
        files.map(|file| file.path()).find(|path| path.extension().is_some_and(|ending| ending == "sock"))
    }

    /// The engine's process.
    pub fn engine(&self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(report) = self.socket().and_then(|socket| ask::report(&socket)) {
                return report.pid;
            }
            assert!(start.elapsed() < PATIENCE, "an engine in time");
        }
    }

    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// The exit code, or none when it takes longer than `most`.
    pub fn ended_within(&mut self, most: Duration) -> Option<Option<i32>> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status.code());
            }
            if start.elapsed() > most {
                return None;
            }
            wait(Duration::from_millis(5));
        }
    }

    pub fn end(mut self) {
        self.client.call("shutdown", Value::Null);
        self.client.notify("exit", Value::Null);
        assert_eq!(self.ended_within(PATIENCE), Some(Some(0)));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Goes by itself, but not when it was stopped.
        if let Some(socket) = self.socket().filter(|_| std::thread::panicking()) {
            ask::stop(&socket);
        }
    }
}

/// The text of the first item of an answer.
pub fn suggestion(answer: &Value) -> Option<String> {
    answer["result"]["items"][0]["insertText"].as_str().map(str::to_owned)
}

/// Waits without asking the scheduler again and again.
pub fn wait(time: Duration) {
    let (_sender, receiver) = mpsc::channel::<()>();
    assert_eq!(receiver.recv_timeout(time), Err(RecvTimeoutError::Timeout));
}

/// The time that this thread has computed: other programs do not count.
pub fn computed() -> Duration {
    // SAFETY: the pointer is to a live value, which any bytes are valid for.
    let time = unsafe {
        let mut time = std::mem::zeroed::<libc::timespec>();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        time
    };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// A process as `/proc` shows it.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    fn field(self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
    }

    /// Memory in use, KiB.
    pub fn resident(self) -> u64 {
        self.field("VmRSS").expect("a process")
    }

    /// Of it, what is not a part of the program's file, KiB.
    pub fn anonymous(self) -> u64 {
        self.field("RssAnon").expect("a process")
    }

    /// The most since [`Process::forget_peak`], KiB.
    pub fn peak(self) -> u64 {
        self.field("VmHWM").expect("a process")
    }

    pub fn forget_peak(self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    pub fn threads(self) -> u64 {
        self.field("Threads").expect("a process")
    }

    pub fn descriptors(self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
    }

    /// Whether it is there and no zombie.
    pub fn is_alive(self) -> bool {
        self.field("VmRSS").is_some()
    }

    pub fn signal(self, signal: i32) {
        // SAFETY: touches no memory; the process was started for this test.
        assert_eq!(unsafe { libc::kill(libc::pid_t::try_from(self.0).unwrap(), signal) }, 0);
    }
}
