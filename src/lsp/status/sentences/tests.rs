//! Tests the table of sentences.

use super::*;
use crate::completion::{Eagerness, Reason, Trigger};
use crate::models::stand_in_notice;
use expect_test::expect;
use std::path::Path;

fn all() -> Vec<ShownState> {
    let notice = stand_in_notice(Path::new("/m.gguf"), "it is no GGUF file");
    let paused = |place, until: Option<&str>| ShownState::Paused(place, until.map(str::to_owned));
    vec![
        ShownState::Starting,
        ShownState::Loading(0.42),
        ShownState::Thinking,
        ShownState::Ready,
        paused(PausedPlace::Everywhere, Some("15:42")),
        paused(PausedPlace::Everywhere, None),
        paused(PausedPlace::Language("python".into()), None),
        paused(PausedPlace::File("shelf.py".into()), None),
        ShownState::OffBySetting("disable.paths"),
        ShownState::Private("it is named like a file with secrets".into()),
        ShownState::BuiltInInstead(notice),
        ShownState::Remote("gpu.example:8080".into(), None),
        ShownState::Remote("gpu.example:8080".into(), Some("it refuses connections".into())),
        ShownState::Restarting,
        ShownState::NoModel("model.gguf: no GGUF; set model.path".into()),
    ]
}

