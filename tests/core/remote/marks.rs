//! Tests the texts of control tokens where prompts and answers are text: in what a server writes, and in what a user has written.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use treefill::engine::remote::{RemoteEngine, RemoteOptions};
use treefill::engine::{DialectChoice, Engine, Finish, RemoteSettings};

use super::fake::{Fake, job, run};
use super::texts::{COMPLETIONS, prompt, texts};

/// A server with OpenAI's completions and a model of that name, which answers with these texts, the last of which ends the answer.
fn writes(name: &'static str, pieces: &'static [&'static str]) -> Fake {
    Fake::start("", move |asked, peer| {
        match &*asked.path {
            "/v1/models" => peer.json(&json!({ "data": [{ "id": name, "owned_by": "somebody" }] })),
            COMPLETIONS if asked.body["stream"] == true => {
                peer.begin();
                for (at, text) in pieces.iter().enumerate() {
                    let finish = if at + 1 == pieces.len() { "stop".into() } else { Value::Null };
                    let choice =
                        json!({ "index": 0, "text": text, "logprobs": null, "finish_reason": finish });
                    if !peer.event(&json!({ "choices": [choice] })) {
                        break;
                    }
                }
                peer.raw(b"e\r\ndata: [DONE]\n\n\r\n");
                peer.end();
            }
            COMPLETIONS => {
                peer.json(&json!({ "choices": [{ "text": "x", "finish_reason": "length" }] }));
            }
            _ => peer.whole("404 Not Found", "", "{}"),
        }
        true
    })
}

/// An engine that takes the server for vLLM behind a gateway that has no tokenizer.
fn by_text(fake: &Fake) -> Arc<dyn Engine> {
    let settings = RemoteSettings { dialect: DialectChoice::Vllm, ..fake.settings() };
    RemoteEngine::start(RemoteOptions::new(settings))
}

#[test]
fn the_models_own_end_is_no_text() {
    for (name, pieces) in [
        ("starcoder2", &["return ", "x", "<|endoftext|>"][..]),
        ("granite-8b-code", &["return x", "<|endoftext|>"]),
        ("codellama-7b", &["return ", "x</s>"]),
        ("codestral", &["return x", "</s>"]),
        ("codegemma-2b", &["return x", "<eos>"]),
    ] {
        let fake = writes(name, pieces);
        let got = run(&*by_text(&fake), job("", "")).unwrap();
        assert_eq!(got, ("return x".into(), Finish::EndOfText), "{name}");
        assert_eq!(texts(&fake)[0].body["skip_special_tokens"], false, "it is told to write them");
    }
    // In a page of HTML it is a tag.
    let fake = writes("starcoder2", &["<s>old</s> ", "new<s>er</s>"]);
    assert_eq!(run(&*fake.engine(), job("", "")).unwrap().0, "<s>old</s> new<s>er</s>");
}

#[test]
fn code_llamas_marks_are_known_without_their_space() {
    for pieces in [&["return x <EOT>", ""][..], &["return x<EOT>", "more"], &["return x", "<EOT>more"]] {
        let fake = writes("codellama-7b", pieces);
        assert_eq!(run(&*fake.engine(), job("", "")).unwrap().0, "return x", "{pieces:?}");
    }
}

#[test]
fn a_server_that_says_its_counts_late_is_asked_again_behind_what_was_typed() {
    let fake = Fake::start("", |asked, peer| {
        let choice = |text: &str| json!({ "choices": [{ "text": text, "finish_reason": "stop" }] });
        match &*asked.path {
            "/v1/models" => peer.json(&json!({ "data": [{ "id": "starcoder2" }] })),
            COMPLETIONS if asked.body["stream"] != true => peer.json(&choice("x")),
            COMPLETIONS => {
                peer.begin();
                peer.event(&choice(if prompt(asked).ends_with("pri") { "nt(x)" } else { "" }));
                let (_open, never) = std::sync::mpsc::channel::<()>();
                let _ = never.recv_timeout(Duration::from_millis(300));
                peer.event(&json!({ "choices": [], "usage": { "prompt_tokens": 9 } }));
                peer.raw(b"e\r\ndata: [DONE]\n\n\r\n");
                peer.end();
            }
            _ => peer.whole("404 Not Found", "", "{}"),
        }
        true
    });
    assert_eq!(run(&*fake.engine(), job("x = 1\npri", "")).unwrap().0, "nt(x)");
}
