//! Plays the servers that refuse, stall, or send something else than the file.

use std::time::Duration;

use super::hostile::{SIZE, against, against_unknown, download, gets, known, model};
use super::{gguf, sha256};
use crate::http_server::{Asked, Peer};
use crate::soak;

#[test]
fn it_refuses() {
    let answers = |status: &'static str| move |_: &Asked, peer: &mut Peer, _: &[u8]| peer.status(status, &[]);
    against(answers("401 Unauthorized")).1.says(&["(401)", "HF_TOKEN"]);
    against(answers("403 Forbidden")).1.says(&["(403)", "accept the model's terms"]);
    against(answers("404 Not Found")).1.says(&["(404)", "check the name"]);
    against(answers("410 Gone")).1.says(&["(410)"]);
    against(answers("407 Proxy Authentication Required")).1.says(&["(407)", "HTTPS_PROXY"]);
    against(answers("418 I'm a teapot")).1.says(&["418", "check the address"]);
    // Only then.
    gets(answers("403 Forbidden")).1.says(&["(403)"]);
    gets(answers("204 No Content")).1.says(&["204", "no file"]);
}

#[test]
fn it_is_asked_too_often() {
    let (_, outcome) = gets(|asked, peer, file| match asked.before {
        0 => peer.status("429 Too Many Requests", &[("Retry-After", "7")]),
        _ => peer.serve(asked, file, "\"1\""),
    });
    outcome.is(&model());
    assert_eq!(outcome.pauses, [Duration::from_secs(7)]);
    let (server, outcome) =
        gets(|_, peer, _| peer.status("429 Too Many Requests", &[("Retry-After", "86400")]));
    outcome.says(&["asked too often", "try again in 1440 minutes"]);
    assert_eq!(server.gets().len(), 1);
}

#[test]
fn it_has_faults_of_its_own() {
    let (_, outcome) = against(|asked, peer, file| match asked.before {
        0 => peer.status("500 Internal Server Error", &[]),
        1 => peer.status("503 Service Unavailable", &[]),
        _ => peer.serve(asked, file, "\"1\""),
    });
    outcome.is(&model());
    let (_, outcome) = against(|_, peer, _| peer.status("502 Bad Gateway", &[]));
    outcome.says(&["a fault of its own (502)", "tried 4 times"]);
}

#[test]
fn it_stops_sending() {
    let (server, outcome) = gets(|asked, peer, file| {
        if asked.before == 0 {
            peer.serve_part(asked, file, "\"1\"", SIZE / 3);
            peer.wait_until_gone();
        } else {
            peer.serve(asked, file, "\"1\"");
        }
    });
    outcome.is(&model());
    assert_eq!(server.gets()[1].range(), Some(SIZE / 3));
}

#[test]
fn it_never_answers() {
    let (_, outcome) = against(|_, peer, _| peer.wait_until_gone());
    outcome.says(&["has stopped answering", "Try again later"]);
    let (_, outcome) = gets(|_, peer, _| peer.wait_until_gone());
    outcome.says(&["has stopped answering"]);
}

#[test]
fn it_sends_drop_by_drop() {
    let (_, outcome) = gets(|asked, peer, file| {
        let from = peer.begin(asked, file, "\"1\"");
        for byte in &file[from..] {
            peer.raw(&[*byte]);
            if !peer.linger(Duration::from_millis(20)) {
                break;
            }
        }
    });
    // What came is progress, so the number of attempts has no end; the speed has one.
    outcome.says(&["sends less than"]);
}

#[test]
fn it_speaks_no_http() {
    let (_, outcome) = against(|_, peer, _| peer.raw(b"SSH-2.0-OpenSSH_9.6\r\n\0\x01\x02"));
    outcome.says(&["no HTTP", "a wrong address"]);
    let (_, outcome) = against(|_, peer, _| {
        peer.raw(b"HTTP/1.1 200 OK\r\n");
        for _ in 0..4000 {
            peer.raw(b"X-Long: 0123456789012345678901234567890123456789\r\n");
        }
    });
    outcome.says(&["Try again"]);
}

