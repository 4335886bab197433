//! Tests what must not be shown (row 24): characters that hide, and each risk of `grammars/<lang>/risks.scm`. Clean code is let through.

use treefill::completion::{Outcome, Reason, TriggerKind};
use treefill::document::Snapshot;
use treefill::verify::risks;

use super::check::{request, run};
use crate::{soak, testing};

/// Directions, zero widths, the tag block.
fn hidden() -> impl Iterator<Item = char> {
    let ranges =
        ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2060}'..='\u{2064}', '\u{2066}'..='\u{2069}'];
    let tags = ['\u{e0001}'..='\u{e0001}', '\u{e0020}'..='\u{e007f}'];
    ranges.into_iter().chain(tags).flatten().chain(['\u{61c}', '\u{feff}', '\u{ad}', '\u{180e}'])
}

/// Places in code, strings and comments, and what a model writes there; `?` is the character.
const PLACES: [(&str, &str, &str); 8] = [
    ("python", "total = 1\nx = ˇ\n", "to?tal"),
    ("python", "total = 1\nx = ˇ\n", "'a?b'"),
    ("python", "total = 1\nx = 'ˇ'\n", "a?b"),
    ("python", "total = 1\n# ˇ\n", "the ?total"),
    ("rust", "fn f(total: u8) {\n    let x = ˇ;\n}\n", "to?tal"),
    ("rust", "fn f(total: u8) {\n    let x = ˇ;\n}\n", "\"a?b\""),
    ("rust", "fn f(total: u8) {\n    let x = \"ˇ\";\n}\n", "a?b"),
    ("rust", "fn f(total: u8) {\n    // ˇ\n}\n", "the ?total"),
];

/// What is shown when the model writes this.
fn shown(language: &str, before: &str, generated: &str) -> Result<String, Reason> {
    match run(request(language, before, TriggerKind::Invoked), generated) {
        Outcome::Suggested(suggestion) => Ok(suggestion.text().to_owned()),
        Outcome::Skipped(reason) => Err(reason),
    }
}

#[test]
fn no_hidden_character_is_shown() {
    let mut tried = 0;
    for (language, before, text) in PLACES {
        assert!(shown(language, before, &text.replace('?', "")).is_ok(), "{language} {text} without it");
        for hidden in hidden().step_by(if soak::is_long() { 1 } else { 5 }) {
            let shown = shown(language, before, &text.replace('?', &hidden.to_string()));
            assert!(!shown.as_ref().is_ok_and(|shown| shown.contains(hidden)), "{hidden:?}: {shown:?}");
            tried += 1;
        }
    }
    soak::figure(24, format!("{tried} texts with a hidden character: 100 % stopped"));
}

/// Each rule, in the words of a model.
const RISKS: [(&str, &str); 22] = [
    ("python", "eval(value)"),
    ("python", "exec(value)"),
    ("python", "os.system('ls ' + value)"),
    ("python", "subprocess.run(value, shell=True)"),
    ("python", "pickle.loads(value)"),
    ("python", "yaml.load(value)"),
    ("python", "requests.get(value, verify=False)"),
    ("python", "hashlib.md5(value)"),
    ("python", "db.execute(f'SELECT * FROM t WHERE a = {value}')"),
    ("python", "db.execute('SELECT * FROM t WHERE a = %s' % value)"),
    ("python", "connect(password='hunter2')"),
    ("python", "tar.extractall(value)"),
    ("python", "tempfile.mktemp()"),
    ("python", "ssl._create_unverified_context()"),
    ("rust", "unsafe { f(value) }"),
    ("rust", "mem::transmute(value)"),
    ("rust", "Command::new(\"sh\").arg(value)"),
    ("rust", "Command::new(format!(\"{value}/run\"))"),
    ("rust", "db.execute(&format!(\"DELETE FROM t WHERE a = {value}\"), [])"),
    ("rust", "b.danger_accept_invalid_certs(true)"),
    ("rust", "mem::transmute::<A, B>(value)"),
    ("rust", "std::mem::zeroed()"),
];

#[test]
fn no_risk_is_added_and_clean_code_passes() {
    for (language, text) in RISKS {
        let (head, tail) = match language {
            "python" => (
                "def f(value, db, tar, yaml, os, subprocess, pickle, requests, hashlib, tempfile, ssl, connect):\n    x = ",
                "\n",
            ),
            _ => ("fn f(value: u8, db: Db, b: B) {\n    let x = ", ";\n}\n"),
        };
        let risky = Snapshot::of_text("a", &format!("{head}{text}{tail}"), testing::language(language));
        assert!(!risks::found(&risky).unwrap().is_empty(), "{text} is a risk");
        if let Ok(shown) = shown(language, &format!("{head}ˇ{tail}"), text) {
            let applied = format!("{head}{shown}{tail}");
            let applied = Snapshot::of_text("a", &applied, testing::language(language));
            assert_eq!(risks::found(&applied), Some(Vec::new()), "{text}: {shown}");
        }
    }
    let (mut tried, mut flagged) = (0, Vec::new());
    for (language, line, before) in clean_lines() {
        tried += 1;
        if shown(language, &before, &line) == Err(Reason::Risky) {
            flagged.push(line);
        }
    }
    soak::figure(
        24,
        format!(
            "{} risks: 100 % stopped; {} of {tried} lines of clean code flagged",
            RISKS.len(),
            flagged.len()
        ),
    );
    assert!(tried > 50 && flagged.len() * 100 <= tried, "{tried}: {flagged:?}");
}

/// Lines of this project's own code, and the text with a cursor in the place of each.
fn clean_lines() -> Vec<(&'static str, String, String)> {
    let sources = [
        ("python", include_str!("../../shared/sample.py.txt")),
        ("python", include_str!("../../../benches/common.py")),
        ("rust", include_str!("../../../src/context.rs")),
        ("rust", include_str!("../../../src/cancel.rs")),
        ("rust", include_str!("../../../src/document/position.rs")),
    ];
    let mut found = Vec::new();
    for (language, source) in sources {
        let lines: Vec<&str> = source.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            if code.len() < 8 {
                continue;
            }
            let indent = &line[..line.len() - code.len()];
            let hole = format!("{indent}ˇ");
            let mut with_hole = lines.clone();
            with_hole[at] = &hole;
            found.push((language, code.to_owned(), with_hole.join("\n") + "\n"));
        }
    }
    let step = found.len() / soak::count(80, found.len());
    found.into_iter().step_by(step.max(1)).collect()
}
