//! Speaks with vLLM and SGLang by the interface that both have after OpenAI's completions, with token ids as the prompt.

use serde_json::{Value, json};

use super::beginning::regex;
use super::choices::{self, COMPLETIONS, LIKELIEST};
use super::{
    Ask, Beginning, Dialect, Event, Healing, ServerFacts, ServerTokenizer, Takes, extend, ids, listed,
    sampling,
};
use crate::engine::TokenId;
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;

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
        listed::model(server, wanted)
    }

    /// It is told to write control tokens, so that one that ends a text is known.
    fn writes_its_end(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        Takes::Ids
    }

    fn tokenizer(&self) -> Option<&dyn ServerTokenizer> {
        Some(self)
    }

    fn healing(&self) -> Healing {
        if self.takes_tokens { Healing::Tokens } else { Healing::Text }
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt.value(),
            "max_tokens": ask.max_tokens,
            "stream": stream,
            "logprobs": LIKELIEST,
            "stop_token_ids": ask.stops,
            // What ends a text can only be seen where it is not left out.
            "skip_special_tokens": ask.ends.is_empty(),
            // Text is to be tokenised as every text is, with what the model's begin with.
            "add_special_tokens": ask.prompt.characters().is_some(),
            // A model's own generation settings would hold otherwise.
            "repetition_penalty": 1.0,
            "top_k": -1,
            "min_p": 0.0,
        });
        extend(&mut body, sampling(ask.sampling));
        if stream {
            body["stream_options"] = json!({ "include_usage": true, "continuous_usage_stats": true });
        }
        let stop = choices::stop(ask);
        if !stop.is_empty() {
            extend(&mut body, json!({ "stop": stop, "include_stop_str_in_output": true }));
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
                body["structured_outputs"] = json!({ "regex": regex(text) });
            }
            Beginning::Text(text) => body["regex"] = regex(text).into(),
        }
        (COMPLETIONS, body)
    }

    fn event(&self, value: &Value) -> Option<Event> {
        choices::event(value)
    }
}

impl ServerTokenizer for Completions {
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
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask as any;
    use super::*;
    use crate::engine::remote::prompt_form::RemotePrompt;

    #[test]
    fn each_of_them_is_told_in_its_way_what_was_typed() {
        let prompt = RemotePrompt::Ids(vec![1, 2]);
        let ask = |begins| Ask { begins, stops: &[9], ends: &[], ..any(&prompt) };
        let (path, body) = VLLM.completion(&ask(Beginning::Tokens(&[4, 5])), false);
        assert_eq!(
            (path, &body["allowed_token_ids"], &body["seed"]),
            (COMPLETIONS, &json!([4, 5]), &json!(3))
        );
        assert_eq!((&body["stop_token_ids"], &body["prompt"]), (&json!([9]), &json!([1, 2])));
        let (_, body) = VLLM.completion(&ask(Beginning::Text("f(")), true);
        assert_eq!(body["structured_outputs"]["regex"], "f\\([\\s\\S]*");
        let (_, body) = SGLANG.completion(&ask(Beginning::Text("a")), true);
        assert_eq!(
            (&body["skip_special_tokens"], &body["add_special_tokens"]),
            (&json!(true), &json!(false))
        );
        assert_eq!((&body["regex"], &body["no_stop_trim"]), (&json!("a[\\s\\S]*"), &json!(true)));
        // As text: a token that ends it has no number, and is told by its text.
        let text = RemotePrompt::Text("<|fim_prefix|>".into());
        let (_, body) = VLLM.completion(&any(&text), true);
        assert_eq!(
            (&body["skip_special_tokens"], &body["add_special_tokens"]),
            (&json!(false), &json!(true))
        );
        assert_eq!((&body["prompt"], &body["stop"]), (&json!("<|fim_prefix|>"), &json!(["\n", "<|end|>"])));
    }
}
