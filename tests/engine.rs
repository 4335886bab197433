//! The engine on the embedded model: what it generates, what it reuses, how it stops, and how it refuses bad files.
//!
//! Quality of suggestions is not judged here.
#![cfg(feature = "embedded-model")]

use std::sync::Arc;

use treefill::cancel::CancelToken;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{
    Engine, EngineError, Generation, Job, Lane, Options, Piece, Role, Sampling, Segment, Stop, Summary,
    Update,
};

fn engine() -> Arc<LlamaEngine> {
    LlamaEngine::start(Options::new(treefill::models::resolve(&None).unwrap()))
}

fn segment(role: Role, text: &str) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text: text.into(), share: 40, boundaries }
}

fn job(prefix: &str, suffix: &str) -> Job {
    Job {
        document: "test".into(),
        lane: Lane::Interactive,
        segments: vec![segment(Role::Prefix, prefix), segment(Role::Suffix, suffix)],
        max_tokens: 24,
        stop: Stop { lines: 1, texts: Vec::new() },
        sampling: Sampling::Greedy,
        bans: Vec::new(),
    }
}

async fn pieces(mut generation: Generation) -> Result<(Vec<Piece>, Summary), EngineError> {
    let mut pieces = Vec::new();
    while let Some(update) = generation.next().await {
        match update? {
            Update::Piece(piece) => pieces.push(piece),
            Update::Done(summary) => return Ok((pieces, summary)),
        }
    }
    panic!("the stream ended without a summary");
}

async fn run(engine: &dyn Engine, job: Job) -> (String, Summary) {
    let (pieces, summary) = pieces(engine.generate(job, CancelToken::never())).await.unwrap();
    (pieces.into_iter().map(|piece| piece.text).collect(), summary)
}

const PREFIX: &str = "import os\n\n\ndef file_size(path):\n    if not os.path.exists(path):\n        ";
const SUFFIX: &str = "\n    return os.path.getsize(path)\n";

#[tokio::test]
async fn cold_greedy_decoding_repeats() {
    let mut texts = Vec::new();
    for _ in 0..3 {
        let engine = engine();
        let (text, summary) = run(&*engine, job(PREFIX, SUFFIX)).await;
        assert!(!text.is_empty());
        assert_eq!(summary.reused_tokens, 0);
        texts.push(text);
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
}
