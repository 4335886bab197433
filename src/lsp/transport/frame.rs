//! Reads message bodies from a byte stream: `Content-Length` framing that finds its way back after any garbage.

use std::io::{self, BufRead, BufReader, Read};

/// Longest body that is kept; a longer one is skipped as it arrives. A 50 MB document still fits after JSON escaping,
/// and nothing above 2 MiB is completed anyway.
pub const LONGEST_BODY: u64 = 64 << 20;

/// Longest piece of one line that is looked at: no header is longer, and garbage may be endless.
const LONGEST_LINE: usize = 4096;

/// Enough to hold `Content-Length: ` and 19 digits.
const HEADER_TAIL: usize = 64;

/// What stands between two headers in the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A body of the announced length.
    Body(Vec<u8>),
    /// A frame that could not be read; the stream goes on behind it.
    Bad(BadFrame),
}

/// Why a frame was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// Headers without a usable length.
    #[error("a frame without a usable Content-Length was skipped")]
    NoLength,
    /// Longer than [`LONGEST_BODY`].
    #[error("a message of {0} bytes was skipped: the limit is 64 MiB")]
    TooLong(u64),
    /// The next frame's header stood inside the announced length.
    #[error("a frame shorter than its Content-Length was skipped")]
    Overrun,
}

/// Reads frames. Headers may come in any case, order and number, with LF or CRLF.
pub struct Frames<R> {
    input: BufReader<R>,
    /// The length from a header that was found where a body should have been.
    carried: Option<Result<u64, ()>>,
    /// The last bytes of the last body: a wrong length may have swallowed the start of the next header.
    tail: Vec<u8>,
}

impl<R: Read> Frames<R> {
    /// Frames of `input`.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 << 10, input), carried: None, tail: Vec::new() }
    }

    /// The next frame; none at the end of the stream, also in the middle of a frame.
    pub fn read(&mut self) -> io::Result<Option<Frame>> {
        let Some(length) = self.headers()? else { return Ok(None) };
        match length {
            Ok(length) => self.body(length),
            Err(()) => Ok(Some(Frame::Bad(BadFrame::NoLength))),
        }
    }

    /// Read up to the empty line that ends the headers.
    fn headers(&mut self) -> io::Result<Option<Result<u64, ()>>> {
        let mut length = self.carried.take();
        let mut any = length.is_some();
        let mut tail = std::mem::take(&mut self.tail);
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            let mut found = content_length(&line);
            if !tail.is_empty() {
                tail.extend_from_slice(&line);
                found = found.or_else(|| content_length(&tail).filter(Result::is_ok));
                tail.clear();
            }
            length = found.or(length);
            if !line.trim_ascii().is_empty() {
                any = true;
            } else if found.is_none() && any {
                return Ok(Some(length.unwrap_or(Err(()))));
            } else {
                any |= found.is_some();
            }
        }
    }

    /// The end of the next line, without its line feed.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            let chunk = fill(&mut self.input)?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            line.extend_from_slice(&chunk[..end.unwrap_or(chunk.len())]);
            let used = end.map_or(chunk.len(), |at| at + 1);
            self.input.consume(used);
            if line.len() > LONGEST_LINE {
                line.drain(..line.len() - LONGEST_LINE);
            }
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }

    /// Read `length` bytes, unless the next header stands among them.
    ///
    /// JSON cannot contain the line `Content-Length: 12`: outside a string no word is allowed, and inside one no raw
    /// line feed. So that line proves the announced length wrong, and reading goes on from there; without this a client
    /// that counted characters for bytes would be lost for good.
    fn body(&mut self, length: u64) -> io::Result<Option<Frame>> {
        let keep = length <= LONGEST_BODY;
        let mut body = Vec::new();
        let mut line_tail: Vec<u8> = Vec::new();
        let mut missing = length;
        while missing > 0 {
            let chunk = fill(&mut self.input)?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let chunk = &chunk[..usize::try_from(missing).map_or(chunk.len(), |most| most.min(chunk.len()))];
            let mut start = 0;
            while let Some(at) = chunk[start..].iter().position(|&byte| byte == b'\n') {
                push_tail(&mut line_tail, &chunk[start..start + at]);
                if let Some(Ok(next)) = content_length(&line_tail) {
                    self.input.consume(start + at + 1);
                    self.carried = Some(Ok(next));
                    return Ok(Some(Frame::Bad(BadFrame::Overrun)));
                }
                line_tail.clear();
                start += at + 1;
            }
            push_tail(&mut line_tail, &chunk[start..]);
            if keep {
                body.extend_from_slice(chunk);
            }
            let used = chunk.len();
            self.input.consume(used);
            missing -= used as u64;
        }
        self.tail = line_tail;
        Ok(Some(if keep { Frame::Body(body) } else { Frame::Bad(BadFrame::TooLong(length)) }))
    }
}

