//! Tests the rows of `benches/RELIABILITY.md` that need a real model: cancelling in the middle of a prompt, damaged models, a model file
//! that changes under the engine, little memory.

use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::engine::support;
use crate::program::Program;
use crate::soak;

const PYTHON: &str = "import os\n\n\ndef read(path):\n    with open(path) as file:\n        return file.\n";
const TWO_SECONDS: Duration = Duration::from_secs(2);

/// The program with this model file.
fn with_model(model: &Path, limit: Option<u64>) -> Program {
    let config = model.with_extension("toml");
    let settings =
        "max_prefill_ms = 20000\n[engine]\nexit_after_idle_s = 0\n[completion]\ndeadline_ms = 30000\n";
    std::fs::write(&config, format!("[model]\npath = {}\n{settings}", json!(model))).unwrap();
    let mut program = Program::start_with(&["serve"], "", |command| {
        command.env("TREEFILL_CONFIG", &config).stderr(Stdio::null());
        if let Some(limit) = limit {
            let mut limited = std::process::Command::new("sh");
            limited.args([
                "-c",
                &format!("ulimit -v {limit} && exec \"$0\" serve"),
                env!("CARGO_BIN_EXE_treefill"),
            ]);
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => limited.env(name, value),
                    None => limited.env_remove(name),
                };
            }
            limited.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            *command = limited;
        }
    });
    program.initialize(None);
    program
}

fn open(program: &mut Program, uri: &str, text: &str) {
    let document = json!({ "uri": uri, "languageId": "python", "version": 1, "text": text });
    program.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
}

fn place(uri: &str, line: usize, character: usize) -> Value {
    let position = json!({ "line": line, "character": character });
    json!({ "textDocument": { "uri": uri }, "position": position, "context": { "triggerKind": 1 } })
}

/// Whether there is a suggestion in a document of its own.
fn suggests(program: &mut Program, name: &str) -> bool {
    let uri = format!("file:///{name}.py");
    open(program, &uri, PYTHON);
    let answer = program.call("textDocument/inlineCompletion", place(&uri, 5, 20));
    answer["items"].as_array().is_some_and(|items| !items.is_empty())
}

fn status(program: &mut Program) -> Value {
    program.call("workspace/executeCommand", json!({ "command": "treefill.status" }))
}

fn wait(time: Duration) {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(time);
}

/// Asks until there is a suggestion: of this model, or of the built-in one in its place.
fn until_it_suggests(program: &mut Program, name: &str) {
    let start = Instant::now();
    let mut number = 0;
    while !suggests(program, &format!("{name}{number}")) {
        number += 1;
        wait(Duration::from_millis(50));
        assert!(start.elapsed() < Duration::from_secs(60), "{name}: {}", status(program));
    }
}

fn end(mut program: Program) {
    program.shut_down();
    assert_eq!(program.ended_within(TWO_SECONDS), Some(0));
}

#[test]
fn a_request_is_cancelled_in_the_middle_of_a_prompt() {
    let mut program = Program::start_with(&["serve"], "delay_ms = 0\n", |command| {
        command.stderr(Stdio::null());
    });
    program.initialize(None);
    until_it_suggests(&mut program, "first");
    let mut times = Vec::new();
    let tries = soak::count(10, 300);
    for number in 0..tries {
        let uri = format!("file:///{number}.py");
        let text: String =
            (0..400).map(|line| format!("value_{number}_{line} = compute({line})\n")).collect();
        open(&mut program, &uri, &format!("{text}total = \n"));
        let id = program.client.request("textDocument/inlineCompletion", place(&uri, 400, 8));
        wait(Duration::from_millis(30));
        let start = Instant::now();
        program.client.notify("$/cancelRequest", json!({ "id": id }));
        let answer = program.client.answer(id);
        // The prompt may have been read before.
        if answer["error"]["code"] == -32800 {
            times.push(start.elapsed());
        }
    }
    assert!(times.len() * 2 > tries, "{} of {tries} were cancelled", times.len());
    let (count, (p99, worst)) = (times.len(), soak::p99(times));
    soak::figure(6, format!("{count} in the middle of a prompt: p99 {p99:.1?}, worst {worst:.1?}"));
    assert!(p99 <= soak::limit(Duration::from_millis(100)), "{p99:?}");
    assert!(suggests(&mut program, "last"));
    end(program);
}

