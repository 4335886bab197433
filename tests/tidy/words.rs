//! Checks what a user reads: no form of Rust, no wrong plural, no name of a field, one word for one thing.

use super::{Source, files, root, sources, verdict};

/// Texts of users and of files that are quoted with `{:?}`: nothing of Rust shows in them. What else is there must be written in
/// words.
const QUOTED: &[(&str, &[&str])] = &[
    ("src/cli/model/get/plan.rs", &["sha256"]),
    ("src/cli/model/list.rs", &["arguments.words"]),
    ("src/cli/workspace/explain.rs", &["source.says", "token.text"]),
    ("src/config/apply.rs", &["pattern", "text"]),
    ("src/engine/remote.rs", &["typed"]),
    ("src/eval/checkout.rs", &["source.path"]),
    ("src/hub/catalogue.rs", &["quant.file", "quant.repository", "model.licence"]),
    ("src/hub/environment.rs", &["endpoint"]),
    ("src/hub/http.rs", &["target"]),
    ("src/hub/repository.rs", &["name", "wanted"]),
    ("src/language/idioms.rs", &["row.id", "row.with", "text"]),
    ("src/language/source.rs", &["config.name", "name"]),
    // Not for people: what makes another number of other values.
    ("src/eval/backends.rs", &["options("]),
    ("src/eval/case.rs", &["hole", "damage"]),
    ("src/paths/program.rs", &["self.stamp"]),
];

/// Things that are counted with [`treefill::text::amounts::counted`]. Of bytes and tokens there are always many.
const COUNTED: &[&str] = &[
    "case",
    "change",
    "client",
    "day",
    "definition",
    "edit",
    "error",
    "file",
    "fix",
    "key",
    "layer",
    "line",
    "minute",
    "model",
    "place",
    "second",
    "suggestion",
    "thread",
    "typist",
];

/// Words for which there is another one, and that one.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("remote engine", "server"),
    ("this binary", "this program"),
    ("the binary", "the program"),
    ("server binary", "server program"),
    ("EvalCase", "case"),
    ("ghost suggestion", "ghost text"),
    ("autocompletion", "suggestion"),
    ("the LLM", "the model"),
    ("inlay", "ghost text"),
];

/// The texts of a line of code: what is between quotation marks.
fn texts(line: &str) -> Vec<String> {
    let (mut found, mut open, mut chars) = (Vec::new(), None::<String>, line.chars());
    while let Some(c) = chars.next() {
        match (&mut open, c) {
            (Some(text), '\\') => text.extend(chars.next()),
            (Some(_), '"') => found.extend(open.take()),
            (Some(text), c) => text.push(c),
            (None, '"') => open = Some(String::new()),
            _ => {}
        }
    }
    // A text that goes on in the next line, or began in the one before.
    found.extend(open);
    found
}

/// Whether the line is for those who write the program: an assertion, a log, a panic.
fn is_for_authors(line: &str) -> bool {
    ["assert", "panic!", "unreachable!", "tracing::", "expect(", "debug!("]
        .iter()
        .any(|word| line.contains(word))
}

fn for_users() -> Vec<Source> {
    sources(&["src"]).into_iter().filter(|source| !source.is_test()).collect()
}

#[test]
fn no_form_of_rust_is_shown() {
    let mut offences = Vec::new();
    for source in for_users() {
        let known = QUOTED.iter().find(|(path, _)| *path == source.path).map_or(&[][..], |(_, texts)| texts);
        let lines: Vec<&str> = source.production().collect();
        for (at, line) in lines.iter().enumerate() {
            let debugs = texts(line).iter().any(|text| text.contains(":?}") || text.contains(":#?}"));
            // The value may stand in one of the lines that follow.
            let near = lines[at..lines.len().min(at + 6)].concat();
            if debugs && !is_for_authors(line) && !known.iter().any(|text| near.contains(text)) {
                offences.push(format!("{}:{}: {}", source.path, at + 1, line.trim()));
            }
        }
    }
    verdict("`{:?}` in what a user reads (a quoted text: tests/tidy/words.rs)", offences);
}

