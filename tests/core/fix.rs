//! Tests `treefill fix` as a script calls it: what it shows, what it writes, and what it returns.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::home::{Home, Run, run};

const BROKEN: &str = "def f(items):\n    if len(items > 3:\n        return 1\n";
/// Nothing here is near to code.
const HOPELESS: &str = "((((\n\n]]]] def =\n";

/// Diagnostics in a file: line, first and last character, and message of each.
fn told(home: &Home, list: &[(u32, u32, u32, &str)]) -> String {
    let place = |line: u32, character: u32| json!({ "line": line, "character": character });
    let told = list.iter().map(|(line, from, to, message)| {
        json!({ "range": { "start": place(*line, *from), "end": place(*line, *to) }, "message": message })
    });
    home.file("d.json", json!(told.collect::<Vec<_>>()).to_string())
}

/// Enough time for each repair on a slow machine.
fn fix(home: &Home, arguments: &[&str]) -> Run {
    home.run(&[&["fix", "--time", "4000"], arguments].concat())
}

#[test]
fn all_repairs_are_shown_as_a_diff_and_written_when_told() {
    let home = Home::new();
    let file = home.file("a.py", BROKEN);
    let run = fix(&home, &["--all", &file]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("-    if len(items > 3:\n+    if len(items) > 3:\n"), "{run:?}");
    assert!(run.err.contains("a.py:2: ") && run.err.contains("sure"), "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), BROKEN);

    let run = fix(&home, &["--write", "--all", &file]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), BROKEN.replace("items >", "items) >"));
    let run = fix(&home, &[&file]);
    assert!(run.code == 0 && run.err.contains("nothing is wrong"), "{run:?}");
}

#[test]
fn several_errors_are_mended_one_after_another_and_a_line_names_one() {
    let home = Home::new();
    let file = home.file("a.py", format!("{BROKEN}\n\ndef g(x):\n    retrun x\n"));
    let run = fix(&home, &["--all", &file]);
    assert!(
        run.code == 0 && run.out.contains("+    if len(items)") && run.out.contains("+    return x"),
        "{run:?}"
    );
    let run = fix(&home, &["--all", &format!("{file}:7")]);
    assert!(
        run.code == 0 && !run.out.contains("+    if len") && run.out.contains("+    return x"),
        "{run:?}"
    );
}

#[test]
fn what_is_not_sure_is_named_and_left_out() {
    let home = Home::new();
    // Either name is a slip of the other.
    let text = "value1 = value2 = 1\nprint(value3, mth.pi)\nx = math.pi\n";
    let file = home.file("a.py", text);
    let list = told(&home, &[(1, 6, 12, "\"value3\" is not defined"), (2, 4, 8, "\"math\" is not defined")]);
    let run = fix(&home, &[&file, "--diagnostics", &list]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("+import math\n") && !run.out.contains("+print"), "{run:?}");
    assert!(
        run.err.contains("a.py:2: Replace `value3` by `value1` (not sure; left out, --all takes it)"),
        "{run:?}"
    );
    assert!(run.err.contains("Import `math` (sure)"), "{run:?}");
    let run = fix(&home, &[&file, "--write", "--diagnostics", &list]);
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("import math\n\n{text}"));
    std::fs::write(&file, text).unwrap();
    let run = fix(&home, &[&file, "--write", "--all", "--diagnostics", &list]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("import math\n\n{}", text.replace('3', "1")));
}

#[test]
fn exit_codes_tell_what_stays() {
    let home = Home::new();
    home.run(&["fix"]).refused(2, &["FILE"]);
    home.run(&["fix", &home.file("a.txt", "x")]).refused(2, &["a.txt is not known", "python, rust"]);
    home.run(&["fix", "/nonexistent/a.py"]).refused(2, &["cannot read /nonexistent/a.py"]);
    let sound = home.file("a.py", "x = 1\n");
    home.run(&["fix", &format!("{sound}:99")]).refused(2, &["past the end"]);
    let hopeless = home.file("b.py", HOPELESS);
    home.run(&["fix", "--time", "50", &hopeless]).refused(1, &["b.py"]);
    assert_eq!(fix(&home, &[&sound]).code, 0);
    assert_eq!(fix(&home, &["--json", &sound]).code, 0);
    // The worst counts, and the others are looked at all the same.
    let run = home.run(&["fix", "--time", "50", &hopeless, "/nonexistent/a.py", &sound]);
    assert!(run.code == 2 && run.err.contains("b.py") && run.err.contains("nothing is wrong"), "{run:?}");
    home.run(&["fix", "--interactive", &sound]).refused(2, &["terminal"]);
    home.run(&["fix", "--interactive", "--all", &sound]).refused(2, &["--interactive"]);
    // Settings with a slip do not matter here; they are told.
    home.config("nonsense = 1\n");
    let run = fix(&home, &[&sound]);
    assert!(run.code == 0 && run.err.contains("nonsense"), "{run:?}");
}

#[test]
fn offers_for_programs_tell_how_sure_they_are() {
    let home = Home::new();
    let file = home.file("a.rs", "\u{feff}fn f() {\n    let x = 1\n    x + 1;\n}\n");
    let run = fix(&home, &["--json", &file]);
    let object: Value = serde_json::from_str(&run.out).unwrap();
    let first = &object["offers"][0];
    assert_eq!((run.code, &first["errors"], &first["edits"][0]["text"]), (1, &json!(0), &json!(";")));
    // In bytes of the file, with its mark.
    assert_eq!(first["edits"][0]["start"], json!(25));
    assert!(first["sure"].is_boolean() && first["preferred"] == first["sure"], "{first}");
    assert!(first["exact_share"].is_null() || first["exact_share"].is_number(), "{first}");
}

