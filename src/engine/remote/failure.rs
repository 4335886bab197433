//! Turns what a server, or the way to it, does wrong into sentences that say what to do.

use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, StatusCode, header};

use super::key::Key;
use super::socket::Interruption;
use crate::engine::EngineError;

/// Longest pause that a server's `Retry-After` can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Most characters of what a server says that are shown.
const SHOWN: usize = 160;

/// Why a request has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteError {
    /// Nobody wants it any more.
    Given,
    /// The time was over before the answer was.
    Late(String),
    /// What was asked is not understood; something else may be.
    Unclear(String),
    /// It may not be sent; the server has no part in it.
    Unsendable(String),
    /// Somebody has to do something; asking again soon is no use.
    Refused(String),
    /// It has no such path: nobody has to do something where that was to be expected.
    Absent(String),
    /// It has too much to do; it is to be left alone for so long, if it says for how long.
    Busy(String, Option<Duration>),
    /// It cannot be reached, or answers nonsense: perhaps not for long.
    Down(String),
}

impl RemoteError {
    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Given => "nobody waits for it any more",
            Self::Late(text)
            | Self::Unclear(text)
            | Self::Unsendable(text)
            | Self::Refused(text)
            | Self::Absent(text)
            | Self::Busy(text, _)
            | Self::Down(text) => text,
        }
    }
}

/// What stands before the words of a server in a sentence, and the sign behind them, which is none of theirs.
const SAYS: &str = " and says \"";
const END: char = '"';

/// The words of a server, to be put behind a sentence's beginning.
fn quoted(said: Option<String>) -> String {
    let said = said.map(|said| said.replace(END, "'"));
    said.map_or(String::new(), |said| format!("{SAYS}{said}{END}"))
}

/// A sentence as it may be written into a log: a server's own words may repeat what it was sent, so only their length is.
pub fn logged(sentence: &str) -> String {
    let Some((before, words)) = sentence.split_once(SAYS) else { return sentence.to_owned() };
    let (words, behind) = words.split_once(END).unwrap_or((words, ""));
    tracing::trace!(words, "a server says");
    format!("{before} and says something of {} characters{behind}", words.chars().count())
}

impl From<RemoteError> for EngineError {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Given => Self::Cancelled,
            other => Self::Unavailable(other.text().to_owned()),
        }
    }
}

/// What a status means; none for the good ones. `said` is what the server says about it, if that may be shown.
pub fn of_status(
    status: StatusCode,
    headers: &HeaderMap,
    host: &str,
    path: &str,
    said: Option<String>,
) -> Option<RemoteError> {
    let said = quoted(said);
    let refused = |text: String| Some(RemoteError::Refused(text));
    match status.as_u16() {
        200..=299 => None,
        300..=399 => {
            let target =
                headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
            refused(format!(
                "{host} sends {path} on to {}, which is not followed: text and key are for {host} alone; set remote.url to the address that answers itself",
                without_query(target)
            ))
        }
        401 => refused(format!(
            "{host} wants another key (401){said}; check remote.key_env or remote.key_command, then run `treefill engine stop`"
        )),
        403 => refused(format!(
            "{host} does not allow this (403){said}; ask who runs it whether your key may use this model, then run `treefill engine stop`"
        )),
        404 | 405 | 501 => Some(RemoteError::Absent(format!(
            "{host} has no {path} ({}){said}; check remote.url, remote.dialect and remote.model",
            status.as_u16()
        ))),
        407 => refused(format!(
            "the proxy to {host} wants to know who asks (407); put name and password into HTTPS_PROXY (http://name:password@host:port)"
        )),
        400 | 413 | 422 => Some(RemoteError::Unclear(format!(
            "{host} does not understand what is asked ({}){said}; check remote.dialect and remote.model, and model.context, which may be more than it has",
            status.as_u16()
        ))),
        429 => Some(RemoteError::Busy(
            format!("{host} says that it is asked too often (429)"),
            retry_after(headers),
        )),
        503 => Some(RemoteError::Busy(
            format!("{host} has too much to do, or still reads its model (503)"),
            retry_after(headers),
        )),
        code @ 500..=599 => Some(RemoteError::Down(format!("{host} has a fault of its own ({code}){said}"))),
        code => refused(format!(
            "{host} answers with the status {code}, which makes no sense here; check remote.url"
        )),
    }
}

