//! Makes one attempt at the bytes of a file: asks for what is missing, and writes what comes, as long as it can be the file.

use std::io::{ErrorKind, Read as _};
use std::time::Instant;

use ureq::http::{HeaderMap, Uri, header};

use super::super::http::{self, Answer, Follow, Method};
use super::super::limits::DownloadError;
use super::super::partial::{PartialFile, PartialOrigin};
use super::{DownloadEvent, Downloader, RemoteFacts, RemoteFile};

/// How every GGUF begins.
const MAGIC: &[u8] = b"GGUF";

impl Downloader<'_> {
    /// Asks for what `partial` lacks.
    pub(super) fn attempt(
        &self,
        file: &RemoteFile,
        facts: &RemoteFacts,
        partial: &mut PartialFile,
    ) -> Result<(), DownloadError> {
        let bytes = facts.bytes.unwrap_or(0);
        if partial.length() == bytes {
            return Ok(());
        }
        let mut headers = Vec::new();
        // Without an ETag only a digest can tell whether what follows belongs to what is there.
        if partial.length() > 0 && (partial.etag().is_some() || facts.sha256.is_some()) {
            headers.push(("range", format!("bytes={}-", partial.length())));
            headers.extend(partial.etag().map(|etag| ("if-range", etag.to_owned())));
        }
        let asked = !headers.is_empty();
        let answer = self.client.ask(Method::Get, &file.url, &headers, Follow::All)?;
        let status = answer.response.status().as_u16();
        let host = http::host(&answer.uri).to_owned();
        let etag = strong_etag(answer.response.headers());
        match status {
            206 if asked => {
                continues(answer.response.headers(), partial, etag.as_deref(), bytes, &host)?;
            }
            // The whole file: the server knows no ranges, or it has another file by now.
            200 => {
                if partial.length() > 0 {
                    partial.clear()?;
                    (self.events)(DownloadEvent::Restarted(&format!(
                        "{host} sends the file from its beginning"
                    )));
                }
            }
            206 => return Err(DownloadError::Restart(format!("{host} sends a part that was not asked for"))),
            416 if partial.length() > 0 => {
                return Err(DownloadError::Restart(format!("{host} has a shorter file now")));
            }
            _ => {
                let refusal = http::refusal(answer.response.status(), answer.response.headers(), &answer.uri);
                return Err(refusal.unwrap_or_else(|| {
                    DownloadError::Final(format!(
                        "{host} answers with the status {status} and no file; check the address"
                    ))
                }));
            }
        }
        suits(answer.response.headers(), bytes - partial.length(), &answer.uri)?;
        partial.belongs_to(PartialOrigin { sha256: facts.sha256.clone(), etag })?;
        self.receive(answer, bytes, partial)
    }

    fn receive(
        &self,
        mut answer: Answer,
        bytes: u64,
        partial: &mut PartialFile,
    ) -> Result<(), DownloadError> {
        let host = http::host(&answer.uri).to_owned();
        let mut reader = answer.response.body_mut().as_reader();
        let mut buffer = vec![0; 128 * 1024];
        // The first bytes are held back until they show what the file is.
        let mut held = if partial.length() == 0 { Some(Vec::new()) } else { None };
        let (mut window, mut in_window) = (Instant::now(), 0);
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(http::of_io(&error, &host)),
            };
            let missing = bytes - partial.length();
            if count == 0 {
                return match missing {
                    0 => Ok(()),
                    _ => Err(DownloadError::Again {
                        why: format!("{host} has cut the connection"),
                        after: None,
                    }),
                };
            }
            let mut new = &buffer[..count];
            if let Some(begin) = &mut held {
                begin.extend_from_slice(new);
                if begin.len() < MAGIC.len().min(usize::try_from(bytes).unwrap_or(usize::MAX)) {
                    continue;
                }
                begins_as_a_model(begin, &host)?;
                new = begin;
            }
            if new.len() as u64 > missing {
                partial.clear()?;
                return Err(DownloadError::Final(format!(
                    "{host} sends more than the {bytes} bytes that the file has; nothing was kept. Try another source"
                )));
            }
            partial.write(new).map_err(|error| of_disk(&error, partial))?;
            (self.events)(DownloadEvent::Got(new.len() as u64));
            in_window += new.len() as u64;
            held = None;
            if window.elapsed() >= self.limits.stall {
                if in_window < self.limits.least && partial.length() < bytes {
                    let why = format!(
                        "{host} sends less than {} bytes in {} s",
                        self.limits.least,
                        self.limits.stall.as_secs()
                    );
                    return Err(DownloadError::Again { why, after: None });
                }
                (window, in_window) = (Instant::now(), 0);
            }
        }
    }
}

