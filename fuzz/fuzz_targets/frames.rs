//! Fuzzes the frame pump: any bytes, in any pieces, leave it able to answer the request that comes after them.
#![no_main]

use std::io::{self, Read, Write};
use std::sync::{Arc, LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{InitializeParams, InitializeResult};
use tower_lsp::{LanguageServer, LspService};
use treefill::lsp::transport::frame::{Frame, Frames};
use treefill::lsp::transport::{self, Events};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
});

/// Bytes that arrive in pieces of a few lengths, over and over.
struct Pieces {
    bytes: io::Cursor<Vec<u8>>,
    lengths: Vec<usize>,
    next: usize,
}

impl Pieces {
    fn new(bytes: Vec<u8>, lengths: &[u8]) -> Self {
        let lengths = lengths.iter().map(|&length| usize::from(length).max(1)).collect();
        Self { bytes: io::Cursor::new(bytes), lengths, next: 0 }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.lengths.get(self.next).copied().unwrap_or(usize::MAX).min(buffer.len());
        self.next = (self.next + 1) % self.lengths.len().max(1);
        self.bytes.read(&mut buffer[..length])
    }
}

/// What the server writes.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// It knows what every server knows.
struct Server;

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

fn framed(body: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

fn all(input: impl Read) -> Vec<Frame> {
    let mut frames = Frames::new(input);
    std::iter::from_fn(|| frames.read().unwrap()).collect()
}

/// The ids of the answers that the server gives to `input`.
fn answered(input: Pieces) -> Vec<Value> {
    let output = Output::default();
    let events: Events = std::sync::mpsc::channel();
    let served = LspService::new(|_| Server);
    transport::run((input, output.clone()), served, RUNTIME.handle(), events);
    let written = output.0.lock().unwrap().clone();
    let ids = all(&written[..]).into_iter().map(|frame| match frame {
        Frame::Body(body) => {
            serde_json::from_slice::<Value>(&body).expect("the server writes JSON")["id"].take()
        }
        Frame::Bad(bad) => panic!("the server writes frames: {bad}"),
    });
    ids.collect()
}

fuzz_target!(|data: &[u8]| {
    // The last bytes say how the others arrive.
    let (data, lengths) = data.split_at(data.len() - data.len().min(4) / 2);
    assert_eq!(all(data), all(Pieces::new(data.to_vec(), lengths)), "pieces make no difference");

    // One frame may be lost with the rubbish before it; the next is not.
    let probe = |id: &str| framed(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"treefill/none"}}"#));
    let stream = [data, probe("first probe").as_bytes(), probe("second probe").as_bytes()].concat();
    let bodies = all(&stream[..]);
    let ends = bodies.iter().any(|frame| match frame {
        Frame::Body(body) => serde_json::from_str::<Value>(&String::from_utf8_lossy(body))
            .is_ok_and(|body| body["method"] == "exit"),
        Frame::Bad(_) => false,
    });
    let ids = answered(Pieces::new(stream, lengths));
    assert!(ends || ids.iter().any(|id| id == "second probe"), "not answered: {ids:?}");
});