/// An address up to its query, which may hold secrets.
fn without_query(target: &str) -> &str {
    let end = target.find(['?', '#']).unwrap_or(target.len()).min(200);
    target.get(..end).unwrap_or("another address")
}

/// `Retry-After` in seconds; a date is not read, and our own pauses hold.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// What a request that got no answer means.
pub fn of_request(error: &ureq::Error, host: &str) -> RemoteError {
    match error {
        ureq::Error::Io(error) => of_io(error, host),
        ureq::Error::HostNotFound => RemoteError::Down(format!(
            "the name {host} is not known: it is misspelt in remote.url, or there is no connection to the network"
        )),
        ureq::Error::Timeout(_) => RemoteError::Down(format!("{host} cannot be reached in time")),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Http(_) => {
            RemoteError::Down(format!(
                "{host} answers with something that is no HTTP; check whether remote.url begins with https:// as it should, and its port"
            ))
        }
        ureq::Error::BodyExceedsLimit(_) => {
            RemoteError::Down(format!("{host} sends more than any answer has"))
        }
        ureq::Error::Rustls(error) => untrusted(host, &error.to_string()),
        ureq::Error::ConnectProxyFailed(why) => RemoteError::Down(format!(
            "the proxy does not connect to {host} ({why}); check HTTPS_PROXY and NO_PROXY"
        )),
        ureq::Error::InvalidProxyUrl => RemoteError::Refused(
            "the address of the proxy cannot be read; HTTPS_PROXY looks like http://host:port".to_owned(),
        ),
        other => RemoteError::Down(format!("{host} cannot be asked ({other})")),
    }
}

fn untrusted(host: &str, why: &str) -> RemoteError {
    RemoteError::Refused(format!(
        "the certificate of {host} is not trusted ({why}); if it is your team's own, set remote.ca_file to the file of the authority that made it"
    ))
}

/// The time was over; `limits` says by which setting.
pub fn late(host: &str, limits: &str) -> RemoteError {
    RemoteError::Late(format!("{host} does not answer in time; {limits}"))
}

/// What a connection's fault means.
pub fn of_io(error: &std::io::Error, host: &str) -> RemoteError {
    use std::io::ErrorKind;
    match Interruption::of(error) {
        Some(Interruption::Given) => return RemoteError::Given,
        Some(Interruption::Late) => {
            return late(host, "remote.first_byte_ms and remote.total_ms say how long to wait");
        }
        None => {}
    }
    let inner = error.get_ref();
    if let Some(inner) = inner.and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        return of_request(inner, host);
    }
    if let Some(rustls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return untrusted(host, &rustls.to_string());
    }
    RemoteError::Down(match error.kind() {
        ErrorKind::ConnectionRefused => {
            format!("{host} refuses connections: nothing runs there, or remote.url names another port")
        }
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::UnexpectedEof
        | ErrorKind::BrokenPipe
        | ErrorKind::WriteZero => format!("{host} has cut the connection"),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!("{host} cannot be reached in time"),
        _ => format!("the connection to {host} has failed ({})", error.kind()),
    })
}

/// What an answer of `host` to `path` means that is not what was asked for.
pub fn nonsense(host: &str, path: &str) -> RemoteError {
    RemoteError::Down(format!(
        "{host} answers {path} with something else; check remote.url and remote.dialect: it may be another kind of server, or a login page"
    ))
}

/// The error that an answer with a good status is all the same.
pub fn error_in(value: &Value, host: &str, key: Option<&Key>) -> Option<RemoteError> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let said = quoted(message(error).and_then(|text| showable(text, key)));
    Some(RemoteError::Down(format!("{host} reports an error in the middle of its answer{said}")))
}

/// What the body of an error says, if it is a short sentence. A long or nested one may repeat what was sent.
pub fn said(body: &[u8], key: Option<&Key>) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    showable(message(&value)?, key)
}

/// The sentence in an error, which each server puts elsewhere.
fn message(value: &Value) -> Option<&str> {
    let inner = value.get("error").unwrap_or(value);
    [inner, &inner["message"], &value["message"], &value["detail"]].into_iter().find_map(Value::as_str)
}

