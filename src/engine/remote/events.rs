//! Reads the events of an answer that comes piece by piece (server-sent events, or a JSON value in each line), within limits.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::{Body, BodyReader};

use super::failure::{self, RemoteError};
use super::key::Key;
use super::socket::Patience;

/// Most bytes of one event: a token's text with the probabilities of some others takes a few hundred.
const LARGEST_EVENT: usize = 256 << 10;
/// How long the end of an answer may take behind its last event; else the connection is closed.
const LINGER: Duration = Duration::from_millis(100);
/// Most bytes of an answer.
const LARGEST: usize = 8 << 20;

/// An answer on its way. Dropping it closes the connection, which is how a server is told to stop.
pub struct AnswerEvents {
    reader: BodyReader<'static>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were looked through for a line feed.
    searched: usize,
    read: usize,
    host: String,
    key: Option<Key>,
    patience: Patience,
    /// When all of it has to be there.
    until: Instant,
}

/// What a line says.
#[derive(Debug, PartialEq)]
enum Line {
    /// The JSON value of an event.
    Value(Value),
    /// The server says that this was all.
    Done,
    /// Nothing.
    Empty,
    /// Something that has no place in such an answer.
    Nonsense,
}

impl AnswerEvents {
    /// The answer of a host, which has our key, in `body`; it has to be complete at `until`.
    pub fn new(body: Body, (host, key): (String, Option<Key>), patience: Patience, until: Instant) -> Self {
        Self {
            reader: body.into_reader(),
            buffer: Vec::new(),
            searched: 0,
            read: 0,
            host,
            key,
            patience,
            until,
        }
    }

    /// The next event; none when the server has said that there are no more. `path` is for people.
    pub fn next(&mut self, path: &str) -> Result<Option<Value>, RemoteError> {
        loop {
            let Some(line) = self.line()? else {
                return Err(RemoteError::Down(format!(
                    "{} has cut the connection in the middle of its answer",
                    self.host
                )));
            };
            match of_line(&line) {
                Line::Value(value) => {
                    // It has begun to answer, so it has the time for the rest.
                    self.patience.until(self.until);
                    return match failure::error_in(&value, &self.host, self.key.as_ref()) {
                        Some(error) => Err(error),
                        None => Ok(Some(value)),
                    };
                }
                Line::Done => {
                    // The end of the body, so that the connection can be used again.
                    self.hurry();
                    let _ = std::io::copy(&mut (&mut self.reader).take(1024), &mut std::io::sink());
                    return Ok(None);
                }
                Line::Empty => {}
                Line::Nonsense => return Err(failure::nonsense(&self.host, path)),
            }
        }
    }

    /// What the server sends behind the end of its text, as many send their counts; read to the end, so that the connection can be used
    /// again.
    pub fn rest(mut self, path: &str) -> Vec<Value> {
        self.hurry();
        let mut rest = Vec::new();
        for _ in 0..4 {
            match self.next(path) {
                Ok(Some(value)) => rest.push(value),
                Ok(None) | Err(_) => break,
            }
        }
        rest
    }

    /// Wait no longer than a moment from here on.
    fn hurry(&mut self) {
        self.until = self.until.min(Instant::now() + LINGER);
        self.patience.until(self.until);
    }

    /// The next line without its line feed; none at the end of the body.
    fn line(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.searched..]) {
                let rest = self.buffer.split_off(self.searched + at + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                self.searched = 0;
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LARGEST_EVENT || self.read > LARGEST {
                return Err(RemoteError::Down(format!("{} sends more than any answer has", self.host)));
            }
            let mut chunk = [0; 8192];
            match self.reader.read(&mut chunk) {
                Ok(0) if self.buffer.is_empty() => return Ok(None),
                Ok(0) => {
                    self.searched = 0;
                    return Ok(Some(std::mem::take(&mut self.buffer)));
                }
                Ok(count) => {
                    self.read += count;
                    self.buffer.extend_from_slice(&chunk[..count]);
                }
                Err(error) => return Err(failure::of_io(&error, &self.host)),
            }
        }
    }
}

fn of_line(line: &[u8]) -> Line {
    let line = line.trim_ascii();
    let value = |bytes: &[u8]| serde_json::from_slice(bytes).map_or(Line::Nonsense, Line::Value);
    if let Some(data) = line.strip_prefix(b"data:") {
        return match data.trim_ascii() {
            b"[DONE]" => Line::Done,
            b"" => Line::Empty,
            data => value(data),
        };
    }
    match line {
        b"" => Line::Empty,
        // As servers without a stream answer, and those that send a JSON value a line.
        [b'{', ..] => value(line),
        [b':', ..] => Line::Empty,
        _ if [&b"event:"[..], b"id:", b"retry:"].iter().any(|field| line.starts_with(field)) => Line::Empty,
        _ => match line.strip_prefix(b"error:") {
            Some(error) => match serde_json::from_slice::<Value>(error.trim_ascii()) {
                Ok(error) => Line::Value(serde_json::json!({ "error": error })),
                Err(_) => Line::Nonsense,
            },
            None => Line::Nonsense,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_are_events_or_nothing_or_nonsense() {
        assert_eq!(of_line(b"data: {\"a\":1}\r\n"), Line::Value(json!({ "a": 1 })));
        assert_eq!(of_line(b"data:{\"a\":1}"), Line::Value(json!({ "a": 1 })));
        assert_eq!(of_line(b"{\"a\":1}\n"), Line::Value(json!({ "a": 1 })));
        assert_eq!(of_line(b"error: {\"code\":500}"), Line::Value(json!({ "error": { "code": 500 } })));
        assert_eq!(of_line(b"data: [DONE]\n"), Line::Done);
        for empty in [&b"\r\n"[..], b": ping", b"event: x", b"retry: 5", b"data:"] {
            assert_eq!(of_line(empty), Line::Empty);
        }
        for nonsense in [&b"<html>"[..], b"data: {\"a\":", b"{", b"\xff\xfe", b"data: nothing"] {
            assert_eq!(of_line(nonsense), Line::Nonsense);
        }
    }
}
