//! Tests man pages and shell completions: there is one for every command that the help knows.

use super::Home;

/// The commands below `path`, as its help lists them.
fn listed(home: &Home, path: &[String]) -> Vec<String> {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let help = home.run(&arguments).out;
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    // A name stands at two spaces; what it is for may go on in lines that stand further in.
    let rows = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    let names = rows.filter(|row| !row.starts_with(' ')).filter_map(|row| row.split(' ').next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The paths of all commands, `treefill` itself being the empty one.
fn all(home: &Home) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while next < found.len() {
        let path = found[next].clone();
        found.extend(listed(home, &path).into_iter().map(|name| [&path[..], &[name]].concat()));
        next += 1;
    }
    found
}

#[test]
fn every_command_has_a_man_page() {
    let home = Home::new();
    let folder = home.path("share/man/man1");
    let run = home.run(&["generate", "man", folder.to_str().unwrap()]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
    let commands = all(&home);
    assert!(commands.len() > 20, "{commands:?}");
    for path in commands {
        let name = [&["treefill".to_owned()][..], &path].concat().join("-");
        let page = std::fs::read_to_string(folder.join(format!("{name}.1"))).expect(&name);
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{page}");
        if path.len() < 2 {
            // In columns, as the help has them.
            assert!(
                page.contains(".SH NOTES\n.nf\n") && page.contains("\nExamples:\n  treefill"),
                "{name}: {page}"
            );
        }
    }
    // The page about the configuration has what the long help has.
    let page = std::fs::read_to_string(folder.join("treefill-config.1")).unwrap();
    assert!(page.contains("delay_ms"), "{page}");
}

#[test]
fn every_command_is_completed_in_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = home.run(&["generate", "completions", shell]);
        assert!(run.code == 0 && run.err.is_empty(), "{shell}: {run:?}");
        for path in all(&home) {
            for name in path {
                assert!(run.out.contains(&name), "{shell}: {name}");
            }
        }
    }
}

#[test]
fn what_cannot_be_made_is_named() {
    let home = Home::new();
    let file = home.file("file", "");
    home.run(&["generate", "man", &file]).refused(1, &["cannot write man pages into", &file]);
    home.run(&["generate", "completions", "sh"]).refused(2, &["bash, elvish, fish"]);
}
