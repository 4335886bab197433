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

/// A model that is not here is timed by layers of its size, in the engine's own process.
#[test]
fn a_replica_runs_in_the_place_of_a_model() {
    let home = Home::new();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default/model.gguf");
    let run = home.run(&["model", "recommend", model, "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let rows: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by: Vec<&str> = rows.iter().map(|row| row["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["measured", "replica"], "{run:?}");
    for row in &rows {
        assert!(row["read_per_s"].as_f64().unwrap() > 0.0 && row["key_s"].as_f64().unwrap() > 0.0, "{row}");
    }
}

#[test]
fn one_for_instructions_alone_is_told_where_it_belongs() {
    let home = Home::new();
    let mut bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/default/model.gguf")).unwrap();
    let plain = |bytes: &mut Vec<u8>, pattern: &[u8], at: usize| {
        let found: Vec<usize> =
            (0..bytes.len() - pattern.len()).filter(|&start| bytes[start..].starts_with(pattern)).collect();
        found.into_iter().for_each(|start| bytes[start + at] = b'x');
    };
    plain(&mut bytes, b"<|fim_", 2);
    plain(&mut bytes, b"ggml.fim_", 5);
    let path = home.file("plain.gguf", &bytes);
    home.run(&["model", "use", &path])
        .refused(1, &[&path, "treefill model recommend", "Nothing was changed."]);
    let chat = crate::engine::support::with_chat_template(&bytes, "{{ messages }}");
    let path = home.file("chat.gguf", chat);
    home.run(&["model", "use", &path]).refused(1, &[&format!("treefill model use {path} --instruct")]);
    let place = format!("{}:1:5", home.file("a.py", "x = \n"));
    home.run(&["complete", "--model", &path, &place]).refused(1, &["not a FIM model", "`instruct.path`"]);
}
