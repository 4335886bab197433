//! Speaks with DeepSeek's servers by their interface for filling in. Not run: tested by the shapes that are documented.

use serde_json::{Value, json};

use super::choices::{self, LIKELIEST};
use super::{Ask, Dialect, Event, Healing, Offers, ServerFacts, Takes, listed};
use crate::engine::Sampling;
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;

const FILL: &str = "/beta/completions";
/// Most tokens of an answer.
const LONGEST: usize = 4096;

/// DeepSeek.
pub struct DeepSeek;

impl Dialect for DeepSeek {
    fn name(&self) -> &'static str {
        "deepseek"
    }

    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
        listed::model(server, wanted)
    }

    fn takes(&self) -> Takes {
        Takes::Parts
    }

    fn offers(&self) -> &'static [Offers] {
        &[Offers::ALL, Offers { log_probabilities: false, ..Offers::ALL }]
    }

    fn healing(&self) -> Healing {
        Healing::Again
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt.value(),
            "suffix": ask.prompt.behind(),
            "max_tokens": ask.max_tokens.min(LONGEST),
            "stream": stream,
            "stop": choices::stop(ask),
        });
        match ask.sampling {
            Sampling::Greedy => body["temperature"] = 0.0.into(),
            // It takes no seed.
            Sampling::Seeded { temperature, top_p, .. } => {
                body["temperature"] = temperature.into();
                body["top_p"] = top_p.into();
            }
        }
        if ask.offers.log_probabilities {
            body["logprobs"] = LIKELIEST.into();
        }
        if stream {
            body["stream_options"] = json!({ "include_usage": true });
        }
        (FILL, body)
    }

    fn event(&self, value: &Value) -> Option<Event> {
        choices::event(value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;
    use crate::engine::remote::prompt_form::RemotePrompt;

    #[test]
    fn a_request_is_as_documented() {
        let prompt = RemotePrompt::Parts { before: "def f(".into(), behind: "\nf()".into() };
        let (path, body) = DeepSeek.completion(&ask(&prompt), true);
        assert_eq!(path, "/beta/completions");
        let expected = json!({
            "model": "m", "prompt": "def f(", "suffix": "\nf()", "max_tokens": 7, "stream": true, "stop": ["\n", "<|end|>"],
            "temperature": 0.5, "top_p": 0.75, "logprobs": 8, "stream_options": { "include_usage": true },
        });
        assert_eq!(body, expected);
        // The counts of what its cache had are beside the others.
        let usage =
            json!({ "prompt_tokens": 20, "prompt_cache_hit_tokens": 16, "prompt_cache_miss_tokens": 4 });
        let event =
            DeepSeek.event(&json!({ "choices": [{ "text": "x", "finish_reason": "stop" }], "usage": usage }));
        assert_eq!(event.unwrap().evaluated, Some((4, None)));
    }
}
