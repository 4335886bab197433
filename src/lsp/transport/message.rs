//! Reads the body of a frame: a call, an answer to one of our own requests, or nonsense that is refused with the right
//! code. Every id stays as the client spelled it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Response};

/// An id as the client wrote it (`7`, `1.0`, `"a"`, or a number beyond 64 bits): echoed, never interpreted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawId(String);

/// A request (with an id) or a notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// None for a notification.
    pub id: Option<RawId>,
    /// The method's name.
    pub method: String,
    /// The parameters; `null` counts as none.
    pub params: Option<Value>,
}

/// A message of the client.
#[derive(Debug)]
pub enum IncomingMessage {
    /// A request or notification.
    Call(Call),
    /// `$/cancelRequest`.
    Cancel(RawId),
    /// The answer to a request of ours.
    Answer(Response),
    /// Refused: the answer to send, if one is due.
    Refused(BadMessage),
}

/// Why a message is not understood.
#[derive(Debug)]
pub struct BadMessage {
    /// Whom to answer: the request, or `null` when the body did not tell.
    pub id: Option<RawId>,
    /// What to answer.
    pub error: Error,
}

/// A JSON-RPC message with nothing inside parsed: a body nested too deeply for serde still yields its id.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl RawId {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Read one body. Bytes that are not UTF-8 are taken lossily: the rest of the document is worth having.
pub fn parse(body: &[u8]) -> IncomingMessage {
    let text = String::from_utf8_lossy(body);
    let text = mend_surrogates(text.trim_start_matches('\u{feff}'));
    match serde_json::from_str::<Envelope<'_>>(&text) {
        Ok(envelope) => read(&envelope),
        Err(error) => {
            let code = if text.trim_start().starts_with(['[', '"']) || error.is_data() {
                ErrorCode::InvalidRequest
            } else {
                ErrorCode::ParseError
            };
            refuse(None, code, "not a JSON-RPC message (batches are not part of the protocol)")
        }
    }
}

fn read(envelope: &Envelope<'_>) -> IncomingMessage {
    let id = envelope.id.map(|raw| raw.get());
    if id.is_some_and(|text| !text.starts_with(['"', '-']) && !text.starts_with(|c: char| c.is_ascii_digit()))
    {
        return refuse(None, ErrorCode::InvalidRequest, "an id is a number or a string");
    }
    let raw_id = id.map(|text| RawId(text.to_owned()));
    let Some(method) = envelope.method else {
        return match id {
            Some(id)
                if envelope.result.is_some() || envelope.error.is_some() || envelope.params.is_none() =>
            {
                answer(id, envelope)
            }
            _ => refuse(raw_id, ErrorCode::InvalidRequest, "a message without a method"),
        };
    };
    let Ok(method) = serde_json::from_str::<String>(method.get()) else {
        return refuse(raw_id, ErrorCode::InvalidRequest, "the method is not a string");
    };
    if method == "$/cancelRequest" {
        return cancel(envelope.params);
    }
    match envelope.params.map(|raw| serde_json::from_str::<Value>(raw.get())).transpose() {
        Ok(params) => IncomingMessage::Call(Call { id: raw_id, method, params }),
        // The text of the error may quote the parameters, so it is not passed on.
        Err(_) => refuse(raw_id, ErrorCode::InvalidParams, "the parameters are nested too deeply"),
    }
}

/// The id is compared as text: `1`, `1.0` and `"1"` are three requests.
fn cancel(params: Option<&RawValue>) -> IncomingMessage {
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    match params.map(|raw| serde_json::from_str::<Params<'_>>(raw.get())) {
        Some(Ok(params)) => IncomingMessage::Cancel(RawId(params.id.get().to_owned())),
        _ => refuse(None, ErrorCode::InvalidParams, "$/cancelRequest without an id"),
    }
}

