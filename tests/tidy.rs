//! Checks the house rules that a machine can check: layers, circles, foreign crates' doors, names of types, headers and lengths.
#![allow(clippy::unwrap_used, reason = "a panic in a test is its report")]

#[path = "tidy/circles.rs"]
mod circles;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "tidy/hub.rs"]
mod hub;

#[path = "tidy/map.rs"]
mod map;

#[path = "tidy/layers.rs"]
mod layers;

#[path = "tidy/links.rs"]
mod links;

#[path = "tidy/words.rs"]
mod words;

/// Foreign crates and the paths where they may be named. Everybody else goes through that door.
const DOORS: &[(&str, &[&str])] = &[
    ("tower_lsp", &["src/lsp.rs", "src/lsp/"]),
    ("lsp_types", &["src/lsp.rs", "src/lsp/"]),
    ("llama_cpp_2", &["src/engine/llama"]),
    ("llama_cpp_sys_2", &["src/engine/llama"]),
    (
        "tree_sitter",
        &[
            "src/language",
            "src/document",
            "src/context",
            "src/completion",
            "src/symbols",
            "src/verify",
            "src/imports",
            "src/actions",
            "src/eval/build_cases/places.rs",
        ],
    ),
    ("ureq", &["src/eval/peer.rs", "src/eval/load/counters.rs", "src/hub/", "src/engine/remote/"]),
    ("rustls", &["src/hub/http.rs", "src/engine/remote/"]),
    ("rustix", &["src/hub/space.rs"]),
    ("toml_edit", &["src/config/edit.rs"]),
    ("indicatif", &["src/cli"]),
    ("ruff_python_parser", &["src/language/strict"]),
    ("ruff_python_ast", &["src/language/strict"]),
    ("ruff_text_size", &["src/language/strict"]),
    ("ra_ap_syntax", &["src/language/strict"]),
    ("tokio_util", &["src/engine/daemon"]),
    ("starship_battery", &["src/engine/power.rs"]),
    ("plotters", &["src/plot"]),
    ("maud", &["src/plot"]),
    ("similar", &["src/feedback/retention.rs", "src/cli/change.rs", "src/actions/edits.rs"]),
    ("clap", &["src/cli"]),
    ("clap_mangen", &["src/cli/generate.rs"]),
    ("clap_complete", &["src/cli/generate.rs"]),
    ("regex", &["src/language", "src/privacy/keys.rs", "src/engine/remote/"]),
    ("schemars", &["src/config", "src/engine", "src/completion/request.rs", "src/completion/control.rs"]),
    ("ignore", &["src/actions/workspace.rs", "src/workspace/scan.rs", "src/privacy", "src/eval"]),
    ("walkdir", &["src/eval"]),
    ("notify", &["src/workspace/watch.rs"]),
    ("landlock", &["src/engine/daemon/sandbox"]),
    ("toml", &["src/config", "src/hub/catalogue.rs", "src/language", "src/privacy"]),
];

/// No file is longer: one that is has two subjects.
const LONGEST: usize = 400;
/// Words that end in `s` and begin no sentence about what a file does.
const NOUNS: &str = "Actions Arguments Brackets Cases Commands Conversations Diagnostics Events Figures Files Keystrokes Languages Laws \
     Messages Notifications Parsers Positions Settings Signatures Statistics Suggestions Tables";

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The top-level module it belongs to: `src/lsp/server.rs` and `src/lsp.rs` are `lsp`.
    fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split(['/', '.']).next().unwrap_or_default()
    }

    /// The lines outside its tests, comments cut off.
    fn production(&self) -> impl Iterator<Item = &str> {
        let tests = ["#[cfg(test)]\nmod ", "#[cfg(test)]\npub mod "];
        let end = tests.iter().filter_map(|tests| self.text.find(tests)).min().unwrap_or(self.text.len());
        self.text[..end].lines().map(|line| line.split("//").next().unwrap_or_default())
    }

    /// Whether it belongs to the tests as a whole.
    fn is_test(&self) -> bool {
        !self.path.starts_with("src/") || self.path.ends_with("tests.rs") || self.path.ends_with("testing.rs")
    }

    /// Lines with their numbers, comments cut off.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.map(|(at, line)| (at, line.split("//").next().unwrap_or_default()))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files with this ending in some folders, by their paths in the project.
