//! Plays a llama-server and a vLLM that do what they should, as far as nothing else is scripted. A token is a byte of text; control tokens
//! have the first numbers.

use serde_json::{Value, json};

use crate::http_server::{Asked, Peer, Server};

/// Control tokens, by their number.
const CONTROL: [&str; 6] =
    ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>"];
/// The token of the byte 0.
const FIRST: usize = 100;
/// What a good server writes at the cursor of these tests: first the space, which was taken back from what was typed.
pub const SAID: &str = " width * height";
/// What of it is shown.
pub const TEXT: &str = "width * height";

/// Tokens of a text.
pub fn tokens(text: &str, special: bool) -> Vec<usize> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let control = CONTROL.iter().position(|control| special && rest.starts_with(control));
        match control {
            Some(number) => {
                tokens.push(number);
                rest = &rest[CONTROL[number].len()..];
            }
            None => {
                let (char, behind) = rest.split_at(first.len_utf8());
                tokens.extend(char.bytes().map(|byte| FIRST + usize::from(byte)));
                rest = behind;
            }
        }
    }
    tokens
}

/// The text of an id, where it has one.
fn bytes(id: u64) -> Vec<u8> {
    let id = usize::try_from(id).unwrap();
    CONTROL.get(id).map_or_else(|| vec![u8::try_from(id - FIRST).unwrap()], |text| text.as_bytes().to_vec())
}

/// The JSON that came with a request.
pub fn body(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap_or_default()
}

/// The head of a stream, whose end is the end of the connection.
pub fn begin(peer: &mut Peer) {
    peer.head("200 OK", &[("Content-Type", "text/event-stream")]);
}

/// One event.
pub fn event(peer: &mut Peer, value: &Value) {
    peer.raw(format!("data: {value}\n\n").as_bytes());
}

/// An event of llama-server with a piece of text.
pub fn piece(text: &str) -> Value {
    let bytes: Vec<u8> = text.bytes().collect();
    let token = json!({ "id": tokens(text, false).first(), "token": text, "bytes": bytes, "logprob": -0.1 });
    json!({
        "content": text, "tokens": tokens(text, false), "stop": false,
        "timings": { "prompt_n": 7, "prompt_ms": 1.0 },
        "completion_probabilities": [json!({
            "id": token["id"], "token": text, "bytes": bytes, "logprob": -0.1, "top_logprobs": [token],
        })],
    })
}

/// The last event of llama-server.
pub fn end() -> Value {
    json!({
        "content": "", "tokens": [], "stop": true, "stop_type": "word", "stopping_word": "\n",
        "tokens_predicted": 3, "tokens_evaluated": 20, "timings": { "prompt_n": 7, "prompt_ms": 1.0 },
    })
}

/// An answer of llama-server in one piece.
pub fn whole(text: &str) -> Value {
    let mut whole = piece(text);
    whole["stop"] = true.into();
    whole["stop_type"] = "eos".into();
    whole
}

/// The answer of llama-server to a request for text.
pub fn answer(peer: &mut Peer, text: &str) {
    begin(peer);
    for word in text.split_inclusive(' ') {
        event(peer, &piece(word));
    }
    event(peer, &end());
}

fn json(peer: &mut Peer, value: &Value) {
    peer.body("200 OK", "application/json", value.to_string().as_bytes());
}

/// Answers all but requests for text as llama-server does.
pub fn facts(asked: &Asked, peer: &mut Peer) {
    let asked_body = body(asked);
    match &*asked.path {
        "/health" => json(peer, &json!({ "status": "ok" })),
        "/props" => json(
            peer,
            &json!({
                "default_generation_settings": { "n_ctx": 4096 }, "total_slots": 1, "model_path": "/m/qwen2.5-coder-0.5b.gguf",
            }),
        ),
        "/v1/models" => json(
            peer,
            &json!({ "object": "list", "data": [
            { "id": "qwen2.5-coder-0.5b", "owned_by": "llamacpp", "meta": { "n_params": 494_000_000u64, "n_ctx_train": 4096 } },
        ] }),
        ),
        "/tokenize" => {
            let text = asked_body["content"].as_str().unwrap_or_default();
            json(peer, &json!({ "tokens": tokens(text, asked_body["parse_special"] == true) }));
        }
        "/detokenize" => {
            let ids = asked_body["tokens"].as_array().into_iter().flatten().filter_map(Value::as_u64);
            let text: Vec<u8> = ids.flat_map(bytes).collect();
            json(peer, &json!({ "content": String::from_utf8_lossy(&text) }));
        }
        _ => peer.status("404 Not Found", &[]),
    }
}

