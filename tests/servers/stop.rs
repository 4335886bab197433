//! Tests that a server stops when nobody listens any more.

use std::time::Instant;

use treefill::cancel::CancelToken;
use treefill::engine::{Stop, Update};

use super::counters::at_work;
use super::{PATIENCE, Real, job, text};

#[tokio::test(flavor = "multi_thread")]
async fn llama_server_stops_and_answers_the_next_question() {
    let engine = Real::LlamaServer.engine(false).await;
    let long = treefill::engine::Job {
        max_tokens: 400,
        stop: Stop { lines: 0 },
        ..job("long", "numbers = [\n    1,\n    2,\n    3,\n", "\n")
    };
    let mut generation = engine.generate(long, CancelToken::never());
    while !matches!(generation.next().await.unwrap().unwrap(), Update::Piece(_)) {}
    drop(generation);
    let start = Instant::now();
    while at_work(Real::LlamaServer) > 0.0 {
        assert!(start.elapsed() < PATIENCE, "it goes on");
        tokio::task::yield_now().await;
    }
    let (answer, _) = text(&*engine, job("next", "def f(a, b):\n    return a", "\n")).await;
    println!("the next answer: {answer:?}");
}
