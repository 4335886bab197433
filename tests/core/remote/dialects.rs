//! Tests each kind of server that cannot be run here against the shapes that its documentation has, and that kinds are told apart.

use serde_json::{Value, json};
use treefill::engine::remote::{RemoteEngine, RemoteOptions, explain};
use treefill::engine::{DialectChoice, Engine, FillChoice, Finish, ModelTuning, RemoteSettings, Status};

use super::fake::{Asked, Fake, Peer, failure, job, run, trouble, wait};

/// A server of which these are the answers: path, and what it says there.
fn server(answers: impl Fn(&Asked, &mut Peer) -> Option<Value> + Send + Sync + 'static) -> Fake {
    Fake::start("", move |asked, peer| {
        match answers(asked, peer) {
            Some(Value::Null) => {}
            Some(value) => peer.json(&value),
            None => peer.whole("404 Not Found", "", "404 page not found"),
        }
        true
    })
}

/// An answer of lines of JSON.
fn lines(peer: &mut Peer, values: &[Value]) -> Option<Value> {
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
    for value in values {
        let line = format!("{value}\n");
        peer.raw(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes());
    }
    peer.end();
    Some(Value::Null)
}

/// An answer in events, with the usual end.
fn events(peer: &mut Peer, values: &[Value], done: bool) -> Option<Value> {
    peer.begin();
    for value in values {
        peer.event(value);
    }
    if done {
        peer.raw(b"e\r\ndata: [DONE]\n\n\r\n");
    }
    peer.end();
    Some(Value::Null)
}

fn kind(engine: &dyn Engine) -> String {
    let Status::Ready(model) = wait(engine, |status| matches!(status, Status::Ready(_))) else {
        panic!("not ready")
    };
    let server = model.server.as_ref().unwrap();
    assert_eq!(server.trouble, None);
    server.dialect.clone()
}

/// The last request for a text.
fn last(fake: &Fake, path: &str) -> Value {
    fake.asked(path).pop().unwrap().body
}

