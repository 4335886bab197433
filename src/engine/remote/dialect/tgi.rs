//! Speaks with Hugging Face's Text Generation Inference by its own interface. Not run: tested by the shapes that are documented.

use serde_json::{Value, json};

use super::choices::{self, float, number};
use super::{Ask, Dialect, Event, Generated, Healing, ServerFacts, Takes, extend, listed};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;
use crate::engine::{Finish, Sampling, TokenId};

/// Where it says what it is.
pub const INFO: &str = "/info";
/// Likeliest tokens asked for at each place; it allows 5 unless told otherwise.
const LIKELIEST: usize = 5;

/// Text Generation Inference.
pub struct Tgi;

impl Dialect for Tgi {
    fn name(&self) -> &'static str {
        "tgi"
    }

    fn facts_path(&self) -> &'static str {
        INFO
    }

    fn facts(&self, server: &HttpServer, _: Option<&str>) -> Result<ServerFacts, RemoteError> {
        let info = server.get(INFO)?;
        let model = info["model_id"].as_str().ok_or_else(|| server.nonsense(INFO))?;
        // A prompt, and a prompt with its answer, may be so long.
        let limits = ["max_input_tokens", "max_input_length", "max_total_tokens"].map(|name| &info[name]);
        let context = limits.into_iter().filter_map(number).filter(|&limit| limit > 0).min();
        let context = context.and_then(|context| u32::try_from(context).ok());
        Ok(ServerFacts { context: context.unwrap_or(listed::CONTEXT), ..listed::named_only(model) })
    }

    fn takes(&self) -> Takes {
        Takes::Text
    }

    fn healing(&self) -> Healing {
        Healing::Again
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut parameters = json!({
            "max_new_tokens": ask.max_tokens,
            "stop": choices::stop(ask),
            "return_full_text": false,
            "details": true,
            "top_n_tokens": LIKELIEST,
        });
        match ask.sampling {
            // A temperature of 0 is an error.
            Sampling::Greedy => parameters["do_sample"] = false.into(),
            Sampling::Seeded { temperature, top_p, seed } => {
                let seed = (seed & 0x7fff_ffff).max(1);
                extend(
                    &mut parameters,
                    json!({ "do_sample": true, "temperature": temperature, "seed": seed }),
                );
                // So is a share of all.
                if top_p < 1.0 {
                    parameters["top_p"] = top_p.into();
                }
            }
        }
        if !stream {
            // The tokens of the prompt, to count them.
            parameters["decoder_input_details"] = true.into();
        }
        (
            if stream { "/generate_stream" } else { "/generate" },
            json!({ "inputs": ask.prompt.value(), "parameters": parameters }),
        )
    }

    fn event(&self, value: &Value) -> Option<Event> {
        let details = &value["details"];
        let finish = details["finish_reason"].as_str().map(|reason| match reason {
            "length" => Finish::Length,
            "stop_sequence" => Finish::Stop,
            _ => Finish::EndOfText,
        });
        if let Some(text) = value["generated_text"].as_str().filter(|_| value.get("token").is_none()) {
            let prompt = details["prefill"].as_array().map(Vec::len);
            let tokens = details["tokens"].as_array().into_iter().flatten().map(generated).collect();
            return Some(Event { text: text.to_owned(), tokens, finish, evaluated: None, prompt });
        }
        let token = value["token"].as_object().map(|_| &value["token"])?;
        let mut one = generated(token);
        let likeliest = value["top_tokens"].as_array().into_iter().flatten();
        one.likeliest =
            likeliest.map(|token| (bytes(token), float(&token["logprob"]).unwrap_or_default())).collect();
        // A control token is no text, and an end whichever it is.
        let (text, finish) = match token["special"] == true {
            true => (String::new(), finish.or(Some(Finish::EndOfText))),
            false => (token["text"].as_str()?.to_owned(), finish),
        };
        Some(Event {
            text,
            tokens: vec![one],
            finish,
            evaluated: None,
            prompt: number(&details["input_length"]),
        })
    }
}

fn bytes(token: &Value) -> Vec<u8> {
    token["text"].as_str().unwrap_or_default().into()
}

fn generated(token: &Value) -> Generated {
    Generated {
        id: token["id"].as_i64().and_then(|id| TokenId::try_from(id).ok()),
        bytes: if token["special"] == true { Vec::new() } else { bytes(token) },
        logprob: float(&token["logprob"]),
        likeliest: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;
    use crate::engine::remote::prompt_form::RemotePrompt;

    #[test]
    fn a_request_is_as_documented() {
        let prompt = RemotePrompt::Text("<fim_prefix>".into());
        let (path, body) = Tgi.completion(&ask(&prompt), true);
        assert_eq!((path, &body["inputs"]), ("/generate_stream", &json!("<fim_prefix>")));
        let parameters = &body["parameters"];
        assert_eq!(
            (&parameters["max_new_tokens"], &parameters["seed"], &parameters["top_p"]),
            (&json!(7), &json!(3), &json!(0.75))
        );
        assert_eq!(parameters["stop"], json!(["\n", "<|end|>"]));
        let greedy = Ask { sampling: Sampling::Greedy, ..ask(&prompt) };
        let (path, body) = Tgi.completion(&greedy, false);
        let parameters = &body["parameters"];
        assert_eq!(
            (path, &parameters["do_sample"], parameters.get("temperature")),
            ("/generate", &json!(false), None)
        );
        assert_eq!(parameters["decoder_input_details"], true);
    }

    #[test]
    fn its_events_are_read() {
        let event = |value: Value| Tgi.event(&value).unwrap();
        let token = |text: &str, special: bool| json!({ "id": 7, "text": text, "logprob": -0.34, "special": special });
        let piece = event(json!({
            "index": 1, "token": token("test", false), "top_tokens": [token("test", false)], "generated_text": null, "details": null,
        }));
        assert_eq!((&*piece.text, piece.finish, piece.tokens[0].logprob), ("test", None, Some(-0.34)));
        assert_eq!(piece.tokens[0].likeliest, [(b"test".to_vec(), -0.34)]);
        let end = event(json!({
            "index": 2, "token": token("<|endoftext|>", true), "generated_text": "test",
            "details": { "finish_reason": "eos_token", "generated_tokens": 2, "input_length": 12, "seed": null },
        }));
        assert_eq!((&*end.text, end.finish, end.prompt), ("", Some(Finish::EndOfText), Some(12)));
        let other = event(
            json!({ "index": 2, "token": token("<file_sep>", true), "generated_text": null, "details": null }),
        );
        assert_eq!((&*other.text, other.finish), ("", Some(Finish::EndOfText)));
        let whole = event(json!({ "generated_text": "ab", "details": {
            "finish_reason": "length", "generated_tokens": 1, "prefill": [token("x", false), token("y", false)], "tokens": [token("ab", false)] } }));
        assert_eq!(
            (&*whole.text, whole.finish, whole.prompt, whole.tokens.len()),
            ("ab", Some(Finish::Length), Some(2), 1)
        );
        assert_eq!(Tgi.event(&json!({ "choices": [] })), None);
    }
}
