//! Tests the configuration file: where it is, what is said about a wrong one, and that none is ever overwritten.

use super::{Home, run};

#[test]
fn wrong_keys_and_types_are_reported_with_file_line_and_hint() {
    let home = Home::new();
    let file = home.config("[completion]\nmax_token = 3\nmax_lines = \"two\"\ndeadline_ms = 9000000\n");
    let check = home.run(&["config", "check"]);
    assert_eq!(check.code, 1);
    let expected = [
        format!("{file}:2: completion.max_token: unknown setting; did you mean max_tokens?"),
        format!(
            "{file}:3: completion.max_lines: expected a whole number from 1 to 200, found the text \"two\"; ignored"
        ),
        format!(
            "{file}:4: completion.deadline_ms: expected a whole number from 50 to 60000, found 9000000; 60000 is used"
        ),
    ];
    assert_eq!(check.out.lines().collect::<Vec<_>>(), expected);
    // The commands that use settings say so too, and go on.
    let show = home.run(&["config", "show"]);
    assert!(show.code == 0 && show.err.contains("did you mean max_tokens?"), "{show:?}");
    assert!(show.out.contains("deadline_ms = 60000"), "{show:?}");
}

#[test]
fn files_that_are_no_configuration() {
    let home = Home::new();
    let folder = home.path("").display().to_string();
    let binary = home.file("binary.toml", b"\xff\xfe\0garbage");
    let missing = home.path("none.toml").display().to_string();
    for (file, text) in [(&folder, "is not a file"), (&binary, "is not UTF-8"), (&missing, "No such file")] {
        let check = home.run(&["--config", file, "config", "check"]);
        assert_eq!(check.code, 1);
        assert!(check.out.contains(text) && check.out.starts_with(file.as_str()), "{check:?}");
    }
    let by_variable = run(home.command(&["config", "check"]).env("TREEFILL_CONFIG", &missing));
    assert!(by_variable.code == 1 && by_variable.out.contains(&missing), "{by_variable:?}");
    // The default file, in contrast, need not be there.
    assert_eq!(home.run(&["config", "check"]).code, 0);
}

#[test]
fn init_writes_once_and_what_it_writes_is_right() {
    let home = Home::new();
    let path = home.run(&["config", "path"]).out.trim().to_owned();
    assert!(path.ends_with("config/treefill/config.toml"), "{path}");
    assert_eq!(home.run(&["config", "init"]).code, 0);
    assert_eq!(home.run(&["config", "check"]).code, 0);
    std::fs::write(&path, "# mine\n").unwrap();
    home.run(&["config", "init"]).refused(1, &[&path, "left alone"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# mine\n");
}

#[test]
fn show_can_be_read_back() {
    let home = Home::new();
    home.config("[completion]\nmax_lines = 3\n[disable]\npaths = [\"*.env\"]\n");
    let shown = home.run(&["config", "show"]).out;
    assert!(shown.contains("max_lines = 3") && shown.contains("\"*.env\""), "{shown}");
    let copy = home.file("copy.toml", &shown);
    assert_eq!(home.run(&["--config", &copy, "config", "show"]).out, shown);
}

#[test]
fn the_schema_is_json_whatever_the_file_says() {
    let home = Home::new();
    home.config("[completion]\nmax_lines = 3\n[zebra]\n");
    let run = home.run(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.code, 0);
    assert_ne!(schema["properties"]["completion"]["properties"]["max_lines"]["default"], 3);
}

#[test]
fn the_help_lists_every_setting() {
    let help = Home::new().run(&["config", "--help"]).out;
    for name in ["model.path", "completion.delay_ms", "disable.paths", "log.level"] {
        assert!(help.contains(name), "{name}");
    }
}
