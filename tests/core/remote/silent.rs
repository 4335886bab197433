//! Tests a server that takes a question and says nothing: those who give up after a while count, those who type on do not.

use std::time::Duration;

use treefill::cancel::CancelToken;
use treefill::engine::{Engine, Status};

use super::fake::{Fake, job, trouble, wait};

/// One that answers everything but questions for a text.
fn silent() -> Fake {
    Fake::start("x", |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.wait_for_end();
        }
        is_it
    })
}

/// Asks, and gives up after so long.
fn give_up(fake: &Fake, engine: &dyn Engine, after: Duration) {
    let generation = engine.generate(job("a", ""), CancelToken::never());
    assert!(fake.gone.recv_timeout(after).is_err(), "nobody gives up before");
    drop(generation);
    fake.gone.recv().unwrap();
}

#[test]
fn a_server_that_nobody_hears_of_in_time_is_left() {
    let fake = silent();
    let engine = fake.engine();
    wait(&*engine, |status| matches!(status, Status::Ready(_)));
    for _ in 0..3 {
        assert_eq!(trouble(&engine.status().borrow()), None);
        give_up(&fake, &*engine, Duration::from_millis(1200));
    }
    let told = wait(&*engine, |status| trouble(status).is_some());
    let why = trouble(&told).unwrap();
    assert!(why.contains("does not answer in time") && why.contains("completion.deadline_ms"), "{why}");
}

#[test]
fn keys_that_follow_each_other_say_nothing_of_the_server() {
    let fake = silent();
    let engine = fake.engine();
    wait(&*engine, |status| matches!(status, Status::Ready(_)));
    for _ in 0..4 {
        give_up(&fake, &*engine, Duration::from_millis(200));
    }
    assert_eq!(trouble(&engine.status().borrow()), None);
}
