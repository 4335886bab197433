//! Tests what the engine says of servers that fail before they can be asked for text.

use std::net::TcpListener;
use std::time::Duration;

use super::good::{self, but_at};
use super::{KEY, of_server, settings, suggested};
use crate::http_server::{Asked, Peer, Server};

fn everything(script: impl Fn(&Asked, &mut Peer) + Send + Sync + 'static) -> Server {
    Server::start(script)
}

#[test]
fn it_refuses_connections() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    of_server(&format!("http://127.0.0.1:{port}")).says(&["refuses connections", "remote.url"]);
}

#[test]
fn it_never_answers() {
    let server = everything(|_, peer| peer.wait_until_gone());
    of_server(&server.url()).says(&["does not answer in time"]);
}

#[test]
fn its_name_is_not_known() {
    let found = super::suggested(&*super::engine(super::RemoteSettings {
        allow_http: true,
        ..settings("http://treefill-test.invalid:1")
    }));
    found.says(&["treefill-test.invalid"]);
}

#[test]
fn its_head_comes_byte_by_byte_for_ever() {
    let server = everything(|_, peer| {
        peer.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ");
        while peer.linger(Duration::from_millis(20)) {
            peer.raw(b"a");
        }
    });
    of_server(&server.url()).says(&["does not answer in time"]);
}

#[test]
fn its_head_has_no_end() {
    let server = everything(|_, peer| {
        peer.raw(b"HTTP/1.1 200 OK\r\n");
        for number in 0.. {
            if !peer.linger(Duration::from_micros(50)) {
                break;
            }
            peer.raw(format!("X-{number}: {}\r\n", "a".repeat(500)).as_bytes());
        }
    });
    of_server(&server.url()).says(&["127.0.0.1"]);
}

#[test]
fn it_closes_at_once() {
    let server = everything(|_, _| {});
    of_server(&server.url()).says(&["has cut the connection"]);
}

#[test]
fn it_speaks_something_else() {
    for garbage in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"HTTP/9.9 abc\r\n\r\n",
        b"\0\0\0\0\0\0\0\0",
    ] {
        let server = everything(|_, peer| peer.raw(garbage));
        of_server(&server.url()).says(&["127.0.0.1"]);
    }
}

#[test]
fn it_shows_a_login_page() {
    let page = "<html><title>Sign in</title></html>";
    let server = everything(move |_, peer| peer.body("200 OK", "text/html", page.as_bytes()));
    of_server(&server.url()).says(&["something else", "login page", "remote.url"]);
    // The same under the name of JSON.
    let server = everything(move |_, peer| peer.body("200 OK", "application/json", page.as_bytes()));
    of_server(&server.url()).says(&["something else"]);
}

#[test]
fn each_refusal_says_what_to_do() {
    for (status, texts) in [
        ("401 Unauthorized", &["401", "remote.key_env"][..]),
        ("403 Forbidden", &["403", "ask who runs it"]),
        ("404 Not Found", &["404", "remote.url"]),
        ("407 Proxy Authentication Required", &["407", "HTTPS_PROXY"]),
        ("418 I'm a teapot", &["418", "remote.url"]),
        ("500 Internal Server Error", &["a fault of its own", "500"]),
        ("502 Bad Gateway", &["502"]),
    ] {
        // A server may say the key again, or a text.
        let said = format!("{{\"error\":{{\"message\":\"no: {KEY}\"}}}}");
        let server = everything(move |_, peer| peer.body(status, "application/json", said.as_bytes()));
        of_server(&server.url()).says(texts);
    }
}

#[test]
fn it_sends_on_to_another_host_which_gets_neither_key_nor_text() {
    let other = good::server();
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let target = other.url();
        let server = everything(move |asked, peer| {
            peer.status(status, &[("Location", &format!("{target}{}?token=abc", asked.path))]);
        });
        let said = of_server(&server.url()).says(&["is not followed", "remote.url"]);
        assert!(!said.contains("token=abc"), "{said}");
    }
    assert_eq!(other.asked(), []);
}

#[test]
fn it_says_nothing_of_its_model() {
    for nothing in ["{}", "[]", "null", "{\"data\":[]}", "{\"data\":[{}]}", "{\"data\":{\"id\":5}}", "7", ""]
    {
        let server =
            but_at("/v1/models", |_, peer| peer.body("200 OK", "application/json", nothing.as_bytes()));
        of_server(&server.url()).says(&["127.0.0.1", "remote."]);
    }
    let server = but_at("/props", |_, peer| peer.body("200 OK", "application/json", b"{\"n_ctx\":-5}"));
    of_server(&server.url()).says(&["/props"]);
}

#[test]
fn it_does_not_have_the_wanted_model() {
    let server = good::vllm_but(|_, peer| peer.status("404 Not Found", &[]));
    let wanted = super::RemoteSettings { model: Some("other".into()), ..settings(&server.url()) };
    suggested(&*super::engine(wanted)).says(&["has no model other", "qwen2.5-coder-0.5b", "remote.model"]);
}

#[test]
fn its_tokens_are_no_tokens() {
    for tokens in ["null", "\"abc\"", "[1.5]", "[\"a\"]", "[99999999999]", "[[1]]", "{\"a\":1}"] {
        let server = but_at("/tokenize", move |_, peer| {
            peer.body("200 OK", "application/json", format!("{{\"tokens\":{tokens}}}").as_bytes());
        });
        of_server(&server.url()).says(&["127.0.0.1"]);
    }
}

#[test]
fn its_tokens_are_those_of_control() {
    // Every text is the same control token, says the server: a prompt of these must not be sent.
    for tokens in ["[1]", "[-7]", "[2,2,2,2]"] {
        let server = but_at("/tokenize", move |_, peer| {
            peer.body("200 OK", "application/json", format!("{{\"tokens\":{tokens}}}").as_bytes());
        });
        let found = of_server(&server.url());
        assert!(matches!(found, super::Seen::Silence(_)), "{found:?}");
        assert!(!server.asked().iter().any(good::wants_text), "{tokens}");
    }
}

#[test]
fn its_answer_has_no_end() {
    let server = but_at("/v1/models", |_, peer| {
        peer.head("200 OK", &[("Content-Type", "application/json")]);
        peer.raw(b"{\"data\":[\"");
        let chunk = vec![b'a'; 1 << 20];
        while peer.linger(Duration::from_micros(50)) {
            peer.raw(&chunk);
        }
    });
    of_server(&server.url()).says(&["127.0.0.1"]);
}

#[test]
fn its_json_is_nested_without_end() {
    for open in ["[", "{\"data\":"] {
        let server = but_at("/v1/models", move |_, peer| {
            peer.body("200 OK", "application/json", open.repeat(200_000).as_bytes());
        });
        of_server(&server.url()).says(&["something else"]);
    }
}
