//! Tests model files that cannot be used, given on the command line or in the configuration: one clear line, no crash.

use super::Home;

/// Runs `complete` with the model at `path`; it must fail, naming the file and what is wrong.
#[track_caller]
fn refused(path: &str, texts: &[&str]) {
    let home = Home::new();
    let place = format!("{}:1:5", home.file("a.py", "x = \n"));
    let by_option = home.run(&["complete", "--model", path, &place]);
    by_option.refused(1, &[path]);
    by_option.refused(1, texts);
    home.config(&format!("[model]\npath = '{path}'\n"));
    home.run(&["complete", &place]).refused(1, texts);
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains(texts[0]), "{doctor:?}");
}

#[test]
fn missing_or_a_folder() {
    let home = Home::new();
    refused(&home.path("none.gguf").display().to_string(), &["was not found"]);
    refused(&home.path("").display().to_string(), &["is a folder"]);
}

#[test]
fn garbage_and_truncated() {
    let home = Home::new();
    refused(&home.file("garbage.gguf", "garbage ".repeat(5000)), &["not a GGUF file"]);
    refused(&home.file("empty.gguf", ""), &["not a GGUF file"]);
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/default/model.gguf")).unwrap();
    refused(&home.file("half.gguf", &whole[..whole.len() / 2]), &["cut short"]);
}

#[test]
fn without_weights_or_without_fim_tokens() {
    let home = Home::new();
    refused(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vocab/ggml-vocab-llama-spm.gguf"), &["no weights"]);
    let mut bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/default/model.gguf")).unwrap();
    // The texts of the tokens, and the keys that name their ids.
    for pattern in [&b"<|fim_"[..], b"ggml.fim_"] {
        for start in (0..bytes.len() - pattern.len())
            .filter(|&at| bytes[at..].starts_with(pattern))
            .collect::<Vec<_>>()
        {
            bytes[start + 3] = b'x';
        }
    }
    refused(&home.file("plain.gguf", bytes), &["not a FIM model"]);
}

#[test]
fn one_that_is_to_take_instructions_needs_a_chat_template() {
    let home = Home::new();
    let doctor = |path: &str| {
        home.config(&format!("[instruct]\npath = '{path}'\n"));
        home.run(&["doctor", "--no-model"])
    };
    let none = doctor(concat!(env!("CARGO_MANIFEST_DIR"), "/models/default/model.gguf"));
    assert!(none.code == 1 && none.out.contains("it has no chat template"), "{none:?}");
    let missing = doctor("/nonexistent/instruct.gguf");
    assert!(missing.code == 1 && missing.out.contains("/nonexistent/instruct.gguf"), "{missing:?}");
}