#[test]
fn one_sentence_for_one_state() {
    let row = |state: ShownState| {
        format!("{} ({}, {}): {}\n", state.id(), state.short(), state.level().name(), state.sentence())
    };
    let table: String = all().into_iter().map(row).collect();
    expect![[r#"
            starting (starting, busy): The engine is starting.
            loading (loading 42 %, busy): The model is being read: 42 %.
            thinking (thinking, busy): The model is thinking.
            ready (ready, normal): Suggestions are ready.
            paused (paused, off): Suggestions are paused everywhere until 15:42.
            paused (paused, off): Suggestions are paused everywhere until you resume.
            paused (paused, off): Suggestions are paused in python until you resume.
            paused (paused, off): Suggestions are paused in shelf.py until you resume or close it.
            off (off, off): Suggestions are off here by the setting disable.paths.
            private (private, off): Nothing is suggested in a private file: it is named like a file with secrets.
            built_in_instead (built-in model, warning): The built-in model is used in place of yours: /m.gguf was not found; set model.path in config.toml to a GGUF file that can be read, or remove that line to keep the built-in one.
            remote (remote, normal): Suggestions come from a server: text around the cursor is sent to gpu.example:8080.
            remote (remote, warning): The server gpu.example:8080 cannot be used at present: it refuses connections.
            restarting (engine restarting, warning): The engine has ended and is being started again.
            no_model (no model, error): There is no model: model.gguf: no GGUF; set model.path.
        "#]]
        .assert_eq(&table);
}

#[test]
fn a_model_without_its_adapter_is_not_the_built_in_one() {
    let state = ShownState::BuiltInInstead(crate::models::without_adapter_notice("it is no adapter"));
    assert_eq!(state.short(), "no adapter");
    assert!(state.sentence().starts_with("Without the adapter: it is no adapter;"), "{}", state.sentence());
}

#[test]
fn why_nothing_came() {
    let ago = Duration::from_secs(1);
    let said = |reason: Reason| last("shelf.py", Some((3, 5)), ago, Some(&reason.to_string()));
    assert_eq!(
        said(Reason::Invalid),
        "No suggestion at shelf.py:3:5, 1 second ago: nothing of what the model wrote fits here."
    );
    assert_eq!(
        said(Reason::LowConfidence),
        "No suggestion at shelf.py:3:5, 1 second ago: the model is not sure enough (completion.eagerness says how sure it must be)."
    );
    assert_eq!(
        last("a.py", None, Duration::from_secs(300), Some("switched off here")),
        "No suggestion in a.py, 5 minutes ago: switched off here."
    );
    assert_eq!(last("a.py", Some((1, 2)), ago, None), "A suggestion was shown at a.py:1:2, 1 second ago.");
}

#[test]
fn titles() {
    let info = ModelInfo {
        name: "Qwen2.5 Coder 1.5B".into(),
        parameters: 1_543_714_304,
        layers: 29,
        backend: "CPU : SSE3 = 1 | AVX2 = 1".into(),
        ..ModelInfo::default()
    };
    let small = ModelInfo { parameters: 15_300_000, ..info.clone() };
    assert_eq!(title(&small, true, Some(43.2)), "Built-in model, 15 M parameters, CPU, 43 ms a suggestion");
    assert_eq!(title(&info, false, None), "Qwen2.5 Coder 1.5B, 1.5 B parameters, CPU");
    let gpu = ModelInfo { gpu_layers: 29, ..info.clone() };
    assert_eq!(
        title(&gpu, false, Some(1320.0)),
        "Qwen2.5 Coder 1.5B, 1.5 B parameters, GPU, 1.3 s a suggestion"
    );
    let half = ModelInfo { gpu_layers: 9, ..info };
    assert!(title(&half, false, None).ends_with(", GPU and CPU"));
    let unknown = ModelInfo { name: "served".into(), ..ModelInfo::default() };
    assert_eq!(title(&unknown, false, None), "served");
}

#[test]
fn the_hint_has_figures() {
    let found = BetterModel {
        name: "small-1b".into(),
        title: "Small 1B".into(),
        times: 66,
        first_line_s: 0.82,
        built_in_s: 0.09,
        bytes: 1_650_000_000,
    };
    assert_eq!(
        better_model(&found),
        "A better model fits this machine: Small 1B has 66 times the parameters of the built-in one and takes about 0.8 s to a first \
             line at a new place, where the built-in one takes 0.1 s. It is a download of 1.65 GB: treefill model get small-1b --use"
    );
}

#[test]
fn when_suggestions_come() {
    let usual = Interrupts {
        trigger: Trigger::Automatic,
        eagerness: Eagerness::Medium,
        bar: 0.3,
        bar_of_eagerness: 0.3,
        taken: (0, 0),
        quiet_s: 0,
    };
    assert_eq!(
        comes(&usual),
        "Suggestions come by themselves when they are likely by 30 % or more (eagerness medium)."
    );
    let moved = Interrupts { trigger: Trigger::Pause, bar: 0.34, taken: (4, 20), ..usual.clone() };
    assert_eq!(
        comes(&moved),
        "Suggestions come in pauses when they are likely by 34 % or more (eagerness medium: 30 %, moved by your last reactions, 4 of 20 taken)."
    );
    assert_eq!(
        comes(&Interrupts { trigger: Trigger::Manual, ..usual }),
        "Suggestions come only when you ask."
    );
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(also_paused(&[], &[]), None);
    assert_eq!(
        also_paused(&names(&["rust"]), &names(&["a.py"])).as_deref(),
        Some("Suggestions are paused by hand in rust, in a.py.")
    );
}

/// The sentences that the tests of the editors look for: what is in braces is filled in there.
#[test]
fn the_tests_of_the_editors_know_the_sentences() {
    let notice = stand_in_notice(Path::new("{file}"), "");
    let silent = |reason: Reason| {
        last("{file}", Some((7, 8)), Duration::from_secs(5), Some(&reason.to_string()))
            .replace(":7:8, 5 seconds ago", ":{line}:{column}, {time} ago")
    };
    let paused = |place| ShownState::Paused(place, None).sentence();
    let rows = [
        ("loading", ShownState::Loading(0.0).sentence().replace("0 %", "{share} %")),
        ("thinking", ShownState::Thinking.sentence()),
        ("paused_everywhere", paused(PausedPlace::Everywhere)),
        ("paused_in_language", paused(PausedPlace::Language("{language}".into()))),
        ("paused_in_file", paused(PausedPlace::File("{file}".into()))),
        ("off_by_setting", ShownState::OffBySetting("{setting}").sentence()),
        ("built_in_instead", ShownState::BuiltInInstead(notice).sentence()),
        ("remote", ShownState::Remote("{host}".into(), None).sentence()),
        ("restarting", ShownState::Restarting.sentence()),
        ("nothing_fits", silent(Reason::Invalid)),
        ("low_chance", silent(Reason::LowConfidence)),
        ("ready", ShownState::Ready.sentence()),
    ];
    let rows: serde_json::Map<String, serde_json::Value> =
        rows.into_iter().map(|(name, sentence)| (name.to_owned(), sentence.into())).collect();
    let text = format!("{}\n", serde_json::to_string_pretty(&rows).unwrap());
    expect_test::expect_file!["../../../../editors/states.json"].assert_eq(&text);
}

/// Nothing that is meant for programs, or for those who wrote this, is in what a user reads.
#[test]
fn no_sentence_holds_what_is_for_programs() {
    for state in all() {
        let text = state.sentence();
        assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
        // Names of settings and files have dots and underscores of their own.
        let words = text.split_whitespace().filter(|word| !word.contains('.') && !word.contains('/'));
        for word in words {
            assert!(!word.contains('_') && !word.contains("::") && !word.contains("Some("), "{text}");
        }
    }
}
