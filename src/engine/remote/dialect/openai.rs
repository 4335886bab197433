//! Speaks with any server that has OpenAI's completions: text in, text out, and whatever else of it a server has.

use serde_json::{Value, json};

use super::beginning::{grammar, regex};
use super::choices::{self, COMPLETIONS};
use super::{
    Ask, Beginning, Begins, Dialect, Event, Healing, Offers, ServerFacts, Takes, extend, listed, sampling,
};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;

/// Likeliest tokens asked for at each place: OpenAI's own limit.
const LIKELIEST: usize = 5;

/// What is tried: many cannot tell probabilities, some refuse every setting that is not OpenAI's.
const OFFERS: [Offers; 4] = [
    Offers::ALL,
    Offers { log_probabilities: false, sampling: true, ..Offers::ALL },
    Offers { log_probabilities: true, sampling: false, ..Offers::ALL },
    Offers { log_probabilities: false, sampling: false, ..Offers::ALL },
];

/// A server with this interface.
pub struct OpenAi;

impl Dialect for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
        listed::model(server, wanted)
    }

    fn has_suffix(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        Takes::TextOrIds
    }

    fn offers(&self) -> &'static [Offers] {
        &OFFERS
    }

    fn beginnings(&self) -> &'static [Begins] {
        &[Begins::Grammar, Begins::Regex]
    }

    fn healing(&self) -> Healing {
        Healing::Again
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt.value(),
            "max_tokens": ask.max_tokens,
            "stream": stream,
        });
        extend(&mut body, sampling(ask.sampling));
        let stop = choices::stop(ask);
        if !stop.is_empty() {
            body["stop"] = json!(stop);
        }
        if let Some(behind) = ask.prompt.behind() {
            body["suffix"] = behind.into();
        }
        if ask.offers.log_probabilities {
            body["logprobs"] = LIKELIEST.into();
        }
        if ask.offers.sampling {
            // What some do unless told otherwise, under either name.
            extend(&mut body, json!({ "repeat_penalty": 1.0, "repetition_penalty": 1.0 }));
            if stream {
                body["stream_options"] = json!({ "include_usage": true });
            }
        }
        if let Beginning::Text(text) = ask.begins {
            match ask.offers.beginning {
                Begins::Unsaid => {}
                Begins::Grammar => body["grammar"] = grammar(text).into(),
                Begins::Regex => body["structured_outputs"] = json!({ "regex": regex(text) }),
            }
        }
        (COMPLETIONS, body)
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
    fn only_what_the_server_takes_is_sent() {
        let prompt = RemotePrompt::Text("before".into());
        let (path, body) = OpenAi.completion(&ask(&prompt), true);
        assert_eq!(
            (path, &body["prompt"], &body["max_tokens"]),
            ("/v1/completions", &json!("before"), &json!(7))
        );
        assert_eq!((&body["stop"], &body["logprobs"]), (&json!(["\n", "<|end|>"]), &json!(5)));
        assert_eq!(body["stream_options"], json!({ "include_usage": true }));
        assert!(body.get("suffix").is_none());
        let typed = |beginning| {
            let offers = Offers::ALL.with(beginning);
            OpenAi.completion(&Ask { begins: Beginning::Text("re"), offers, ..ask(&prompt) }, true).1
        };
        assert_eq!(typed(Begins::Grammar)["grammar"], "root ::= \"re\" [^\\x00]*");
        assert_eq!(typed(Begins::Regex)["structured_outputs"]["regex"], "re[\\s\\S]*");
        assert_eq!(typed(Begins::Unsaid), body);
        let least = Offers { log_probabilities: false, sampling: false, ..Offers::ALL };
        let (_, body) = OpenAi.completion(&Ask { offers: least, ..ask(&prompt) }, true);
        let mut names: Vec<&String> = body.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(
            names,
            ["max_tokens", "model", "prompt", "seed", "stop", "stream", "temperature", "top_p"]
        );
        let parts = RemotePrompt::Parts { before: "a".into(), behind: "b".into() };
        let (_, body) = OpenAi.completion(&ask(&parts), false);
        assert_eq!(
            (&body["prompt"], &body["suffix"], &body["stream"]),
            (&json!("a"), &json!("b"), &json!(false))
        );
        assert!(body.get("stream_options").is_none());
    }
}
