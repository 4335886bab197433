//! Makes what the engine's tests share: an engine on the embedded model, jobs, collected streams.

use std::sync::Arc;

use treefill::cancel::CancelToken;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{
    Engine, EngineError, Generation, Job, JobSummary, Lane, ModelOptions, ModelRole, Piece, Role, Sampling,
    Segment, Stop, Task, Update,
};

/// A real function whose guard's body is missing.
pub const PREFIX: &str = "import os\n\n\ndef file_size(path):\n    if not os.path.exists(path):\n        ";
/// What follows.
pub const SUFFIX: &str = "\n    return os.path.getsize(path)\n";

/// A list that a model goes on with, line by line, and does not end at once.
pub const LIST: &str = "numbers = [\n    1,\n    2,\n    3,\n    4,\n    5,\n    6,\n";

/// The embedded model with default options.
pub fn options() -> ModelOptions {
    ModelOptions::new(treefill::models::infill(&None).unwrap())
}

/// An engine that has just been started.
pub fn engine() -> Arc<LlamaEngine> {
    LlamaEngine::start(options())
}

/// A segment whose lines are its boundaries.
pub fn segment(role: Role, text: &str) -> Segment {
    let boundaries = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    Segment { role, text: text.into(), share: 40, boundaries, file: None }
}

/// One line, greedy, for a person.
pub fn job(prefix: &str, suffix: &str) -> Job {
    Job {
        document: "test".into(),
        lane: Lane::Interactive,
        segments: vec![segment(Role::Prefix, prefix), segment(Role::Suffix, suffix)],
        max_tokens: 24,
        stop: Stop { lines: 1 },
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    }
}

/// Everything a generation sends.
pub async fn collect(mut generation: Generation) -> Result<(Vec<Piece>, JobSummary), EngineError> {
    let mut pieces = Vec::new();
    while let Some(update) = generation.next().await {
        match update? {
            Update::Prompt(_) => assert!(pieces.is_empty(), "the prompt's figures come first"),
            Update::Piece(piece) => pieces.push(piece),
            Update::Done(summary) => return Ok((pieces, summary)),
            Update::Drafts(_) | Update::Ended { .. } | Update::Scores(_) | Update::Explained(_) => {}
        }
    }
    panic!("the stream ended without a summary");
}

/// The pieces' text.
pub fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

/// Run a job to its end; it must not fail.
pub async fn run(engine: &dyn Engine, job: Job) -> (String, JobSummary) {
    let (pieces, summary) = run_in_pieces(engine, job).await;
    (text_of(&pieces), summary)
}

/// The same in pieces, mostly a token each.
pub async fn run_in_pieces(engine: &dyn Engine, job: Job) -> (Vec<Piece>, JobSummary) {
    let (pieces, summary) = collect(engine.generate(job, CancelToken::never())).await.unwrap();
    let tokens: usize = pieces.iter().map(|piece| piece.tokens).sum();
    assert!(tokens <= summary.generated_tokens);
    (pieces, summary)
}

/// A GGUF with a chat template in it.
pub fn with_chat_template(gguf: &[u8], template: &str) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let entry = |key: &str, value: &str| [text(key), 8u32.to_le_bytes().to_vec(), text(value)].concat();
    // Magic, version and the number of tensors; the number of entries; the entries.
    let (head, rest) = gguf.split_at(16);
    let (count, rest) = rest.split_at(8);
    let count = u64::from_le_bytes(count.try_into().unwrap()) + 2;
    let template = entry("tokenizer.chat_template", template);
    // The weights begin at a multiple of 32 bytes, and have to do so afterwards.
    let filled = template.len() + entry("filler", "").len();
    let filler = entry("filler", &" ".repeat(filled.next_multiple_of(32) - filled));
    [head, &count.to_le_bytes(), &template, &filler, rest].concat()
}

/// ChatML, as most models of the Qwen family have it.
pub const CHATML: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + \
                          '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// The embedded model as one that takes instructions: what it answers is noise. The file lives as long as the folder.
pub fn instruct(folder: &tempfile::TempDir) -> ModelOptions {
    let plain = std::fs::read(options().model).unwrap();
    let model = folder.path().join("instruct.gguf");
    std::fs::write(&model, with_chat_template(&plain, CHATML)).unwrap();
    ModelOptions { role: ModelRole::Instruct, ..ModelOptions::new(model) }
}