/// More input, also after a signal interrupted the read.
fn fill<R: Read>(input: &mut BufReader<R>) -> io::Result<&[u8]> {
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    // The borrow checker does not let the loop return the slice; the buffer is full, so this reads nothing.
    Ok(input.buffer())
}

fn push_tail(tail: &mut Vec<u8>, bytes: &[u8]) {
    tail.extend_from_slice(&bytes[bytes.len().saturating_sub(HEADER_TAIL)..]);
    if tail.len() > HEADER_TAIL {
        tail.drain(..tail.len() - HEADER_TAIL);
    }
}

/// The value of the last `Content-Length` in a line, which may begin with the rest of a broken body. `Err` when it is
/// there but no number of at most 19 digits.
fn content_length(line: &[u8]) -> Option<Result<u64, ()>> {
    const NAME: &[u8] = b"content-length";
    let at = line.windows(NAME.len()).rposition(|window| window.eq_ignore_ascii_case(NAME))?;
    let value = line[at + NAME.len()..].trim_ascii_start().strip_prefix(b":")?.trim_ascii();
    let digits = !value.is_empty() && value.len() <= 19 && value.iter().all(u8::is_ascii_digit);
    Some(std::str::from_utf8(value).ok().filter(|_| digits).and_then(|text| text.parse().ok()).ok_or(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, expected: &[&str]) {
        // One byte per read: a frame may arrive in any pieces.
        struct Drip<'a>(&'a [u8]);
        impl Read for Drip<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
                buffer[0] = *first;
                self.0 = rest;
                Ok(1)
            }
        }
        let show = |frame| match frame {
            Frame::Body(body) => String::from_utf8_lossy(&body).into_owned(),
            Frame::Bad(bad) => format!("{bad:?}"),
        };
        let mut whole = Frames::new(stream.as_bytes());
        let mut drip = Frames::new(Drip(stream.as_bytes()));
        let frames: Vec<String> = std::iter::from_fn(|| whole.read().unwrap()).map(show).collect();
        let dripped: Vec<String> = std::iter::from_fn(|| drip.read().unwrap()).map(show).collect();
        assert_eq!(frames, expected, "{stream:?}");
        assert_eq!(dripped, expected, "{stream:?}, byte by byte");
    }

    #[test]
    fn headers_in_any_case_order_and_number() {
        check("Content-Length: 2\r\n\r\n{}", &["{}"]);
        check("content-length:2\n\n{}CONTENT-LENGTH : 2 \r\n\r\n[]", &["{}", "[]"]);
        check("A: b\r\nContent-Type: x/y\r\nContent-Length: 2\r\nC: d\r\n\r\n{}", &["{}"]);
        check("Content-Length: 0\r\n\r\nContent-Length: 2\r\n\r\n{}", &["", "{}"]);
    }

    #[test]
    fn a_bad_length_costs_its_frame_only() {
        let good = "Content-Length: 4\r\n\r\ngood";
        for bad in ["-5", "99999999999999999999", "abc", "", "4 4"] {
            check(&format!("Content-Length: {bad}\r\n\r\n{{}}{good}"), &["NoLength", "good"]);
        }
        check(&format!("Content-Lenth: 2\r\n\r\n{{}}{good}"), &["NoLength", "good"]);
        check(&format!("garbage without end{good}"), &["good"]);
        check(&format!("\r\n\r\n{good}"), &["good"]);
    }

    #[test]
    fn a_length_too_long_is_found_out_at_the_next_header() {
        let good = "Content-Length: 4\r\n\r\ngood";
        for length in 3..40 {
            let stream = format!("Content-Length: {length}\r\n\r\n{{}}{good}{good}");
            let mut frames = Frames::new(stream.as_bytes());
            let mut seen = 0;
            while let Some(frame) = frames.read().unwrap() {
                seen += usize::from(frame == Frame::Body(b"good".to_vec()));
            }
            assert_eq!(seen, 2, "announced {length} for 2");
        }
        check(&format!("Content-Length: 10000000000\r\n\r\n{{}}{good}"), &["Overrun", "good"]);
    }

    #[test]
    fn a_length_too_short_leaves_garbage_that_is_skipped() {
        check("Content-Length: 3\r\n\r\n{\"a\":1}Content-Length: 4\r\n\r\ngood", &["{\"a", "good"]);
        check("Content-Length: 4\r\n\r\ngoo", &[]);
        check("Content-Len", &[]);
    }

    #[test]
    fn a_body_above_the_limit_is_skipped_without_being_kept() {
        let length = LONGEST_BODY + 1;
        let header = io::Cursor::new(format!("Content-Length: {length}\r\n\r\n"));
        let body = io::repeat(b'x').take(length);
        let mut frames = Frames::new(header.chain(body).chain(&b"Content-Length: 4\r\n\r\ngood"[..]));
        assert_eq!(frames.read().unwrap(), Some(Frame::Bad(BadFrame::TooLong(length))));
        assert_eq!(frames.read().unwrap(), Some(Frame::Body(b"good".to_vec())));
    }
}
