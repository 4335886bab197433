//! Tests prompts as text, for servers that tell nobody their tokens: the family's template, windows by characters, healing by asking again.

use serde_json::{Value, json};
use treefill::engine::remote::{RemoteEngine, RemoteOptions};
use treefill::engine::{
    DialectChoice, Engine, FillChoice, Finish, ModelTuning, PromptStats, RemoteSettings, Status, TeamServer,
    Update,
};

use super::fake::{Asked, Fake, Peer, failure, job, run, trouble, wait};

pub const COMPLETIONS: &str = "/v1/completions";

/// A server with OpenAI's completions that counts a token for every two characters, and tells no probabilities. What it writes `says`
/// of the prompt.
pub fn openai(name: &'static str, says: impl Fn(&str) -> &'static str + Send + Sync + 'static) -> Fake {
    Fake::start("", move |asked, peer| {
        match &*asked.path {
            "/v1/models" => peer.json(&json!({ "data": [{ "id": name, "owned_by": "somebody" }] })),
            COMPLETIONS => answer(asked, peer, says(prompt(asked))),
            _ => peer.whole("404 Not Found", "", "{}"),
        }
        true
    })
}

pub fn prompt(asked: &Asked) -> &str {
    asked.body["prompt"].as_str().unwrap()
}

fn answer(asked: &Asked, peer: &mut Peer, text: &str) {
    let counted = prompt(asked).chars().count() / 2;
    let usage = json!({ "prompt_tokens": counted, "completion_tokens": 1 });
    let choice = |text: &str, finish: Value| json!({ "index": 0, "text": text, "logprobs": null, "finish_reason": finish });
    if asked.body["stream"] != true {
        peer.json(&json!({ "choices": [choice("x", "length".into())], "usage": usage }));
        return;
    }
    peer.begin();
    let stopped = asked.body["stop"].as_array().is_some_and(|stop| stop.contains(&"\n".into()));
    for piece in text.split_inclusive(' ') {
        let end = piece.find('\n').filter(|_| stopped);
        if !peer.event(&json!({ "choices": [choice(&piece[..end.unwrap_or(piece.len())], Value::Null)] }))
            || end.is_some()
        {
            break;
        }
    }
    peer.event(&json!({ "choices": [choice("", "stop".into())] }));
    peer.event(&json!({ "choices": [], "usage": usage }));
    peer.raw(b"e\r\ndata: [DONE]\n\n\r\n");
    peer.end();
}

fn engine(fake: &Fake, settings: RemoteSettings, tuning: ModelTuning) -> std::sync::Arc<dyn Engine> {
    let settings = RemoteSettings { url: Some(fake.url()), ..settings };
    RemoteEngine::start(RemoteOptions { tuning, ..RemoteOptions::new(settings) })
}

pub fn texts(fake: &Fake) -> Vec<Asked> {
    fake.asked(COMPLETIONS).into_iter().filter(|asked| asked.body["stream"] == true).collect()
}

#[test]
fn a_prompt_is_text_in_the_template_of_the_family_that_the_name_tells() {
    let fake = openai("org/Qwen2.5-Coder-7B", |_| " return 1");
    let engine = fake.engine();
    let (text, finish) = run(&*engine, job("def f():\n    x = retu", "\n\nf()\n")).unwrap();
    assert_eq!((&*text, finish), ("rn 1", Finish::EndOfText), "what was typed is not repeated");
    let asked = texts(&fake).pop().unwrap();
    assert_eq!(prompt(&asked), "<|fim_prefix|><|fim_suffix|>\n\nf()\n<|fim_middle|>def f():\n    x =");
    assert_eq!((&asked.body["max_tokens"], &asked.body["temperature"]), (&json!(64), &json!(0.0)));
    assert_eq!(asked.body["stop"], json!(["<|file_sep|>", "<|fim_pad|>", "<|repo_name|>"]));
    let capabilities = engine.capabilities();
    assert!(!capabilities.log_probabilities && !capabilities.token_ids && !capabilities.scoring);
    let Status::Ready(model) = engine.status().borrow().clone() else { panic!("not ready") };
    let server = model.server.as_ref().unwrap();
    assert_eq!((&*server.dialect, &*model.family), ("openai", "qwen2.5-coder, suffix-first"));
    assert!(server.tokenizer.contains("prompts go as text"), "{}", server.tokenizer);
}

