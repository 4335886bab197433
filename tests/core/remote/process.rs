//! Tests the engine's own process with a server: only it connects, in its sandbox, and an editor's server never does.

use std::sync::Arc;

use treefill::config::{Config, Trust};
use treefill::engine::{Host, RemoteSettings, Status, start_remote};

use super::fake::Fake;

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
