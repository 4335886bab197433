//! Tests the binary in bad environments: folders that cannot be used, a home that is missing, settings saved by other programs.
//! Nothing of that may end the work, and each is named with its cure.

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::connection::Connection;
use crate::home::{Home, Run, run};

/// `treefill serve` for an editor.
pub struct Served {
    child: Child,
    client: Connection,
}

impl Served {
    pub fn start(mut command: Command) -> Self {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn().unwrap();
        let client = Connection::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut served = Self { child, client };
        served.client.call("initialize", json!({ "capabilities": {} }));
        served.client.notify("initialized", json!({}));
        served
    }

    /// The next message for the user that holds `text`.
    pub fn told(&mut self, text: &str) -> String {
        let is_it =
            |message: &Value| message["params"]["message"].as_str().is_some_and(|it| it.contains(text));
        let message = self.client.take(|message| message["method"] == "window/showMessage" && is_it(message));
        message["params"]["message"].as_str().unwrap().to_owned()
    }

    /// Other requests are answered: the title of the repair of a missing bracket.
    fn works(&mut self) {
        let uri = "file:///elsewhere/a.py";
        let document = json!({ "uri": uri, "languageId": "python", "version": 1, "text": "print(len(3)\n" });
        self.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let at = json!({ "line": 0, "character": 5 });
        let params = json!({ "textDocument": { "uri": uri }, "range": { "start": at, "end": at } });
        let id = self.client.request("textDocument/codeAction", params);
        let answer = self.client.answer(id);
        assert!(answer["result"].is_array(), "{answer}");
    }

    pub fn end(mut self) {
        self.client.call("shutdown", Value::Null);
        self.client.notify("exit", Value::Null);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

fn doctor(command: &mut Command) -> Run {
    run(command.args(["doctor", "--no-model"]))
}

/// The line of the page that begins with `name`.
#[track_caller]
fn line<'a>(page: &'a Run, name: &str) -> &'a str {
    let found = page.out.lines().find(|line| line.trim_start().starts_with(name));
    found.unwrap_or_else(|| panic!("no {name} in {page:?}"))
}

#[test]
fn a_folder_that_cannot_be_written_is_said_once_and_nothing_ends() {
    for (variable, name, kept) in [
        ("XDG_STATE_HOME", "state", "statistics are not kept"),
        ("XDG_CACHE_HOME", "cache", "unpacked to the temporary folder"),
        ("XDG_RUNTIME_DIR", "runtime", "below the temporary one"),
    ] {
        let home = Home::new();
        // Not even an administrator makes a folder below a file.
        let wrong = format!("{}/locked", home.file("a file", ""));
        let mut command = home.command(&["serve"]);
        command.env_remove("TREEFILL_RUNTIME_DIR").env("TMPDIR", home.path("")).env(variable, &wrong);
        let mut served = Served::start(command);
        let told = served.told(&wrong);
        assert!(told.contains(&format!("the {name} folder")) && told.contains(kept), "{told}");
        assert_eq!(told.matches(&wrong).count(), 1, "{told}");
        served.works();
        served.end();

        let mut command = home.command(&[]);
        command.env_remove("TREEFILL_RUNTIME_DIR").env("TMPDIR", home.path("")).env(variable, &wrong);
        let page = doctor(&mut command);
        let said = line(&page, name);
        assert!(said.contains("wrong") && said.contains(&wrong) && said.contains("set "), "{said}");
        assert_eq!(page.code, 1, "{page:?}");
    }
}

#[test]
fn a_runtime_folder_too_long_for_a_socket_is_replaced_by_a_short_private_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let long = home.path(&"long".repeat(30));
    std::fs::create_dir_all(&long).unwrap();
    std::fs::set_permissions(&long, std::fs::Permissions::from_mode(0o700)).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env_remove("TREEFILL_RUNTIME_DIR").env("XDG_RUNTIME_DIR", &long).env("TMPDIR", home.path(""));
        command
    };
    let page = doctor(&mut command(&[]));
    let said = line(&page, "runtime");
    assert!(said.contains("too long for a socket") && said.contains("TREEFILL_RUNTIME_DIR"), "{said}");
    let status = run(&mut command(&["engine", "status"]));
    assert!(status.code == 0 && status.err.contains("too long for a socket"), "{status:?}");
    let made = std::fs::read_dir(home.path(""))
        .unwrap()
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("treefill-"));
    assert_eq!(made.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn relative_variables_are_ignored_and_named() {
    let home = Home::new();
    let mut command = home.command(&[]);
    command.current_dir(home.path("")).env("HOME", "not/absolute").env("XDG_CACHE_HOME", "cache/of/mine");
    let page = doctor(&mut command);
    let said = |text: &str| {
        page.out.lines().any(|line| line.contains("not an absolute path") && line.contains(text))
    };
    assert!(said("HOME=\"not/absolute\"") && said("XDG_CACHE_HOME=\"cache/of/mine\""), "{page:?}");
    assert!(!line(&page, "cache").contains("cache/of/mine"), "{page:?}");
    let served = home.command(&["serve"]);
    let mut served = Served::start({
        let mut command = served;
        command.current_dir(home.path("")).env("HOME", "not/absolute").env_remove("XDG_STATE_HOME");
        command
    });
    served.works();
    served.end();
    assert!(!home.path("not").exists(), "nothing is made below a relative home");
}

#[test]
#[cfg(all(target_os = "linux", not(feature = "llama")))]
fn a_program_that_is_replaced_under_a_running_editor_goes_on() {
    let home = Home::new();
    let program = home.path("treefill-copy");
    std::fs::copy(env!("CARGO_BIN_EXE_treefill"), &program).unwrap();
    let mut command = Command::new(&program);
    command.arg("serve").envs(home.command(&[]).get_envs().filter_map(|(key, value)| Some((key, value?))));
    let mut served = Served::start(command);
    served.told("built without an embedded model");

    // An update: what is there now is no engine for this server.
    let update = home.file("update", "#!/bin/sh\nexit 3\n");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&update, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(&update, &program).unwrap();
    let model = home.file("m.gguf", crate::reliability::support::small_model());
    home.config(&format!("[model]\npath = '{model}'\n"));
    // The engine's process was started and says what it lacks.
    served.told("built without llama.cpp");
    served.end();
    run(&mut home.command(&["engine", "stop"]));
}
