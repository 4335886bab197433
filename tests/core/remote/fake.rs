//! Plays an inference server on this machine: its tokens are characters, and each request is answered by a script.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};

use serde_json::{Value, json};
use treefill::cancel::CancelToken;
use treefill::engine::remote::key::Key;
use treefill::engine::remote::{RemoteEngine, RemoteOptions};
use treefill::engine::{
    Engine, EngineError, Finish, Job, Lane, RemoteSettings, Role, Sampling, Segment, Status, Stop, Task,
    Update,
};

/// The control tokens of the model that it plays, from this number on.
pub const CONTROL: [&str; 4] = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"];
const FIRST: i64 = 2_000_000;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    /// Number of its connection, from 0.
    pub connection: usize,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The prompt as text, its control tokens by their names.
    pub fn prompt(&self) -> String {
        text_of(&self.body["prompt"])
    }
}

/// Text of tokens.
pub fn text_of(tokens: &Value) -> String {
    let one = |token: &Value| match token.as_i64().unwrap() {
        number if number >= FIRST => CONTROL[(number - FIRST) as usize].to_owned(),
        number => char::from_u32(number as u32).unwrap().to_string(),
    };
    tokens.as_array().unwrap().iter().map(one).collect()
}

/// Tokens of text; control tokens are read where that is wanted.
pub fn tokens_of(text: &str, special: bool) -> Vec<i64> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        match CONTROL.iter().position(|control| special && rest.starts_with(control)) {
            Some(at) => {
                tokens.push(FIRST + at as i64);
                rest = &rest[CONTROL[at].len()..];
            }
            None => {
                tokens.push(i64::from(u32::from(first)));
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    tokens
}

/// Who asks.
pub struct Peer {
    stream: TcpStream,
    /// Tells that the other side has closed the connection.
    pub gone: mpsc::Sender<()>,
}

impl Peer {
    /// Bytes as they are. Whether somebody is there to take them.
    pub fn raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// A whole answer.
    pub fn whole(&mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        self.raw(format!("HTTP/1.1 {status}\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes());
    }

    pub fn json(&mut self, value: &Value) {
        self.whole("200 OK", "", &value.to_string());
    }

    /// The head of an answer in events.
    pub fn begin(&mut self) {
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    /// An event.
    pub fn event(&mut self, value: &Value) -> bool {
        let text = format!("data: {value}\n\n");
        self.raw(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
    }

    /// The end of an answer in events.
    pub fn end(&mut self) {
        self.raw(b"0\r\n\r\n");
    }

    /// Wait until the other side closes the connection.
    pub fn wait_for_end(&mut self) {
        let mut rest = [0; 64];
        while self.stream.read(&mut rest).is_ok_and(|count| count > 0) {}
        let _ = self.gone.send(());
    }

    /// Close the connection.
    pub fn close(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

type Script = dyn Fn(&Asked, &mut Peer) -> bool + Send + Sync;

/// A server; it ends with the test.
pub struct Fake {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Tells of connections that [`Peer::wait_for_end`] waited for.
    pub gone: mpsc::Receiver<()>,
}

impl Fake {
    /// Each request goes to `script`, which says whether it has answered it; the others are answered as llama-server does, with a
    /// model that writes `text` whatever it is asked, a character at a time.
    pub fn start(
        text: &'static str,
        script: impl Fn(&Asked, &mut Peer) -> bool + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (sender, gone) = mpsc::channel();
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&asked));
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { break };
                let (script, log, gone) = (Arc::clone(&script), Arc::clone(&log), sender.clone());
                std::thread::spawn(move || serve(stream, number, text, &*script, &log, gone));
            }
        });
        Self { port, asked, gone }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests so far for this path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// The last request for a text; the first one measures the speed.
    pub fn last(&self) -> Asked {
        self.asked("/completion").pop().unwrap()
    }

    pub fn settings(&self) -> RemoteSettings {
        RemoteSettings { url: Some(self.url()), ..RemoteSettings::default() }
    }

    pub fn engine(&self) -> Arc<dyn Engine> {
        RemoteEngine::start(RemoteOptions::new(self.settings()))
    }
}

fn serve(
    stream: TcpStream,
    connection: usize,
    text: &str,
    script: &Script,
    log: &Mutex<Vec<Asked>>,
    gone: mpsc::Sender<()>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut peer = Peer { stream, gone };
    while let Some(asked) = request(&mut reader, connection) {
        log.lock().unwrap().push(asked.clone());
        if !script(&asked, &mut peer) {
            answer(&asked, &mut peer, text);
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>, connection: usize) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let path = words.nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut asked = Asked { path, headers, body: Value::Null, connection };
    if let Some(length) = asked.header("content-length") {
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).ok()?;
        asked.body = serde_json::from_slice(&body).unwrap();
    }
    Some(asked)
}

fn answer(asked: &Asked, peer: &mut Peer, text: &str) {
    match &*asked.path {
        "/v1/models" => peer
            .json(&json!({ "data": [{ "id": "fake", "owned_by": "llamacpp", "meta": { "n_params": 7 } }] })),
        "/props" => peer.json(
            &json!({ "default_generation_settings": { "n_ctx": 2048 }, "model_path": "/m/fake-coder.gguf" }),
        ),
        "/tokenize" => {
            let special = asked.body["parse_special"] == true;
            peer.json(&json!({ "tokens": tokens_of(asked.body["content"].as_str().unwrap(), special) }));
        }
        "/detokenize" => peer.json(&json!({ "content": text_of(&asked.body["tokens"]) })),
        "/completion" if asked.body["stream"] == true => {
            peer.begin();
            for char in text.chars() {
                if !peer.event(
                    &json!({ "content": char.to_string(), "stop": false, "tokens": [u32::from(char)] }),
                ) {
                    return;
                }
            }
            peer.event(&json!({ "content": "", "stop": true, "stop_type": "eos" }));
            peer.end();
        }
        "/completion" => peer.json(&json!({
            "content": "x", "stop": true, "stop_type": "limit",
            "completion_probabilities": [{ "id": 120, "token": "x", "bytes": [120], "logprob": -0.1, "top_logprobs": [] }],
        })),
        _ => peer.whole("404 Not Found", "", "{}"),
    }
}

pub fn segment(role: Role, text: &str) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text: text.into(), share: 50, file: None, boundaries }
}

/// A job between two texts, for up to 64 tokens.
pub fn job(prefix: &str, suffix: &str) -> Job {
    Job {
        document: "a".into(),
        lane: Lane::Interactive,
        segments: vec![segment(Role::Prefix, prefix), segment(Role::Suffix, suffix)],
        max_tokens: 64,
        stop: Stop::default(),
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    }
}

/// The text of a job, and how it ended.
pub fn run(engine: &dyn Engine, job: Job) -> Result<(String, Finish), EngineError> {
    let mut generation = engine.generate(job, CancelToken::never());
    let mut text = String::new();
    loop {
        match futures::executor::block_on(generation.next()).expect("an end")? {
            Update::Piece(piece) => text.push_str(&piece.text),
            Update::Done(summary) => return Ok((text, summary.finish)),
            _ => {}
        }
    }
}

/// The sentence of a job that fails.
pub fn failure(engine: &dyn Engine, job: Job) -> String {
    run(engine, job).expect_err("a failure").to_string()
}

/// Waits for a state of the engine, and returns it.
pub fn wait(engine: &dyn Engine, is_it: impl Fn(&Status) -> bool) -> Status {
    let mut status = engine.status();
    futures::executor::block_on(status.wait_for(is_it)).unwrap().clone()
}

/// What is wrong with the server, as the status says it.
pub fn trouble(status: &Status) -> Option<String> {
    match status {
        Status::Ready(model) => model.server.as_ref().unwrap().trouble.clone(),
        _ => None,
    }
}

pub fn with_key(fake: &Fake, key: &str) -> RemoteOptions {
    RemoteOptions { key: Some(Key::new(key).unwrap()), ..RemoteOptions::new(fake.settings()) }
}
