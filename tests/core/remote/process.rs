//! Tests the engine's own process with a server: only it connects, in its sandbox, and an editor's server never does.

use std::sync::Arc;

use treefill::config::{Config, Trust};
use treefill::engine::{Host, RemoteSettings, Status, start_remote};

use super::fake::Fake;
use crate::home::{Home, Run, run};

#[test]
fn an_editor_and_a_project_may_not_name_a_server() {
    let mut config = Config::default();
    let told = serde_json::json!({ "remote": { "url": "https://evil.example", "key_command": ["steal"], "allow_http": true } });
    let problems = config.merge_options(told, Trust::Workspace);
    assert_eq!(config.remote, RemoteSettings::default());
    assert_eq!(problems.len(), 3);
    assert!(
        problems.iter().all(|problem| problem.to_string().contains("a project or an editor may not set it"))
    );
}

#[test]
fn no_server_is_asked_from_within_an_editors_server() {
    let fake = Fake::start("x", |_, _| false);
    let mut config = Config::default();
    config.remote.url = Some(fake.url());
    let engine =
        start_remote(&config.remote, &None, Host::ThisProcess, |model| config.remote_settings(model));
    let status = engine.status().borrow().clone();
    assert!(
        matches!(status, Status::Failed(why) if why.contains("--in-process") && why.contains("remote.url"))
    );
    assert!(fake.asked("/v1/models").is_empty());
    assert_eq!(Arc::strong_count(&engine), 1);
}

pub const KEY: &str = "sk-never-to-be-seen";

/// A user's home whose settings name `fake`, with a key.
#[cfg(unix)]
pub fn home(fake: &Fake, more: &str) -> Home {
    use std::os::unix::fs::DirBuilderExt as _;

    let home = Home::new();
    let url = fake.url();
    home.config(&format!("[remote]\nurl = '{url}'\nkey_env = 'TEAM_KEY'\n{more}\n[log]\nlevel = 'trace'\n"));
    std::fs::DirBuilder::new().mode(0o700).create(home.path("run")).unwrap();
    home
}

#[cfg(unix)]
fn treefill(home: &Home, arguments: &[&str]) -> Run {
    treefill_with(home, arguments, &[])
}

/// The same with variables in its environment.
#[cfg(unix)]
pub fn treefill_with(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    run(home.command(arguments).env("TEAM_KEY", KEY).envs(variables.iter().copied()))
}

/// Ends the engine's process, whatever the test finds.
#[cfg(unix)]
pub struct Stopped<'a>(pub &'a Home);

#[cfg(unix)]
impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        treefill(self.0, &["engine", "stop"]);
    }
}

