//! Tests what the engine makes of answers that begin well: what is shown is the beginning of what the server has written, or nothing.

use serde_json::{Value, json};

use super::good::{SAID, TEXT, begin, but, choice, choices_end, end, event, piece, vllm_but};
use super::{Seen, of_server};
use crate::http_server::{Peer, Server};

/// A llama-server whose answer has these events.
fn events(events: Vec<Value>) -> Server {
    but(move |_, peer| {
        begin(peer);
        for value in &events {
            event(peer, value);
        }
    })
}

/// Nothing, or the beginning of the good text is shown.
#[track_caller]
fn is_right(found: &Seen) {
    match found {
        Seen::Text(text) => assert!(TEXT.starts_with(text.as_str()), "{text:?} is shown"),
        Seen::Silence(reason) => {
            assert!(!reason.to_string().contains("internal error"), "{reason}");
            println!("  {reason}");
        }
    }
}

#[test]
fn it_is_cut_in_the_middle_of_an_event() {
    let server = but(|_, peer| {
        begin(peer);
        event(peer, &piece(" width "));
        peer.raw(b"data: {\"content\":\"* he");
    });
    is_right(&of_server(&server.url()));
}

#[test]
fn it_is_cut_between_events() {
    is_right(&of_server(&events(vec![piece(" width "), piece("* ")]).url()));
}

#[test]
fn it_is_shorter_than_it_said() {
    let server = but(|_, peer| {
        peer.head("200 OK", &[("Content-Type", "text/event-stream"), ("Content-Length", "100000")]);
        event(peer, &piece(" width "));
    });
    is_right(&of_server(&server.url()));
}

#[test]
fn it_stops_to_come() {
    let server = but(|_, peer| {
        begin(peer);
        event(peer, &piece(" width "));
        peer.wait_until_gone();
    });
    is_right(&of_server(&server.url()));
}

#[test]
fn nonsense_follows() {
    for garbage in ["<html>\n", "data: {\"content\":\n\n", "data: nothing\n\n", "data: {\"a\":1}\n\n"] {
        let server = but(move |_, peer: &mut Peer| {
            begin(peer);
            event(peer, &piece(" width "));
            peer.raw(garbage.as_bytes());
            event(peer, &piece("WRONG"));
            event(peer, &end());
        });
        let found = of_server(&server.url());
        is_right(&found);
    }
}

#[test]
fn an_error_follows() {
    let error = json!({ "error": { "message": "the request was aborted" } });
    is_right(&of_server(&events(vec![piece(" width "), error, piece("WRONG"), end()]).url()));
}

#[test]
fn probabilities_are_impossible() {
    for logprob in [json!(null), json!("NaN"), json!(5.0), json!(-1e300), json!(1e300), json!([]), json!({})]
    {
        let mut odd = piece(SAID);
        odd["completion_probabilities"][0]["logprob"] = logprob.clone();
        odd["completion_probabilities"][0]["top_logprobs"] = json!([{ "token": 5, "logprob": logprob }]);
        is_right(&of_server(&events(vec![odd, end()]).url()));
    }
    // As Python writes what JSON has no word for.
    let server = but(|_, peer| {
        begin(peer);
        let text = piece(SAID).to_string().replace("-0.1", "NaN");
        peer.raw(format!("data: {text}\n\n").as_bytes());
        event(peer, &end());
    });
    is_right(&of_server(&server.url()));
}

#[test]
fn numbers_of_tokens_are_wrong() {
    for tokens in
        [json!([-1]), json!([99_999_999_999_i64]), json!(["a"]), json!("abc"), json!(null), json!([0])]
    {
        let mut odd = piece(SAID);
        odd["tokens"] = tokens.clone();
        odd["completion_probabilities"][0]["id"] = tokens[0].clone();
        is_right(&of_server(&events(vec![odd, end()]).url()));
    }
}

#[test]
fn counts_are_impossible() {
    for count in [json!(-5), json!(1e300), json!("many"), json!(u64::MAX), json!(null)] {
        let mut odd = piece(SAID);
        odd["timings"] = json!({ "prompt_n": count, "prompt_ms": count });
        let mut last = end();
        last["timings"] = odd["timings"].clone();
        is_right(&of_server(&events(vec![odd, last]).url()));
    }
    for ms in [json!(-5), json!(1e30), json!(1e300), json!("long"), json!(null)] {
        let mut odd = piece(SAID);
        odd["timings"] = json!({ "prompt_n": 7, "prompt_ms": ms });
        assert_eq!(of_server(&events(vec![odd, end()]).url()), Seen::Text(TEXT.into()), "{ms}");
    }
}

