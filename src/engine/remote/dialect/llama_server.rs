//! Speaks with llama.cpp's server by its own interface: token ids in, tokens with probabilities out.

use serde_json::{Value, json};

use super::beginning::grammar;
use super::choices::token;
use super::{
    Ask, Beginning, Dialect, Event, Generated, Healing, ServerFacts, ServerTokenizer, Takes, extend, ids,
    sampling,
};
use crate::engine::remote::failure::RemoteError;
use crate::engine::remote::http::HttpServer;
use crate::engine::{Finish, Sampling, TokenId};

/// Likeliest tokens asked for at each place: what may be spelled is told from them.
const LIKELIEST: usize = 8;

/// llama.cpp's server.
pub struct LlamaServer;

impl Dialect for LlamaServer {
    fn name(&self) -> &'static str {
        "llama-server"
    }

    /// The list of models is shown without a key, and gateways have none.
    fn facts_path(&self) -> &'static str {
        "/props"
    }

    fn facts(&self, server: &HttpServer, wanted: Option<&str>) -> Result<ServerFacts, RemoteError> {
        let props = server.get(self.facts_path())?;
        let context =
            props["default_generation_settings"]["n_ctx"].as_u64().or_else(|| props["n_ctx"].as_u64());
        let Some(context) = context.and_then(|context| u32::try_from(context).ok()).filter(|&it| it > 0)
        else {
            return Err(server.nonsense("/props"));
        };
        // Older servers, and those behind a gateway, have no such list.
        let models = server.get("/v1/models").unwrap_or_default();
        let first = &models["data"][0];
        let file = props["model_path"].as_str().and_then(|path| path.rsplit(['/', '\\']).next());
        let name = file.map(|file| file.trim_end_matches(".gguf")).or_else(|| first["id"].as_str());
        Ok(ServerFacts {
            model: wanted.or(first["id"].as_str()).unwrap_or_default().to_owned(),
            name: name.or(wanted).unwrap_or("a model without a name").to_owned(),
            context,
            parameters: first["meta"]["n_params"].as_u64().unwrap_or_default(),
            fills: false,
        })
    }

    fn takes(&self) -> Takes {
        Takes::Ids
    }

    fn tokenizer(&self) -> Option<&dyn ServerTokenizer> {
        Some(self)
    }

    fn healing(&self) -> Healing {
        Healing::Text
    }

    fn completion(&self, ask: &Ask, stream: bool) -> (&'static str, Value) {
        let mut body = json!({
            "model": ask.model,
            "prompt": ask.prompt.value(),
            "n_predict": ask.max_tokens,
            "stream": stream,
            "cache_prompt": true,
            "n_probs": LIKELIEST,
            "return_tokens": true,
            "timings_per_token": true,
            "t_max_predict_ms": ask.limit_ms,
            "min_p": 0.0,
            "top_k": 0,
        });
        extend(&mut body, sampling(ask.sampling));
        let order: &[&str] =
            if ask.sampling == Sampling::Greedy { &["temperature"] } else { &["temperature", "top_p"] };
        body["samplers"] = json!(order);
        if ask.one_line {
            body["stop"] = json!(["\n"]);
        }
        if let Beginning::Text(text) = ask.begins {
            body["grammar"] = grammar(text).into();
        }
        ("/completion", body)
    }

    fn event(&self, value: &Value) -> Option<Event> {
        let mut text = value["content"].as_str()?.to_owned();
        let finish = (value["stop"] == true).then(|| finish(value, &mut text));
        let tokens: Vec<Generated> = match value["completion_probabilities"].as_array() {
            Some(tokens) => tokens.iter().map(token).collect(),
            None => ids(&value["tokens"]).unwrap_or_default().into_iter().map(of_id).collect(),
        };
        let timings = &value["timings"];
        let evaluated = timings["prompt_n"].as_u64().and_then(|tokens| usize::try_from(tokens).ok());
        let evaluated = evaluated.map(|tokens| (tokens, timings["prompt_ms"].as_f64().map(|ms| ms as f32)));
        Some(Event { text, tokens, finish, evaluated, prompt: None })
    }
}

impl ServerTokenizer for LlamaServer {
    fn tokenize(
        &self,
        server: &HttpServer,
        model: &str,
        text: &str,
        special: bool,
    ) -> Result<Vec<TokenId>, RemoteError> {
        let body = json!({ "model": model, "content": text, "add_special": false, "parse_special": special });
        let answer = server.post("/tokenize", &body)?;
        ids(&answer["tokens"]).ok_or_else(|| server.nonsense("/tokenize"))
    }

