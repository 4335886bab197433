//! Tests that `treefill eval` looks for who judges the answers before it asks for the first one.

use std::path::Path;

use crate::home::{Home, run};

#[test]
fn who_is_missing_is_said_before_the_first_case() {
    let home = Home::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").display().to_string();
    let cases = home.path("cases.jsonl").display().to_string();
    let made = home.run(&["eval", "make", "--from", &demo, "--each", "2", "--out", &cases]);
    assert_eq!(made.code, 0, "{made:?}");
    let out = home.path("run.jsonl").display().to_string();
    let ask = |what: &str, more: &[&str]| {
        let arguments =
            [&["eval", what, cases.as_str(), "--out", out.as_str(), "--limit", "1"], more].concat();
        let mut command = home.command(&arguments);
        // A folder without any program.
        command.env("PATH", home.path(""));
        run(&mut command)
    };
    for what in ["holes", "replay"] {
        ask(what, &[]).refused(
            1,
            &[
                "cannot start python3",
                "; cannot start rustfmt",
                "`rustup component add rustfmt`; or pass --no-judge",
            ],
        );
        let one = ask(what, &["--language", "rust"]);
        assert!(one.code == 1 && !one.err.contains("python3") && one.err.contains("rustfmt"), "{one:?}");
        // Nobody is asked for then: what fails is that nothing listens there.
        let none = ask(what, &["--no-judge", "--engine", "llama-server", "http://127.0.0.1:9"]);
        assert!(none.code == 1 && !none.err.contains("rustfmt"), "{none:?}");
    }
    assert!(!Path::new(&out).exists(), "nothing was begun");
}
