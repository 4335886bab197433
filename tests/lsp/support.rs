//! A client that talks to a server over pipes, and the server in this process. It asserts nothing but that no message
//! is left unread.

use std::collections::VecDeque;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use treefill::cancel::CancelToken;
use treefill::config::Config;
use treefill::engine::power::Prefetch;
use treefill::engine::{
    Engine, EngineError, Finish, Generation, Job, JobSummary, Piece, PromptStats, Status, Update,
};
use treefill::language::Registry;
use treefill::lsp::transport::{self, Adapter, Event};
use treefill::lsp::{ServeOptions, server};
use treefill::session::Session;

/// Far above what anything takes here, so that only a hang meets it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The client's end of a connection.
pub struct Connection {
    input: Option<Box<dyn Write + Send>>,
    output: mpsc::Receiver<Value>,
    held: VecDeque<Value>,
    last_id: i64,
}

impl Connection {
    pub fn new(input: impl Write + Send + 'static, output: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut frames = transport::frame::Frames::new(output);
            while let Ok(Some(frame)) = frames.read() {
                let transport::frame::Frame::Body(body) = frame else { panic!("bad frame: {frame:?}") };
                // Raw numbers such as ids beyond 64 bits are compared as text where a test cares.
                if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { input: Some(Box::new(input)), output: receiver, held: VecDeque::new(), last_id: 0 }
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub fn frame(&mut self, body: &str) {
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn send(&mut self, message: &Value) {
        self.frame(&message.to_string());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Send a request; its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params }));
        self.last_id
    }

    /// Send a request and wait for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The answer to the request with this id, whole.
    pub fn answer(&mut self, id: impl Into<Value>) -> Value {
        let id = id.into();
        self.take(|message| message.get("method").is_none() && message["id"] == id)
    }

    /// The next message of the server's own with this method.
    pub fn message(&mut self, method: &str) -> Value {
        self.take(|message| message["method"] == method)
    }

    /// The next message that is wanted; others are held.
    pub fn take(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.held.iter().position(&wanted) {
            return self.held.remove(at).unwrap();
        }
        loop {
            let message = self.next();
            if wanted(&message) {
                return message;
            }
            self.held.push_back(message);
        }
    }

    /// The next message, whatever it is.
    pub fn next(&mut self) -> Value {
        self.output.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error}; held: {:?}", self.held))
    }

    /// Throw away what was held.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Close our end of the input.
    pub fn hang_up(&mut self) {
        self.input = None;
    }

    /// Everything that came after the server ended.
    pub fn rest(&mut self) -> Vec<Value> {
        self.held.drain(..).chain(self.output.iter()).collect()
    }
}

/// A pump in this process, over any service.
pub struct Pumped {
    pub connection: Connection,
    pub events: mpsc::Sender<Event>,
    thread: Option<JoinHandle<u8>>,
    // Kept: dropping a runtime from a test's thread would wait for stuck handlers.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Pumped {
    pub fn start<S: LanguageServer>(
        service: impl FnOnce(mpsc::Sender<Event>) -> (LspService<S>, ClientSocket),
        adapter: Adapter,
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
        let thread = std::thread::spawn(move || {
            transport::run((their_input, their_output), service, adapter, &handle, events)
        });
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
        let rest = self.connection.rest();
        assert!(rest.is_empty(), "unread messages: {rest:#?}");
    }
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

    pub fn start_by(start: treefill::session::Start, params: Value, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, config).unwrap();
        let (mut config, problems) = Config::load(&file);
        // Tests do not wait to see whether the user types on.
        config.completion.debounce_ms = 0;
        // On a battery or not, jobs come only when a test asks for them.
        if config.engine.prefetch == Prefetch::Auto {
            config.engine.prefetch = Prefetch::Never;
        }
        let session = Session::new(|| Registry::builtin().unwrap(), config.clone(), start);
        session.start_engine();
        let options = ServeOptions { config, problems, config_file: Some(file), watch_parent: false };
        let of_service = Arc::clone(&session);
        let pumped =
            Pumped::start(move |events| server::service(of_service, options, events), server::ADAPTER);
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
        let (before, after) = text_with_cursor.split_once('ˇ').unwrap();
        self.open(&format!("{before}{after}"));
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
