//! Tests `treefill model` as people use it: by name, by repository, by address; licences, switching, removing, checking.

use serde_json::{Value, json};

use super::kills::HomeWithHub;
use super::{gguf, sha256};
use crate::home::{Run, run};
use crate::http_server::{Asked, Peer, Server};

const SIZE: usize = 50_000;

/// A hub with one repository, `o/r`, under a licence.
fn hub(licence: &'static str) -> (Server, Vec<u8>) {
    let file = gguf(SIZE, 9);
    let content = file.clone();
    let server = Server::start(move |asked, peer| answer(asked, peer, &content, licence));
    (server, file)
}

fn answer(asked: &Asked, peer: &mut Peer, file: &[u8], licence: &str) {
    let entry = |path: &str, bytes: usize, oid: &str| json!({ "type": "file", "path": path, "size": bytes, "lfs": { "oid": oid, "size": bytes } });
    let json = match &*asked.path {
        "/api/models/o/r" => json!({ "sha": "c0ffee", "cardData": { "license": licence } }),
        "/api/models/o/r/tree/c0ffee?recursive=true" => json!([
            entry("README.md", 5, ""),
            entry("m-Q4_K_M.gguf", 7, &"0".repeat(64)),
            entry("m-Q8_0.gguf", file.len(), &sha256(file)),
        ]),
        "/o/r/resolve/c0ffee/m-Q8_0.gguf" | "/us/ours/resolve/main/ours.gguf" => {
            return peer.serve(asked, file, "\"1\"");
        }
        _ => return peer.status("404 Not Found", &[]),
    };
    let text = json.to_string();
    peer.head("200 OK", &[("Content-Length", &text.len().to_string()), ("Content-Type", "application/json")]);
    peer.raw(text.as_bytes());
}

impl HomeWithHub {
    fn model(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(&[&["model"], arguments].concat()))
    }

    fn settings(&self) -> String {
        std::fs::read_to_string(self.home.path("config/treefill/config.toml")).unwrap_or_default()
    }

    fn listed(&self) -> Vec<Value> {
        let list = self.model(&["list", "--json"]);
        assert_eq!(list.code, 0, "{list:?}");
        list.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[track_caller]
fn done(run: &Run, texts: &[&str]) {
    assert_eq!(run.code, 0, "{run:?}");
    for text in texts {
        assert!(run.out.contains(text), "{text:?} is not in {run:?}");
    }
}

#[test]
fn one_command_downloads_and_switches() {
    let (server, file) = hub("apache-2.0");
    let home = HomeWithHub::new(&server, &file);
    home.home.config("# mine\n[model] # which\ncontext = 512\n");
    let got = home.model(&["get", "ours", "--use"]);
    done(&got, &["Downloaded ours:F16 (50 kB)", "In use: ", "Open editors switch"]);
    let target = home.target();
    assert_eq!(
        home.settings(),
        format!("# mine\n[model] # which\ncontext = 512\npath = \"{}\"\n", target.display())
    );
    let in_use: Vec<Value> = home.listed().into_iter().filter(|model| model["in_use"] == true).collect();
    assert_eq!(in_use.len(), 1);
    assert_eq!((&in_use[0]["name"], &in_use[0]["where"]), (&json!("ours:F16"), &json!("downloaded")));

    let asked = server.asked().len();
    done(&home.model(&["get", "ours"]), &["is there already", "It is in use"]);
    assert_eq!(server.asked().len(), asked, "nothing is asked of the hub");
    home.model(&["rm", "ours"]).refused(1, &["is in use", "--force"]);
    done(&home.model(&["info", "ours"]), &["Apache License 2.0: You may use it for anything", "fills in"]);
    done(&home.model(&["rm", "ours", "--force"]), &["Removed"]);
    assert!(!target.exists());
}

#[test]
#[cfg(all(target_os = "linux", not(feature = "llama")))]
fn a_running_server_follows_one_command() {
    let (server, file) = hub("apache-2.0");
    let home = HomeWithHub::new(&server, &file);
    home.home.config("# nothing yet\n");
    let mut served = crate::environment::Served::start(home.command(&["serve"]));
    served.told("built without an embedded model");
    done(&home.model(&["get", "ours", "--use"]), &["Downloaded", "In use"]);
    // It has started an engine's process for the new file, which says what it lacks in this build.
    served.told("built without llama.cpp");
    served.end();
    run(&mut home.command(&["engine", "stop"]));
}

#[test]
fn a_repository_of_the_hub_by_its_quant() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    home.model(&["get", "o/r"]).refused(1, &["several that fit; name one", "o/r:m-Q4_K_M.gguf"]);
    done(
        &home.model(&["get", "o/r:q8_0"]),
        &["Downloaded o/r:m-Q8_0.gguf", "Use it: treefill model use o/r:q8_0"],
    );
    let stored = home.home.path("data/treefill/models/o/r/m-Q8_0.gguf");
    assert!(std::fs::read(&stored).unwrap() == file);
    let record: Value =
        serde_json::from_slice(&std::fs::read(stored.with_extension("gguf.json")).unwrap()).unwrap();
    assert_eq!((&record["revision"], &record["licence"]), (&json!("c0ffee"), &json!("mit")));
    home.model(&["get", "o/none:Q8_0"]).refused(1, &["(404)", "check the name"]);
    done(&home.model(&["use", "m-Q8_0.gguf"]), &["In use"]);
}

