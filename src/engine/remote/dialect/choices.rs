//! Reads what servers answer that speak OpenAI's completions, or something made after them.

use serde_json::Value;

use super::{Ask, Event, Generated, ids};
use crate::engine::{Finish, TokenId};

/// Where they are asked.
pub const COMPLETIONS: &str = "/v1/completions";
/// Likeliest tokens asked for at each place; all allow so many that tell them at all.
pub const LIKELIEST: usize = 8;

/// The texts that end an answer: a line feed, if it is one line, and the texts of control tokens.
pub fn stop<'a>(ask: &'a Ask) -> Vec<&'a str> {
    let feed = ask.one_line.then_some("\n");
    feed.into_iter().chain(ask.ends.iter().map(String::as_str)).collect()
}

/// What an event, or a whole answer, says; none when it is neither.
pub fn event(value: &Value) -> Option<Event> {
    let choices = value["choices"].as_array()?;
    let usage = &value["usage"];
    let prompt = number(&usage["prompt_tokens"]);
    let cached = number(&usage["prompt_tokens_details"]["cached_tokens"]);
    let cached = cached.or_else(|| number(&usage["prompt_cache_hit_tokens"]));
    // llama.cpp's servers say it otherwise.
    let timings = &value["timings"];
    let timed = number(&timings["prompt_n"]).map(|tokens| (tokens, float(&timings["prompt_ms"])));
    let counted = prompt.zip(cached).map(|(tokens, cached)| (tokens.saturating_sub(cached), None));
    let evaluated = timed.or(counted);
    // The last event has the usage alone.
    let Some(choice) = choices.first() else { return Some(Event { evaluated, prompt, ..Event::default() }) };
    let finish = choice["finish_reason"].as_str().map(|reason| match (reason, &choice["stop_reason"]) {
        ("length", _) => Finish::Length,
        // A text that stops; a token that does is a number, or the model's own end.
        ("stop", Value::String(_)) => Finish::Stop,
        _ => Finish::EndOfText,
    });
    let numbers = ids(&choice["token_ids"]).unwrap_or_default();
    let mut tokens = tokens(&choice["logprobs"]);
    for (at, id) in numbers.into_iter().enumerate() {
        match tokens.get_mut(at) {
            Some(token) => token.id = Some(id),
            None => tokens.push(Generated { id: Some(id), ..Generated::default() }),
        }
    }
    Some(Event { text: text(choice)?, tokens, finish, evaluated, prompt })
}

/// The text of a choice: as a completion has it, or as a chat does, in one piece or in many.
fn text(choice: &Value) -> Option<String> {
    let part = ["delta", "message"].iter().map(|name| &choice[*name]).find(|part| part.is_object());
    let text = match part {
        Some(part) => &part["content"],
        None => &choice["text"],
    };
    match text {
        Value::String(text) => Some(text.clone()),
        // The role alone, as the first event of many says it.
        Value::Null if part.is_some() => Some(String::new()),
        _ => None,
    }
}

/// The tokens of an event, with their probabilities, in either of the two forms of OpenAI's.
fn tokens(logprobs: &Value) -> Vec<Generated> {
    if let Some(content) = logprobs["content"].as_array() {
        return content.iter().map(token).collect();
    }
    let texts = logprobs["tokens"].as_array().into_iter().flatten().enumerate();
    texts
        .map(|(at, text)| {
            let likeliest = logprobs["top_logprobs"][at].as_object().into_iter().flatten();
            Generated {
                id: None,
                bytes: text.as_str().unwrap_or_default().into(),
                // Servers cut what JSON cannot hold to a very small number, or leave it out.
                logprob: float(&logprobs["token_logprobs"][at]),
                likeliest: likeliest
                    .filter_map(|(text, logprob)| Some((text.as_bytes().into(), float(logprob)?)))
                    .collect(),
            }
        })
        .collect()
}

/// A token that is told as an object.
pub fn token(value: &Value) -> Generated {
    let likeliest = value["top_logprobs"].as_array().into_iter().flatten();
    Generated {
        id: value["id"].as_i64().and_then(|id| TokenId::try_from(id).ok()),
        bytes: bytes(value),
        logprob: float(&value["logprob"]),
        likeliest: likeliest.map(|one| (bytes(one), float(&one["logprob"]).unwrap_or_default())).collect(),
    }
}

/// A token's text, byte by byte where the server tells it so.
fn bytes(value: &Value) -> Vec<u8> {
    let bytes =
        value["bytes"].as_array().map(|bytes| bytes.iter().map(|byte| byte.as_u64().map(|byte| byte as u8)));
    let bytes: Option<Vec<u8>> = bytes.and_then(|bytes| bytes.collect());
    bytes.unwrap_or_else(|| value["token"].as_str().unwrap_or_default().into())
}

/// A count.
pub fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

/// A number with a fraction. One that is too large for 32 bits is none: JSON, which our own processes speak, has no word for infinity.
pub fn float(value: &Value) -> Option<f32> {
    value.as_f64().map(|number| number as f32).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_and_so_is_the_last_one_that_has_no_text() {
        let value = json!({
            "choices": [{ "text": "a b", "finish_reason": null, "token_ids": [3, 4], "logprobs": {
                "tokens": ["a", " b"], "token_logprobs": [-0.1, null], "top_logprobs": [{ "a": -0.1, "c": -2.0 }, null] } }],
            "usage": { "prompt_tokens": 20, "prompt_tokens_details": { "cached_tokens": 16 } },
        });
        let read = event(&value).unwrap();
        assert_eq!((read.text.as_str(), read.finish, read.evaluated), ("a b", None, Some((4, None))));
        assert_eq!((read.prompt, read.tokens[0].likeliest.len()), (Some(20), 2));
        assert_eq!((read.tokens[1].id, read.tokens[1].logprob), (Some(4), None));
        let ended = |reason: &str, by: Value| {
            let choice = json!({ "text": "", "finish_reason": reason, "stop_reason": by });
            event(&json!({ "choices": [choice] })).unwrap().finish
        };
        assert_eq!(ended("stop", json!("\n")), Some(Finish::Stop));
        assert_eq!(ended("stop", json!(9)), Some(Finish::EndOfText));
        assert_eq!(ended("stop", Value::Null), Some(Finish::EndOfText));
        assert_eq!(ended("length", Value::Null), Some(Finish::Length));
        assert_eq!(event(&json!({ "choices": [], "usage": {} })).unwrap().text, "");
        assert_eq!(event(&json!({ "content": "x" })), None);
    }

    #[test]
    fn what_is_made_after_chats_is_read_as_well() {
        let delta = |delta: Value| {
            let read = event(&json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }));
            read.map(|read| read.text)
        };
        assert_eq!(delta(json!({ "role": "assistant", "content": "x = 1" })), Some("x = 1".into()));
        assert_eq!(delta(json!({ "role": "assistant" })), Some(String::new()));
        assert_eq!(delta(json!({ "content": [1] })), None);
        let whole = json!({ "choices": [{ "message": { "content": "y" }, "finish_reason": "stop" }] });
        assert_eq!(event(&whole).unwrap().text, "y");
        let told = json!({ "content": [{ "id": 5, "token": "x", "bytes": [120], "logprob": -0.5, "top_logprobs": [] }] });
        let value = json!({ "choices": [{ "text": "x", "logprobs": told }], "timings": { "prompt_n": 3, "prompt_ms": 4.5 } });
        let read = event(&value).unwrap();
        assert_eq!((read.tokens[0].id, read.tokens[0].logprob), (Some(5), Some(-0.5)));
        assert_eq!(read.evaluated, Some((3, Some(4.5))));
    }
}
