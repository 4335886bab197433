//! Tests that prompts show signatures of other files: what is open, nothing that is private, and the same while one types.

use std::time::Instant;

use serde_json::json;
use treefill::engine::{Job, Role};

use super::project::{Project, write};
use crate::lsp::support::PATIENCE;

/// The files that a prompt shows before the cursor's own: their paths and texts.
fn foreign(job: &Job) -> Vec<(String, String)> {
    let foreign = job.segments.iter().filter(|segment| segment.is_foreign());
    foreign.map(|it| (it.file.clone().unwrap().path, it.text.clone())).collect()
}

/// Asks at a place and returns the prompt.
fn ask(project: &mut Project, name: &str, line: usize, character: usize) -> Job {
    let before = project.engine.jobs().len();
    let params = json!({
        "textDocument": { "uri": project.uri(name) },
        "position": { "line": line, "character": character },
        "context": { "triggerKind": 1 },
    });
    project.server.client().call("textDocument/inlineCompletion", params);
    project.engine.jobs().get(before).expect("the model was asked").clone()
}

/// Asks until the prompt is as it is `wanted`: the files are read beside.
fn until(
    project: &mut Project,
    name: &str,
    line: usize,
    wanted: impl Fn(&[(String, String)]) -> bool,
) -> Job {
    let start = Instant::now();
    let mut number = 0;
    loop {
        number += 1;
        // Nothing that was found before goes on here.
        let (line, column) = (line + number % 2, 0);
        let job = ask(project, name, line, column);
        if wanted(&foreign(&job)) {
            return job;
        }
        assert!(start.elapsed() < PATIENCE, "{:#?}", foreign(&job));
    }
}

fn pair(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

const OWN: &str = "from lib.shapes import Square\n\nx = 1\n\n\n";

#[test]
fn signatures_are_those_of_the_open_text_and_stay_while_one_types() {
    let files = [("lib/__init__.py", ""), ("lib/shapes.py", "class Square:\n    def area(self): pass\n")];
    let mut project = Project::start(&files, "");
    project.open("own.py", &format!("{OWN}{}", "y = 2\n".repeat(100)));
    let shown = pair("lib/shapes.py", "class Square\n    def area(self)\n");
    let job = until(&mut project, "own.py", 3, |files| files == [shown.clone()]);
    let prefix = job.segments.iter().find(|segment| segment.role == Role::Prefix).unwrap();
    assert_eq!(prefix.file.as_ref().unwrap().path, "own.py");
    // What is typed elsewhere is known, and does not change the start of a prompt that is in use.
    project.open("lib/shapes.py", "class Square:\n    def edge(self): pass\n");
    let uri = project.uri("lib/shapes.py");
    project.until(|known| known.get(&uri).is_some_and(|text| text.open));
    let document = json!({ "uri": project.uri("own.py"), "version": 2 });
    let at = json!({ "line": 3, "character": 0 });
    let change = json!({ "range": { "start": at, "end": at }, "text": "z = " });
    let params = json!({ "textDocument": document, "contentChanges": [change] });
    project.server.client().notify("textDocument/didChange", params);
    assert_eq!(foreign(&ask(&mut project, "own.py", 3, 4)), [shown]);
    // At another place it is the open text that counts.
    let edited = pair("lib/shapes.py", "class Square\n");
    until(&mut project, "own.py", 90, |files| files == [edited.clone()]);
}

#[test]
fn private_files_are_in_no_prompt() {
    let files = [
        ("lib/__init__.py", ""),
        (".gitignore", "/local/\n"),
        (".aiignore", "closed.py\n"),
        ("local/a.py", "def helper_ignored(): pass\n"),
        ("closed.py", "def helper_closed(): pass\n"),
        ("secrets.py", "def helper_secret(): pass\n"),
        ("off.py", "def helper_off(): pass\n"),
        ("lib/open.py", "KEY = 'AKIAQ3EGRZ7VBNM2LKJH'\ndef helper_open(key='AKIAQ3EGRZ7VBNM2LKJH'): pass\n"),
    ];
    let mut project = Project::start(&files, "[disable]\npaths = [\"off.py\"]\n");
    let own = "from lib.open import KEY\nfrom local.a import helper_ignored\nimport secrets, closed\n\
               x = [helper_ignored, helper_closed, helper_secret, helper_off, helper_open]\n\n\n";
    project.open("own.py", own);
    let job = until(&mut project, "own.py", 4, |files| !files.is_empty());
    let text = "KEY = 'REDACTED'\ndef helper_open(key='REDACTED')\n";
    assert_eq!(foreign(&job), [pair("lib/open.py", text)]);
    let (status, prompts) = (
        project.server.command("treefill.status", json!([])),
        serde_json::to_string(&project.engine.jobs()).unwrap(),
    );
    assert!(!prompts.contains("AKIA"));
    // 1 of the open file's names, and 2 of the other's.
    assert_eq!(status["workspace"]["definitions"], 3);
}

#[test]
fn a_notebook_and_a_workspace_that_is_off_have_none() {
    let files = [("shapes.py", "def square_of(x): pass\n")];
    for (config, name) in [("[workspace]\nenabled = false\n", "own.py"), ("", "notes.ipynb#cell-1")] {
        let mut project = Project::start(&files, config);
        write(project.folder.path(), "other.py", "x = 1\n");
        project.open(name, "from shapes import square_of\nsquare_of(\n\n\n");
        let job = ask(&mut project, name, 2, 0);
        assert_eq!(foreign(&job), []);
        if config.is_empty() {
            project.until_read(2);
        }
        let job = ask(&mut project, name, 3, 0);
        assert!(
            foreign(&job).is_empty() && job.segments.iter().all(|segment| segment.file.is_none()),
            "{name}"
        );
    }
}