#[test]
fn a_damaged_model_ends_no_server() {
    let whole = std::fs::read(support::options().model).unwrap();
    let mut random = StdRng::seed_from_u64(10);
    let (files, mut longest, mut failed) = (soak::count(5, 200), Duration::ZERO, 0);
    for number in 0..files {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.gguf");
        let mut bytes = whole.clone();
        match number % 4 {
            0 => bytes.truncate(random.random_range(0..whole.len())),
            // The metadata, where llama.cpp has its asserts.
            _ => bytes[random.random_range(24..200_000)] ^= 1 << random.random_range(0..8),
        }
        std::fs::write(&model, bytes).unwrap();
        let start = Instant::now();
        let mut program = with_model(&model, None);
        loop {
            let engine = status(&mut program)["engine"].clone();
            if engine["state"] == "ready" || engine["state"] == "failed" {
                // A message is there when the built-in model took the place of this one.
                failed += usize::from(!engine["message"].is_null());
                break;
            }
            wait(Duration::from_millis(20));
            assert!(start.elapsed() < Duration::from_secs(60), "file {number}: {engine}");
        }
        longest = longest.max(start.elapsed());
        end(program);
    }
    soak::figure(
        10,
        format!(
            "{files} damaged copies of a real model in llama.cpp: no server ended; {failed} were refused; settled after {longest:.1?}"
        ),
    );
    assert!(longest <= soak::limit(Duration::from_secs(5)), "{longest:?}");
}

#[test]
fn a_model_file_that_changes_while_in_use_ends_no_server() {
    let good = support::options().model;
    type Change = fn(&Path);
    let changes: [(&str, Change); 3] = [
        ("truncated", |model| {
            let file = std::fs::File::options().write(true).open(model).unwrap();
            file.set_len(file.metadata().unwrap().len() / 3).unwrap();
        }),
        ("emptied", |model| drop(std::fs::File::create(model).unwrap())),
        ("replaced", |model| {
            let other = model.with_extension("other");
            std::fs::write(&other, "no model at all").unwrap();
            std::fs::rename(other, model).unwrap();
        }),
    ];
    for (name, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.gguf");
        std::fs::copy(&good, &model).unwrap();
        let mut program = with_model(&model, None);
        until_it_suggests(&mut program, "before");
        change(&model);
        until_it_suggests(&mut program, name);
        let documents = status(&mut program)["documents"].clone();
        assert!(documents.as_u64().unwrap() >= 2, "{documents}");
        end(program);
    }
    soak::figure(
        11,
        format!("{} ways to change the file in use: serve went on, suggestions too", changes.len()),
    );
}

#[test]
fn with_little_memory_serve_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("m.gguf");
    let size = std::fs::copy(support::options().model, &model).unwrap();
    let limit = (size >> 10) + (512 << 10);
    let mut program = with_model(&model, Some(limit));
    let lines: String = (0..20_000).map(|line| format!("value_{line} = compute({line})\n")).collect();
    for number in 0..soak::count(3, 30) {
        // Whether the engine lives is its own business.
        suggests(&mut program, &format!("small{number}"));
        open(&mut program, &format!("file:///large{number}.py"), &lines);
    }
    let documents = status(&mut program)["documents"].as_u64().unwrap();
    assert_eq!(documents as usize, 2 * soak::count(3, 30));
    soak::figure(16, format!("model + 512 MB of address space, {documents} documents: serve went on"));
    end(program);
}
