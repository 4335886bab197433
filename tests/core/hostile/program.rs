//! Tests the real program with a server: what it says, where the key goes, and what its logs hold.

use std::path::Path;

use super::KEY;
use super::good::{self, SAID, TEXT, answer, but};
use crate::home::{Home, Run, run};

const SOURCE: &str = "def area(width_of_it, height):\n    return \n";

/// `treefill complete` in a home whose settings name the server.
fn complete(home: &Home, url: &str, more: &str) -> Run {
    home.config(&format!(
        "[remote]\nurl = \"{url}\"\nkey_env = \"TEAM_KEY\"\nfirst_byte_ms = 1000\ntotal_ms = 2000\n{more}\
         [completion]\neagerness = \"high\"\n[engine]\nexit_after_idle_s = 0\n"
    ));
    let file = home.file("a.py", SOURCE);
    let mut command = home.command(&["complete", &format!("{file}:2"), "--json"]);
    command.env("TEAM_KEY", KEY).env("TREEFILL_LOG", "debug").env("RUST_LOG", "debug");
    run(&mut command)
}

/// All files below a folder as text.
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

/// Neither the key nor the source is in what the program has printed or written.
#[track_caller]
fn keeps_secrets(home: &Home, run: &Run) {
    assert!(!run.out.contains(KEY) && !run.err.contains(KEY), "{run:?}");
    let mut written = Vec::new();
    files(&home.path("state"), &mut written);
    files(&home.path("run"), &mut written);
    assert!(written.iter().any(|(name, _)| name.contains("log")), "a log was written: {written:?}");
    for (name, text) in written {
        assert!(!text.contains(KEY), "the key is in {name}");
        assert!(!text.contains("width_of_it"), "source text is in {name}");
    }
}

#[test]
fn it_suggests_and_keeps_key_and_text_out_of_its_logs() {
    let (home, server) = (Home::new(), good::server());
    let run = complete(&home, &server.url(), "");
    assert!(run.code == 0 && run.out.contains(TEXT), "{run:?}");
    assert!(
        server.asked().iter().all(|asked| asked.header("authorization") == Some(&format!("Bearer {KEY}")))
    );
    keeps_secrets(&home, &run);
}

#[test]
fn a_server_that_says_the_key_again_does_not_bring_it_into_logs() {
    let home = Home::new();
    let server = but(|asked, peer| {
        let said = format!(
            "{{\"error\":{{\"message\":\"no {KEY} {}\"}}}}",
            asked.header("authorization").unwrap_or("")
        );
        peer.body("500 Internal Server Error", "application/json", said.as_bytes());
    });
    let run = complete(&home, &server.url(), "");
    assert!(run.code != 0 || run.out.contains("fault of its own"), "{run:?}");
    keeps_secrets(&home, &run);
}

/// Between our own processes go numbers of 32 bits as JSON, which has no word for infinity.
#[test]
fn probabilities_that_no_number_holds_do_not_end_the_engine() {
    for logprob in [-1e300, f64::from(f32::MIN)] {
        let (home, server) = (
            Home::new(),
            but(move |_, peer| {
                good::begin(peer);
                for part in SAID.split_inclusive(' ') {
                    let mut odd = good::piece(part);
                    odd["completion_probabilities"][0]["logprob"] = logprob.into();
                    good::event(peer, &odd);
                }
                good::event(peer, &good::end());
            }),
        );
        let run = complete(&home, &server.url(), "");
        assert!(run.code == 0 && run.out.contains(TEXT), "{run:?}");
    }
}

#[test]
fn a_project_cannot_name_a_server() {
    let (home, server) = (Home::new(), but(|_, peer| answer(peer, SAID)));
    // In the folder that it works in, in each way a project has.
    for name in ["treefill.toml", ".treefill.toml", "config.toml", ".treefill/config.toml"] {
        home.file(name, format!("[remote]\nurl = \"{}\"\n", server.url()));
    }
    let file = home.file("a.py", SOURCE);
    let mut command = home.command(&["complete", &format!("{file}:2")]);
    command.current_dir(home.path(""));
    let _ = run(&mut command);
    assert_eq!(server.asked(), []);
}