#[test]
fn a_licence_that_forbids_is_asked_about_once() {
    let (server, file) = hub("gemma");
    let home = HomeWithHub::new(&server, &file);
    let refused = home.model(&["get", "o/r:q8_0"]);
    refused.refused(
        1,
        &["Gemma Terms of Use", "are forbidden", "https://", "nobody is there to agree", "--yes"],
    );
    assert!(server.gets().iter().all(|asked| !asked.path.contains("resolve")));
    done(&home.model(&["get", "o/r:q8_0", "--yes"]), &["Downloaded"]);
    done(&home.model(&["rm", "o/r:m-Q8_0.gguf"]), &["Removed"]);
    let again = home.model(&["get", "o/r:q8_0"]);
    done(&again, &["Downloaded"]);
    assert!(!again.err.contains("Gemma"), "{again:?}");

    let (server, file) = hub("house-rules-1.0");
    let home = HomeWithHub::new(&server, &file);
    home.model(&["get", "o/r:q8_0"])
        .refused(1, &["house-rules-1.0", "does not know what it forbids", "/o/r"]);
}

#[test]
fn an_address_with_and_without_a_digest() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    let url = format!("{}/o/r/resolve/c0ffee/m-Q8_0.gguf", server.url());
    let got = home.model(&["get", &url]);
    done(&got, &["Downloaded", "Nobody said what its digest should be", &sha256(&file)]);
    done(&home.model(&["rm", "m-Q8_0.gguf"]), &["Removed"]);
    let wrong = home.model(&["get", &url, "--sha256", &"1".repeat(64)]);
    wrong.refused(1, &["another content than it should", "nothing was kept"]);
    done(&home.model(&["get", &url, "--sha256", &sha256(&file).to_uppercase()]), &["Downloaded"]);
    home.model(&["get", &url, "--sha256", "abc"]).refused(1, &["64 hexadecimal digits"]);
    home.model(&["get", "http://models.example/m.gguf"]).refused(1, &["without encryption", "--sha256"]);
    home.model(&["get", "https://models.example/m.bin"]).refused(1, &["not the address of a .gguf file"]);
}

#[test]
fn offline_nothing_is_asked() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    home.model(&["get", "ours", "--offline"]).refused(1, &["--offline forbids it", "treefill model list"]);
    home.model(&["get", "o/r:q8_0", "--offline"]).refused(1, &["--offline"]);
    let mut command = home.command(&["model", "get", "ours"]);
    run(command.env("HF_HUB_OFFLINE", "1")).refused(1, &["HF_HUB_OFFLINE forbids it"]);
    assert!(server.asked().is_empty());
}

