//! Tests how answers are taken: piece by piece, until the text is enough, and given up at once.

use std::time::Duration;

use serde_json::json;
use treefill::cancel::CancelSource;
use treefill::engine::{EngineError, Finish, Stop, Task, Update};

use super::fake::{Fake, job, run};

/// More than any test takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers a request for a text in events as llama-server does, and then waits.
fn hangs_after(text: &'static str) -> Fake {
    Fake::start("", move |asked, peer| {
        if asked.body["stream"] != true {
            return false;
        }
        peer.begin();
        if !text.is_empty() {
            peer.event(&json!({ "content": text, "stop": false }));
        }
        peer.wait_for_end();
        true
    })
}

#[test]
fn a_text_ends_behind_its_lines_and_the_stream_is_closed() {
    let fake = hangs_after("a\nb\nc");
    let engine = fake.engine();
    let wanted = treefill::engine::Job { stop: Stop { lines: 2 }, ..job("", "") };
    assert_eq!(run(&*engine, wanted), Ok(("a\nb\n".into(), Finish::Stop)));
    fake.gone.recv_timeout(PATIENCE).expect("the connection was closed");
}

#[test]
fn a_cancel_ends_a_request_that_waits_for_its_first_byte() {
    let fake = hangs_after("");
    let engine = fake.engine();
    let source = CancelSource::new();
    let mut generation = engine.generate(job("", ""), source.token());
    // It is on its way when the server waits for its end.
    while fake.asked("/completion").len() < 2 {
        std::thread::yield_now();
    }
    source.cancel();
    let ended = futures::executor::block_on(async {
        loop {
            match generation.next().await {
                Some(Ok(_)) => {}
                other => return other,
            }
        }
    });
    assert_eq!(ended, Some(Err(EngineError::Cancelled)));
    fake.gone.recv_timeout(PATIENCE).expect("the connection was closed");
}

#[test]
fn a_newer_job_of_the_document_closes_the_older_ones_request() {
    let fake = Fake::start("", |asked, peer| {
        if asked.body["stream"] != true {
            return false;
        }
        peer.begin();
        if asked.prompt().contains("old") {
            peer.wait_for_end();
        } else {
            peer.event(&json!({ "content": "new text", "stop": true, "stop_type": "eos" }));
            peer.end();
        }
        true
    });
    let engine = fake.engine();
    let _old = engine.generate(job("old\n", ""), treefill::cancel::CancelToken::never());
    while fake.asked("/completion").len() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(run(&*engine, job("newer\n", "")), Ok(("new text".into(), Finish::EndOfText)));
    fake.gone.recv_timeout(PATIENCE).expect("the older one's connection was closed");
}

#[test]
fn a_dropped_generation_closes_its_request() {
    let fake = hangs_after("text");
    let engine = fake.engine();
    let mut generation = engine.generate(job("", ""), treefill::cancel::CancelToken::never());
    let piece = |update: &Option<Result<Update, EngineError>>| matches!(update, Some(Ok(Update::Piece(_))));
    futures::executor::block_on(async { while !piece(&generation.next().await) {} });
    drop(generation);
    fake.gone.recv_timeout(PATIENCE).expect("the connection was closed");
}

#[test]
fn a_connection_is_used_again_after_a_whole_answer() {
    let fake = Fake::start("ab", |_, _| false);
    let engine = fake.engine();
    for _ in 0..5 {
        assert_eq!(run(&*engine, job("", "")), Ok(("ab".into(), Finish::EndOfText)));
    }
    let connections = fake.asked("/completion").into_iter().map(|asked| asked.connection).max();
    assert_eq!(connections, Some(0));
}

#[test]
fn a_kept_connection_that_the_server_has_closed_costs_no_error() {
    let fake = Fake::start("ab", |asked, peer| {
        if asked.body["stream"] != true {
            return false;
        }
        peer.begin();
        peer.event(&json!({ "content": "ab", "stop": true, "stop_type": "eos" }));
        peer.end();
        peer.close();
        true
    });
    let engine = fake.engine();
    for _ in 0..5 {
        assert_eq!(run(&*engine, job("", "")), Ok(("ab".into(), Finish::EndOfText)));
    }
}

#[test]
fn a_text_that_goes_on_from_something_else_is_dropped() {
    // A server that does not know grammars.
    let fake = Fake::start("completely other", |_, _| false);
    let engine = fake.engine();
    assert_eq!(run(&*engine, job("x = retu", "")), Ok((String::new(), Finish::EndOfText)));
}

#[test]
fn what_a_server_cannot_do_is_said_and_asked_of_nobody() {
    let fake = Fake::start("x", |_, _| false);
    let engine = fake.engine();
    run(&*engine, job("", "")).unwrap();
    let before = fake.asked("/completion").len();
    let score =
        treefill::engine::Job { task: Task::Score { continuations: vec!["x".into()] }, ..job("", "") };
    assert!(matches!(run(&*engine, score), Err(EngineError::Failed(_))));
    let background = treefill::engine::Job { lane: treefill::engine::Lane::Background, ..job("", "") };
    assert_eq!(
        run(&*engine, background),
        Err(EngineError::Cancelled),
        "work ahead is not for a team's server"
    );
    assert_eq!(fake.asked("/completion").len(), before);
}
