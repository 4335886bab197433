//! Tests `treefill eval` with the embedded model: cases made, holes asked, keys replayed in this process and over LSP,
//! results read.

use std::path::Path;

use serde_json::{Value, json};

use super::Home;

fn cases() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cases/python.jsonl").display().to_string()
}

#[test]
fn cases_are_made_and_repeat() {
    let home = Home::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").display().to_string();
    let texts = ["a", "b"].map(|name| {
        let out = home.path(name).display().to_string();
        let run = home.run(&["eval", "make", "--from", &demo, "--each", "2", "--out", &out]);
        assert!(run.code == 0 && run.out.contains("from 2 files"), "{run:?}");
        std::fs::read_to_string(out).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
    let out = home.path("c").display().to_string();
    let empty = home.path("").display().to_string();
    home.run(&["eval", "make", "--from", &empty, "--out", &out]).refused(1, &["no file of a known language"]);
    home.run(&["eval", "make", "--from", &demo, "--kind", "hole", "--out", &out])
        .refused(2, &["use one of rest_of_line"]);
}

#[test]
fn holes_are_asked_once_and_compared() {
    let home = Home::new();
    let out = home.path("run.jsonl").display().to_string();
    let ask = ["eval", "holes", &cases(), "--limit", "1", "--ablation", "--out", &out];
    let run = home.run(&ask);
    assert!(run.code == 0 && run.out.contains("edit similarity") && run.out.contains("validate"), "{run:?}");
    let first = std::fs::read_to_string(&out).unwrap();
    // A head, and eight kinds with five stages each.
    assert_eq!(first.lines().count(), 41);
    let again = home.run(&ask);
    assert_eq!((again.code, std::fs::read_to_string(&out).unwrap()), (0, first), "all of it was there");
    let other = ["eval", "holes", &cases(), "--limit", "2", "--out", &out];
    home.run(&other).refused(1, &["holds another run", "name another file"]);
    let diff = home.run(&["eval", "diff", &out, &out]);
    assert!(diff.code == 0 && !diff.out.contains("worse\n"), "{diff:?}");
    let page = home.path("page.html").display().to_string();
    assert_eq!(home.run(&["eval", "report", &out, "--html", &page]).code, 0);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("edit similarity") && !page.contains("<script"));
}

#[test]
fn keys_are_replayed_into_the_session_and_over_lsp() {
    let home = Home::new();
    for lsp in [&[][..], &["--lsp"]] {
        let out = home.path(&format!("replay{}.jsonl", lsp.len())).display().to_string();
        let cases = cases();
        let mut ask = vec!["eval", "replay", &cases, "--limit", "1", "--pause-ms", "0", "--out", &out];
        ask.extend(lsp);
        let run = home.run(&ask);
        assert!(run.code == 0 && run.out.contains("RoCC") && run.out.contains("after a jump"), "{run:?}");
        let rows = std::fs::read_to_string(&out).unwrap();
        let row: serde_json::Value = serde_json::from_str(rows.lines().nth(1).unwrap()).unwrap();
        assert!(row["asked"].as_array().unwrap().iter().any(|asked| asked["shown"] == true), "{row}");
        assert!(row["asked"].as_array().unwrap().iter().all(|asked| asked["worse"] == false), "{row}");
    }
}

#[test]
fn holes_are_asked_of_the_real_server() {
    let home = Home::new();
    // By itself the small model shows few of them.
    home.config("[completion]\neagerness = \"high\"\n");
    let out = home.path("holes.jsonl").display().to_string();
    let run = home.run(&["eval", "holes", &cases(), "--limit", "1", "--lsp", "--out", &out]);
    assert!(run.code == 0 && run.out.contains("treefill over LSP"), "{run:?}");
    let added = run.out.lines().find(|line| line.starts_with("adds strict errors")).unwrap_or_default();
    let shares: Vec<&str> = added.split_whitespace().skip(3).filter(|word| *word != "%").collect();
    assert!(!shares.is_empty() && shares.iter().all(|share| *share == "0.0"), "{run:?}");
}

/// A package in which a line follows from what another file does, and from nothing else.
fn package(home: &Home) -> String {
    let function = |name: &str| {
        format!(
            "def {name}(zork):\n    quux = open_quux(\"zanzibar\", zork)\n    wibble.frob(quux, plover=17)\n    return quux\n\n\n"
        )
    };
    let other = format!("import wibble\n\n\n{}", ["start", "run", "end"].map(function).concat());
    let own = format!("import wibble\n\n\n{}", function("main"));
    let hole = own.find("wibble.frob").unwrap();
    let source = |path: &str, text: &str| json!({ "source": { "package": "p-1.0", "path": path, "language": "python", "text": text } });
    let case = json!({
        "id": "1", "source": 0, "kind": "single_line", "damage": null, "repository": { "start": 0, "end": 2 },
        "hole": { "start": hole, "end": hole + "wibble.frob(quux, plover=17)".len() },
    });
    let rows = [source("p/main.py", &own), source("p/other.py", &other), json!({ "case": case })];
    home.file("package.jsonl", rows.map(|row| format!("{row}\n")).concat())
}

#[test]
fn with_a_workspace_the_memory_knows_the_files_beside_the_hole() {
    let home = Home::new();
    let cases = package(&home);
    let exact = |name: &str, options: &[&str]| {
        let out = home.path(name).display().to_string();
        let ask = [&["eval", "holes", &cases, "--invoked", "--out", &out], options].concat();
        let run = home.run(&ask);
        assert_eq!(run.code, 0, "{run:?}");
        let rows = std::fs::read_to_string(&out).unwrap();
        let row: Value = serde_json::from_str(rows.lines().nth(1).unwrap()).unwrap();
        (row["score"]["exact"].as_bool().unwrap(), row["remembered"].as_u64())
    };
    assert_eq!(exact("alone", &[]), (false, None));
    assert_eq!(exact("without", &["--workspace", "--without", "memory,drafts"]), (false, None));
    for (name, options) in [("with", &["--workspace"][..]), ("lsp", &["--workspace", "--lsp"])] {
        let (exact, tokens) = exact(name, options);
        assert!(exact && tokens.is_some_and(|tokens| tokens > 100), "{name}: {exact}, {tokens:?} tokens");
    }
    assert_eq!(exact("lsp-without", &["--workspace", "--lsp", "--without", "memory"]), (false, None));
}

#[test]
fn what_carries_no_package_has_no_workspace() {
    let home = Home::new();
    let out = home.path("run.jsonl").display().to_string();
    let ask = |options: &[&str]| home.run(&[&["eval", "holes", &cases(), "--out", &out], options].concat());
    ask(&["--workspace", "--limit", "1"])
        .refused(1, &["do not carry the files beside them", "--with-repository"]);
    ask(&["--without", "luck"]).refused(2, &["luck", "memory", "drafts"]);
    ask(&["--lsp", "--without", "signatures"]).refused(1, &["leave --lsp out"]);
    ask(&["--workspace", "--engine", "llama-server"])
        .refused(1, &["--workspace and --without are for treefill"]);
}

#[test]
fn a_peer_that_is_not_there() {
    let home = Home::new();
    let out = home.path("run.jsonl").display().to_string();
    // Port 9 discards, where anybody listens at all; nobody does.
    let url = "http://127.0.0.1:9";
    home.run(&["eval", "holes", &cases(), "--engine", "llama-server", url, "--out", &out])
        .refused(1, &["no llama-server answers at http://127.0.0.1:9", "start one"]);
    home.run(&["eval", "holes", &cases(), "--engine", "copilot", "--out", &out])
        .refused(1, &["--engine is \"treefill\", or \"llama-server\" and a URL"]);
    home.run(&["eval", "holes", "nowhere.jsonl", "--out", &out]).refused(1, &["cannot read nowhere.jsonl"]);
}
