//! What the engine's tests share: an engine on the embedded model, jobs, collected streams. No tests.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use treefill::cancel::CancelToken;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{
    Engine, EngineError, Generation, Job, Lane, Options, Piece, Role, Sampling, Segment, Stop, Summary, Task,
    Update,
};

/// A real function whose guard's body is missing.
pub const PREFIX: &str = "import os\n\n\ndef file_size(path):\n    if not os.path.exists(path):\n        ";
/// What follows.
pub const SUFFIX: &str = "\n    return os.path.getsize(path)\n";

/// The embedded model with default options.
pub fn options() -> Options {
    Options::new(treefill::models::resolve(&None).unwrap())
}

/// An engine that has just been started.
pub fn engine() -> Arc<LlamaEngine> {
    LlamaEngine::start(options())
}

/// A segment whose lines are its boundaries.
pub fn segment(role: Role, text: &str) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text: text.into(), share: 40, boundaries }
}

/// One line, greedy, for a person.
pub fn job(prefix: &str, suffix: &str) -> Job {
    Job {
        document: "test".into(),
        lane: Lane::Interactive,
        segments: vec![segment(Role::Prefix, prefix), segment(Role::Suffix, suffix)],
        max_tokens: 24,
        stop: Stop { lines: 1, texts: Vec::new() },
        sampling: Sampling::Greedy,
        bans: Vec::new(),
        task: Task::default(),
    }
}

/// Everything a generation sends.
pub async fn collect(mut generation: Generation) -> Result<(Vec<Piece>, Summary), EngineError> {
    let mut pieces = Vec::new();
    while let Some(update) = generation.next().await {
        match update? {
            Update::Prompt(_) => assert!(pieces.is_empty(), "the prompt's figures come first"),
            Update::Piece(piece) => pieces.push(piece),
            Update::Done(summary) => return Ok((pieces, summary)),
            Update::Ended { .. } | Update::Scores(_) => {}
        }
    }
    panic!("the stream ended without a summary");
}

/// The pieces' text.
pub fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

/// Run a job to its end; it must not fail.
pub async fn run(engine: &dyn Engine, job: Job) -> (String, Summary) {
    let (pieces, summary) = collect(engine.generate(job, CancelToken::never())).await.unwrap();
    let tokens: usize = pieces.iter().map(|piece| piece.tokens).sum();
    assert!(tokens <= summary.generated_tokens);
    (text_of(&pieces), summary)
}
