//! Speaks with Ollama by its own interface: prompts as they are, one length of context. Not run: tested by the shapes that are documented.

use std::time::Duration;

use serde_json::{Value, json};

use super::choices::{self, LIKELIEST, number, token};
use super::{Ask, Dialect, Event, Healing, ServerFacts, Takes, extend, listed, sampling};
use crate::engine::Finish;
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;

/// Where it says which version it is: no other server has this.
pub const VERSION: &str = "/api/version";
const MODELS: &str = "/api/tags";
const GENERATE: &str = "/api/generate";
/// How long a large model takes to be read from a disk.
const READING: Duration = Duration::from_secs(120);

/// Ollama.
pub struct Ollama;

impl Dialect for Ollama {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn facts_path(&self) -> &'static str {
        VERSION
    }

    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
        let model = match wanted {
            Some(wanted) => wanted.to_owned(),
            None => first(server)?,
        };
        let shown = server.post("/api/show", &json!({ "model": model }))?;
        let about = &shown["model_info"];
        let context = about.as_object().and_then(|about| {
            let (_, context) = about.iter().find(|(name, _)| name.ends_with(".context_length"))?;
            u32::try_from(context.as_u64()?).ok()
        });
        let abilities = shown["capabilities"].as_array();
        let fills = abilities.is_some_and(|abilities| abilities.iter().any(|ability| ability == "insert"));
        Ok(ServerFacts {
            context: context.filter(|&context| context > 0).unwrap_or(listed::CONTEXT),
            parameters: about["general.parameter_count"].as_u64().unwrap_or_default(),
            fills,
            ..listed::named_only(&model)
        })
    }

    fn has_suffix(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        Takes::Text
    }

    fn reads_model(&self) -> Option<Duration> {
        Some(READING)
    }

    fn healing(&self) -> Healing {
        Healing::Again
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut options = json!({
            // Another number would make it read the model again, for everybody.
            "num_ctx": ask.context,
            "num_predict": ask.max_tokens,
            "stop": choices::stop(ask),
            "repeat_penalty": 1.0,
            "top_k": 0,
            "min_p": 0.0,
        });
        extend(&mut options, sampling(ask.sampling));
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt.value(),
            "stream": stream,
            // Models that think do it unless told otherwise.
            "think": false,
            "logprobs": true,
            "top_logprobs": LIKELIEST,
            "options": options,
        });
        match ask.prompt.behind() {
            Some(behind) => body["suffix"] = behind.into(),
            None => body["raw"] = true.into(),
        }
        (GENERATE, body)
    }

    fn event(&self, value: &Value) -> Option<Event> {
        let text = value["response"].as_str()?.to_owned();
        let finish = (value["done"] == true).then(|| match value["done_reason"].as_str() {
            Some("length") => Finish::Length,
            _ => Finish::EndOfText,
        });
        let tokens = value["logprobs"].as_array().into_iter().flatten().map(token).collect();
        // How many of them were in a cache it does not say.
        Some(Event { text, tokens, finish, evaluated: None, prompt: number(&value["prompt_eval_count"]) })
    }
}

/// The model that it names first.
fn first(server: &HttpServer) -> Result<String, RemoteError> {
    let models = server.get(MODELS)?;
    let name = models["models"][0]["name"].as_str();
    name.map(str::to_owned).ok_or_else(|| {
        RemoteError::Refused(format!(
            "{} has no model; run `ollama pull` there, or set remote.model",
            server.host
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;
    use crate::engine::remote::prompt_form::RemotePrompt;

    #[test]
    fn a_prompt_is_sent_as_it_is_and_with_the_same_context_each_time() {
        let prompt = RemotePrompt::Text("<|fim_prefix|>".into());
        let (path, body) = Ollama.completion(&ask(&prompt), true);
        assert_eq!((path, &body["raw"], &body["think"]), ("/api/generate", &json!(true), &json!(false)));
        let options = &body["options"];
        assert_eq!(
            (&options["num_ctx"], &options["num_predict"], &options["seed"]),
            (&json!(2048), &json!(7), &json!(3))
        );
        assert_eq!(options["stop"], json!(["\n", "<|end|>"]));
        let parts = RemotePrompt::Parts { before: "a".into(), behind: "b".into() };
        let (_, body) = Ollama.completion(&ask(&parts), true);
        assert_eq!((body.get("raw"), &body["suffix"]), (None, &json!("b")));
    }

    #[test]
    fn its_lines_are_read() {
        let event = |value: Value| Ollama.event(&value).unwrap();
        let told = json!([{ "token": "The", "logprob": -0.25, "bytes": [84, 104, 101], "top_logprobs": [] }]);
        let piece = event(json!({ "model": "m", "response": "The", "done": false, "logprobs": told }));
        assert_eq!((&*piece.text, piece.finish, piece.tokens[0].logprob), ("The", None, Some(-0.25)));
        let end = |reason: &str| {
            event(
                json!({ "response": "", "done": true, "done_reason": reason, "prompt_eval_count": 26, "eval_count": 259 }),
            )
        };
        assert_eq!((end("stop").finish, end("stop").prompt), (Some(Finish::EndOfText), Some(26)));
        assert_eq!(end("length").finish, Some(Finish::Length));
        assert_eq!(Ollama.event(&json!({ "choices": [] })), None);
    }
}
