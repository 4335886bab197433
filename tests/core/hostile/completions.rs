//! Tests what the engine does with servers that answer a request for text with something else than a stream of events.

use std::time::Duration;

use super::good::{self, SAID, TEXT, answer, begin, but, event, piece};
use super::{KEY, of_server};

#[test]
fn each_refusal_says_what_to_do() {
    for (status, texts) in [
        ("401 Unauthorized", &["401", "remote.key_env"][..]),
        ("403 Forbidden", &["403"]),
        ("404 Not Found", &["404", "remote.dialect"]),
        ("400 Bad Request", &["400", "remote.dialect"]),
        ("422 Unprocessable Entity", &["422", "remote.dialect"]),
        ("429 Too Many Requests", &["429"]),
        ("500 Internal Server Error", &["500"]),
        ("503 Service Unavailable", &["503"]),
    ] {
        let said = format!("{{\"error\":{{\"message\":\"no: {KEY}\"}}}}");
        let server = but(move |_, peer| peer.body(status, "application/json", said.as_bytes()));
        of_server(&server.url()).says(texts);
    }
}

#[test]
fn what_it_says_of_the_request_is_not_shown_where_it_repeats_it() {
    // As FastAPI does: the whole input again.
    let server = but(|asked, peer| {
        let input = String::from_utf8_lossy(&asked.body).into_owned();
        let detail = serde_json::json!({ "detail": [{ "loc": ["body"], "msg": "no", "input": input }] });
        peer.body("422 Unprocessable Entity", "application/json", detail.to_string().as_bytes());
    });
    let said = of_server(&server.url()).says(&["422"]);
    assert!(!said.contains("n_predict") && !said.contains("prompt"), "{said}");
}

#[test]
fn an_error_comes_with_a_good_status() {
    let server = but(|_, peer| {
        peer.body("200 OK", "application/json", b"{\"error\":{\"message\":\"out of memory\"}}")
    });
    of_server(&server.url()).says(&["reports an error", "out of memory"]);
    let server = but(|_, peer| peer.body("200 OK", "application/json", b"{\"error\":\"model not found\"}"));
    of_server(&server.url()).says(&["model not found"]);
}

#[test]
fn an_error_comes_in_the_middle() {
    let server = but(|_, peer| {
        begin(peer);
        event(peer, &serde_json::json!({ "error": { "code": 500, "message": "out of memory" } }));
    });
    of_server(&server.url()).says(&["out of memory"]);
}

#[test]
fn nothing_comes() {
    let server = but(|_, peer| peer.body("200 OK", "application/json", b""));
    of_server(&server.url()).says(&["127.0.0.1"]);
    let server = but(|_, peer| peer.status("204 No Content", &[]));
    of_server(&server.url()).says(&["127.0.0.1"]);
    let server = but(|_, peer| begin(peer));
    of_server(&server.url()).says(&["has cut the connection"]);
}

#[test]
fn nothing_comes_for_a_long_time() {
    let server = but(|_, peer| peer.wait_until_gone());
    of_server(&server.url()).says(&["does not answer in time"]);
    let server = but(|_, peer| {
        begin(peer);
        peer.wait_until_gone();
    });
    of_server(&server.url()).says(&["does not answer in time"]);
}

#[test]
fn an_event_comes_byte_by_byte_for_ever() {
    let server = but(|_, peer| {
        begin(peer);
        peer.raw(b"data: {\"content\":\"");
        while peer.linger(Duration::from_millis(20)) {
            peer.raw(b"a");
        }
    });
    of_server(&server.url()).says(&["does not answer in time"]);
}

#[test]
fn an_event_is_larger_than_any() {
    let server = but(|_, peer| {
        begin(peer);
        peer.raw(b"data: {\"content\":\"");
        let chunk = vec![b'a'; 1 << 16];
        while peer.linger(Duration::from_micros(50)) {
            peer.raw(&chunk);
        }
    });
    of_server(&server.url()).says(&["more than any answer"]);
}

