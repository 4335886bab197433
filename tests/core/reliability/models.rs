//! Tests files that are no models (row 10): each is refused in time with a clear sentence, and the server goes on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::support::{Editor, command};
use crate::home::Home;
use crate::soak;

const LIMIT: Duration = Duration::from_secs(5);
/// Memory of a server with such a file, KiB.
const CEILING: u64 = 256 << 10;

/// A GGUF file in pieces: every field is one, so that each can be changed and each boundary cut.
struct Model {
    fields: Vec<Vec<u8>>,
}

impl Model {
    fn text(&mut self, text: &str) {
        self.fields.push((text.len() as u64).to_le_bytes().to_vec());
        self.fields.push(text.as_bytes().to_vec());
    }

    fn u32(&mut self, number: u32) {
        self.fields.push(number.to_le_bytes().to_vec());
    }

    fn u64(&mut self, number: u64) {
        self.fields.push(number.to_le_bytes().to_vec());
    }

    /// With entries of each kind, the tables of a vocabulary, and two tensors.
    fn new() -> Self {
        let mut model = Self { fields: vec![b"GGUF".to_vec()] };
        model.u32(3);
        model.u64(2);
        model.u64(7);
        for (key, value) in [("general.architecture", "llama"), ("general.name", "x")] {
            model.text(key);
            model.u32(8);
            model.text(value);
        }
        for (key, value) in [("general.alignment", 32), ("llama.context_length", 512)] {
            model.text(key);
            model.u32(4);
            model.u32(value);
        }
        model.text("tokenizer.ggml.tokens");
        model.u32(9);
        model.u32(8);
        model.u64(2);
        model.text("a");
        model.text("b");
        // Scores are numbers of 32 bits; some files said otherwise.
        for (key, kind) in [("tokenizer.ggml.scores", 6), ("tokenizer.ggml.token_type", 5)] {
            model.text(key);
            model.u32(9);
            model.u32(kind);
            model.u64(2);
            model.u32(0);
            model.u32(1);
        }
        for (name, offset) in [("token_embd.weight", 0), ("output.weight", 32)] {
            model.text(name);
            model.u32(2);
            model.u64(2);
            model.u64(2);
            model.u32(0);
            model.u64(offset);
        }
        let length = model.fields.concat().len();
        model.fields.push(vec![0; length.next_multiple_of(32) - length + 64]);
        model
    }

    fn bytes(&self) -> Vec<u8> {
        self.fields.concat()
    }

    fn with(&self, field: usize, value: &[u8]) -> Vec<u8> {
        let mut fields = self.fields.clone();
        fields[field] = value.to_vec();
        fields.concat()
    }
}

/// What published attacks did: counts and sizes that overflow, alignments, array types that are confused, tensors too large.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let model = Model::new();
    let whole = model.bytes();
    let mut files = vec![("empty".to_owned(), Vec::new()), ("whole".to_owned(), whole.clone())];
    for (number, field) in model.fields.iter().enumerate() {
        let extremes: [u64; 8] =
            [0, 1, u64::MAX, i64::MAX as u64, u64::from(u32::MAX), 1 << 31, 1 << 61, u64::MAX / 8 + 1];
        for value in extremes {
            let width = field.len().min(8);
            let value = [&value.to_le_bytes()[..width], &field[width..]].concat();
            files.push((format!("field {number}"), model.with(number, &value)));
        }
    }
    let mut end = 0;
    for field in &model.fields {
        files.push((format!("cut at {end}"), whole[..end].to_vec()));
        end += field.len();
    }
    let mut random = StdRng::seed_from_u64(10);
    for number in 0..200 {
        let at = random.random_range(0..whole.len());
        let mut bytes = whole.clone();
        match number % 2 {
            0 => bytes.truncate(at),
            _ => bytes[at] ^= 1 << random.random_range(0..8),
        }
        files.push((format!("chance {number}"), bytes));
    }
    files
}

fn checked(path: &Path) -> Duration {
    let start = Instant::now();
    let verdict = treefill::models::check(path);
    let took = start.elapsed();
    if let Err(error) = verdict {
        let text = format!("{error:#}");
        assert!(text.contains(&path.display().to_string()) && !text.contains('\n'), "{text}");
    }
    took
}

#[test]
fn files_that_are_no_models_are_told_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gguf");
    let files = corpus();
    assert!(files.len() >= 500, "{}", files.len());
    let mut longest = Duration::ZERO;
    let mut whole = 0;
    for (_, bytes) in &files {
        std::fs::write(&path, bytes).unwrap();
        longest = longest.max(checked(&path));
        whole += usize::from(treefill::models::check(&path).is_ok());
    }
    assert!(whole < files.len(), "some are refused");
    for path in special(folder.path()) {
        longest = longest.max(checked(&path));
    }
    soak::figure(
        10,
        format!("{} files checked, longest {longest:.1?}; {whole} go on to llama.cpp", files.len() + 3),
    );
    assert!(longest <= LIMIT, "{longest:?}");
}

/// A folder, a pipe and a device.
fn special(folder: &Path) -> Vec<PathBuf> {
    let pipe = folder.join("pipe.gguf");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    vec![folder.to_owned(), pipe, "/dev/zero".into()]
}

#[test]
fn a_server_whose_model_is_none_goes_on() {
    let files = corpus();
    let step = files.len() / soak::count(6, files.len());
    let special_folder = tempfile::tempdir().unwrap();
    let own: Vec<_> =
        files.into_iter().step_by(step.max(1)).map(|(name, bytes)| (name, Some(bytes))).collect();
    let special: Vec<PathBuf> = special(special_folder.path());
    let count = own.len() + special.len();
    let (mut longest, mut largest) = (Duration::ZERO, 0);
    let special = special.into_iter().map(|path| (path.display().to_string(), None));
    for (name, bytes) in own.into_iter().chain(special) {
        let home = Home::new();
        let path = bytes.map_or(name.clone(), |bytes| home.file("m.gguf", bytes));
        home.config(&format!("[model]\npath = '{path}'\n[engine]\nexit_after_idle_s = 0\n"));
        let serve = command(&home, env!("CARGO_BIN_EXE_treefill").as_ref(), &["serve"]);
        let start = Instant::now();
        let mut editor = Editor::run(home, serve);
        editor.initialize(None);
        // The model inside the program takes its place where there is one.
        let settled = loop {
            let engine = editor.status()["engine"].clone();
            let (state, message) = (engine["state"].clone(), engine["message"].to_string());
            if state == "failed"
                || state == "ready" && !cfg!(feature = "embedded-model")
                || message.contains("built-in")
            {
                break message;
            }
            assert!(start.elapsed() < LIMIT * 6, "{name}: {engine}");
        };
        longest = longest.max(start.elapsed());
        assert!(
            settled.contains("gguf") || settled.contains("llama.cpp") || settled.contains(&path),
            "{name}: {settled}"
        );
        largest = largest.max(editor.process().peak());
        editor.client.forget();
        editor.end();
    }
    soak::figure(
        10,
        format!(
            "{count} servers with such a model: all answer, settled after {longest:.1?} at most, {} MiB at most",
            largest >> 10
        ),
    );
    assert!(largest <= CEILING, "{largest} KiB");
    assert!(longest <= soak::limit(LIMIT), "{longest:?}");
}