    fn begins_with(&self, server: &HttpServer, model: &str) -> Result<Option<TokenId>, RemoteError> {
        let tokens = |add: bool| -> Result<Vec<TokenId>, RemoteError> {
            let answer =
                server.post("/tokenize", &json!({ "model": model, "content": "x", "add_special": add }))?;
            ids(&answer["tokens"]).ok_or_else(|| server.nonsense("/tokenize"))
        };
        let (with, without) = (tokens(true)?, tokens(false)?);
        Ok(with.first().copied().filter(|first| Some(first) != without.first()))
    }

    fn reads_control_text(&self) -> bool {
        false
    }

    fn detokenize(
        &self,
        server: &HttpServer,
        model: &str,
        tokens: &[TokenId],
    ) -> Result<String, RemoteError> {
        let answer = server.post("/detokenize", &json!({ "model": model, "tokens": tokens }))?;
        answer["content"].as_str().map(str::to_owned).ok_or_else(|| server.nonsense("/detokenize"))
    }
}

/// Why the answer has ended; a line feed that ended it is part of it.
fn finish(value: &Value, text: &mut String) -> Finish {
    // Servers before the end of 2024 had three members for it.
    let stopped = |name: &str| value[name] == true;
    match value["stop_type"].as_str() {
        Some("word") => {}
        Some("limit") => return Finish::Length,
        None if stopped("stopped_word") => {}
        None if stopped("stopped_limit") => return Finish::Length,
        _ => return Finish::EndOfText,
    }
    text.push_str(value["stopping_word"].as_str().unwrap_or("\n"));
    Finish::Stop
}

fn of_id(id: TokenId) -> Generated {
    Generated { id: Some(id), ..Generated::default() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;
    use crate::engine::remote::prompt_form::RemotePrompt;

    #[test]
    fn a_request_has_ids_a_limit_of_its_own_and_a_cache() {
        let prompt = RemotePrompt::Ids(vec![1, 2]);
        let ask = Ask { sampling: Sampling::Greedy, begins: Beginning::Text("re"), ..ask(&prompt) };
        let (path, body) = LlamaServer.completion(&ask, true);
        assert_eq!(path, "/completion");
        assert_eq!(
            (&body["prompt"], &body["n_predict"], &body["stop"]),
            (&json!([1, 2]), &json!(7), &json!(["\n"]))
        );
        assert_eq!((&body["cache_prompt"], &body["t_max_predict_ms"]), (&json!(true), &json!(900)));
        assert_eq!(body["temperature"], json!(0.0));
    }

    #[test]
    fn events_are_read_with_their_probabilities() {
        let value = json!({
            "content": "turn", "stop": false, "timings": { "prompt_n": 3, "prompt_ms": 4.5 },
            "completion_probabilities": [{ "id": 5, "token": "turn", "bytes": [116, 117, 114, 110], "logprob": -0.5,
                "top_logprobs": [{ "id": 5, "token": "turn", "bytes": [116, 117, 114, 110], "logprob": -0.5 }] }],
        });
        let event = LlamaServer.event(&value).unwrap();
        assert_eq!(
            (event.text.as_str(), event.evaluated, event.finish),
            ("turn", Some((3, Some(4.5))), None)
        );
        assert_eq!(
            (event.tokens[0].id, &*event.tokens[0].bytes, event.tokens[0].logprob),
            (Some(5), &b"turn"[..], Some(-0.5))
        );
        assert_eq!(event.tokens[0].likeliest, [(b"turn".to_vec(), -0.5)]);
        let ended = |value: Value| {
            let event = LlamaServer.event(&value).unwrap();
            (event.text, event.finish)
        };
        let end =
            |kind: &str| json!({ "content": "", "stop": true, "stop_type": kind, "stopping_word": "\n" });
        assert_eq!(ended(end("word")), ("\n".into(), Some(Finish::Stop)));
        assert_eq!(ended(end("eos")), (String::new(), Some(Finish::EndOfText)));
        assert_eq!(ended(end("limit")), (String::new(), Some(Finish::Length)));
        assert_eq!(LlamaServer.event(&json!({ "choices": [] })), None);
    }
}
