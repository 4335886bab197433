//! Runs the server in this process and an engine whose jobs a test answers. Asserts nothing but that no message is left unread.

use std::io::{PipeReader, PipeWriter};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use treefill::cancel::CancelToken;
use treefill::completion::Eagerness;
use treefill::config::Config;
use treefill::engine::power::Prefetch;
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{
    Engine, EngineError, Finish, Generation, Job, JobSummary, Piece, PromptStats, Status, Update,
};
use treefill::lsp::transport::{self, ServerEvent};
use treefill::lsp::{HintOptions, ServeOptions, service};
use treefill::session::Session;
use treefill::workspace::Pace;

use crate::connection::Connection;
pub use crate::connection::PATIENCE;
use crate::testing;

/// A pump in this process, over any service.
pub struct Pumped {
    pub connection: Connection,
    pub events: mpsc::Sender<ServerEvent>,
    thread: Option<JoinHandle<u8>>,
    // Kept: dropping a runtime from a test's thread would wait for stuck handlers.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Pumped {
    pub fn start<S: LanguageServer>(
        service: impl FnOnce(mpsc::Sender<ServerEvent>) -> (LspService<S>, ClientSocket),
    ) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let (their_input, our_output): (PipeReader, PipeWriter) = std::io::pipe().unwrap();
        let (our_input, their_output) = std::io::pipe().unwrap();
        let events = mpsc::channel();
        let sender = events.0.clone();
        let service = {
            let _inside = runtime.enter();
            service(events.0.clone())
        };
        let handle = runtime.handle().clone();
        let thread =
            std::thread::spawn(move || transport::run((their_input, their_output), service, &handle, events));
        let connection = Connection::new(our_output, our_input);
        Self { connection, events: sender, thread: Some(thread), runtime: Some(runtime) }
    }

    /// Wait for the exit code.
    pub fn ended(&mut self) -> u8 {
        let thread = self.thread.take().expect("ended only once");
        let code = thread.join().unwrap();
        self.runtime.take().expect("until the end").shutdown_background();
        code
    }

    pub fn shut_down(&mut self) -> u8 {
        self.connection.call("shutdown", Value::Null);
        self.connection.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        self.ended()
    }
}

impl Drop for Pumped {
    fn drop(&mut self) {
        if self.thread.is_none() || std::thread::panicking() {
            return;
        }
        assert_eq!(self.shut_down(), 0);
        let mut rest = self.connection.rest();
        rest.retain(|message| !is_about_the_state(message));
        assert!(rest.is_empty(), "unread messages: {rest:#?}");
    }
}

/// The state comes as often as it changes, and a turned switch is told to whoever shows no answers; who does not care does not read it.
fn is_about_the_state(message: &Value) -> bool {
    let said = message["params"]["message"].as_str().unwrap_or_default();
    message["method"] == "treefill/status" || said.starts_with("treefill: Suggestions are ")
}

/// The real language server in this process.
pub struct TestServer {
    pub pumped: Pumped,
    pub session: Arc<Session>,
    pub capabilities: Value,
    /// Holds the configuration file.
    pub folder: tempfile::TempDir,
    version: i32,
}

/// The document most tests use. A letter of two bytes and an emoji stand left of every cursor, on the same line.
pub const URI: &str = "file:///t%C3%A9st/x.py";

/// What a client like VS Code can do.
pub fn able() -> Value {
    json!({
        "textDocument": { "codeAction": {
            "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } },
            "dataSupport": true,
            "resolveSupport": { "properties": ["edit"] },
        } },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    })
}

/// The workspace is read at once.
pub const PACE: Pace = Pace {
    begin: Duration::ZERO,
    quiet: Duration::from_millis(30),
    longest: Duration::from_millis(300),
    files: Duration::from_millis(10),
    all: Duration::from_millis(10),
    batch: 64 << 10,
    pause: Duration::from_millis(1),
};

