//! Talks the language server protocol over any pair of pipes, for the tests of the server in this process and of the binary.
//! Asserts nothing but that answers come.
#![allow(dead_code, reason = "each of the test binaries uses a part")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use treefill::lsp::transport::frame::{Frame, Frames};

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
            let mut frames = Frames::new(output);
            while let Ok(Some(frame)) = frames.read() {
                let Frame::Body(body) = frame else { panic!("bad frame: {frame:?}") };
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

    /// Bytes to a server that may have gone already.
    pub fn try_raw(&mut self, bytes: &[u8]) {
        let _ = self.input.as_mut().expect("the input is open").write_all(bytes);
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

    /// The next message that is there within this time.
    pub fn next_within(&mut self, time: Duration) -> Option<Value> {
        self.held.pop_front().or_else(|| self.output.recv_timeout(time).ok())
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
