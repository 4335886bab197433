//! Tests that changes of the disk are noticed: by the server, or by a client that watches files.

use serde_json::{Value, json};

use super::project::Project;

#[test]
fn what_any_program_writes_is_told() {
    let mut project = Project::start(&[("a.py", "a = 1\n"), ("lib/b.py", "b = 1\n")], "");
    project.until_read(2);
    let [a, b, c, moved] = ["a.py", "lib/b.py", "deep/er/c.py", "moved/b.py"].map(|name| project.uri(name));
    project.write("a.py", "a = 2\n");
    project.until(|known| known[&a].text == "a = 2\n");
    project.write("deep/er/c.py", "c = 1\n");
    project.until(|known| known.contains_key(&c));
    project.write("deep/er/c.py", "c = 2\n");
    project.until(|known| known[&c].text == "c = 2\n");
    std::fs::remove_file(project.folder.path().join("a.py")).unwrap();
    project.until(|known| !known.contains_key(&a));
    let folder = |name: &str| project.folder.path().join(name);
    std::fs::rename(folder("lib"), folder("moved")).unwrap();
    let known = project.until(|known| known.contains_key(&moved) && !known.contains_key(&b));
    assert_eq!(known.len(), 2);
    project.write(".gitignore", "moved/\n");
    let known = project.until(|known| !known.contains_key(&moved));
    assert_eq!(project.documents(&known), ["deep/er/c.py"]);
    project.write(".gitignore", "");
    project.until(|known| known.contains_key(&moved));
}

#[test]
fn a_client_that_watches_files_is_asked_to() {
    let able = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut project = Project::start_able(&[("a.py", "a = 1\n")], "", able);
    let asked = project.server.client().message("client/registerCapability");
    let registration = &asked["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    let watchers = registration["registerOptions"]["watchers"].as_array().unwrap();
    let globs: Vec<&str> = watchers.iter().filter_map(|watcher| watcher["globPattern"].as_str()).collect();
    for glob in ["**/*.py", "**/*.rs", "**/SConstruct", "**/.gitignore", "**/.aiignore"] {
        assert!(globs.contains(&glob), "{glob} is not in {globs:?}");
    }
    let answer = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": null });
    project.server.client().send(&answer);
    project.until_read(1);
    let tell = |project: &mut Project, name: &str, kind: u8| {
        let changes = json!([{ "uri": project.uri(name), "type": kind }]);
        project.server.client().notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    };
    let (a, b) = (project.uri("a.py"), project.uri("b.py"));
    project.write("b.py", "b = 1\n");
    tell(&mut project, "b.py", 1);
    project.until(|known| known.contains_key(&b));
    project.write("a.py", "a = 2\n");
    tell(&mut project, "a.py", 2);
    // It counts as open: a person works on it.
    project.until(|known| known[&a].text == "a = 2\n" && known[&a].open);
    std::fs::remove_file(project.folder.path().join("a.py")).unwrap();
    tell(&mut project, "a.py", 3);
    project.until(|known| !known.contains_key(&a));
    project.write(".gitignore", "b.py\n");
    tell(&mut project, ".gitignore", 1);
    project.until(|known| known.is_empty());
    project.write("lib/c.py", "c = 1\n");
    tell(&mut project, "lib/c.py", 1);
    let [c, moved] = ["lib/c.py", "moved/c.py"].map(|name| project.uri(name));
    project.until(|known| known.contains_key(&c));
    let folder = |name: &str| project.folder.path().join(name);
    std::fs::rename(folder("lib"), folder("moved")).unwrap();
    let files = json!([{ "oldUri": project.uri("lib"), "newUri": project.uri("moved") }]);
    project.server.client().notify("workspace/didRenameFiles", json!({ "files": files }));
    project.until(|known| known.contains_key(&moved) && !known.contains_key(&c));
    for odd in [
        json!({}),
        json!({ "changes": 3 }),
        json!({ "changes": [{ "uri": 3 }, { "uri": "untitled:x" }, null] }),
    ] {
        project.server.client().notify("workspace/didChangeWatchedFiles", odd);
    }
}

#[test]
fn a_client_that_refuses_to_watch_leaves_it_to_the_server() {
    let able = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut project = Project::start_able(&[("a.py", "a = 1\n")], "", able);
    let asked = project.server.client().message("client/registerCapability");
    let error = json!({ "code": -32601, "message": "no" });
    let answer: Value = json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error });
    project.server.client().send(&answer);
    let b = project.uri("b.py");
    project.until_read(1);
    project.write("b.py", "b = 1\n");
    project.until(|known| known.contains_key(&b));
}
