//! Tests what comes after a failure: pauses, pauses that a server asks for, and the return of a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use treefill::engine::{Engine, Status};

use super::good::{self, SAID, TEXT, answer, but, event, piece};
use super::{Seen, engine, settings, suggested, until};

/// What status displays say of the server.
fn trouble(engine: &dyn Engine) -> Option<String> {
    match &*engine.status().borrow() {
        Status::Ready(info) => info.server.as_ref().and_then(|server| server.trouble.clone()),
        _ => None,
    }
}

fn is_good(engine: &dyn Engine) -> bool {
    matches!(&*engine.status().borrow(), Status::Ready(info) if info.server.as_ref().is_some_and(|server| server.trouble.is_none()))
}

#[test]
fn three_failures_are_followed_by_a_pause_in_which_nothing_is_asked() {
    let server = but(|_, peer| peer.status("500 Internal Server Error", &[]));
    let engine = engine(settings(&server.url()));
    for _ in 0..3 {
        suggested(&*engine).says(&["a fault of its own"]);
    }
    assert!(trouble(&*engine).is_some_and(|why| why.contains("500")), "{:?}", trouble(&*engine));
    let asked = server.asked().len();
    // At once, with the same sentence.
    suggested(&*engine).says(&["a fault of its own"]);
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_server_that_comes_back_is_found_without_a_key() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let server = but(move |_, peer| match is_well.load(Ordering::SeqCst) {
        true => answer(peer, SAID),
        false => peer.status("502 Bad Gateway", &[]),
    });
    let engine = engine(settings(&server.url()));
    for _ in 0..3 {
        suggested(&*engine).says(&["502"]);
    }
    well.store(true, Ordering::SeqCst);
    until("the server is asked how it does", || is_good(&*engine));
    suggested(&*engine).is(TEXT);
}

#[test]
fn a_server_that_was_not_there_is_found_later() {
    let there = Arc::new(AtomicBool::new(false));
    let is_there = Arc::clone(&there);
    let server =
        crate::http_server::Server::start(move |asked, peer| match is_there.load(Ordering::SeqCst) {
            false => peer.status("503 Service Unavailable", &[("Retry-After", "1")]),
            true if good::wants_text(asked) => answer(peer, SAID),
            true if asked.path == "/completion" => {
                peer.body("200 OK", "application/json", good::whole("x").to_string().as_bytes());
            }
            true => good::facts(asked, peer),
        });
    let engine = engine(settings(&server.url()));
    suggested(&*engine).says(&["503"]);
    there.store(true, Ordering::SeqCst);
    until("the server is asked again", || is_good(&*engine));
    suggested(&*engine).is(TEXT);
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    for (status, code) in [("429 Too Many Requests", "429"), ("503 Service Unavailable", "503")] {
        let server = but(move |_, peer| peer.status(status, &[("Retry-After", "60")]));
        let engine = engine(settings(&server.url()));
        suggested(&*engine).says(&[code]);
        let asked = server.asked().len();
        for _ in 0..3 {
            suggested(&*engine).says(&[code]);
        }
        assert_eq!(server.asked().len(), asked, "{code}: left alone");
    }
}

#[test]
fn a_wrong_key_is_not_tried_again() {
    let server = but(|_, peer| peer.status("401 Unauthorized", &[]));
    let engine = engine(settings(&server.url()));
    suggested(&*engine).says(&["401"]);
    let asked = server.asked().len();
    suggested(&*engine).says(&["401"]);
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_single_failure_costs_a_single_answer() {
    let count = AtomicUsize::new(0);
    let server = but(move |_, peer| match count.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => peer.status("502 Bad Gateway", &[]),
        _ => answer(peer, SAID),
    });
    let engine = engine(settings(&server.url()));
    for _ in 0..4 {
        suggested(&*engine).says(&["502"]);
        suggested(&*engine).is(TEXT);
    }
    assert_eq!(trouble(&*engine), None);
}

#[test]
fn a_wait_that_nobody_wants_any_more_ends_at_once() {
    // The first question is never answered; the engine is dropped while it waits.
    let server = but(|_, peer| peer.wait_until_gone());
    let patient = treefill::engine::RemoteSettings {
        first_byte_ms: 600_000,
        total_ms: 600_000,
        ..settings(&server.url())
    };
    let engine = engine(patient);
    let waiting = Arc::clone(&engine);
    let seen = std::thread::spawn(move || suggested(&*waiting));
    until("it is asked for text", || server.asked().iter().any(good::wants_text));
    // A newer question of the same document takes its place, and is answered by nobody, too.
    let newer = Arc::clone(&engine);
    let newest = std::thread::spawn(move || suggested(&*newer));
    assert!(matches!(seen.join().unwrap(), Seen::Silence(_)));
    until("the newer one is sent", || {
        server.asked().iter().filter(|asked| good::wants_text(asked)).count() == 2
    });
    drop(engine);
    drop(newest);
}

#[test]
fn an_answer_is_not_mixed_with_the_one_before() {
    // Each answer ends by closing in the middle of a line that nobody wants any more; the next one is its own.
    let count = AtomicUsize::new(0);
    let server = but(move |_, peer| {
        let name = ["height", "width"][count.fetch_add(1, Ordering::SeqCst) % 2];
        good::begin(peer);
        event(peer, &piece(&format!(" {name}")));
        event(peer, &piece("\nprint("));
        while peer.linger(std::time::Duration::from_millis(1)) {
            event(peer, &piece("x"));
        }
    });
    let engine = engine(settings(&server.url()));
    for name in ["height", "width", "height", "width"] {
        suggested(&*engine).is(name);
    }
}
