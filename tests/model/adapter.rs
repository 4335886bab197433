//! Tests adapters on the embedded model: one that changes nothing, one that does, files that are none for it, and the way from the
//! user's settings to the engine in its sandbox.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use treefill::engine::llama::LlamaEngine;
use treefill::engine::{Engine as _, ModelOptions, Piece, Status};

use crate::engine::support::{PREFIX, SUFFIX, job, options, run_in_pieces};
use crate::program::Program;

const RANK: u64 = 8;

/// The width of the embedded model.
const WIDTH: u64 = 512;

/// An adapter of the first layer's queries, written to `path`: `width` values go in, and all that comes out is the `same` one.
fn write_adapter(path: &Path, architecture: &str, width: u64, same: f32) {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend([2u64.to_le_bytes(), 4u64.to_le_bytes()].concat());
    for (key, value) in
        [("general.type", "adapter"), ("general.architecture", architecture), ("adapter.type", "lora")]
    {
        bytes.extend([text(key), 8u32.to_le_bytes().to_vec(), text(value)].concat());
    }
    bytes.extend(
        [text("adapter.lora.alpha"), 6u32.to_le_bytes().to_vec(), (RANK as f32).to_le_bytes().to_vec()]
            .concat(),
    );
    let mut offset = 0u64;
    for (name, shape) in [("lora_a", [width, RANK]), ("lora_b", [RANK, width])] {
        bytes.extend([text(&format!("blk.0.attn_q.weight.{name}")), 2u32.to_le_bytes().to_vec()].concat());
        shape.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
        bytes.extend([0u32.to_le_bytes().to_vec(), offset.to_le_bytes().to_vec()].concat());
        offset += width * RANK * 4;
    }
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    for value in [0.02, same] {
        for at in 0..width * RANK {
            // Not the same in each place, or the softmax of attention would not see it.
            let value: f32 = if at % 3 == 0 { -value } else { value };
            bytes.extend(value.to_le_bytes());
        }
    }
    std::fs::write(path, bytes).unwrap();
}

fn adapter(folder: &tempfile::TempDir, same: f32) -> PathBuf {
    let path = folder.path().join("mine.gguf");
    write_adapter(&path, "llama", WIDTH, same);
    path
}

async fn generated(options: ModelOptions) -> Vec<Piece> {
    run_in_pieces(&*LlamaEngine::start(options), job(PREFIX, SUFFIX)).await.0
}

#[tokio::test]
async fn an_adapter_changes_what_is_likely() {
    let folder = tempfile::tempdir().unwrap();
    let with = |same| ModelOptions { adapter: Some(adapter(&folder, same)), ..options() };
    let plain = generated(options()).await;
    let logprobs = |pieces: &[Piece]| pieces.iter().map(|piece| piece.logprob).collect::<Vec<_>>();
    assert_eq!(logprobs(&generated(with(0.0)).await), logprobs(&plain), "one of zeros changes nothing");
    assert_ne!(logprobs(&generated(with(0.2)).await), logprobs(&plain));
    let engine = LlamaEngine::start(with(0.2));
    let status = engine.status().wait_for(|status| !status.is_coming()).await.unwrap().clone();
    let Status::Ready(info) = status else { panic!("{status:?}") };
    assert!(info.name.ends_with(" with mine"), "its chances are kept apart: {}", info.name);
    assert_eq!(info.adapter.as_deref(), Some(&*folder.path().join("mine.gguf")));
}

#[tokio::test]
async fn one_that_does_not_fit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.gguf");
    for (architecture, width, expected) in [
        ("llama", 256, "does not fit the model"),
        ("qwen2", WIDTH, "was made for a model of the architecture qwen2"),
    ] {
        write_adapter(&path, architecture, width, 0.1);
        let engine = LlamaEngine::start(ModelOptions { adapter: Some(path.clone()), ..options() });
        let status = engine.status().wait_for(|status| !status.is_coming()).await.unwrap().clone();
        let Status::Failed(why) = status else { panic!("{status:?}") };
        assert!(why.starts_with("the setting `model.adapter`: ") && why.contains(expected), "{why}");
        assert!(why.contains(path.to_str().unwrap()), "{why}");
    }
}

/// The state of a server's engine with this adapter in the user's file, after it has answered.
fn served(folder: &tempfile::TempDir, adapter: &str) -> Value {
    let config = folder.path().join("config.toml");
    std::fs::write(
        &config,
        format!(
            "[model]\nadapter = \"{adapter}\"\nmax_prefill_ms = 20000\n[engine]\nexit_after_idle_s = 0\n"
        ),
    )
    .unwrap();
    let mut program = Program::start_with(&["serve"], "", |command| {
        command.env("TREEFILL_CONFIG", &config).stderr(Stdio::null());
    });
    program.initialize(Some(std::process::id()));
    let document = json!({ "uri": "file:///x.py", "languageId": "python", "version": 1, "text": "import os\nimport \n" });
    program.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let params = json!({
        "textDocument": { "uri": "file:///x.py" },
        "position": { "line": 1, "character": 7 },
        "context": { "triggerKind": 1 },
    });
    program.call("textDocument/inlineCompletion", params);
    let status = program.call("workspace/executeCommand", json!({ "command": "treefill.status" }));
    program.shut_down();
    status["engine"].clone()
}

#[test]
fn the_users_adapter_is_read_by_the_engine_in_its_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let path = adapter(&folder, 0.1);
    // Relative to the settings file.
    let engine = served(&folder, "mine.gguf");
    assert_eq!((&engine["state"], &engine["message"]), (&json!("ready"), &Value::Null), "{engine}");
    assert_eq!(engine["adapter"].as_str(), path.to_str(), "{engine}");
    assert!(engine["model"].as_str().unwrap().ends_with(" with mine"), "{engine}");
}

#[test]
fn without_a_usable_adapter_the_model_goes_on_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let engine = served(&folder, "none.gguf");
    assert_eq!((&engine["state"], &engine["adapter"]), (&json!("ready"), &Value::Null), "{engine}");
    let told = engine["message"].as_str().unwrap();
    assert!(told.starts_with("without the adapter: ") && told.contains("none.gguf was not found"), "{told}");
    assert!(told.contains("set model.adapter in config.toml"), "{told}");
}
