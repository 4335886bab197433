//! Tests `treefill complete`: places that are none, and the shape of what it prints.

use serde_json::Value;

use super::{Home, run};

const PYTHON: &str =
    "class Shelf:\n    def size(self):\n        return len(\n\n    def käse(self):\n        pass\n";

#[test]
fn places_that_are_none() {
    let home = Home::new();
    let file = home.file("a.py", PYTHON);
    let at = |place: &str| home.run(&["complete", &format!("{file}{place}")]);
    at(":2:99").refused(1, &[":2:99 is past the end of the line", "from 1 to 20"]);
    at(":99:1").refused(1, &[":99:1 is past the end", "has 7 lines"]);
    let missing = home.path("none.py").display().to_string();
    home.run(&["complete", &format!("{missing}:1:1")]).refused(1, &["cannot read", &missing]);
    let folder = home.path("").display().to_string();
    home.run(&["complete", &format!("{folder}:1:1")]).refused(1, &["is a folder"]);
    let latin = home.file("latin.py", b"# gr\xf6\xdfe\n");
    home.run(&["complete", &format!("{latin}:1:1")]).refused(1, &["not UTF-8", "byte 4", "iconv"]);
    // One wrong place, and nothing is done for the others either.
    home.run(&["complete", &format!("{file}:3:20"), &format!("{missing}:1:1")]).refused(1, &[&missing]);
}

/// Runs `complete --json` at one place.
fn json(home: &Home, place: &str) -> Value {
    let run = home.run(&["complete", "--json", place]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.out.lines().count(), 1);
    serde_json::from_str(&run.out).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_json_of_a_suggestion() {
    let home = Home::new();
    let file = home.file("a.py", PYTHON);
    let value = json(&home, &format!("{file}:3:20"));
    let common = ["file", "line", "column", "offset", "language", "model", "ms", "cut", "outcome"];
    let more =
        ["text", "replaces", "verdict", "chance", "tokens", "prompt_tokens", "reused_tokens", "imports"];
    assert_eq!(keys(&value), [&common[..], &more[..]].concat());
    assert_eq!((&value["outcome"], &value["language"]), (&"completion".into(), &"python".into()), "{value}");
    assert!(
        value["text"].as_str().unwrap().ends_with(')') && value["tokens"].as_u64().unwrap() > 0,
        "{value}"
    );
    assert_eq!(value["replaces"]["start"], value["offset"]);
}

#[test]
fn the_json_of_silence() {
    let home = Home::new();
    let file = home.file("a.py", PYTHON);
    home.config("[disable]\npaths = [\"*.py\"]\n");
    let value = json(&home, &format!("{file}:3:20"));
    assert_eq!(value["outcome"], "skipped", "{value}");
    assert!(value["reason"] == "disabled" && value["message"] == "switched off here", "{value}");
}

#[test]
fn an_unknown_language_is_completed_and_said_to_be_unchecked() {
    let home = Home::new();
    let file = home.file("a.zig", "const a = 1;\nconst b = 2;\nconst c = \n");
    let value = json(&home, &format!("{file}:3"));
    assert_eq!(value["language"], Value::Null);
    if value["outcome"] == "completion" {
        assert_eq!(value["verdict"], "Unvalidated", "{value}");
    }
    let run = home.run(&["complete", &format!("{file}:3")]);
    assert!(run.out.contains("(unknown language)"), "{run:?}");
}

#[test]
fn the_drawing_marks_the_suggestion_with_or_without_colour() {
    let home = Home::new();
    let place = format!("{}:3:20", home.file("a.py", PYTHON));
    let plain = home.run(&["complete", &place]);
    assert!(
        plain.out.contains("return len(⟦") && plain.out.contains(")⟧") && plain.out.contains(" tokens"),
        "{plain:?}"
    );
    assert!(!plain.out.contains('\u{1b}'));
    let coloured = run(home.command(&["complete", &place]).env("CLICOLOR_FORCE", "1"));
    assert!(coloured.out.contains("\u{1b}[") && !coloured.out.contains('⟦'), "{coloured:?}");
}

#[test]
fn cut_leaves_out_the_rest_of_the_line_and_shows_it() {
    let home = Home::new();
    let file = home.file("a.py", PYTHON.replace("len(", "len(self.items)  # käse"));
    let run = home.run(&["complete", "--cut", &format!("{file}:3:20")]);
    assert!(run.code == 0 && run.out.contains("was: self.items)  # käse"), "{run:?}");
    assert!(
        std::fs::read_to_string(&file).unwrap().contains("self.items"),
        "the file itself is never edited"
    );
}