#[test]
fn files_of_other_programs_are_used_where_they_are() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    let digest = sha256(&file);
    let manifest = format!(
        r#"{{"layers":[{{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:{digest}"}}]}}"#
    );
    home.home.file(".ollama/models/manifests/registry.ollama.ai/library/ours/7b", manifest);
    let blob = home.home.file(&format!(".ollama/models/blobs/sha256-{digest}"), &file);
    let listed = home.listed();
    let ollama = listed.iter().find(|model| model["where"] == "ollama").unwrap();
    assert_eq!((&ollama["name"], &ollama["path"]), (&json!("ours:7b"), &json!(blob)));
    // The same content as that of the catalogue: there is no need to download it.
    let got = home.model(&["get", "ours", "--use"]);
    done(&got, &["In use: ", &blob]);
    assert!(got.err.contains("on this machine already (Ollama)"), "{got:?}");
    assert!(server.asked().is_empty());
    home.model(&["rm", "ours:7b"]).refused(1, &["was not put there by treefill", "stays"]);
    done(&home.model(&["verify", "ours:7b"]), &["right"]);
    // What its name says is not what it holds: then it is downloaded.
    home.home.file(&format!(".ollama/models/blobs/sha256-{digest}"), gguf(SIZE, 10));
    let damaged = home.model(&["verify", "ours:7b"]);
    assert_eq!(damaged.code, 1, "{damaged:?}");
    assert!(damaged.out.contains("is damaged") && damaged.out.contains("download it again"), "{damaged:?}");
    done(&home.model(&["get", "ours"]), &["Downloaded"]);
}

#[test]
fn a_file_is_imported_checked_and_verified() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    let path = home.home.file("Downloads/mine.gguf", &file);
    done(&home.model(&["import", &path]), &["Copied to ", "Use it: treefill model use mine.gguf"]);
    assert!(std::path::Path::new(&path).exists(), "it is a copy");
    done(&home.model(&["verify"]), &["mine.gguf: right"]);
    let copy = home.home.path("data/treefill/models/imported/mine.gguf");
    let mut damaged = file.clone();
    damaged[SIZE - 100] ^= 1;
    std::fs::write(&copy, &damaged).unwrap();
    let verified = home.model(&["verify", "mine.gguf"]);
    assert_eq!(verified.code, 1);
    assert!(verified.out.contains("is damaged (SHA-256 "), "{verified:?}");
    home.model(&["import", &path]).refused(1, &["already", "treefill model rm mine.gguf"]);
    let text = home.home.file("notes.gguf", "no model");
    home.model(&["import", &text]).refused(1, &["notes.gguf", "not a GGUF file"]);
    home.model(&["use", &text]).refused(1, &["not a GGUF file"]);
    home.model(&["use", "nothing-like-it"]).refused(1, &["treefill model list"]);
    home.model(&["use", "qwen2.5-coder-7b"]).refused(1, &["treefill model get qwen2.5-coder-7b"]);
    assert_eq!(home.settings(), "", "nothing was changed");
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    let no_folder = home.home.file("a-file", "");
    let mut command = home.command(&["model", "get", "ours"]);
    run(command.env("XDG_DATA_HOME", &no_folder)).refused(1, &["cannot make the folder", "XDG_DATA_HOME"]);
    // The settings are broken: the model is there, and the way out is said.
    home.home.config("[model\n");
    let got = home.model(&["get", "ours", "--use"]);
    assert_eq!(got.code, 1, "{got:?}");
    assert!(got.out.contains("Downloaded") && got.err.contains("config.toml:1: "), "{got:?}");
    assert!(got.err.contains("treefill config check"), "{got:?}");
}

#[test]
fn a_full_disk_is_noticed_before_it_is_full() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    let disk = home.home.path("disk");
    std::fs::create_dir(&disk).unwrap();
    // A disk of 32 kB, in a namespace of its own.
    let script =
        format!("mount -t tmpfs -o size=32k none '{0}' && XDG_DATA_HOME='{0}' exec \"$@\"", disk.display());
    let direct = home.command(&["model", "get", "ours"]);
    let mut command = std::process::Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script, "sh"]).arg(direct.get_program()).args(direct.get_args());
    for (name, value) in direct.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let run = run(&mut command);
    if run.err.contains("unshare:") || run.err.contains("mount:") {
        return crate::soak::not_run(21, "a full disk: no namespaces here");
    }
    run.refused(1, &["the disk is too full", "make room", "XDG_DATA_HOME"]);
    assert!(server.gets().is_empty());
}

#[test]
fn words_find_models() {
    let (server, file) = hub("mit");
    let home = HomeWithHub::new(&server, &file);
    done(&home.model(&["search", "cobol"]), &["ours"]);
    done(&home.model(&["search", "qwen", "1.5b"]), &["qwen2.5-coder-1.5b"]);
    let nothing = home.model(&["search", "klingon"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("OWNER/NAME:QUANT"), "{nothing:?}");
    home.home.file("config/treefill/catalogue.toml", "[[model]]\nname = 5\n");
    home.model(&["list"]).refused(1, &["catalogue.toml"]);
}