#[test]
fn diagnostics_of_a_language_server_are_heeded() {
    let home = Home::new();
    let text =
        "import sys\nimport os\n\nprint(sys.arvg, json.dumps(itmes := 1), 'é', itms, re.escape('a'), json)\n";
    let file = home.file("a.py", text);
    let list = [
        (1, 7, 9, "Import \"os\" is not accessed"),
        (3, 16, 20, "\"json\" is not defined"),
        (3, 10, 14, "\"arvg\" is not a known attribute of module \"sys\""),
        (3, 45, 49, "\"itms\" is not defined"),
        (3, 51, 53, "\"re\" is not defined"),
        (3, 67, 71, "Undefined name `json`"),
        // Of another text.
        (2, 0, 0, "\"gone\" is not defined"),
    ];
    let run = fix(&home, &[&file, "--write", "--diagnostics", &told(&home, &list)]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("left out, it is about another text: \"gone\""), "{run:?}");
    let after = "import json\nimport re\nimport sys\n\nprint(sys.argv, json.dumps(itmes := 1), 'é', itmes, re.escape('a'), json)\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), after);
    let run = fix(&home, &[&file, "--diagnostics", &told(&home, &[(0, 0, 6, "nonsense")])]);
    assert!(run.code == 1 && run.err.contains("a.py:1: no fix is known: nonsense"), "{run:?}");
    assert_eq!(fix(&home, &[&file, "--diagnostics", &told(&home, &[])]).code, 0);
    let odd = |text: &str| home.file("odd.json", text);
    home.run(&["fix", &file, "--diagnostics", &odd("{}")]).refused(2, &["odd.json", "a list of diagnostics"]);
    home.run(&["fix", &file, "--diagnostics", &odd("[{}]")]).refused(2, &["diagnostic 0 has no range"]);
    home.run(&["fix", &file, &file, "--diagnostics", &odd("[]")]).refused(2, &["name one"]);
}

/// What a program answers to a diff in a folder.
fn apply(program: &[&str], folder: &Path, diff: &str) -> Run {
    let input = tempfile::NamedTempFile::new().unwrap();
    input.as_file().write_all(diff.as_bytes()).unwrap();
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).current_dir(folder).env("GIT_CEILING_DIRECTORIES", folder);
    run(command.stdin(Stdio::from(input.reopen().unwrap())))
}

#[cfg(unix)]
#[test]
fn patch_and_git_take_the_diff_with_any_path() {
    let home = Home::new();
    let text = "\u{feff}def f(items):\r\n    if len(items > 3:\r\n        return 1";
    let after = text.replace("items >", "items) >");
    for name in ["a.py", "some folder/é.py"] {
        let file = home.file(name, text);
        let folder = home.path("");
        for (folder, path) in [(folder.as_path(), file.as_str()), (&folder, name), (Path::new("/"), &file)] {
            std::fs::write(&file, text).unwrap();
            let mut command = home.command(&["fix", "--time", "4000", "--all", path]);
            let diff = run(command.current_dir(folder)).out;
            let takes = |program: &[&str]| {
                std::fs::write(&file, text).unwrap();
                // Not every machine has both.
                if Command::new(program[0]).arg("--version").output().is_err() {
                    return;
                }
                let run = apply(program, folder, &diff);
                assert_eq!(run.code, 0, "{program:?} {run:?} {diff}");
                assert_eq!(std::fs::read_to_string(&file).unwrap(), after, "{program:?}");
            };
            takes(&["patch", "-p1"]);
            takes(&["git", "apply"]);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_written_stays_what_it_was() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let home = Home::new();
    let text = "\u{feff}def f(items):\r\n    if len(items > 3:\r\n        return 1\r\n";
    let file = home.file("a.py", text);
    let (other, link) = (home.path("b.py"), home.path("c.py"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::fs::hard_link(&file, &other).unwrap();
    symlink("b.py", &link).unwrap();
    let before = std::fs::metadata(&file).unwrap();
    let run = fix(&home, &["--write", "--all", link.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run:?}");
    let metadata = std::fs::metadata(&file).unwrap();
    assert_eq!((metadata.ino(), metadata.nlink(), metadata.mode()), (before.ino(), 2, before.mode()));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&other).unwrap(), text.replace("items >", "items) >"));
    // Without a second name the file is replaced, and is still the user's.
    std::fs::remove_file(&other).unwrap();
    std::fs::write(&file, text).unwrap();
    assert_eq!(fix(&home, &["--write", "--all", &file]).code, 0);
    assert_eq!(std::fs::metadata(&file).unwrap().mode(), before.mode());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text.replace("items >", "items) >"));
}

#[test]
fn a_file_of_python_2_is_not_brought_to_python_3_by_surprise() {
    let home = Home::new();
    let text = "#!/usr/bin/env python2\nimport sys\n\n\ndef warn(text):\n    print text\n";
    let file = home.file("old.py", text);
    let run = fix(&home, &["--write", &file]);
    assert!(!run.err.contains("panicked"), "{run:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "{run:?}");
    // Where somebody asks for it, it is.
    let run = fix(&home, &["--write", "--all", &file]);
    assert!(std::fs::read_to_string(&file).unwrap().contains("print(text)"), "{run:?}");
}