/// Whether a request is for text: it wants a stream of it. The others fill the cache, or measure the speed.
pub fn wants_text(asked: &Asked) -> bool {
    ["/completion", "/v1/completions"].contains(&&*asked.path) && body(asked)["stream"] == true
}

/// A llama-server that answers requests for text by `script`.
pub fn but(script: impl Fn(&Asked, &mut Peer) + Send + Sync + 'static) -> Server {
    Server::start(move |asked, peer| match (wants_text(asked), &*asked.path) {
        (true, _) => script(asked, peer),
        (false, "/completion") => json(peer, &whole("x")),
        (false, _) => facts(asked, peer),
    })
}

/// One that does everything as it should.
pub fn server() -> Server {
    but(|_, peer| answer(peer, SAID))
}

/// One that answers requests to `path` by `script`, and all others as it should.
pub fn but_at(path: &'static str, script: impl Fn(&Asked, &mut Peer) + Send + Sync + 'static) -> Server {
    Server::start(move |asked, peer| match (wants_text(asked), &*asked.path) {
        (_, at) if at == path => script(asked, peer),
        (true, _) => answer(peer, SAID),
        (false, "/completion") => json(peer, &whole("x")),
        (false, _) => facts(asked, peer),
    })
}

/// An event of vLLM with a piece of text.
pub fn choice(text: &str) -> Value {
    json!({ "id": "cmpl-1", "object": "text_completion", "model": "qwen2.5-coder-0.5b", "choices": [{
        "index": 0, "text": text, "finish_reason": null, "stop_reason": null,
        "logprobs": { "tokens": [text], "token_logprobs": [-0.1], "top_logprobs": [{ text: -0.1 }] },
    }] })
}

/// The last events of vLLM.
pub fn choices_end(peer: &mut Peer) {
    event(
        peer,
        &json!({ "id": "cmpl-1", "choices": [{
        "index": 0, "text": "", "finish_reason": "stop", "stop_reason": null, "logprobs": null,
    }] }),
    );
    event(
        peer,
        &json!({ "id": "cmpl-1", "choices": [], "usage": { "prompt_tokens": 20, "total_tokens": 23 } }),
    );
    peer.raw(b"data: [DONE]\n\n");
}

/// A vLLM that answers requests for text by `script`.
pub fn vllm_but(script: impl Fn(&Asked, &mut Peer) + Send + Sync + 'static) -> Server {
    Server::start(move |asked, peer| {
        let asked_body = body(asked);
        match &*asked.path {
            "/v1/completions" if wants_text(asked) => script(asked, peer),
            "/v1/completions" => {
                let mut whole = choice("x");
                whole["choices"][0]["finish_reason"] = "length".into();
                json(peer, &whole);
            }
            "/v1/models" => json(
                peer,
                &json!({ "object": "list", "data": [
                { "id": "qwen2.5-coder-0.5b", "owned_by": "vllm", "root": "/m/qwen2.5-coder-0.5b", "max_model_len": 4096 },
            ] }),
            ),
            "/tokenize" => {
                let text = asked_body["prompt"].as_str().unwrap_or_default();
                json(peer, &json!({ "tokens": tokens(text, true), "count": 1, "max_model_len": 4096 }));
            }
            "/detokenize" => {
                let ids = asked_body["tokens"].as_array().into_iter().flatten().filter_map(Value::as_u64);
                let text: Vec<u8> = ids.flat_map(bytes).collect();
                json(peer, &json!({ "prompt": String::from_utf8_lossy(&text) }));
            }
            "/health" => peer.status("200 OK", &[]),
            _ => peer.status("404 Not Found", &[]),
        }
    })
}

#[test]
fn good_servers_are_understood() {
    let llama = server();
    super::of_server(&llama.url()).is(TEXT);
    let vllm = vllm_but(|_, peer| {
        begin(peer);
        for word in SAID.split_inclusive(' ') {
            event(peer, &choice(word));
        }
        choices_end(peer);
    });
    super::of_server(&vllm.url()).is(TEXT);
    for asked in llama.asked().iter().chain(&vllm.asked()) {
        let key = format!("Bearer {}", super::KEY);
        assert_eq!(asked.header("authorization"), Some(&*key), "{asked:?}");
    }
    // Ids go out, so that no text of a user's can spell a control token.
    for server in [&llama, &vllm] {
        let asked = server.asked().into_iter().rfind(wants_text).unwrap();
        assert!(body(&asked)["prompt"].as_array().is_some_and(|ids| ids.len() > 20), "{asked:?}");
    }
}
