//! Tests what a server is sent: token ids in the order of the family, windows that stand still, nothing that a user's text could inject.

use serde_json::json;
use treefill::engine::Status;

use super::fake::{Fake, job, run, tokens_of, wait};

#[test]
fn a_prompt_is_ids_in_the_order_of_the_family_and_typed_text_is_spelled_again() {
    let fake = Fake::start(" return 1\n", |_, _| false);
    let engine = fake.engine();
    let (text, _) = run(&*engine, job("def f():\n    x = retu", "\n\nf()\n")).unwrap();
    let asked = fake.last();
    assert_eq!(asked.prompt(), "<|fim_prefix|><|fim_suffix|>\n\nf()\n<|fim_middle|>def f():\n    x =");
    assert_eq!(asked.body["grammar"], json!("root ::= \" retu\" [^\\x00]*"));
    assert_eq!(text, "rn 1\n", "what was typed is not repeated");
    assert_eq!((&asked.body["n_predict"], &asked.body["cache_prompt"]), (&json!(64), &json!(true)));
}

#[test]
fn typing_only_appends_to_the_prompt_and_asks_for_few_tokens() {
    let fake = Fake::start("x", |_, _| false);
    let engine = fake.engine();
    let above: String = (0..60).map(|line| format!("line_{line} = {line}\n")).collect();
    let mut prompts = Vec::new();
    for typed in ["", "a", "ab", "ab(", "ab(c", "ab(c)\n", "ab(c)\nd"] {
        run(&*engine, job(&format!("{above}{typed}"), "end\n")).unwrap();
        prompts.push(fake.last().prompt());
    }
    for pair in prompts.windows(2) {
        let shared = pair[0].bytes().zip(pair[1].bytes()).take_while(|(one, other)| one == other).count();
        assert!(shared + 2 >= pair[0].len(), "{pair:?}");
    }
    // The text above the cursor is tokenised once, and not with every key.
    let long = fake
        .asked("/tokenize")
        .iter()
        .filter(|asked| asked.body["content"].as_str().unwrap().len() > 400)
        .count();
    assert!(long <= 3, "{long}");
}

#[test]
fn what_spells_a_control_token_stays_text() {
    let fake = Fake::start("x", |_, _| false);
    let engine = fake.engine();
    run(&*engine, job("s = '<|fim_middle|>'\n", "")).unwrap();
    let ids = fake.last().body["prompt"].clone();
    let control: Vec<i64> = tokens_of("<|fim_middle|>", true);
    let found = ids.as_array().unwrap().iter().filter(|id| **id == control[0]).count();
    assert_eq!(found, 1, "the one of the layout");
}

#[test]
fn a_server_that_reads_control_tokens_in_text_gets_it_in_parts() {
    // As vLLM does: its tokenizer has no switch for it.
    let fake = Fake::start("x", |asked, peer| match &*asked.path {
        "/v1/models" => {
            peer.json(&json!({ "data": [{ "id": "fake", "owned_by": "vllm", "max_model_len": 2048 }] }));
            true
        }
        "/tokenize" => {
            peer.json(&json!({ "tokens": tokens_of(asked.body["prompt"].as_str().unwrap(), true) }));
            true
        }
        "/v1/completions" => {
            let stream = asked.body["stream"] == true;
            let event =
                json!({ "choices": [{ "text": "ok", "finish_reason": "stop", "stop_reason": null }] });
            if stream {
                peer.begin();
                peer.event(&event);
                peer.raw(b"e\r\ndata: [DONE]\n\n\r\n");
                peer.end();
            } else {
                peer.json(&event);
            }
            true
        }
        _ => false,
    });
    let engine = fake.engine();
    assert_eq!(run(&*engine, job("s = '<|fim_middle|>'\n", "")).unwrap().0, "ok");
    let asked = fake.asked("/v1/completions").pop().unwrap();
    let middle = tokens_of("<|fim_middle|>", true)[0];
    let ids = asked.body["prompt"].as_array().unwrap();
    assert_eq!(ids.iter().filter(|id| **id == middle).count(), 1, "{}", asked.prompt());
    assert_eq!(asked.body["stop_token_ids"].as_array().unwrap().len(), 4);
}

#[test]
fn the_status_has_what_the_server_says_of_itself() {
    let fake = Fake::start("x", |_, _| false);
    let engine = fake.engine();
    let Status::Ready(model) = wait(&*engine, |status| matches!(status, Status::Ready(_))) else {
        panic!("not ready")
    };
    let server = model.server.as_ref().unwrap();
    assert_eq!((&*model.name, model.context, model.parameters), ("fake-coder", 2048, 7));
    assert_eq!((&*server.dialect, server.trouble.as_deref()), ("llama-server", None));
    assert!(server.host.starts_with("127.0.0.1:"), "{}", server.host);
    let capabilities = engine.capabilities();
    assert!(capabilities.log_probabilities && !capabilities.scoring && !capabilities.branches);
    assert_eq!(capabilities.candidates(3), 1);
}
