//! Tests help, usage errors, languages and doctor.

use super::Home;

const COMMANDS: &[&str] = &[
    "serve",
    "complete",
    "fix",
    "implement",
    "check",
    "doctor",
    "model",
    "stats",
    "status",
    "eval",
    "languages",
    "config",
    "generate",
];

#[test]
fn every_help_shows_examples() {
    let home = Home::new();
    let run = home.run(&["--help"]);
    assert!(run.code == 0 && run.out.contains("Examples:") && run.out.contains("Exit codes:"), "{run:?}");
    for command in COMMANDS {
        assert!(run.out.contains(&format!("  {command} ")), "{command}");
        let help = home.run(&[command, "--help"]);
        assert_eq!(help.code, 0, "{help:?}");
        assert!(
            help.out.contains("Examples:") && help.out.contains(&format!("treefill {command}")),
            "{help:?}"
        );
    }
}

#[test]
fn wrong_usage_is_code_2() {
    let home = Home::new();
    home.run(&[]).refused(2, &["Usage: treefill"]);
    home.run(&["complet"]).refused(2, &["complete"]);
    home.run(&["complete"]).refused(2, &["PLACE"]);
    home.run(&["complete", "main.rs"]).refused(2, &["FILE:LINE:COLUMN", "src/main.rs:10:5"]);
    home.run(&["complete", "main.rs:0:1"]).refused(2, &["both from 1"]);
    home.run(&["languages", "--log", "loud"]).refused(2, &["--log", "use one of off, error"]);
    home.run(&["--stdio=3"]).refused(2, &["--stdio"]);
}

#[test]
fn languages_as_a_table_and_for_programs() {
    let home = Home::new();
    let table = home.run(&["languages"]);
    assert_eq!(table.code, 0);
    let python = table.out.lines().find(|line| line.starts_with("python")).unwrap();
    assert!(python.contains("*.py") && python.contains("tree-sitter and"), "{python}");
    let rows: Vec<serde_json::Value> = home
        .run(&["languages", "--json"])
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(rows.iter().any(|row| row["name"] == "rust" && row["extensions"][0] == "rs"));
}

#[test]
fn a_wrong_query_of_the_users_is_named() {
    let home = Home::new();
    home.file("config/treefill/grammars/python/scopes.scm", "(no_such_node) @scope");
    let run = home.run(&["languages"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("scopes.scm") && run.out.contains("python"), "{run:?}");
}

#[test]
fn doctor_tells_what_is_in_force() {
    let home = Home::new();
    let run = home.run(&["doctor"]);
    assert_eq!(run.code, 0, "{run:?}");
    for text in [
        env!("CARGO_PKG_VERSION"),
        "config.toml (not there",
        "python",
        "ggml uses",
        "embedded",
        "tokens/s",
        "treefill model recommend",
        "no suggestion was asked for",
        "in order",
    ] {
        assert!(run.out.contains(text), "{text:?} is not in {}", run.out);
    }
    assert!(!run.out.contains('\u{1b}'), "colours go to terminals only");
}

#[test]
fn doctor_counts_what_is_wrong() {
    let home = Home::new();
    home.config("[model]\npath = 'none.gguf'\n[zebra]\n");
    let run = home.run(&["doctor"]);
    assert_eq!(run.code, 1, "{run:?}");
    let missing = home.path("config/treefill/none.gguf").display().to_string();
    assert!(
        run.out.contains("config.toml:3: zebra: unknown section") && run.out.contains(&missing),
        "{run:?}"
    );
    assert!(run.out.contains("2 things are wrong"), "{run:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    let mut child = home.command(&["config", "show"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