#[test]
fn bytes_are_no_text() {
    let server = but(|_, peer| {
        begin(peer);
        let mut text = b"data: {\"content\":\" width ".to_vec();
        text.extend(b"\xff\xc0\x80\",\"stop\":false}\n\n");
        peer.raw(&text);
        event(peer, &end());
    });
    is_right(&of_server(&server.url()));
    // Half of a character, as some servers send one token after another.
    let mut half = piece("\u{fffd}");
    half["completion_probabilities"][0]["bytes"] = json!([0xe2, 0x82]);
    let found = of_server(&events(vec![half, end()]).url());
    assert!(!matches!(&found, Seen::Text(text) if text.contains('\u{fffd}')), "{found:?}");
    // Zeros and escapes, which no source text has.
    let found = of_server(&events(vec![piece(" width\u{0}\u{1b}[31m"), end()]).url());
    assert!(!matches!(&found, Seen::Text(text) if text.contains(['\u{0}', '\u{1b}'])), "{found:?}");
}

#[test]
fn control_tokens_come_as_text() {
    for control in ["<|fim_middle|>", "<|endoftext|>", "<|fim_prefix|>"] {
        let found =
            of_server(&events(vec![piece(" width"), piece(control), piece(" * height"), end()]).url());
        assert!(!matches!(&found, Seen::Text(text) if text.contains("<|")), "{found:?}");
    }
}

#[test]
fn events_come_twice() {
    let found = of_server(&events(vec![piece(" width"), piece(" width"), piece(" * height"), end()]).url());
    // What was written twice is not what is wanted, and is not made so by guessing.
    assert!(!matches!(&found, Seen::Text(text) if text == "width * height"), "{found:?}");
    let found = of_server(&events(vec![piece(SAID), end(), end(), piece("WRONG"), end()]).url());
    is_right(&found);
}

#[test]
fn something_follows_behind_the_end() {
    is_right(&of_server(&events(vec![piece(SAID), end(), piece(" + WRONG")]).url()));
}

#[test]
fn members_are_missing() {
    for name in ["content", "stop", "tokens", "timings", "completion_probabilities"] {
        let mut odd = piece(SAID);
        odd.as_object_mut().unwrap().remove(name);
        is_right(&of_server(&events(vec![odd, end()]).url()));
    }
    is_right(&of_server(&events(vec![piece(SAID), json!({ "stop": true })]).url()));
}

#[test]
fn members_have_other_types() {
    for odd in [
        json!({ "content": 5, "stop": false }),
        json!({ "content": ["a"], "stop": false }),
        json!({ "content": SAID, "stop": "yes" }),
        json!({ "content": SAID, "stop": false, "completion_probabilities": { "0": 1 } }),
        json!({ "content": SAID, "stop": false, "completion_probabilities": [5, null, []] }),
    ] {
        is_right(&of_server(&events(vec![odd, end()]).url()));
    }
}

/// A vLLM whose answer has these events.
fn choices(values: Vec<Value>) -> Server {
    vllm_but(move |_, peer| {
        begin(peer);
        for value in &values {
            event(peer, value);
        }
        choices_end(peer);
    })
}

#[test]
fn there_are_no_choices() {
    is_right(&of_server(&choices(vec![json!({ "choices": [] })]).url()));
    is_right(&of_server(&choices(vec![json!({ "choices": null })]).url()));
    is_right(&of_server(&choices(vec![json!({ "choices": [null] })]).url()));
    is_right(&of_server(&choices(vec![choice(" width "), json!({ "choices": [{ "index": 0 }] })]).url()));
}

#[test]
fn choices_are_of_other_answers() {
    let mut other = choice("WRONG");
    other["choices"][0]["index"] = 1.into();
    is_right(&of_server(&choices(vec![choice(" width "), other, choice("* height")]).url()));
}

#[test]
fn nobody_says_that_it_is_the_end() {
    let server = vllm_but(|_, peer| {
        begin(peer);
        event(peer, &choice(SAID));
        peer.raw(b"data: [DONE]\n\n");
    });
    is_right(&of_server(&server.url()));
}

#[test]
fn it_ends_for_an_odd_reason() {
    for reason in [json!("abort"), json!("error"), json!(7), json!("content_filter"), json!([])] {
        let mut last = choice("");
        last["choices"][0]["finish_reason"] = reason;
        is_right(&of_server(&choices(vec![choice(SAID), last]).url()));
    }
}

#[test]
fn what_was_typed_is_not_spelled_first() {
    // The space before the cursor was taken back, and the server was told to begin with it.
    for text in ["width", "\twidth", "  width", "(", ""] {
        let found = of_server(&events(vec![piece(text), end()]).url());
        assert!(!matches!(&found, Seen::Text(text) if text != "width"), "{found:?}");
    }
}
