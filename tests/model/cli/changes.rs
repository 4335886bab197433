//! Tests the commands that fix with a model, implement and check files.

use super::Home;

#[test]
fn risks_are_listed() {
    let home = Home::new();
    let file = home.file("a.py", "import os\n\nos.system('ls')\n");
    let run = home.run(&["check", &file]);
    assert!(run.code == 1 && run.out.contains("a.py:3: starts a shell [B605, CWE-78]"), "{run:?}");
    let run = home.run(&["check", "--json", &file]);
    let object: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&object["id"], &object["line"]), (&"B605".into(), &3.into()));
    let run = home.run(&["check", &home.file("b.py", "x = 1\n")]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
}

#[test]
fn what_has_no_sure_repair_is_written_anew_by_the_model_when_told() {
    let home = Home::new();
    let text = "def area(width, height):\n    return width * zzzz\n\n\nprint(area(1, 2))\n";
    let file = home.file("a.py", text);
    let place = |character: u32| serde_json::json!({ "line": 1, "character": character });
    let range = serde_json::json!({ "start": place(19), "end": place(23) });
    let told = serde_json::json!([{ "range": range, "severity": 1, "message": "\"zzzz\" is not defined" }]);
    let diagnostics = home.file("d.json", told.to_string());
    let run = home.run(&["fix", &file, "--write", "--diagnostics", &diagnostics]);
    assert!(run.code == 1 && run.err.contains("no fix is known"), "{run:?}");
    let run = home.run(&["fix", &file, "--write", "--with-model", "--diagnostics", &diagnostics]);
    assert!(run.code == 1 && run.err.contains("not sure; left out"), "{run:?}");
    let run = home.run(&["fix", &file, "--write", "--all", "--with-model", "--diagnostics", &diagnostics]);
    let after = std::fs::read_to_string(&file).unwrap();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("Fix this error (\"zzzz\" is not defined)"), "{run:?}");
    let name = after.strip_prefix("def area(width, height):\n    return width * ").unwrap();
    let name = name.strip_suffix("\n\n\nprint(area(1, 2))\n").unwrap();
    assert!(!name.is_empty() && name != "zzzz", "{after}");
    home.run(&["fix", &file, "--model", "x"]).refused(2, &["--with-model"]);
    // Repairs of the syntax are ordered: the same ones.
    let broken = home.file("b.py", "x = 1 2\n");
    let titles = |arguments: &[&str]| {
        let run = home.run(&[&["fix", "--json", &broken], arguments].concat());
        let object: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let offers = object["offers"].as_array().unwrap().iter();
        let mut titles: Vec<String> = offers.map(|offer| offer["title"].to_string()).collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(&[]), titles(&["--with-model"]));
    assert!(titles(&[]).len() > 1);
}

/// A body of which the embedded model is sure.
const STUB: &str = r#"class Account:
    def __init__(self, name):
        self.name = name

    def get_name(self):
        """Return the name."""


x = 1
"#;

#[test]
fn a_body_is_shown_as_a_diff_and_written_when_told() {
    let home = Home::new();
    let file = home.file("a.py", STUB);
    let place = format!("{file}:6");
    let run = home.run(&["implement", &place]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("         \"\"\"Return the name.\"\"\"\n+        "), "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), STUB);

    let run = home.run(&["implement", "--json", &place]);
    let object: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(object["title"], "Implement `get_name` from its docstring");
    let body = object["edits"][0]["text"].as_str().unwrap();
    assert!(body.contains("return self."), "{body}");

    let run = home.run(&["implement", "--write", &place]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        STUB.replace("the name.\"\"\"\n", &format!("the name.\"\"\"{body}\n"))
    );
    home.run(&["implement", &place]).refused(1, &["a.py:6: there is no function without a body here"]);
}

#[test]
fn places_without_a_stub_are_refused() {
    let home = Home::new();
    let file = home.file("a.py", STUB);
    home.run(&["implement"]).refused(2, &["FILE:LINE"]);
    home.run(&["implement", &file]).refused(1, &["which function", "a.py:10"]);
    home.run(&["implement", &format!("{file}:99")]).refused(1, &["past the end"]);
    home.run(&["implement", "/nonexistent/a.py:1"]).refused(1, &["cannot read /nonexistent/a.py"]);
    home.run(&["implement", &home.file("a.txt", "x"), "x"]).refused(1, &["a.txt"]);
}
