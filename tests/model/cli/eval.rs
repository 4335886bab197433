//! Tests `treefill eval` with the embedded model: cases made, holes asked, keys replayed in this process and over LSP,
//! results read.

use std::path::Path;

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