#[test]
fn comments_come_without_end() {
    // As a gateway keeps a connection open, for ever.
    let server = but(|_, peer| {
        begin(peer);
        while peer.linger(Duration::from_millis(10)) {
            peer.raw(b": ping\n\n");
        }
    });
    of_server(&server.url()).says(&["does not answer in time"]);
}

#[test]
fn what_comes_is_no_event() {
    for garbage in [
        &b"<html>\n"[..],
        b"data: {\"content\":\n\n",
        b"data: {\"content\":\"\xff\xfe\"}\n\n",
        b"\x1f\x8b\x08\0\0\0\n\n",
        b"data: 7\n\n",
        b"data: [1]\n\n",
        b"data: {}\n\n",
        b"data: null\n\n",
    ] {
        let server = but(|_, peer| {
            begin(peer);
            peer.raw(garbage);
        });
        of_server(&server.url()).says(&["127.0.0.1"]);
    }
}

#[test]
fn its_chunks_are_no_chunks() {
    let server = but(|_, peer| {
        peer.head("200 OK", &[("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]);
        peer.raw(b"zz\r\ndata: {}\r\n");
    });
    of_server(&server.url()).says(&["127.0.0.1"]);
    let server = but(|_, peer| {
        peer.head("200 OK", &[("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]);
        peer.raw(b"ffffffffffffffff\r\ndata: {}\r\n");
    });
    of_server(&server.url()).says(&["127.0.0.1"]);
}

#[test]
fn it_packs_though_nobody_asked_for_it() {
    let server = but(|_, peer| {
        peer.head("200 OK", &[("Content-Type", "text/event-stream"), ("Content-Encoding", "gzip")]);
        peer.raw(b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    });
    of_server(&server.url()).says(&["127.0.0.1"]);
}

#[test]
fn it_sends_on_to_another_host_which_gets_neither_key_nor_text() {
    let other = good::server();
    let target = format!("{}/completion", other.url());
    let server = but(move |_, peer| peer.status("307 Temporary Redirect", &[("Location", &target)]));
    of_server(&server.url()).says(&["is not followed"]);
    assert_eq!(other.asked(), []);
}

#[test]
fn it_answers_as_a_whole_though_a_stream_was_asked_for() {
    let server = but(|_, peer| {
        peer.body("200 OK", "application/json", good::whole(SAID).to_string().as_bytes());
    });
    of_server(&server.url()).is(TEXT);
}

#[test]
fn it_goes_on_after_nobody_listens() {
    // Lines without end: the first one is enough, and the next question is answered at once by the same engine.
    let server = but(|_, peer| {
        begin(peer);
        event(peer, &piece(SAID));
        event(peer, &piece("\n"));
        while peer.linger(Duration::from_millis(1)) {
            event(peer, &piece("x\n"));
        }
    });
    let engine = super::engine(super::settings(&server.url()));
    for _ in 0..3 {
        super::suggested(&*engine).is(TEXT);
    }
    // What it may generate is limited in each request, should it not notice a closed connection.
    for asked in server.asked().iter().filter(|asked| good::wants_text(asked)) {
        let body = good::body(asked);
        let most = body["n_predict"].as_u64().unwrap();
        assert!(
            (1..=512).contains(&most) && body["t_max_predict_ms"].as_u64().is_some_and(|ms| ms > 0),
            "{body}"
        );
    }
}

#[test]
fn it_says_that_it_goes_on_with_the_request() {
    let server = but(|_, peer| {
        peer.raw(b"HTTP/1.1 100 Continue\r\n\r\n");
        answer(peer, SAID);
    });
    let found = of_server(&server.url());
    assert!(
        matches!(&found, super::Seen::Text(text) if text == TEXT) || matches!(found, super::Seen::Silence(_)),
        "{found:?}"
    );
}