/// Whether a part of a file goes on from what is there.
fn continues(
    headers: &HeaderMap,
    partial: &PartialFile,
    etag: Option<&str>,
    bytes: u64,
    host: &str,
) -> Result<(), DownloadError> {
    if let (Some(before), Some(now)) = (partial.etag(), etag)
        && before != now
    {
        return Err(DownloadError::Restart(format!("{host} has another file there than before")));
    }
    let range = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
    let parts = range.trim().strip_prefix("bytes ").and_then(|range| {
        let (range, whole) = range.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?, whole.to_owned()))
    });
    let fits = parts.is_some_and(|(first, last, whole)| {
        first == partial.length() && last == bytes - 1 && (whole == "*" || whole == bytes.to_string())
    });
    match fits {
        true => Ok(()),
        false => {
            Err(DownloadError::Restart(format!("{host} sends another part of the file than was asked for")))
        }
    }
}

/// Whether what follows these headers can be the rest of the file, `missing` bytes of it.
fn suits(headers: &HeaderMap, missing: u64, uri: &Uri) -> Result<(), DownloadError> {
    let host = http::host(uri);
    let text =
        |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok()).map(str::trim);
    if let Some(coding) =
        text(header::CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(DownloadError::Final(format!(
            "{host} sends the file packed ({coding}), although that was not asked for; a proxy may do that: use another one (HTTPS_PROXY) or another source"
        )));
    }
    if text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html")) {
        return Err(web_page(host));
    }
    match text(header::CONTENT_LENGTH).map(str::parse::<u64>) {
        Some(Ok(length)) if length != missing => Err(DownloadError::Final(format!(
            "{host} says that {length} bytes follow, where {missing} are missing; the file may be changing: try again later, or use another source"
        ))),
        _ => Ok(()),
    }
}

fn begins_as_a_model(begin: &[u8], host: &str) -> Result<(), DownloadError> {
    if begin.starts_with(MAGIC) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&begin[..begin.len().min(64)]).trim_start().to_lowercase();
    if text.starts_with("<!doctype") || text.starts_with("<html") {
        return Err(web_page(host));
    }
    Err(DownloadError::Final(format!(
        "what {host} sends is no GGUF model (it begins with other bytes); nothing was kept. Check the address: it has to be that of a .gguf file"
    )))
}

fn web_page(host: &str) -> DownloadError {
    DownloadError::Final(format!(
        "{host} sends a web page and no model; nothing was kept. Check the address; in a hotel or company network, open a page in a browser and log in first"
    ))
}

/// An `ETag` that says the bytes are the same, and not only the meaning.
fn strong_etag(headers: &HeaderMap) -> Option<String> {
    let etag = headers.get(header::ETAG)?.to_str().ok()?.trim();
    (!etag.starts_with("W/") && etag.len() > 2).then(|| etag.to_owned())
}

fn of_disk(error: &std::io::Error, partial: &PartialFile) -> DownloadError {
    let path = partial.path();
    DownloadError::Final(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => format!(
            "the disk is full ({error}) at {}; make room, or set XDG_DATA_HOME to a folder on another disk",
            path.display()
        ),
        _ => format!("cannot write {} ({error})", path.display()),
    })
}
