//! Speaks with vLLM and SGLang by the interface that both have after OpenAI's completions, with token ids as the prompt.

use serde_json::{Value, json};

use super::{Ask, Beginning, Dialect, Event, Generated, Healing, ServerFacts, extend, ids, sampling};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;
use crate::engine::{Finish, TokenId};

const COMPLETIONS: &str = "/v1/completions";
/// Likeliest tokens asked for at each place; vLLM allows 20.
const LIKELIEST: usize = 8;
/// What is taken for the context where the server does not say.
const CONTEXT: u32 = 4096;

/// vLLM.
pub const VLLM: Completions = Completions { name: "vllm", takes_tokens: true };
/// SGLang, which takes no list of tokens that may come first.
pub const SGLANG: Completions = Completions { name: "sglang", takes_tokens: false };

/// A server with this interface.
pub struct Completions {
    name: &'static str,
    /// Whether it can be told which tokens may come.
    takes_tokens: bool,
}

impl Dialect for Completions {
    fn name(&self) -> &'static str {
        self.name
    }

    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
        let models = server.get("/v1/models")?;
        let Some(list) = models["data"].as_array() else { return Err(server.nonsense("/v1/models")) };
        if list.is_empty() {
            return Err(RemoteError::Refused(format!(
                "{} serves no model at present: its list of models (/v1/models) is empty; ask who runs it to load one",
                server.host
            )));
        }
        let named = |model: &&Value| wanted.is_none_or(|wanted| model["id"] == wanted);
        let Some(model) = list.iter().find(named) else {
            let names: Vec<&str> = list.iter().filter_map(|model| model["id"].as_str()).take(8).collect();
            return Err(RemoteError::Refused(format!(
                "{} has no model {}; set remote.model to one of: {}",
                server.host,
                wanted.unwrap_or("at all"),
                names.join(", ")
            )));
        };
        let id = model["id"].as_str().ok_or_else(|| server.nonsense("/v1/models"))?;
        let context = model["max_model_len"].as_u64().and_then(|context| u32::try_from(context).ok());
        let context = context.filter(|&context| context > 0);
        Ok(ServerFacts {
            model: id.to_owned(),
            // Many serve a model under a short name, and say beside it which it is.
            name: model["root"]
                .as_str()
                .unwrap_or(id)
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or(id)
                .to_owned(),
            context: context.unwrap_or(CONTEXT),
            parameters: 0,
        })
    }

    fn tokenize(
        &self,
        server: &HttpServer,
        model: &str,
        text: &str,
        _: bool,
    ) -> Result<Vec<TokenId>, RemoteError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let answer = server
            .post("/tokenize", &json!({ "model": model, "prompt": text, "add_special_tokens": false }))?;
        ids(&answer["tokens"]).ok_or_else(|| server.nonsense("/tokenize"))
    }

    fn begins_with(&self, server: &HttpServer, model: &str) -> Result<Option<TokenId>, RemoteError> {
        let answer = server
            .post("/tokenize", &json!({ "model": model, "prompt": "x", "add_special_tokens": true }))?;
        let with = ids(&answer["tokens"]).ok_or_else(|| server.nonsense("/tokenize"))?;
        let without = self.tokenize(server, model, "x", false)?;
        Ok(with.first().copied().filter(|first| Some(first) != without.first()))
    }

    fn reads_control_text(&self) -> bool {
        true
    }

    fn detokenize(
        &self,
        server: &HttpServer,
        model: &str,
        tokens: &[TokenId],
    ) -> Result<String, RemoteError> {
        let answer = server.post("/detokenize", &json!({ "model": model, "tokens": tokens }))?;
        let text = answer["prompt"].as_str().or_else(|| answer["text"].as_str());
        text.map(str::to_owned).ok_or_else(|| server.nonsense("/detokenize"))
    }

    fn healing(&self) -> Healing {
        if self.takes_tokens { Healing::Tokens } else { Healing::Text }
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt,
            "max_tokens": ask.max_tokens,
            "stream": stream,
            "logprobs": LIKELIEST,
            "stop_token_ids": ask.stops,
            "skip_special_tokens": true,
            "add_special_tokens": false,
            // A model's own generation settings would hold otherwise.
            "repetition_penalty": 1.0,
            "top_k": -1,
            "min_p": 0.0,
        });
        extend(&mut body, sampling(ask.sampling));
        if stream {
            body["stream_options"] = json!({ "include_usage": true, "continuous_usage_stats": true });
        }
        if ask.one_line {
            extend(&mut body, json!({ "stop": ["\n"], "include_stop_str_in_output": true }));
            if self.name == SGLANG.name {
                body["no_stop_trim"] = true.into();
            }
        }
        match ask.begins {
            Beginning::Free => {}
            Beginning::Tokens(tokens) => {
                extend(&mut body, json!({ "allowed_token_ids": tokens, "return_token_ids": true }))
            }
            Beginning::Text(text) if self.takes_tokens => {
                body["structured_outputs"] = json!({ "regex": beginning(text) });
            }
            Beginning::Text(text) => body["regex"] = beginning(text).into(),
        }
        (COMPLETIONS, body)
    }

    fn event(&self, value: &Value) -> Option<Event> {
        let choices = value["choices"].as_array()?;
        let usage = &value["usage"];
        let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
        let cached = number(&usage["prompt_tokens_details"]["cached_tokens"]);
        let evaluated = number(&usage["prompt_tokens"]).zip(cached);
        let evaluated = evaluated.map(|(tokens, cached)| (tokens.saturating_sub(cached), None));
        // The last event has the usage alone.
        let Some(choice) = choices.first() else { return Some(Event { evaluated, ..Event::default() }) };
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
        Some(Event { text: choice["text"].as_str()?.to_owned(), tokens, finish, evaluated })
    }
}

