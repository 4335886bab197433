//! Tests model files that cannot be used: each ends as one clear text, none ends the process.

use std::path::Path;

use super::support::{PREFIX, SUFFIX, collect, job};
use treefill::cancel::CancelToken;
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{Engine as _, EngineError, ModelOptions, ModelTuning, Status};

/// The text with which an engine on these options fails; jobs sent before and after must get it too.
async fn failure(options: ModelOptions) -> String {
    let engine = LlamaEngine::start(options);
    let before = engine.generate(job(PREFIX, SUFFIX), CancelToken::never());
    let mut status = engine.status();
    let status = status.wait_for(|status| !matches!(status, Status::Loading(_))).await.unwrap().clone();
    let Status::Failed(text) = status else { panic!("{status:?}") };
    assert_eq!(collect(before).await, Err(EngineError::Unavailable(text.clone())));
    let after = engine.generate(job(PREFIX, SUFFIX), CancelToken::never());
    assert_eq!(collect(after).await, Err(EngineError::Unavailable(text.clone())));
    text
}

async fn on_file(path: &Path) -> String {
    let text = failure(ModelOptions::new(path)).await;
    assert!(text.contains(&path.display().to_string()), "names the file: {text}");
    text
}

async fn on_bytes(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::with_suffix(".gguf").unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    on_file(file.path()).await
}

fn good() -> Vec<u8> {
    std::fs::read(super::support::options().model).unwrap()
}

#[tokio::test]
async fn not_a_model() {
    let folder = tempfile::tempdir().unwrap();
    assert!(on_file(&folder.path().join("none.gguf")).await.contains("was not found"));
    assert!(on_file(folder.path()).await.contains("is a folder"));
    assert!(on_bytes(b"").await.contains("not a GGUF file"));
    assert!(on_bytes(&b"garbage ".repeat(10_000)).await.contains("not a GGUF file"));
    assert!(on_bytes(b"GGUF\x07\0\0\0and more").await.contains("version 7 is not supported"));
}

#[tokio::test]
async fn a_truncated_model() {
    let good = good();
    for end in
        [5, 23, 24, 100, 5_000, 100_000, good.len() / 3, good.len() / 2, good.len() - 4096, good.len() - 1]
    {
        let text = on_bytes(&good[..end]).await;
        assert!(
            ["cut short", "damaged", "not a GGUF"].iter().any(|part| text.contains(part)),
            "{end}: {text}"
        );
    }
}

#[tokio::test]
async fn a_vocabulary_without_weights() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vocab/ggml-vocab-llama-spm.gguf");
    assert!(on_file(&path).await.contains("a vocabulary but no weights"));
}

#[tokio::test]
async fn a_model_without_fim_tokens() {
    let mut bytes = good();
    // Their texts, and the keys that name their ids.
    for (pattern, at) in [(&b"<|fim_"[..], 2), (b"ggml.fim_", 5)] {
        let found: Vec<usize> =
            (0..bytes.len() - pattern.len()).filter(|&at| bytes[at..].starts_with(pattern)).collect();
        assert!(found.len() >= 3);
        for start in found {
            bytes[start + at] = b'x';
        }
    }
    let text = on_bytes(&bytes).await;
    assert!(text.contains("not a FIM model: ") && text.contains("such as Qwen2.5-Coder"), "{text}");
}

/// Its head says how vectors of tokens become one: it writes none.
#[tokio::test]
async fn a_model_that_turns_texts_into_vectors() {
    let mut bytes = good();
    // A key of the same length takes the place of one that does not matter here.
    let (old, new) = (&b"treefill.training_tokens"[..], &b"treefillfor.pooling_type"[..]);
    let at = (0..bytes.len() - old.len()).find(|&at| bytes[at..].starts_with(old)).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
    let text = on_bytes(&bytes).await;
    assert!(text.contains("is an embedding model") && text.contains("`treefill model recommend`"), "{text}");
}

#[tokio::test]
async fn a_family_that_does_not_exist_or_fit() {
    let wanting = |family: &str| {
        let mut options = super::support::options();
        options.tuning.family = Some(family.into());
        options
    };
    assert!(
        failure(wanting("quen"))
            .await
            .contains("valid are: auto, psm, suffix-first, spm, left-to-right, codegemma")
    );
    assert!(failure(wanting("codestral")).await.contains("lacks the tokens of the FIM family \"codestral\""));
}

#[tokio::test]
async fn sizes_out_of_range_are_brought_into_it() {
    for (context, batch, threads) in [(1, 0, 0), (u32::MAX, u32::MAX, 1), (64, 1, 2)] {
        let options = ModelOptions {
            tuning: ModelTuning { context: Some(context), threads: Some(threads), ..ModelTuning::default() },
            batch,
            ..super::support::options()
        };
        let engine = LlamaEngine::start(options);
        collect(engine.generate(job(PREFIX, SUFFIX), CancelToken::never())).await.unwrap();
    }
}