fn showable(text: &str, key: Option<&Key>) -> Option<String> {
    let text = text.trim();
    let is_plain = !text.is_empty() && !text.contains(['{', '[', '`']) && !text.contains(char::is_control);
    let hidden = key.map_or_else(|| text.to_owned(), |key| key.hide(text));
    is_plain.then(|| hidden.chars().take(SHOWN).collect())
}

/// Whether a request may be sent once more: its connection was an old one that the server has closed meanwhile.
pub fn is_stale(error: &ureq::Error) -> bool {
    use std::io::ErrorKind;
    let ureq::Error::Io(error) = error else { return false };
    Interruption::of(error).is_none()
        && matches!(
            error.kind(),
            ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::UnexpectedEof
                | ErrorKind::BrokenPipe
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, name: header::HeaderName, value: &str) -> RemoteError {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        of_status(status, &headers, "gpu:8000", "/v1/completions", Some("no such model".into())).unwrap()
    }

    #[test]
    fn each_status_says_what_to_do() {
        for (status, what) in
            [(401, "remote.key_env"), (403, "ask who runs it"), (404, "remote.model"), (407, "HTTPS_PROXY")]
        {
            let error = of(status, header::ACCEPT, "x");
            let absent = matches!(error, RemoteError::Absent(_));
            assert!(
                absent == (status == 404) && (absent || matches!(error, RemoteError::Refused(_))),
                "{error:?}"
            );
            assert!(error.text().contains(what) && error.text().contains(&status.to_string()), "{error:?}");
        }
        let unclear = of(422, header::ACCEPT, "x");
        assert!(
            matches!(&unclear, RemoteError::Unclear(text) if text.contains("remote.dialect") && text.contains("no such model"))
        );
        assert!(of_status(StatusCode::OK, &HeaderMap::new(), "h", "/", None).is_none());
    }

    #[test]
    fn what_a_server_says_is_shown_only_where_it_cannot_repeat_what_was_sent() {
        let key = Key::new("sk-1").unwrap();
        let said = |body: &str| said(body.as_bytes(), Some(&key));
        assert_eq!(said(r#"{"error":{"message":"no model x"}}"#), Some("no model x".into()));
        assert_eq!(said(r#"{"detail":"key sk-1 is wrong"}"#), Some("key [key] is wrong".into()));
        assert_eq!(said(r#"{"message":"[{'input': 'fn main'}]"}"#), None);
        assert_eq!(said(r#"{"detail":[{"input":"fn main"}]}"#), None);
        assert_eq!(said("<html>"), None);
    }

    #[test]
    fn a_log_has_none_of_a_servers_words() {
        let said = Some("near \"def area(\", sorry".to_owned());
        let error = of_status(StatusCode::BAD_REQUEST, &HeaderMap::new(), "gpu:8000", "/x", said).unwrap();
        assert!(error.text().contains("(400) and says \"near 'def area(', sorry\"; check"), "{error:?}");
        let line = logged(error.text());
        assert!(line.contains("(400) and says something of 23 characters; check"), "{line}");
        assert_eq!(logged("cut off"), "cut off");
        let inside =
            error_in(&serde_json::json!({ "error": { "message": "def area(" } }), "gpu", None).unwrap();
        assert!(!logged(inside.text()).contains("area"), "{inside:?}");
    }

    #[test]
    fn a_pause_is_taken_as_the_server_wants_it_within_limits() {
        let pause = |status, value| match of(status, header::RETRY_AFTER, value) {
            RemoteError::Busy(_, pause) => pause,
            other => panic!("{other:?}"),
        };
        assert_eq!(pause(429, "7"), Some(Duration::from_secs(7)));
        assert_eq!(pause(503, "99999"), Some(LONGEST_PAUSE));
        assert_eq!(pause(503, "Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }

    #[test]
    fn a_redirect_names_the_target_without_its_query() {
        let text = of(307, header::LOCATION, "https://evil.example/x?token=abc").text().to_owned();
        assert!(text.contains("https://evil.example/x,") && !text.contains("abc"), "{text}");
    }
}