#[test]
fn an_answer_that_goes_on_from_something_else_is_asked_for_behind_what_was_typed() {
    let fake = openai("starcoder2", |prompt| if prompt.ends_with("pri") { "nt(x)" } else { " other" });
    assert_eq!(run(&*fake.engine(), job("x = 1\npri", "")).unwrap().0, "nt(x)");
    let ends: Vec<bool> = texts(&fake).iter().map(|asked| prompt(asked).ends_with("pri")).collect();
    assert_eq!(ends, [false, true]);
    // Once more, and no more than that.
    let fake = openai("starcoder2", |_| "");
    assert_eq!(run(&*fake.engine(), job("x = 1\npri", "")).unwrap().0, "");
    assert_eq!(texts(&fake).len(), 2);
}

#[test]
fn text_that_spells_a_control_token_is_not_sent() {
    let fake = openai("qwen2.5-coder", |_| "x");
    let engine = fake.engine();
    let why = failure(&*engine, job("s = '<|fim_middle|>'\n", ""));
    assert!(why.contains("spells a control token") && why.contains("is not sent"), "{why}");
    assert_eq!(texts(&fake).len(), 0);
    // Nothing is wrong with the server, and other texts are sent.
    assert_eq!(run(&*engine, job("s = '<fim_middle>'\n", "")).unwrap().0, "x");
    assert_eq!(trouble(&engine.status().borrow()), None);
    assert!(texts(&fake).iter().all(|asked| prompt(asked).matches("<|fim_middle|>").count() == 1));
}

#[test]
fn a_control_token_that_comes_as_text_ends_the_answer() {
    let fake = openai("starcoder2", |_| "return x<file_sep>more of <file_sep> it");
    assert_eq!(run(&*fake.engine(), job("", "")), Ok(("return x".into(), Finish::EndOfText)));
}

#[test]
fn windows_are_as_long_as_the_servers_own_counts_allow_and_stand_still() {
    let tuning = ModelTuning { context: Some(1024), max_prefill_ms: 60_000, ..ModelTuning::default() };
    let fake = openai("starcoder2", |_| "x");
    let engine = engine(&fake, RemoteSettings::default(), tuning);
    let above: String = (0..400).map(|line| format!("line_{line} = {line}\n")).collect();
    let mut prompts = Vec::new();
    for typed in ["", "a", "ab", "ab(", "ab(c", "ab(c)\n", "ab(c)\nd"] {
        run(&*engine, job(&format!("{above}{typed}"), "end\n")).unwrap();
        prompts.push(prompt(&texts(&fake).pop().unwrap()).to_owned());
    }
    for text in &prompts {
        // Two characters a token: what fits beside an answer of 64.
        assert!((400..1024 - 64).contains(&(text.chars().count() / 2)), "{}", text.len());
    }
    for pair in prompts.windows(2) {
        let shared = pair[0].bytes().zip(pair[1].bytes()).take_while(|(one, other)| one == other).count();
        assert!(shared + 2 >= pair[0].len(), "{pair:?}");
    }
}

#[test]
fn the_prompts_tokens_are_those_that_the_server_counts() {
    let fake = openai("starcoder2", |_| "x y");
    let engine = fake.engine();
    let mut generation =
        engine.generate(job("value = 1\nother = ", "\n"), treefill::cancel::CancelToken::never());
    let prompt: PromptStats = loop {
        if let Update::Done(summary) = futures::executor::block_on(generation.next()).unwrap().unwrap() {
            break summary.prompt;
        }
    };
    let asked = texts(&fake).pop().unwrap();
    assert_eq!(prompt.tokens, self::prompt(&asked).chars().count() / 2);
}

#[test]
fn one_line_is_asked_for_as_one_line() {
    let fake = openai("starcoder2", |_| "x = 1\ny = 2");
    let line = treefill::engine::Job { stop: treefill::engine::Stop { lines: 1 }, ..job("", "") };
    assert_eq!(run(&*fake.engine(), line).unwrap().0, "x = 1");
    assert_eq!(texts(&fake)[0].body["stop"][0], "\n");
}