#[test]
fn what_is_counted_has_the_right_plural() {
    // Errors about files and memory, whose numbers are large.
    let large = ["src/engine/llama/", "src/models/", "src/eval/"];
    let mut offences = Vec::new();
    for source in for_users().iter().filter(|it| !large.iter().any(|folder| it.path.starts_with(folder))) {
        for (at, line) in source.production().enumerate().filter(|(_, line)| !is_for_authors(line)) {
            let is_wrong = texts(line).iter().any(|text| {
                text.match_indices("} ").any(|(end, _)| {
                    let word = text[end + 2..].split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
                    // "3 of 5 files": nothing is said of one.
                    let is_part =
                        text[..end].rsplit_once('{').is_some_and(|(before, _)| before.ends_with("of "));
                    !is_part && word.strip_suffix('s').is_some_and(|thing| COUNTED.contains(&thing))
                })
            });
            if is_wrong {
                offences.push(format!("{}:{}: {}", source.path, at + 1, line.trim()));
            }
        }
    }
    verdict("a plural that is wrong for one (text::amounts::counted)", offences);
}

#[test]
fn one_word_for_one_thing() {
    let mut offences = Vec::new();
    let mut look = |place: String, text: &str| {
        let found = OTHER_WORDS.iter().filter(|(word, _)| text.contains(word));
        offences.extend(found.map(|(word, other)| format!("{place}: {word}: say {other}")));
    };
    for source in for_users() {
        for (at, line) in source.production().enumerate() {
            texts(line).iter().for_each(|text| look(format!("{}:{}", source.path, at + 1), text));
        }
        // Doc comments of options and settings are what the command line and the settings say.
        if ["src/cli", "src/config", "src/completion/request.rs"].iter().any(|it| source.path.starts_with(it))
        {
            for (at, line) in
                source.text.lines().enumerate().filter(|(_, line)| line.trim().starts_with("/// "))
            {
                look(format!("{}:{}", source.path, at + 1), line);
            }
        }
    }
    let clients = ["lua", "ts", "json", "md"]
        .map(|ending| files(&["editors/neovim", "editors/helix", "editors/vscode/src"], ending));
    let pages = files(&["docs/src"], "md").chain(["editors/vscode/package.json".to_owned()]);
    for path in clients.into_iter().flatten().chain(pages).filter(|path| !path.contains("/test/")) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        text.lines().enumerate().for_each(|(at, line)| look(format!("{path}:{}", at + 1), line));
    }
    verdict("another word for the same thing", offences);
}

/// What is shown in VS Code is named by its titles there, and not as the file of settings calls it.
#[test]
fn no_name_of_a_field_is_in_the_settings_of_vs_code() {
    let text = std::fs::read_to_string(root().join("editors/vscode/package.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut offences = Vec::new();
    let mut open = vec![&manifest["contributes"]];
    while let Some(value) = open.pop() {
        for (key, value) in value.as_object().into_iter().flatten() {
            let is_read =
                ["title", "description", "markdownDescription", "shortTitle"].contains(&key.as_str());
            let words = value.as_str().filter(|_| is_read).unwrap_or_default().split_whitespace();
            offences.extend(words.filter(|word| word.contains('_')).map(|word| format!("{key}: {word}")));
        }
        open.extend(value.as_object().into_iter().flatten().map(|(_, value)| value));
        open.extend(value.as_array().into_iter().flatten());
    }
    verdict("names of fields in package.json", offences);
}

/// So that they can be read at once, and changed in one place.
#[test]
fn each_client_has_what_it_says_in_one_file() {
    let rows: [(&str, &str, &[&str], &[&str]); 2] = [
        (
            "editors/neovim/lua",
            "lua",
            &["words.lua", "tutor.lua"],
            &[
                "vim.notify('",
                "vim.notify((",
                "say('",
                "say((",
                "health.ok('",
                "health.ok((",
                "health.warn('",
                "health.error('",
                "health.info('",
            ],
        ),
        (
            "editors/vscode/src",
            "ts",
            &["words.ts"],
            &[
                "`treefill: ",
                "'treefill: ",
                "Message('",
                "Message(`",
                "prompt: '",
                "placeHolder: '",
                "openLabel: '",
                "item('",
                "label: '$(",
            ],
        ),
    ];
    let mut offences = Vec::new();
    for (folder, ending, homes, signs) in rows {
        for path in files(&[folder], ending).filter(|path| !homes.iter().any(|home| path.ends_with(home))) {
            let text = std::fs::read_to_string(root().join(&path)).unwrap();
            let found =
                text.lines().enumerate().filter(|(_, line)| signs.iter().any(|sign| line.contains(sign)));
            offences.extend(found.map(|(at, line)| format!("{path}:{}: {}", at + 1, line.trim())));
        }
    }
    verdict("said outside of words.lua or words.ts", offences);
}

#[test]
fn texts_of_a_line_are_found() {
    assert_eq!(texts(r#"say("a \"b\" {x:?}", 'c', "d")"#), [r#"a "b" {x:?}"#, "d"]);
    assert_eq!(texts("    and on \\"), Vec::<String>::new());
}