/// Ollama with one model.
pub fn ollama(name: &'static str, abilities: &'static [&'static str], broken: bool) -> Fake {
    server(move |asked, peer| match &*asked.path {
        "/v1/models" => Some(
            json!({ "object": "list", "data": [{ "id": name, "object": "model", "owned_by": "library" }] }),
        ),
        "/api/version" => Some(json!({ "version": "0.12.11" })),
        "/api/tags" => {
            Some(json!({ "models": [{ "name": name, "model": name, "details": { "family": "qwen2" } }] }))
        }
        "/api/show" => {
            assert_eq!(asked.body["model"], name);
            Some(json!({
                "details": { "family": "qwen2", "parameter_size": "7.6B" }, "capabilities": abilities,
                "model_info": { "general.architecture": "qwen2", "general.parameter_count": 7_615_616_512u64, "qwen2.context_length": 32768 },
            }))
        }
        "/api/generate" if asked.body["stream"] == true && broken => {
            let piece = json!({ "model": name, "response": " ret", "done": false });
            lines(peer, &[piece, json!({ "error": "an error was encountered while running the model" })])
        }
        "/api/generate" if asked.body["stream"] == true => {
            let piece = |text: &str| {
                let told = json!([{ "token": text, "logprob": -0.25, "bytes": text.as_bytes(), "top_logprobs": [] }]);
                json!({ "model": name, "created_at": "2026-01-01T00:00:00Z", "response": text, "done": false, "logprobs": told })
            };
            let end = json!({
                "model": name, "response": "", "done": true, "done_reason": "stop", "total_duration": 4648158584u64,
                "load_duration": 4071084, "prompt_eval_count": 36, "prompt_eval_duration": 439038000, "eval_count": 2,
            });
            lines(peer, &[piece(" return"), piece(" 1"), end])
        }
        "/api/generate" => Some(json!({
            "model": name, "response": "x", "done": true, "done_reason": "length", "prompt_eval_count": 200,
            "prompt_eval_duration": 439038000, "logprobs": [{ "token": "x", "logprob": -0.5, "bytes": [120] }],
        })),
        _ => None,
    })
}

#[test]
fn ollama_gets_the_familys_prompt_as_it_is() {
    let fake = ollama("qwen2.5-coder:7b", &["completion", "insert"], false);
    let engine = fake.engine();
    assert_eq!(run(&*engine, job("def f():\n    retu", "\n")).unwrap(), ("rn 1".into(), Finish::EndOfText));
    assert_eq!(kind(&*engine), "ollama");
    let body = last(&fake, "/api/generate");
    assert_eq!(body["prompt"], "<|fim_prefix|><|fim_suffix|>\n<|fim_middle|>def f():\n   ");
    assert_eq!((&body["raw"], &body["think"], body.get("suffix")), (&json!(true), &json!(false), None));
    let contexts: Vec<Value> =
        fake.asked("/api/generate").iter().map(|asked| asked.body["options"]["num_ctx"].clone()).collect();
    assert!(
        contexts.iter().all(|context| *context == 4096),
        "one number, or it reads the model again: {contexts:?}"
    );
    let Status::Ready(model) = engine.status().borrow().clone() else { panic!("not ready") };
    assert_eq!((&*model.name, model.parameters, model.context), ("qwen2.5-coder:7b", 7_615_616_512, 4096));
    assert!(engine.capabilities().log_probabilities);
}

#[test]
fn ollama_fills_in_by_its_own_template_where_the_family_is_not_known() {
    let fake = ollama("ours:latest", &["completion", "insert"], false);
    assert_eq!(run(&*fake.engine(), job("def f():\n    retu", "\n")).unwrap().0, "rn 1");
    let body = last(&fake, "/api/generate");
    assert_eq!(
        (&body["prompt"], &body["suffix"], body.get("raw")),
        (&json!("def f():\n   "), &json!("\n"), None)
    );
    let fake = ollama("ours:latest", &["completion"], false);
    let engine = fake.engine();
    let told = wait(&*engine, |status| trouble(status).is_some());
    assert!(trouble(&told).unwrap().contains("model.family"));
}

#[test]
fn an_error_of_ollamas_comes_with_a_good_status() {
    let fake = ollama("qwen2.5-coder:7b", &["completion"], true);
    let why = failure(&*fake.engine(), job("    retu", ""));
    assert!(why.contains("an error was encountered while running the model"), "{why}");
}

#[test]
fn mistral_gets_both_parts() {
    let fake = server(|asked, peer| match &*asked.path {
        "/v1/models" => Some(json!({ "object": "list", "data": [
            { "id": "mistral-large-latest", "owned_by": "mistralai", "max_context_length": 131072 },
            { "id": "codestral-latest", "owned_by": "mistralai", "max_context_length": 256000, "capabilities": { "completion_fim": true } },
        ] })),
        "/v1/fim/completions" if asked.body["stream"] == true => {
            let chunk = |delta: Value, finish: Value| json!({ "id": "1", "object": "chat.completion.chunk", "model": "codestral-latest", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
            let mut end = chunk(json!({ "content": "" }), "stop".into());
            end["usage"] = json!({ "prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10 });
            let pieces = [
                json!({ "role": "assistant", "content": "" }),
                json!({ "content": " retu" }),
                json!({ "content": "rn 1" }),
            ];
            let mut chunks: Vec<Value> = pieces.into_iter().map(|piece| chunk(piece, Value::Null)).collect();
            chunks.push(end);
            events(peer, &chunks, true)
        }
        "/v1/fim/completions" => Some(json!({ "id": "1", "object": "chat.completion", "choices": [
            { "index": 0, "message": { "role": "assistant", "content": "x" }, "finish_reason": "length" },
        ], "usage": { "prompt_tokens": 200, "completion_tokens": 1, "total_tokens": 201 } })),
        _ => None,
    });
    let engine = fake.engine();
    assert_eq!(
        run(&*engine, job("def f():\n    retu", "\n\nf()\n")).unwrap(),
        ("rn 1".into(), Finish::EndOfText)
    );
    assert_eq!(kind(&*engine), "mistral");
    let body = last(&fake, "/v1/fim/completions");
    assert_eq!((&body["prompt"], &body["suffix"]), (&json!("def f():\n   "), &json!("\n\nf()\n")));
    assert_eq!((&body["model"], &body["max_tokens"]), (&json!("codestral-latest"), &json!(64)));
    assert!(!engine.capabilities().log_probabilities);
}

#[test]
fn a_host_of_mistrals_without_a_list_of_models_is_asked_all_the_same() {
    let fake = server(|asked, peer| match (&*asked.path, &asked.body["stream"]) {
        ("/v1/fim/completions", Value::Bool(true)) => events(
            peer,
            &[json!({ "choices": [{ "delta": { "content": "x" }, "finish_reason": "stop" }] })],
            true,
        ),
        ("/v1/fim/completions", _) => {
            Some(json!({ "choices": [{ "message": { "content": "x" }, "finish_reason": "length" }] }))
        }
        _ => None,
    });
    let settings = RemoteSettings { dialect: DialectChoice::Mistral, ..fake.settings() };
    let engine = RemoteEngine::start(RemoteOptions::new(settings));
    assert_eq!(run(&*engine, job("a\n", "")).unwrap().0, "x");
    assert_eq!(last(&fake, "/v1/fim/completions")["model"], "codestral-latest");
}

#[test]
fn deepseek_gets_both_parts() {
    let fake = server(|asked, peer| match &*asked.path {
        "/v1/models" => Some(json!({ "object": "list", "data": [
            { "id": "deepseek-v4-flash", "object": "model", "owned_by": "deepseek" }, { "id": "deepseek-v4-pro", "object": "model", "owned_by": "deepseek" },
        ] })),
        "/beta/completions" if asked.body["stream"] == true => {
            let told = |text: &str| json!({ "tokens": [text], "token_logprobs": [-0.5], "top_logprobs": [{ text: -0.5 }], "text_offset": [18] });
            let chunk = |text: &str, logprobs: Value, finish: Value| json!({ "id": "f", "object": "text_completion", "choices": [{ "text": text, "index": 0, "logprobs": logprobs, "finish_reason": finish }] });
            let mut end = chunk("", Value::Null, "stop".into());
            end["usage"] = json!({ "prompt_tokens": 20, "completion_tokens": 2, "prompt_cache_hit_tokens": 16, "prompt_cache_miss_tokens": 4 });
            let chunks = [
                chunk("", Value::Null, Value::Null),
                chunk(" return", told(" return"), Value::Null),
                chunk(" 1", told(" 1"), Value::Null),
                end,
            ];
            events(peer, &chunks, true)
        }
        "/beta/completions" => {
            let choice = json!({ "text": "x", "index": 0, "finish_reason": "length", "logprobs": { "tokens": ["x"], "token_logprobs": [-0.1], "top_logprobs": [{}] } });
            Some(
                json!({ "id": "f", "object": "text_completion", "choices": [choice], "usage": { "prompt_tokens": 200 } }),
            )
        }
        _ => None,
    });
    let settings = RemoteSettings { model: Some("deepseek-v4-pro".into()), ..fake.settings() };
    let engine = RemoteEngine::start(RemoteOptions::new(settings));
    assert_eq!(run(&*engine, job("def f():\n    retu", "\n")).unwrap(), ("rn 1".into(), Finish::EndOfText));
    assert_eq!(kind(&*engine), "deepseek");
    let body = last(&fake, "/beta/completions");
    assert_eq!(
        (&body["model"], &body["suffix"], body.get("seed")),
        (&json!("deepseek-v4-pro"), &json!("\n"), None)
    );
    assert!(engine.capabilities().log_probabilities);
}

/// Text Generation Inference, which counts a token for every three characters.
fn tgi() -> Fake {
    server(|asked, peer| {
        let token = |text: &str, special: bool| json!({ "id": 7, "text": text, "logprob": -0.34, "special": special });
        match &*asked.path {
            "/info" => Some(json!({
                "model_id": "bigcode/starcoder2-3b", "model_pipeline_tag": "text-generation", "max_concurrent_requests": 128, "max_best_of": 2,
                "max_stop_sequences": 4, "max_input_tokens": 1024, "max_total_tokens": 2048, "router": "text-generation-router", "version": "2.4.1",
            })),
            "/generate_stream" if asked.body["inputs"].as_str().unwrap().chars().count() > 3 * 1024 => {
                let why = "Input validation error: `inputs` must have less than 1024 tokens.";
                peer.whole("422 Unprocessable Entity", "", &json!({ "error": why }).to_string());
                Some(Value::Null)
            }
            "/generate_stream" => {
                let piece = |index: usize, text: &str| json!({ "index": index, "token": token(text, false), "top_tokens": [token(text, false)], "generated_text": null, "details": null });
                let end = json!({
                    "index": 3, "token": token("<|endoftext|>", true), "generated_text": " return 1",
                    "details": { "finish_reason": "eos_token", "generated_tokens": 3, "input_length": 12, "seed": null },
                });
                events(peer, &[piece(1, " return"), piece(2, " 1"), end], false)
            }
            "/generate" => Some(json!({ "generated_text": "x", "details": {
                "finish_reason": "length", "generated_tokens": 1, "prefill": [token("a", false)], "tokens": [token("x", false)] } })),
            _ => None,
        }
    })
}

#[test]
fn text_generation_inference_gets_the_familys_prompt() {
    let fake = tgi();
    let engine = fake.engine();
    assert_eq!(run(&*engine, job("def f():\n    retu", "\n")).unwrap(), ("rn 1".into(), Finish::EndOfText));
    assert_eq!(kind(&*engine), "tgi");
    let body = last(&fake, "/generate_stream");
    assert_eq!(body["inputs"], "<fim_prefix><fim_suffix>\n<fim_middle>def f():\n   ");
    assert_eq!(
        (&body["parameters"]["do_sample"], &body["parameters"]["max_new_tokens"]),
        (&json!(false), &json!(64))
    );
    assert!(body["parameters"]["stop"].as_array().unwrap().len() <= 4);
    let Status::Ready(model) = engine.status().borrow().clone() else { panic!("not ready") };
    assert_eq!((&*model.name, model.context), ("starcoder2-3b", 1024));
}

#[test]
fn text_generation_inference_gets_no_longer_prompt_than_it_takes() {
    let fake = tgi();
    // However fast it is.
    let tuning = ModelTuning { max_prefill_ms: 600_000, ..ModelTuning::default() };
    let engine = RemoteEngine::start(RemoteOptions { tuning, ..RemoteOptions::new(fake.settings()) });
    let above: String = (0..1000).map(|line| format!("line_{line} = {line}\n")).collect();
    assert_eq!(run(&*engine, job(&above, "\n")).unwrap().0, " return 1");
    let inputs = last(&fake, "/generate_stream")["inputs"].as_str().unwrap().chars().count();
    assert!((1500..=3 * 1024).contains(&inputs), "as long as it may be, and no longer: {inputs}");
}

#[test]
fn a_server_that_takes_no_suffix_is_sent_none_and_that_is_said() {
    let vllm = server(|asked, _| {
        (asked.path == "/v1/models").then(|| json!({ "data": [{ "id": "starcoder2", "owned_by": "vllm" }] }))
    });
    for fake in [tgi(), vllm] {
        let settings = RemoteSettings { fill: FillChoice::Suffix, ..fake.settings() };
        let engine = RemoteEngine::start(RemoteOptions::new(settings));
        let told = wait(&*engine, |status| trouble(status).is_some());
        let why = trouble(&told).unwrap();
        assert!(why.contains("no suffix") && why.contains("remote.fill"), "{why}");
        assert!(fake.asked("/generate").is_empty());
    }
}

#[test]
fn a_vocabulary_file_is_of_no_use_where_no_tokens_are_taken() {
    let fake = ollama("qwen2.5-coder:7b", &["completion"], false);
    let settings = RemoteSettings { tokenizer: Some("/m/model.gguf".into()), ..fake.settings() };
    let engine = RemoteEngine::start(RemoteOptions::new(settings));
    let told = wait(&*engine, |status| trouble(status).is_some());
    let why = trouble(&told).unwrap();
    assert!(why.contains("ollama") && why.contains("remove remote.tokenizer"), "{why}");
}

#[test]
fn a_server_that_says_nothing_of_its_kind_needs_the_setting() {
    let fake = server(|asked, _| (asked.path == "/v1/models").then(|| json!({ "models": [] })));
    let engine = fake.engine();
    let told = wait(&*engine, |status| trouble(status).is_some());
    assert!(trouble(&told).unwrap().contains("remote.dialect"));
}

#[test]
fn what_is_sent_as_text_is_explained() {
    let fake = ollama("qwen2.5-coder:7b", &["completion"], false);
    let told =
        explain(&RemoteOptions { tuning: ModelTuning::default(), ..RemoteOptions::new(fake.settings()) })
            .unwrap();
    assert!(told.contains("<|fim_middle|>def add(a, b):\n   \n"), "{told}");
    assert!(
        told.contains("/api/generate") && told.contains("\"raw\": true") && told.contains("\" retu\""),
        "{told}"
    );
    assert_eq!(fake.asked("/api/generate").len(), 1, "the measurement alone");
}