/// The tokens of an event, with their probabilities.
fn tokens(logprobs: &Value) -> Vec<Generated> {
    let texts = logprobs["tokens"].as_array().into_iter().flatten().enumerate();
    let number = |value: &Value| value.as_f64().map(|number| number as f32);
    texts
        .map(|(at, text)| {
            let likeliest = logprobs["top_logprobs"][at].as_object().into_iter().flatten();
            Generated {
                id: None,
                bytes: text.as_str().unwrap_or_default().into(),
                // Servers cut what JSON cannot hold to a very small number, or leave it out.
                logprob: number(&logprobs["token_logprobs"][at]),
                likeliest: likeliest
                    .filter_map(|(text, logprob)| Some((text.as_bytes().into(), number(logprob)?)))
                    .collect(),
            }
        })
        .collect()
}

/// A regular expression of the texts that begin with `text`.
fn beginning(text: &str) -> String {
    format!("{}[\\s\\S]*", regex::escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Sampling;

    fn ask(begins: Beginning<'_>) -> Ask<'_> {
        Ask {
            model: "m",
            prompt: &[1, 2],
            max_tokens: 7,
            sampling: Sampling::Seeded { temperature: 0.5, top_p: 0.9, seed: 1 << 40 | 3 },
            one_line: true,
            begins,
            stops: &[9],
            limit_ms: 900,
        }
    }

    #[test]
    fn each_of_them_is_told_in_its_way_what_was_typed() {
        let (path, body) = VLLM.completion(&ask(Beginning::Tokens(&[4, 5])), false);
        assert_eq!(
            (path, &body["allowed_token_ids"], &body["seed"]),
            (COMPLETIONS, &json!([4, 5]), &json!(3))
        );
        assert_eq!((&body["stop_token_ids"], &body["prompt"]), (&json!([9]), &json!([1, 2])));
        let (_, body) = VLLM.completion(&ask(Beginning::Text("f(")), true);
        assert_eq!(body["structured_outputs"]["regex"], "f\\([\\s\\S]*");
        let (_, body) = SGLANG.completion(&ask(Beginning::Text("a")), true);
        assert_eq!((&body["regex"], &body["no_stop_trim"]), (&json!("a[\\s\\S]*"), &json!(true)));
    }

    #[test]
    fn events_are_read_and_so_is_the_last_one_that_has_no_text() {
        let value = json!({
            "choices": [{ "text": "a b", "finish_reason": null, "token_ids": [3, 4], "logprobs": {
                "tokens": ["a", " b"], "token_logprobs": [-0.1, null], "top_logprobs": [{ "a": -0.1, "c": -2.0 }, null] } }],
            "usage": { "prompt_tokens": 20, "prompt_tokens_details": { "cached_tokens": 16 } },
        });
        let event = VLLM.event(&value).unwrap();
        assert_eq!((event.text.as_str(), event.finish, event.evaluated), ("a b", None, Some((4, None))));
        assert_eq!(event.tokens[0].likeliest.len(), 2);
        assert_eq!((event.tokens[1].id, event.tokens[1].logprob), (Some(4), None));
        let ended = |reason: &str, by: Value| {
            let choice = json!({ "text": "", "finish_reason": reason, "stop_reason": by });
            VLLM.event(&json!({ "choices": [choice] })).unwrap().finish
        };
        assert_eq!(ended("stop", json!("\n")), Some(Finish::Stop));
        assert_eq!(ended("stop", json!(9)), Some(Finish::EndOfText));
        assert_eq!(ended("stop", Value::Null), Some(Finish::EndOfText));
        assert_eq!(ended("length", Value::Null), Some(Finish::Length));
        assert_eq!(VLLM.event(&json!({ "choices": [], "usage": {} })).unwrap().text, "");
        assert_eq!(VLLM.event(&json!({ "content": "x" })), None);
    }
}
