//! Tests what a server that fails does to a user: a sentence that says what to do, a pause, and work by this machine where it is wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use treefill::engine::remote::{LocalStarter, RemoteEngine, RemoteOptions};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{DialectChoice, EngineError, Finish, RemoteSettings, Status};

use super::fake::{Fake, failure, job, run, trouble, wait, with_key};

/// Answers each request for a text with a status.
fn refuses(status: &'static str, headers: &'static str, body: &'static str) -> Fake {
    Fake::start("x", move |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.whole(status, headers, body);
        }
        is_it
    })
}

#[test]
fn each_refusal_says_what_to_do_and_is_not_repeated() {
    for (status, what) in [
        ("401 Unauthorized", "remote.key_env"),
        ("403 Forbidden", "ask who runs it"),
        ("404 Not Found", "remote.model"),
    ] {
        let fake = refuses(status, "", r#"{"error":{"message":"no"}}"#);
        let engine = fake.engine();
        let why = failure(&*engine, job("", ""));
        assert!(why.contains(what) && why.contains(&status[..3]), "{why}");
        let asked = fake.asked("/completion").len();
        assert_eq!(failure(&*engine, job("a", "")), why, "the same, without another request");
        assert_eq!(fake.asked("/completion").len(), asked);
        let told = wait(&*engine, |status| trouble(status).is_some());
        assert_eq!(trouble(&told).unwrap(), why);
    }
}

#[test]
fn one_prompt_that_is_not_understood_does_not_end_the_others() {
    let fake = refuses("422 Unprocessable Entity", "", "{}");
    let engine = fake.engine();
    for asked in 0..2 {
        let why = failure(&*engine, job("", ""));
        assert!(why.contains("422") && why.contains("remote.dialect"), "{why}");
        assert_eq!(fake.asked("/completion").len(), 2 + asked);
    }
    assert_eq!(trouble(&engine.status().borrow()), None);
}

#[test]
fn a_busy_server_is_left_alone() {
    let fake = refuses("429 Too Many Requests", "Retry-After: 60\r\n", "{}");
    let engine = fake.engine();
    assert!(failure(&*engine, job("", "")).contains("429"));
    for _ in 0..5 {
        failure(&*engine, job("", ""));
    }
    assert_eq!(fake.asked("/completion").len(), 2, "the measurement, and once");
}

#[test]
fn three_failures_are_enough_and_the_server_may_come_back() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let fake = Fake::start("back", move |asked, peer| {
        let down = is_down.load(Ordering::SeqCst);
        let is_it = down && asked.body["stream"] == true;
        if is_it {
            peer.whole("500 Internal Server Error", "", "{}");
        }
        is_it
    });
    let engine = fake.engine();
    for _ in 0..3 {
        assert!(failure(&*engine, job("", "")).contains("a fault of its own (500)"));
    }
    let told = wait(&*engine, |status| trouble(status).is_some());
    assert!(trouble(&told).unwrap().contains("500"));
    let asked = fake.asked("/completion").len();
    failure(&*engine, job("", ""));
    assert_eq!(fake.asked("/completion").len(), asked, "it is left alone");
    down.store(false, Ordering::SeqCst);
    // It asks by itself after the pause.
    wait(&*engine, |status| matches!(status, Status::Ready(_)) && trouble(status).is_none());
    assert_eq!(run(&*engine, job("", "")), Ok(("back".into(), Finish::EndOfText)));
}

#[test]
fn answers_that_are_none_are_errors_and_show_nothing() {
    type Answer = (&'static str, &'static str, &'static str);
    let answers: [Answer; 5] = [
        ("an error inside", "data: {\"error\":{\"message\":\"out of memory\"}}\n\n", "out of memory"),
        ("half an event", "data: {\"content\":\"ab", "something else"),
        ("a page", "<html>sign in</html>\n", "login page"),
        ("another interface", "data: {\"response\":\"x\"}\n\n", "remote.dialect"),
        ("half an answer", "data: {\"content\":\"ab\",\"stop\":false}\n\n", "in the middle of its answer"),
    ];
    for (name, body, what) in answers {
        let fake = Fake::start("x", move |asked, peer| {
            let is_it = asked.body["stream"] == true;
            if is_it {
                peer.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
                peer.raw(body.as_bytes());
                peer.close();
            }
            is_it
        });
        let why = failure(&*fake.engine(), job("", ""));
        assert!(why.contains(what), "{name}: {why}");
    }
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let fake = Fake::start("x", |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: ");
            while peer.raw(&[b'x'; 4096]) {}
            let _ = peer.gone.send(());
        }
        is_it
    });
    assert!(failure(&*fake.engine(), job("", "")).contains("more than any answer"));
    fake.gone.recv().unwrap();
}

#[test]
fn a_redirect_is_not_followed_and_the_key_stays() {
    let other = Fake::start("x", |_, _| false);
    let headers: &'static str =
        Box::leak(format!("Location: {}/completion\r\n", other.url()).into_boxed_str());
    let fake = refuses("307 Temporary Redirect", headers, "");
    let engine = RemoteEngine::start(with_key(&fake, "sk-secret"));
    let why = failure(&*engine, job("", ""));
    assert!(why.contains("not followed") && !why.contains("sk-secret"), "{why}");
    assert!(other.asked("/completion").is_empty());
    assert_eq!(fake.last().header("authorization"), Some("Bearer sk-secret"));
}