#[test]
fn a_name_that_tells_no_family_needs_a_setting() {
    let fake = openai("our-model", |_| "x");
    let plain = fake.engine();
    let told = wait(&*plain, |status| trouble(status).is_some());
    let why = trouble(&told).unwrap();
    assert!(why.contains("our-model") && why.contains("model.family") && why.contains("starcoder2"), "{why}");
    let tuning = ModelTuning { family: Some("starcoder2".into()), ..ModelTuning::default() };
    run(&*engine(&fake, RemoteSettings::default(), tuning), job("a\n", "b")).unwrap();
    assert_eq!(prompt(&texts(&fake).pop().unwrap()), "<fim_prefix><fim_suffix>b<fim_middle>a\n");
    let tuning = ModelTuning { family: Some("left-to-right".into()), ..ModelTuning::default() };
    run(&*engine(&fake, RemoteSettings::default(), tuning), job("a\n", "b")).unwrap();
    assert_eq!(prompt(&texts(&fake).pop().unwrap()), "a\n");
}

#[test]
fn each_server_has_the_family_of_its_own_model() {
    let (rust, all) = (openai("ours", |_| "x"), openai("theirs", |_| "x"));
    let server = |fake: &Fake| TeamServer { url: Some(fake.url()), ..TeamServer::default() };
    let for_rust =
        TeamServer { languages: vec!["rust".into()], family: Some("starcoder2".into()), ..server(&rust) };
    let filled = TeamServer { languages: vec!["go".into()], fill: Some(FillChoice::Suffix), ..server(&all) };
    let filled = TeamServer { model: Some("theirs".into()), ..filled };
    let servers = vec![for_rust, server(&all), filled];
    let settings = RemoteSettings { servers, ..RemoteSettings::default() };
    let tuning = ModelTuning { family: Some("qwen2.5-coder".into()), ..ModelTuning::default() };
    let engine = RemoteEngine::start(RemoteOptions { tuning, ..RemoteOptions::new(settings) });
    let asks = |language: &str| {
        let job = treefill::engine::Job { language: language.into(), ..job("a\n", "b") };
        assert_eq!(run(&*engine, job).unwrap().0, "x");
    };
    asks("rust");
    assert_eq!(prompt(&texts(&rust)[0]), "<fim_prefix><fim_suffix>b<fim_middle>a\n");
    asks("python");
    assert_eq!(prompt(&texts(&all)[0]), "<|fim_prefix|><|fim_suffix|>b<|fim_middle|>a\n");
    asks("go");
    assert_eq!((prompt(&texts(&all)[1]), &texts(&all)[1].body["suffix"]), ("a\n", &json!("b")));
}

/// What a server does with the text behind the cursor.
#[derive(Clone, Copy)]
enum Suffix {
    Read,
    PassedOver,
    Refused,
}

fn with_suffix(what: Suffix) -> Fake {
    Fake::start("", move |asked, peer| {
        let behind = asked.body["suffix"].as_str().unwrap_or_default();
        match (&*asked.path, what) {
            ("/v1/models", _) => peer.json(&json!({ "data": [{ "id": "our-model" }] })),
            (COMPLETIONS, Suffix::Refused) if !behind.is_empty() => peer.whole("400 Bad Request", "", "{}"),
            (COMPLETIONS, _) if asked.body["stream"] == true => answer(asked, peer, "filled in"),
            (COMPLETIONS, _) => {
                let read = if matches!(what, Suffix::Read) { behind.len() / 4 } else { 0 };
                let usage = json!({ "prompt_tokens": 8 + read });
                peer.json(
                    &json!({ "choices": [{ "text": "ab", "finish_reason": "length" }], "usage": usage }),
                );
            }
            _ => peer.whole("404 Not Found", "", "{}"),
        }
        true
    })
}

#[test]
fn only_a_server_that_reads_the_text_behind_the_cursor_fills_in() {
    let fake = with_suffix(Suffix::Read);
    assert_eq!(run(&*fake.engine(), job("a = ", "\nb\n")).unwrap().0, "filled in");
    let asked = texts(&fake);
    assert_eq!((prompt(&asked[0]), &asked[0].body["suffix"]), ("a =", &json!("\nb\n")));
    for what in [Suffix::PassedOver, Suffix::Refused] {
        let fake = with_suffix(what);
        let engine = fake.engine();
        let told = wait(&*engine, |status| trouble(status).is_some());
        assert!(trouble(&told).unwrap().contains("model.family"), "a status of 200 proves nothing");
        assert_eq!(texts(&fake).len(), 0);
    }
    // Unless the user knows it.
    let fake = with_suffix(Suffix::PassedOver);
    let settings = RemoteSettings { fill: FillChoice::Suffix, ..RemoteSettings::default() };
    let engine = engine(&fake, settings, ModelTuning::default());
    run(&*engine, job("a\n", "b")).unwrap();
    assert_eq!(texts(&fake)[0].body["suffix"], "b");
}