#[test]
fn it_sends_something_else() {
    let page = "<!DOCTYPE html><title>Log in</title>".repeat(100);
    let html = page.clone();
    let (_, outcome) = against_unknown(move |_, peer, _| {
        peer.head("200 OK", &[("Content-Length", &html.len().to_string()), ("Content-Type", "text/html")]);
        peer.raw(html.as_bytes());
    });
    outcome.says(&["a web page and no model", "log in"]);
    let (_, outcome) = against_unknown(move |asked, peer, _| peer.serve(asked, page.as_bytes(), "\"1\""));
    outcome.says(&["a web page and no model"]);
    let (_, outcome) = against_unknown(|asked, peer, _| peer.serve(asked, &[7; 5000], "\"1\""));
    outcome.says(&["no GGUF model"]);
    let (_, outcome) = against_unknown(|asked, peer, _| peer.serve(asked, b"GG", "\"1\""));
    outcome.says(&["no GGUF model"]);
    let (_, outcome) = against_unknown(|asked, peer, file| {
        peer.serve(asked, &[&file[..30], &[0xff; 500]].concat(), "\"1\"")
    });
    outcome.says(&["no model that can be used", "nothing was kept"]);
    let (_, outcome) = against_unknown(|asked, peer, _| peer.serve(asked, b"", "\"1\""));
    outcome.says(&["is empty"]);
}

#[test]
fn another_file_than_it_should() {
    let (_, outcome) = against(|asked, peer, _| peer.serve(asked, &gguf(SIZE, 3), "\"1\""));
    outcome.says(&["another content than it should", "nothing was kept", "another source"]);
    // The hub says before what it has there.
    let other = sha256(&gguf(SIZE, 3));
    let (server, outcome) = against(move |_, peer, _| {
        let facts =
            [("X-Linked-Etag", &*other), ("X-Linked-Size", "300000"), ("Location", "http://127.0.0.1:1/x")];
        peer.status("302 Found", &facts);
    });
    outcome.says(&["has another file there now", "nothing was downloaded"]);
    assert!(server.gets().is_empty());
}

#[test]
fn it_packs_the_file() {
    let (server, outcome) = gets(|_, peer, file| {
        let headers = [("Content-Encoding", "gzip"), ("Content-Length", "20")];
        peer.head("200 OK", &headers);
        peer.raw(&file[..20]);
    });
    outcome.says(&["packed (gzip)", "HTTPS_PROXY"]);
    assert!(server.asked().iter().all(|asked| asked.header("accept-encoding") == Some("identity")));
}

#[test]
fn nobody_is_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = download(&format!("http://127.0.0.1:{port}"), known());
    outcome.says(&["refuses connections", "tried 4 times"]);
}

#[test]
fn it_knows_no_head() {
    let (server, outcome) = against(|asked, peer, file| match asked.is_head() {
        true => peer.status("405 Method Not Allowed", &[]),
        false => peer.serve(asked, file, "\"1\""),
    });
    outcome.is(&model());
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn without_a_strong_etag_only_a_digest_lets_it_go_on() {
    let weak = |asked: &Asked, peer: &mut Peer, file: &[u8]| match (asked.is_head(), asked.before) {
        (false, 0) => peer.serve_part(asked, file, "W/\"1\"", SIZE / 2),
        _ => peer.serve(asked, file, "W/\"1\""),
    };
    let (server, outcome) = against(weak);
    outcome.is(&model());
    assert_eq!(server.gets()[1].range(), Some(SIZE / 2));
    let (server, outcome) = against_unknown(weak);
    outcome.is(&model());
    assert_eq!(server.gets()[1].range(), None, "it begins anew");
    soak::figure(
        21,
        "servers of 24 kinds that redirect, cut, lie, change, stall, refuse: no wrong file under its final name",
    );
}