fn files(folders: &[&str], ending: &str) -> impl Iterator<Item = String> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => found.push(path),
        }
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    found.sort();
    let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    found.into_iter().map(relative)
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let read = |path: String| Source { text: fs::read_to_string(root().join(&path)).unwrap(), path };
    files(folders, "rs").map(read).collect()
}

fn verdict(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The modules named after `crate::` in a text, a brace list opened: `crate::{a, b::c}` is a, b.
fn crate_names<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let word = |text: &'a str| text.trim_start().split(|c: char| !in_name(c)).next().unwrap_or_default();
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix).filter(|(at, _)| !text[..*at].ends_with(in_name)) {
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => names.extend(list_items(list).map(word)),
            None => names.push(word(rest)),
        }
    }
    names.retain(|name| name.starts_with(|c: char| c.is_lowercase()));
    names
}

/// The items of a list that has just been opened, up to where its brace closes.
fn list_items(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 1;
    let mut deeper = move |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth
    };
    let end = list.find(|c| deeper(c) == 0).unwrap_or(list.len());
    let mut depth = 0;
    list[..end].split(move |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    })
}

#[test]
fn nobody_uses_a_layer_above() {
    let table: BTreeMap<&str, Vec<&str>> =
        layers::LAYERS.iter().map(|(name, below)| (*name, below.split_whitespace().collect())).collect();
    let mut offences = Vec::new();
    for source in sources(&["src"]) {
        let own = source.module();
        let Some(allowed) = table.get(own) else {
            offences.push(format!("{}: the module {own} has no row in tests/tidy/layers.rs", source.path));
            continue;
        };
        let code: Vec<&str> = source.code().map(|(_, line)| line).collect();
        let code = code.join(" ");
        let mut named = [crate_names(&code, "crate::"), crate_names(&code, "treefill::")].concat();
        named.sort_unstable();
        named.dedup();
        let wrong = named.into_iter().filter(|name| {
            table.contains_key(name) && ![own, "testing"].contains(name) && !allowed.contains(name)
        });
        offences.extend(wrong.map(|name| format!("{}: {own} uses {name}", source.path)));
    }
    verdict("layering (see tests/tidy/layers.rs)", offences);
}

#[test]
fn foreign_crates_have_one_door_each() {
    let mut offences = Vec::new();
    for source in sources(&["src"]) {
        for (name, doors) in
            DOORS.iter().filter(|(_, doors)| !doors.iter().any(|door| source.path.starts_with(door)))
        {
            let path = format!("{name}::");
            let uses = |line: &str| {
                line.match_indices(&path)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| in_name(c) || c == ':'))
            };
            let found = source.code().filter(|(_, line)| uses(line));
            offences.extend(
                found.map(|(at, _)| format!("{}:{at}: {name} is for {}", source.path, doors.join(", "))),
            );
        }
    }
    verdict("foreign crates (see DOORS)", offences);
}

#[test]
fn files_begin_with_their_purpose_and_stay_short() {
    let mut offences = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let first = source.text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") || first.len() < 20 || first.contains("to be written") {
            offences.push(format!("{}: the first line is no `//!` sentence of purpose", source.path));
        }
        let lines = source.text.lines().count();
        if lines > LONGEST {
            offences.push(format!("{}: {lines} lines, {LONGEST} at most", source.path));
        }
        if source.path.ends_with("/mod.rs") {
            offences.push(format!("{}: a module is name.rs + name/", source.path));
        }
    }
    verdict("file heads and lengths", offences);
}

#[test]
fn nothing_is_left_undone() {
    // In two parts each, or this file would find itself.
    let words = [["tod", "o!("], ["unimplemente", "d!("], ["#[igno", "re"], ["FIX", "ME"]]
        .map(|parts| parts.concat());
    let sleeps = [["thread::sl", "eep"], ["time::sl", "eep"]].map(|parts| parts.concat());
    let mut offences = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let tests_from = match source.path.starts_with("src/") {
            true => {
                source.text.find("#[cfg(test)]").map_or(usize::MAX, |at| source.text[..at].lines().count())
            }
            false => 0,
        };
        for (at, line) in source.text.lines().enumerate() {
            let in_test = at >= tests_from || source.path.ends_with("/tests.rs");
            let found =
                words.iter().chain(sleeps.iter().filter(|_| in_test)).filter(|word| line.contains(*word));
            offences.extend(found.map(|word| format!("{}:{}: {word}", source.path, at + 1)));
        }
    }
    verdict("left undone, or a sleep in a test", offences);
}

