//! Speaks with Mistral's servers by their interface for filling in. Not run: tested by the shapes that are documented.

use serde_json::{Value, json};

use super::choices;
use super::{Ask, Dialect, Event, Healing, ServerFacts, Takes, listed};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;
use crate::engine::{Capabilities, Sampling};

const FILL: &str = "/v1/fim/completions";
/// The model that fills in, in its newest version.
const MODEL: &str = "codestral-latest";

/// Mistral.
pub struct Mistral;

impl Dialect for Mistral {
    fn name(&self) -> &'static str {
        "mistral"
    }

    /// The list has chat models first.
    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
        // A host for this alone has no list.
        listed::model(server, Some(wanted.unwrap_or(MODEL)))
    }

    fn takes(&self) -> Takes {
        Takes::Parts
    }

    fn healing(&self) -> Healing {
        Healing::Again
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt.value(),
            "suffix": ask.prompt.behind(),
            "max_tokens": ask.max_tokens,
            "stream": stream,
            "stop": choices::stop(ask),
        });
        match ask.sampling {
            Sampling::Greedy => body["temperature"] = 0.0.into(),
            Sampling::Seeded { temperature, top_p, seed } => {
                body["temperature"] = temperature.into();
                body["top_p"] = top_p.into();
                body["random_seed"] = (seed & 0x7fff_ffff).into();
            }
        }
        (FILL, body)
    }

    fn event(&self, value: &Value) -> Option<Event> {
        choices::event(value)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { log_probabilities: false, kv_plan: false, ..super::usual() }
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
        let (path, body) = Mistral.completion(&ask(&prompt), true);
        assert_eq!(path, "/v1/fim/completions");
        let expected = json!({
            "model": "m", "prompt": "def f(", "suffix": "\nf()", "max_tokens": 7, "stream": true, "stop": ["\n", "<|end|>"],
            "temperature": 0.5, "top_p": 0.75, "random_seed": 3,
        });
        assert_eq!(body, expected);
    }
}
