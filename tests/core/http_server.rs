//! Serves HTTP on this machine by a script: each request is answered by a function that may do anything to the connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// What came with it, of the length that it said.
    pub body: Vec<u8>,
    /// Requests with this method before it.
    pub before: usize,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    pub fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// Where the wanted part of a file begins.
    pub fn range(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// A server; it ends with the test.
pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Every request is answered by `script`, after which the connection is closed.
    pub fn start(script: impl Fn(&Asked, &mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { break };
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                std::thread::spawn(move || {
                    let mut peer = Peer { stream };
                    let Some(mut asked) = peer.read_request() else { return };
                    {
                        let mut log: std::sync::MutexGuard<'_, Vec<Asked>> = log.lock().unwrap();
                        asked.before = log.iter().filter(|other| other.method == asked.method).count();
                        log.push(asked.clone());
                    }
                    script(&asked, &mut peer);
                    let _ = peer.stream.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, asked }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn gets(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| !asked.is_head()).collect()
    }
}

/// Who asks.
pub struct Peer {
    stream: TcpStream,
}

impl Peer {
    fn read_request(&mut self) -> Option<Asked> {
        let mut reader = BufReader::new(self.stream.try_clone().ok()?);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut asked = Asked { method, path, headers, body: Vec::new(), before: 0 };
        let length = asked.header("content-length").and_then(|length| length.parse().ok());
        asked.body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut asked.body).ok()?;
        Some(asked)
    }

    /// Bytes as they are. Who asks may be gone.
    pub fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
    }

    /// A head without a body.
    pub fn head(&mut self, status: &str, headers: &[(&str, &str)]) {
        let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        self.raw(format!("{text}\r\n").as_bytes());
    }

    /// A whole answer without content.
    pub fn status(&mut self, status: &str, headers: &[(&str, &str)]) {
        self.head(status, &[headers, &[("Content-Length", "0")]].concat());
    }

    /// A whole answer.
    pub fn body(&mut self, status: &str, kind: &str, body: &[u8]) {
        self.head(status, &[("Content-Type", kind), ("Content-Length", &body.len().to_string())]);
        self.raw(body);
    }

    /// As a good server of `file` answers: HEAD, whole, or from a byte on. With `If-Range` only if the ETag is the same.
    pub fn serve(&mut self, asked: &Asked, file: &[u8], etag: &str) {
        self.serve_part(asked, file, etag, file.len());
    }

    /// The same, but the connection ends before byte `end` of the file.
    pub fn serve_part(&mut self, asked: &Asked, file: &[u8], etag: &str, end: usize) {
        let from = self.begin(asked, file, etag);
        if !asked.is_head() {
            self.raw(&file[from.min(end)..end]);
        }
    }

    /// The head of that answer; the first byte that is to follow.
    pub fn begin(&mut self, asked: &Asked, file: &[u8], etag: &str) -> usize {
        let same = asked.header("if-range").is_none_or(|known| known == etag);
        let from = asked.range().filter(|_| same && !asked.is_head());
        match from {
            Some(from) if from < file.len() => self.part_head(file.len(), from..file.len(), etag),
            Some(_) => self.status("416 Range Not Satisfiable", &[]),
            None => self.head("200 OK", &[("Content-Length", &file.len().to_string()), ("ETag", etag)]),
        }
        from.unwrap_or(0)
    }

    /// `206` for a part of a file.
    pub fn part_head(&mut self, whole: usize, part: Range<usize>, etag: &str) {
        let range = format!("bytes {}-{}/{whole}", part.start, part.end - 1);
        let length = (part.end - part.start).to_string();
        self.head(
            "206 Partial Content",
            &[("Content-Length", &length), ("Content-Range", &range), ("ETag", etag)],
        );
    }

    /// Waits until who asks has closed the connection.
    pub fn wait_until_gone(&mut self) {
        let _ = self.stream.set_read_timeout(None);
        let _ = self.stream.read(&mut [0; 16]);
    }

    /// Lets some time pass, in which who asks says nothing. Whether it is still there.
    pub fn linger(&mut self, time: std::time::Duration) -> bool {
        let _ = self.stream.set_read_timeout(Some(time));
        !matches!(self.stream.read(&mut [0; 16]), Ok(0))
    }
}