#[test]
fn engines_are_asked_with_masked_jobs_only() {
    // The probe of `doctor` asks about a text of its own.
    let inside = ["src/engine/", "src/cli/doctor/probe.rs"];
    let mut offences = Vec::new();
    for source in sources(&["src"]).iter().filter(|it| !inside.iter().any(|door| it.path.starts_with(door))) {
        let text: Vec<&str> = source.production().collect();
        let asks = text.iter().filter(|line| line.contains("engine.generate(")).count();
        let masks = text.iter().filter(|line| line.contains("MaskedJob::of(")).count();
        if asks > masks {
            offences.push(format!("{}: asks {asks} times, and masks {masks} times", source.path));
        }
    }
    verdict("secrets (see completion::secrets)", offences);
}

#[test]
fn the_map_does_not_rot() {
    let Ok(text) = fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    let numbered = |line: &str| {
        let mut marks = line.match_indices(".rs:");
        marks.any(|(dot, _)| line[dot + 4..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let found = text.lines().enumerate().filter(|(_, line)| numbered(line));
    let offence = |at| format!("ARCHITECTURE.md:{} names a line of code, which the next edit moves", at + 1);
    verdict("ARCHITECTURE.md", found.map(|(at, _)| offence(at)).collect());
}

#[test]
fn files_do_not_use_one_another_in_a_circle() {
    let mut rust = sources(&["src"]);
    rust.retain(|source| !source.is_test() && !["src/lib.rs", "src/main.rs"].contains(&source.path.as_str()));
    let graph = circles::of_rust(&rust);
    let found: Vec<String> = circles::circles(&graph).iter().map(|circle| circle.join(" ")).collect();
    verdict("import circles", found);
    let training: Vec<(String, String)> = files(&["models/train/treefill_train"], "py")
        .map(|path| (path.replace("models/train/", ""), fs::read_to_string(root().join(&path)).unwrap()))
        .collect();
    let graph = circles::of_python("treefill_train", &training);
    assert!(graph["treefill_train.train"].contains("treefill_train.model"), "imports are read: {graph:?}");
    verdict(
        "import circles of models/train",
        circles::circles(&graph).iter().map(|circle| circle.join(" ")).collect(),
    );
}

#[test]
fn a_public_type_name_means_one_thing() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources(&["src"]).iter().filter(|source| !source.is_test()) {
        for line in source.production() {
            let words: Vec<&str> = line.split_whitespace().take(3).collect();
            if let ["pub", "struct" | "enum" | "trait" | "type" | "union", name] = words[..] {
                let name = name.split(|c| !in_name(c)).next().unwrap_or_default();
                places.entry(name.to_owned()).or_default().push(source.path.clone());
            }
        }
    }
    let shared = places.into_iter().filter(|(_, places)| places.len() > 1);
    let found = shared.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    verdict("names with more than one meaning", found);
}

#[test]
fn headers_begin_with_a_verb() {
    let mut found = Vec::new();
    for source in sources(&["src", "tests", "benches"]) {
        let header = source.text.lines().next().unwrap_or_default();
        let mut words = header.trim_start_matches("//! ").split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_verb = first.ends_with('s') && first.chars().all(char::is_alphabetic) && second != "of";
        if !is_verb || NOUNS.split_whitespace().any(|noun| noun == first) {
            found.push(format!("{}: {header}", source.path));
        }
    }
    verdict("headers without a verb", found);
}

#[test]
fn the_names_in_a_use_are_found() {
    assert_eq!(crate_names("use crate::engine::{Job, Stop};", "crate::"), ["engine"]);
    assert_eq!(
        crate_names("use crate::{engine::{self, Job}, lsp, Thing}; use a::{b, c};", "crate::"),
        ["engine", "lsp"]
    );
    assert_eq!(crate_names("use crate::{  engine,  lsp, };", "crate::"), ["engine", "lsp"]);
    assert_eq!(crate_names("let x = crate::paths::cache_dir(); mycrate::lsp", "crate::"), ["paths"]);
    assert!(crate_names("pub(crate) fn f() {}", "crate::").is_empty());
}