#[test]
fn what_a_server_does_not_take_is_left_out_from_then_on() {
    for refused in [&["logprobs"][..], &["repeat_penalty"], &["logprobs", "repeat_penalty"]] {
        let fake = Fake::start("", move |asked, peer| {
            match &*asked.path {
                "/v1/models" => peer.json(&json!({ "data": [{ "id": "starcoder2" }] })),
                COMPLETIONS if refused.iter().any(|name| asked.body.get(*name).is_some()) => {
                    peer.whole("400 Bad Request", "", r#"{"error":{"message":"unknown field"}}"#);
                }
                COMPLETIONS => answer(asked, peer, "x"),
                _ => peer.whole("404 Not Found", "", "{}"),
            }
            true
        });
        assert_eq!(run(&*fake.engine(), job("a\n", "")).unwrap().0, "x", "{refused:?}");
        let asked = texts(&fake).pop().unwrap();
        assert_eq!(asked.body.get("logprobs").is_none(), refused.contains(&"logprobs"));
        assert_eq!(asked.body.get("repeat_penalty").is_none(), refused.contains(&"repeat_penalty"));
    }
}

#[test]
fn probabilities_are_used_where_they_are_told() {
    let fake = Fake::start("", |asked, peer| {
        match &*asked.path {
            "/v1/models" => peer.json(&json!({ "data": [{ "id": "starcoder2" }] })),
            COMPLETIONS => {
                let told = json!({ "tokens": ["x"], "token_logprobs": [-0.5], "top_logprobs": [{ "x": -0.5, "y": -1.5 }] });
                let choice = json!({ "text": "x", "finish_reason": "stop", "logprobs": told });
                peer.json(&json!({ "choices": [choice], "usage": { "prompt_tokens": 9 } }));
            }
            _ => peer.whole("404 Not Found", "", "{}"),
        }
        true
    });
    let engine = fake.engine();
    let mut generation = engine.generate(job("a\n", ""), treefill::cancel::CancelToken::never());
    let logprob = loop {
        if let Update::Piece(piece) = futures::executor::block_on(generation.next()).unwrap().unwrap() {
            break piece.logprob;
        }
    };
    assert_eq!(logprob, -0.5);
    assert!(engine.capabilities().log_probabilities);
}

#[test]
fn a_gateway_without_the_tokenizer_of_what_is_behind_it_gets_text() {
    let fake = openai("qwen2.5-coder-7b", |_| " return 1");
    let settings = RemoteSettings { dialect: DialectChoice::Vllm, ..RemoteSettings::default() };
    let engine = engine(&fake, settings, ModelTuning::default());
    assert_eq!(run(&*engine, job("    retu", "")).unwrap().0, "rn 1");
    let asked = texts(&fake).pop().unwrap();
    assert_eq!(prompt(&asked), "<|fim_prefix|><|fim_suffix|><|fim_middle|>   ");
    // vLLM can be told what to begin with.
    assert_eq!(asked.body["structured_outputs"]["regex"], " retu[\\s\\S]*");
    assert_eq!(asked.body["skip_special_tokens"], false);
}

#[test]
fn a_server_that_obeys_is_told_what_to_begin_with() {
    for (name, said) in [
        ("grammar", json!("root ::= \" retu\" [^\\x00]*")),
        ("structured_outputs", json!({ "regex": " retu[\\s\\S]*" })),
    ] {
        let fake = Fake::start("", move |asked, peer| {
            let is_told = asked.body.get(name).is_some();
            match &*asked.path {
                "/v1/models" => peer.json(&json!({ "data": [{ "id": "starcoder2" }] })),
                COMPLETIONS if asked.body["stream"] == true => answer(asked, peer, " return 1"),
                COMPLETIONS => {
                    let text = if is_told { "zqj~" } else { "x" };
                    peer.json(&json!({ "choices": [{ "text": text, "finish_reason": "length" }] }));
                }
                _ => peer.whole("404 Not Found", "", "{}"),
            }
            true
        });
        assert_eq!(run(&*fake.engine(), job("    retu", "")).unwrap().0, "rn 1");
        let asked = texts(&fake);
        assert_eq!((asked.len(), &asked[0].body[name]), (1, &said));
    }
}