impl TestServer {
    /// A server with this engine and a client like Neovim: UTF-8, inline completion.
    pub fn start(engine: Arc<dyn Engine>) -> Self {
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8", "utf-16"] },
            "textDocument": { "inlineCompletion": {} },
        });
        Self::start_with(engine, json!({ "capabilities": capabilities }), "")
    }

    /// A server with these `initialize` parameters and this configuration file.
    pub fn start_with(engine: Arc<dyn Engine>, params: Value, config: &str) -> Self {
        let start = Arc::new(move |_: &Config| Arc::clone(&engine));
        Self::start_by(start, params, config)
    }

    pub fn start_by(start: treefill::session::EngineStarter, params: Value, config: &str) -> Self {
        Self::start_at(PACE, start, params, config)
    }

    /// A server that gives a hint.
    pub fn start_hinted(hint: HintOptions, params: Value) -> Self {
        let engine = ScriptedEngine::always("1");
        let start = Arc::new(move |_: &Config| Arc::clone(&engine) as Arc<dyn Engine>);
        Self::start_as(
            ServeOptions { pace: PACE, hint: Some(hint), ..ServeOptions::default() },
            start,
            params,
            "",
        )
    }

    /// A server that reads the workspace so fast.
    pub fn start_at(
        pace: Pace,
        start: treefill::session::EngineStarter,
        params: Value,
        config: &str,
    ) -> Self {
        Self::start_as(ServeOptions { pace, ..ServeOptions::default() }, start, params, config)
    }

    fn start_as(
        options: ServeOptions,
        start: treefill::session::EngineStarter,
        params: Value,
        config: &str,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, config).unwrap();
        let (mut config, problems) = Config::load(&file);
        // Tests do not wait to see whether the user types on.
        config.completion.options.delay = Duration::ZERO;
        // Nor do they depend on the weights of the ranking.
        if config.completion.options.eagerness == Eagerness::Medium {
            config.completion.options.eagerness = Eagerness::Everything;
        }
        // On a battery or not, jobs come only when a test asks for them.
        if config.engine.prefetch == Prefetch::Auto {
            config.engine.prefetch = Prefetch::Never;
        }
        let session = Session::new(testing::registry, config.clone(), start);
        session.start_engine();
        let status_file = Some(folder.path().join("status.json"));
        let config_file = Some(file);
        let options = ServeOptions { config, problems, config_file, status_file, ..options };
        let of_service = Arc::clone(&session);
        let pumped = Pumped::start(move |events| service(of_service, options, events));
        let mut server = Self { pumped, session, capabilities: Value::Null, folder, version: 1 };
        server.capabilities = server.client().call("initialize", params)["capabilities"].clone();
        server.client().notify("initialized", json!({}));
        server
    }

    pub fn client(&mut self) -> &mut Connection {
        &mut self.pumped.connection
    }

    pub fn open(&mut self, text: &str) {
        self.open_as(URI, "python", text);
    }

    pub fn open_as(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.client().notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Open what stands before and after `ˇ`; the cursor's position by counting `units` of each character before it.
    pub fn open_at(&mut self, text_with_cursor: &str, units: impl Fn(char) -> usize) -> Value {
        let (text, cursor) = testing::marked(text_with_cursor);
        self.open(&text);
        let before = &text[..cursor.start];
        let line = before.matches('\n').count();
        let character: usize = before.rsplit('\n').next().unwrap().chars().map(units).sum();
        json!({ "line": line, "character": character })
    }

    /// Replace an empty range at `position`.
    pub fn insert(&mut self, position: &Value, text: &str) {
        self.version += 1;
        let document = json!({ "uri": URI, "version": self.version });
        let change = json!({ "range": { "start": position, "end": position }, "text": text });
        self.client().notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [change] }),
        );
    }

    pub fn ask(&mut self, position: &Value) -> i64 {
        let params = json!({
            "textDocument": { "uri": URI },
            "position": position,
            "context": { "triggerKind": 2 },
        });
        self.client().request("textDocument/inlineCompletion", params)
    }

    /// The items for a request.
    pub fn items(&mut self, id: i64) -> Vec<Value> {
        let answer = self.client().answer(id);
        answer["result"]["items"].as_array().unwrap_or_else(|| panic!("no items: {answer}")).clone()
    }

    pub fn command(&mut self, command: &str, arguments: Value) -> Value {
        self.client().call("workspace/executeCommand", json!({ "command": command, "arguments": arguments }))
    }
}

/// An engine whose jobs the test answers by hand.
pub struct GatedEngine {
    asked: mpsc::Sender<Asked>,
    pub status: watch::Sender<Status>,
}

/// A job that waits for the test.
pub struct Asked {
    pub cancel: CancelToken,
    updates: UnboundedSender<Result<Update, EngineError>>,
}

impl GatedEngine {
    pub fn new() -> (Arc<Self>, mpsc::Receiver<Asked>) {
        let (asked, jobs) = mpsc::channel();
        let status = watch::Sender::new(Status::Ready(Arc::default()));
        (Arc::new(Self { asked, status }), jobs)
    }
}

impl Engine for GatedEngine {
    fn generate(&self, _: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        // A test that has ended does not listen.
        let _ = self.asked.send(Asked { cancel, updates });
        generation
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }
}

impl Asked {
    /// Generate `text` and end.
    pub fn say(self, text: &str) {
        let piece = Piece { text: text.into(), logprob: -0.1, tokens: 1, candidate: 0 };
        let _ = self.updates.send(Ok(Update::Piece(piece)));
        let summary = JobSummary {
            finish: Finish::EndOfText,
            prompt: PromptStats::default(),
            generated_tokens: 1,
            prefill_ms: 0.0,
            decode_ms: 0.0,
            drafts: treefill::engine::DraftStats::default(),
            remembered: treefill::engine::MemoryStats::default(),
        };
        let _ = self.updates.send(Ok(Update::Done(summary)));
    }

    /// Wait until somebody gives the job up.
    pub fn given_up(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let closed = async {
            tokio::select! { () = self.updates.closed() => {}, () = self.cancel.cancelled() => {} }
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, closed).await.unwrap() });
    }
}

/// Wait until so many suggestions were prepared.
pub fn prepared(server: &TestServer, count: u64) {
    let start = Instant::now();
    while server.session.overview(None).counts.prepared < count {
        assert!(start.elapsed() < PATIENCE, "prepared in time");
        std::thread::yield_now();
    }
}