/// An answer of the client's, built by hand: `jsonrpc::Error` refuses unknown fields.
fn answer(id: &str, envelope: &Envelope<'_>) -> IncomingMessage {
    let id = serde_json::from_str::<Id>(id).unwrap_or_default();
    let value = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let body = match value(envelope.error) {
        Some(error) => Err(Error {
            code: error["code"].as_i64().unwrap_or(0).into(),
            message: error["message"].as_str().unwrap_or_default().to_owned().into(),
            data: None,
        }),
        None => Ok(value(envelope.result).unwrap_or(Value::Null)),
    };
    IncomingMessage::Answer(Response::from_parts(id, body))
}

fn refuse(id: Option<RawId>, code: ErrorCode, message: &'static str) -> IncomingMessage {
    IncomingMessage::Refused(BadMessage { id, error: Error { code, message: message.into(), data: None } })
}

/// The body of an answer.
pub fn render(id: Option<&RawId>, body: &Result<Value, Error>) -> String {
    let id = id.map_or("null", RawId::as_str);
    match body {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        Err(error) => {
            let error = serde_json::to_value(error).unwrap_or(Value::Null);
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)
        }
    }
}

/// Replace `\ud83d` without its second half (and the other way round) by `\ufffd`: JavaScript can send half an emoji,
/// serde_json refuses it. The replacement is as long in UTF-16, so positions stay right.
fn mend_surrogates(text: &str) -> Cow<'_, str> {
    let half = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..=0xdfff).contains(unit))
    };
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let (mut mended, mut at, mut copied) = (String::new(), 0, 0);
    while let Some(next) = text[at..].find('\\').map(|found| at + found) {
        let pair = |first: u16| first < 0xdc00 && half(next + 6).is_some_and(|second| second >= 0xdc00);
        at = match half(next) {
            Some(first) if pair(first) => next + 12,
            Some(_) => {
                mended.push_str(&text[copied..next]);
                mended.push_str("\\ufffd");
                copied = next + 6;
                next + 6
            }
            // Skip the escaped character, which may be a backslash itself.
            None => next + 1 + text[next + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    mended.push_str(&text[copied..]);
    Cow::Owned(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_is_mended() {
        let check = |before: &str, after: &str| assert_eq!(mend_surrogates(before), after);
        check(r#""\ud83d\ude00""#, r#""\ud83d\ude00""#);
        check(r#""a\ud83d b""#, r#""a\ufffd b""#);
        check(r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#);
        check(r#""\\ud83d""#, r#""\\ud83d""#);
        check(r#""\ud83d\ud83d\ude00\n""#, r#""\ufffd\ud83d\ude00\n""#);
        check(r#""\ud8"#, r#""\ud8"#);
    }

    fn refused(body: &str) -> (Option<String>, i64) {
        match parse(body.as_bytes()) {
            IncomingMessage::Refused(refusal) => (refusal.id.map(|id| id.0), refusal.error.code.code()),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_right_code() {
        assert_eq!(refused("{oops"), (None, -32700));
        assert_eq!(refused(""), (None, -32700));
        assert_eq!(refused("[]"), (None, -32600));
        assert_eq!(refused("3"), (None, -32600));
        assert_eq!(refused(r#"{"id":[1],"method":"a"}"#), (None, -32600));
        assert_eq!(refused(r#"{"id":1,"method":2}"#), (Some("1".into()), -32600));
        assert_eq!(refused(r#"{"params":1}"#), (None, -32600));
        let deep = format!(r#"{{"id":1.5,"method":"a","params":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(refused(&deep), (Some("1.5".into()), -32602));
    }

    #[test]
    fn ids_keep_their_spelling() {
        for id in ["1", "1.0", "-7", "123456789012345678901234567890", r#""a b""#] {
            let IncomingMessage::Call(call) = parse(format!(r#"{{"id":{id},"method":"m"}}"#).as_bytes())
            else {
                panic!()
            };
            assert_eq!(call.id.unwrap().as_str(), id);
        }
        assert!(matches!(
            parse(br#"{"id":null,"method":"m"}"#),
            IncomingMessage::Call(Call { id: None, .. })
        ));
        assert!(matches!(parse(br#"{"id":3,"result":null}"#), IncomingMessage::Answer(_)));
        assert!(matches!(
            parse(br#"{"id":3,"error":{"code":1,"message":"x","more":2}}"#),
            IncomingMessage::Answer(_)
        ));
    }
}