#[test]
fn a_key_that_the_server_sends_back_is_not_shown() {
    let fake = refuses("401 Unauthorized", "", r#"{"error":{"message":"the key sk-secret is unknown"}}"#);
    let engine = RemoteEngine::start(with_key(&fake, "sk-secret"));
    let why = failure(&*engine, job("", ""));
    assert!(why.contains("the key [key] is unknown"), "{why}");
}

#[test]
fn wrong_settings_fail_at_once_with_the_setting() {
    for (settings, what) in [
        (
            RemoteSettings { url: Some("http://gpu.example:1".into()), ..RemoteSettings::default() },
            "remote.allow_http",
        ),
        (
            RemoteSettings {
                url: Some("https://127.0.0.1:1".into()),
                ca_file: Some("/nowhere.pem".into()),
                ..RemoteSettings::default()
            },
            "remote.ca_file",
        ),
    ] {
        let engine = RemoteEngine::start(RemoteOptions::new(settings));
        let Status::Failed(why) = wait(&*engine, |status| matches!(status, Status::Failed(_))) else {
            unreachable!()
        };
        assert!(why.contains(what), "{why}");
        assert!(matches!(run(&*engine, job("", "")), Err(EngineError::Unavailable(_))));
    }
}

#[test]
fn nobody_at_the_address_is_said_and_jobs_end() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let settings =
        RemoteSettings { url: Some(format!("http://127.0.0.1:{port}")), ..RemoteSettings::default() };
    let engine = RemoteEngine::start(RemoteOptions::new(settings));
    let why = failure(&*engine, job("", ""));
    assert!(why.contains("refuses connections") && why.contains("remote.url"), "{why}");
}

#[test]
fn a_server_that_starts_later_is_found() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let fake = Fake::start("late", move |_, peer| {
        let down = !is_up.load(Ordering::SeqCst);
        if down {
            peer.whole("503 Service Unavailable", "", "{}");
        }
        down
    });
    let engine = fake.engine();
    let told = wait(&*engine, |status| trouble(status).is_some());
    assert!(trouble(&told).unwrap().contains("still reads its model (503)"));
    up.store(true, Ordering::SeqCst);
    wait(&*engine, |status| matches!(status, Status::Ready(_)) && trouble(status).is_none());
    assert_eq!(run(&*engine, job("", "")), Ok(("late".into(), Finish::EndOfText)));
}

#[test]
fn the_model_of_this_machine_works_while_the_server_does_not() {
    let fake = refuses("500 Internal Server Error", "", "{}");
    let local = LocalStarter(Arc::new(|| ScriptedEngine::always("from here")));
    let options = RemoteOptions { fallback: Some(local), ..RemoteOptions::new(fake.settings()) };
    let engine = RemoteEngine::start(options);
    for _ in 0..4 {
        assert_eq!(run(&*engine, job("", "")).unwrap().0, "from here");
    }
    let told = wait(&*engine, |status| trouble(status).is_some());
    assert!(trouble(&told).unwrap().contains("the model on this machine works meanwhile"));
    assert_eq!(fake.asked("/completion").len(), 4, "the measurement, and three failures");
}

#[test]
fn a_text_that_the_server_has_begun_is_not_begun_again_here() {
    let fake = Fake::start("x", |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.begin();
            peer.event(&json!({ "content": "half", "stop": false }));
            peer.close();
        }
        is_it
    });
    let local = LocalStarter(Arc::new(|| ScriptedEngine::always("from here")));
    let options = RemoteOptions { fallback: Some(local), ..RemoteOptions::new(fake.settings()) };
    failure(&*RemoteEngine::start(options), job("", ""));
}

#[test]
fn a_server_that_never_answers_costs_no_more_than_its_limits() {
    let fake = Fake::start("x", |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            // A byte now and then is no answer either.
            peer.raw(b"HTTP/1.1 200 OK\r\n\r\n: ping\n");
            peer.wait_for_end();
        }
        is_it
    });
    let settings = RemoteSettings { first_byte_ms: 200, total_ms: 300, ..fake.settings() };
    let engine = RemoteEngine::start(RemoteOptions::new(settings));
    assert!(failure(&*engine, job("", "")).contains("remote.first_byte_ms"));
}

#[test]
fn what_has_come_before_the_time_is_over_is_of_use() {
    let fake = Fake::start("x", |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.begin();
            peer.event(&json!({ "content": "half", "stop": false }));
            peer.wait_for_end();
        }
        is_it
    });
    let settings = RemoteSettings { first_byte_ms: 300, total_ms: 600, ..fake.settings() };
    let engine = RemoteEngine::start(RemoteOptions::new(settings));
    assert_eq!(run(&*engine, job("", "")), Ok(("half".into(), Finish::Length)));
}

#[test]
fn a_server_without_a_model_is_said() {
    let fake = Fake::start("x", |asked, peer| {
        let is_it = asked.path == "/v1/models";
        if is_it {
            peer.json(&json!({ "object": "list", "data": [] }));
        }
        is_it
    });
    let settings = RemoteSettings { dialect: DialectChoice::Vllm, ..fake.settings() };
    let why = failure(&*RemoteEngine::start(RemoteOptions::new(settings)), job("", ""));
    assert!(why.contains("serves no model at present") && why.contains("ask who runs it"), "{why}");
}