#[cfg(unix)]
#[test]
fn a_completion_by_the_engines_process_in_its_sandbox_has_the_key_and_no_log_has() {
    let fake = Fake::start("rn a + b\n", |_, _| false);
    let home = home(&fake, "");
    let _stopped = Stopped(&home);
    let file = home.file("a.py", "def add(a, b):\n    retu\n");
    // The word is spelled first: the model of the script writes what follows it.
    let answer = treefill(&home, &["complete", "--json", &format!("{file}:2:9")]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let told: serde_json::Value = serde_json::from_str(answer.out.trim()).unwrap();
    assert_eq!(told["model"], "fake-coder", "{told}");
    let asked = fake.last();
    assert_eq!(asked.header("authorization"), Some(&*format!("Bearer {KEY}")));
    assert!(asked.prompt().contains("def add(a, b):"), "{}", asked.prompt());
    let status = treefill(&home, &["engine", "status"]);
    assert!(
        status.out.contains("Suggestions come from a server: text around the cursor is sent to 127.0.0.1:"),
        "{status:?}"
    );
    let log = std::fs::read_to_string(home.path("state/treefill/engine.log")).unwrap_or_default();
    for text in [&answer.out, &answer.err, &status.out, &log] {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_sent_can_be_looked_at_without_the_key() {
    let fake = Fake::start("x", |_, _| false);
    let home = home(&fake, "");
    let shown = treefill(&home, &["engine", "explain"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    for part in [
        "<|fim_middle|>def add(a, b):",
        "POST http://127.0.0.1:",
        "/completion",
        "authorization: Bearer [key]",
        "\"cache_prompt\": true",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(!shown.out.contains(KEY) && !shown.err.contains(KEY));
    assert_eq!(fake.asked("/completion").len(), 1, "only the measurement");
    let local = Home::new().run(&["engine", "explain"]);
    assert!(local.code != 0 && local.err.contains("remote.url is not set"), "{local:?}");
}

#[cfg(unix)]
#[test]
fn a_server_that_gets_text_is_found_described_and_used() {
    let fake = super::dialects::ollama("qwen2.5-coder:7b", &["completion"], false);
    let home = home(&fake, "");
    let _stopped = Stopped(&home);
    let found = treefill(&home, &["doctor"]);
    for part in [
        "(ollama), tokens by nobody (prompts go as text,",
        "qwen2.5-coder:7b",
        "qwen2.5-coder, suffix-first",
        "4096 tokens",
    ] {
        assert!(found.out.contains(part), "{part}: {found:?}");
    }
    let shown = treefill(&home, &["engine", "explain"]);
    for part in
        ["<|fim_middle|>def add(a, b):", "/api/generate", "authorization: Bearer [key]", "\"num_ctx\": 4096"]
    {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
    let file = home.file("a.py", "def add(a, b):\n    retu\n");
    let answer = treefill(&home, &["complete", "--json", &format!("{file}:2:9")]);
    let told: serde_json::Value = serde_json::from_str(answer.out.trim()).unwrap();
    assert_eq!((&told["model"], &told["text"]), (&"qwen2.5-coder:7b".into(), &"rn 1".into()), "{told}");
    // What spells a control token stays here, and the reason says so.
    let file = home.file("b.py", "end = '<|fim_middle|>'\nprint(en\n");
    let answer = treefill(&home, &["complete", "--json", &format!("{file}:2:9")]);
    assert!(answer.out.contains("spells a control token"), "{answer:?}");
    let log = std::fs::read_to_string(home.path("state/treefill/engine.log")).unwrap_or_default();
    for text in [&found.out, &shown.out, &answer.out, &answer.err, &log] {
        assert!(!text.contains(KEY), "{text}");
    }
    assert!(!fake.asked("/api/generate").iter().any(|asked| asked.body.to_string().contains("print(en")));
}

#[cfg(unix)]
#[test]
fn a_key_that_is_not_there_is_said_with_its_variable() {
    let fake = Fake::start("x", |_, _| false);
    let home = home(&fake, "");
    let shown = home.run(&["engine", "explain"]);
    assert!(shown.err.contains("TEAM_KEY (remote.key_env) is not set"), "{shown:?}");
    assert!(fake.asked("/v1/models").is_empty());
}

#[cfg(unix)]
#[test]
fn a_server_that_repeats_what_it_was_sent_puts_none_of_it_into_a_log() {
    let said = r#"{"error":{"message":"cannot go on behind def canary_qzx(a, b)"}}"#;
    let fake = Fake::start("x", move |asked, peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.whole("403 Forbidden", "", said);
        }
        is_it
    });
    let home = home(&fake, "");
    let file = std::fs::read_to_string(home.path("config/treefill/config.toml")).unwrap();
    home.config(&file.replace("'trace'", "'debug'"));
    let _stopped = Stopped(&home);
    let file = home.file("a.py", "def canary_qzx(a, b):\n    retu\n");
    let answer = treefill(&home, &["complete", &format!("{file}:2:9")]);
    // The user may read it.
    assert!(answer.out.contains("and says \"cannot go on behind def canary_qzx(a, b)\""), "{answer:?}");
    let log = std::fs::read_to_string(home.path("state/treefill/engine.log")).unwrap();
    assert!(log.contains("(403) and says something of 40 characters"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[cfg(unix)]
#[test]
fn all_servers_are_named_by_doctor_and_explain_each_with_its_key() {
    let (one, two) = (Fake::start("x", |_, _| false), Fake::start("x", |_, _| false));
    let home = Home::new();
    let servers = |variable: &str| {
        let key = format!("key_env = '{variable}'\nlanguages = ['rust']");
        let [first, second] =
            [&one, &two].map(|fake| format!("[[remote.servers]]\nurl = '{}'\n", fake.url()));
        format!("{first}weight = 3\n{second}{key}\n")
    };
    home.config(&servers("TEAM_KEY"));
    let shown = treefill(&home, &["engine", "explain"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let (first, second) = shown.out.split_once("Server 2 of 2").unwrap();
    assert!(first.contains(&format!("Server 1 of 2: {}, weight 3", one.url())), "{first}");
    assert!(!first.contains("authorization") && second.contains("authorization: Bearer [key]"), "{second}");
    assert!(second.contains("for files in rust") && !shown.out.contains(KEY), "{second}");
    let page = treefill(&home, &["doctor"]);
    for part in
        [format!("{}, weight 3, for all languages", one.url()), format!("{}, weight 1, for rust", two.url())]
    {
        assert!(page.out.contains(&part), "{part}: {}", page.out);
    }
    assert_eq!(page.out.matches("(llama-server), tokens by the server").count(), 2, "{}", page.out);
    home.config(&servers("NO_SUCH_KEY"));
    let shown = treefill(&home, &["engine", "explain"]);
    assert!(
        shown.err.contains(&format!("the server {}: the environment variable NO_SUCH_KEY", two.url())),
        "{shown:?}"
    );
}
