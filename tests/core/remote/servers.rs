//! Tests several servers: each document has one of them, languages have their own, and what one cannot do another does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use treefill::engine::remote::key::Key;
use treefill::engine::remote::{LocalStarter, RemoteEngine, RemoteOptions};
use treefill::engine::scripted::ScriptedEngine;
use treefill::engine::{Engine, Job, ModelInfo, RemoteSettings, Status, TeamServer};

use super::fake::{Fake, failure, job, run, wait};
use crate::lsp::support::TestServer;

/// A server of the list.
fn server(fake: &Fake) -> TeamServer {
    TeamServer { url: Some(fake.url()), ..TeamServer::default() }
}

fn options(servers: Vec<TeamServer>) -> RemoteOptions {
    RemoteOptions::new(RemoteSettings { servers, ..RemoteSettings::default() })
}

/// An engine that has heard of all of its servers, which are well.
fn engine(options: RemoteOptions) -> Arc<dyn Engine> {
    let others = options.settings.servers.len() - 1;
    let engine = RemoteEngine::start(options);
    wait(&*engine, |status| {
        info(status).is_some_and(|info| info.server.as_ref().unwrap().others.len() == others)
    });
    engine
}

fn info(status: &Status) -> Option<&ModelInfo> {
    match status {
        Status::Ready(info) => Some(info),
        _ => None,
    }
}

fn of(document: usize, language: &str) -> Job {
    Job { document: format!("file:///w/{document}.py"), language: language.into(), ..job("x = ", "\n") }
}

/// A server that can be switched off: then it cuts every connection.
fn switchable(text: &'static str) -> (Fake, Arc<AtomicBool>) {
    let off = Arc::new(AtomicBool::new(false));
    let is_off = Arc::clone(&off);
    let fake = Fake::start(text, move |_, peer| {
        let off = is_off.load(Ordering::SeqCst);
        if off {
            peer.close();
        }
        off
    });
    (fake, off)
}

#[test]
fn each_document_stays_with_its_server() {
    let (one, two) = (Fake::start(" one", |_, _| false), Fake::start(" two", |_, _| false));
    let engine = engine(options(vec![server(&one), server(&two)]));
    let asks = |document| run(&*engine, of(document, "python")).unwrap().0;
    let first: Vec<String> = (0..40).map(asks).collect();
    let again: Vec<String> = (0..40).rev().map(asks).collect();
    assert!(first.iter().eq(again.iter().rev()), "the same server each time");
    let ones = first.iter().filter(|text| text.ends_with("one")).count();
    assert!((8..=32).contains(&ones), "both have some of 40: {ones}");
}

#[test]
fn what_a_dead_server_had_others_do_until_it_is_back() {
    let (one, off) = switchable(" one");
    let two = Fake::start(" two", |_, _| false);
    let engine = engine(options(vec![server(&one), server(&two)]));
    let asks = |document| run(&*engine, of(document, "python")).unwrap().0;
    let before: Vec<String> = (0..20).map(asks).collect();
    off.store(true, Ordering::SeqCst);
    assert!((0..20).map(asks).all(|text| text.ends_with("two")), "nothing is lost, not even the first");
    let told = wait(&*engine, |status| {
        let server = info(status).unwrap().server.as_ref().unwrap();
        server.trouble.is_none() && server.others[0].trouble.is_some()
    });
    let told = info(&told).unwrap().server.as_ref().unwrap();
    assert_eq!(told.host, two.url()["http://".len()..], "the one in use");
    let left_out = treefill::lsp::server_sentence(told);
    assert!(left_out.contains(&format!("{} is left out: ", &one.url()["http://".len()..])), "{left_out}");
    let asked = one.asked("/completion").len();
    assert!((0..20).map(asks).all(|text| text.ends_with("two")));
    assert_eq!(one.asked("/completion").len(), asked, "it is left alone");
    off.store(false, Ordering::SeqCst);
    // It asks by itself after the pause.
    wait(&*engine, |status| {
        let server = info(status).unwrap().server.as_ref().unwrap();
        server.trouble.is_none() && server.others[0].trouble.is_none()
    });
    assert_eq!((0..20).map(asks).collect::<Vec<_>>(), before, "as before");
}

#[test]
fn a_server_that_is_not_there_at_the_start_is_found_later() {
    let (one, off) = switchable(" one");
    off.store(true, Ordering::SeqCst);
    let two = Fake::start(" two", |_, _| false);
    let engine = RemoteEngine::start(options(vec![server(&one), server(&two)]));
    let asks = |document| run(&*engine, of(document, "python")).unwrap().0;
    assert!((0..20).map(asks).all(|text| text.ends_with("two")));
    off.store(false, Ordering::SeqCst);
    wait(&*engine, |status| {
        let server = info(status).and_then(|info| info.server.as_ref());
        server.is_some_and(|server| {
            server.trouble.is_none() && server.others.iter().all(|one| one.trouble.is_none())
        })
    });
    let ones = (0..20).map(asks).filter(|text| text.ends_with("one")).count();
    assert!(ones > 0);
}

#[test]
fn a_language_has_its_own_server_and_the_others_stand_in() {
    let (rust, off) = switchable(" rust");
    let all = Fake::start(" all", |_, _| false);
    let for_rust =
        TeamServer { languages: vec!["rust".into()], model: Some("rusty".into()), ..server(&rust) };
    let engine = engine(options(vec![for_rust, server(&all)]));
    let asks = |document, language| run(&*engine, of(document, language)).unwrap().0;
    for document in 0..10 {
        assert_eq!(asks(document, "rust"), "rust");
        assert_eq!(asks(document, "python"), "all");
        assert_eq!(asks(document, ""), "all");
    }
    assert_eq!(rust.last().body["model"], "rusty");
    off.store(true, Ordering::SeqCst);
    assert_eq!(asks(1, "rust"), "all");
}

#[test]
fn a_language_that_treefill_does_not_know_is_called_as_the_editor_calls_it() {
    let (go, all) = (Fake::start(" of_go()", |_, _| false), Fake::start(" of_all()", |_, _| false));
    let for_go = TeamServer { languages: vec!["Go".into()], ..server(&go) };
    let mut editor = TestServer::start(engine(options(vec![for_go, server(&all)])));
    for (language, expected) in [("go", "of_go()"), ("lua", "of_all()"), ("python", "of_all()")] {
        let uri = format!("file:///w/a.{language}");
        editor.open_as(&uri, language, "first = 1\nx = \n");
        let asked = json!({
            "textDocument": { "uri": uri }, "position": { "line": 1, "character": 4 }, "context": { "triggerKind": 1 },
        });
        let answer = editor.client().call("textDocument/inlineCompletion", asked);
        assert_eq!(answer["items"][0]["insertText"], expected, "{language}: {answer}");
    }
}

#[test]
fn the_status_says_which_servers_are_left_out() {
    let (one, off) = switchable(" one");
    let two = Fake::start(" two", |_, _| false);
    let engine = engine(options(vec![server(&one), server(&two)]));
    let mut editor = TestServer::start(Arc::clone(&engine));
    off.store(true, Ordering::SeqCst);
    for document in 0..20 {
        run(&*engine, of(document, "python")).unwrap();
    }
    wait(&*engine, |status| info(status).unwrap().server.as_ref().unwrap().others[0].trouble.is_some());
    let told = editor.command("treefill.status", json!([]));
    let left_out = format!("{} is left out: ", &one.url()["http://".len()..]);
    let lines = told["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line.as_str().unwrap().starts_with(&left_out)), "{told}");
}

#[test]
fn a_language_without_a_server_is_said() {
    let fake = Fake::start(" x", |_, _| false);
    let only = |name: &str| TeamServer { languages: vec![name.into()], ..server(&fake) };
    let other = TeamServer { model: Some("other".into()), ..only("go") };
    let engine = engine(options(vec![only("rust"), other]));
    let why = failure(&*engine, of(1, "python"));
    assert!(why.contains("none of the [[remote.servers]] is for python"), "{why}");
}

#[test]
fn each_server_has_its_own_key() {
    let (one, two) = (Fake::start(" one", |_, _| false), Fake::start(" two", |_, _| false));
    let keys = vec![Some(Key::new("sk-one").unwrap()), None];
    let engine = engine(RemoteOptions { keys, ..options(vec![server(&one), server(&two)]) });
    (0..20).for_each(|document| drop(run(&*engine, of(document, "")).unwrap()));
    let keys = |fake: &Fake| {
        let asked =
            ["/v1/models", "/props", "/tokenize", "/completion"].map(|path| fake.asked(path)).concat();
        let mut keys: Vec<_> =
            asked.iter().map(|asked| asked.header("authorization").map(str::to_owned)).collect();
        keys.dedup();
        keys
    };
    assert_eq!(keys(&one), [Some("Bearer sk-one".to_owned())]);
    assert_eq!(keys(&two), [None]);
}

#[test]
fn wrong_settings_of_one_are_said_before_any_is_asked() {
    let fake = Fake::start(" x", |_, _| false);
    let plain = TeamServer { url: Some("http://gpu.example:1".into()), ..TeamServer::default() };
    let engine = RemoteEngine::start(options(vec![server(&fake), plain]));
    let told = wait(&*engine, |status| matches!(status, Status::Failed(_)));
    assert!(
        matches!(told, Status::Failed(why) if why.contains("remote.allow_http") && why.contains("gpu.example"))
    );
    assert!(failure(&*engine, of(1, "")).contains("remote.allow_http"));
    assert!(fake.asked("/v1/models").is_empty());
}

#[test]
fn a_newer_job_ends_an_older_one_on_another_server() {
    let first = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&first);
    let hangs = move |asked: &super::fake::Asked, peer: &mut super::fake::Peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            count.fetch_add(1, Ordering::SeqCst);
            peer.begin();
            peer.wait_for_end();
        }
        is_it
    };
    let rust = Fake::start(" rust", hangs);
    let all = Fake::start(" all", |_, _| false);
    let for_rust = TeamServer { languages: vec!["rust".into()], ..server(&rust) };
    let engine = engine(options(vec![for_rust, server(&all)]));
    let cancel = treefill::cancel::CancelToken::never();
    let mut older = engine.generate(of(1, "rust"), cancel);
    while first.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    // The language of a document may change.
    assert_eq!(run(&*engine, of(1, "python")).unwrap().0, "all");
    let ended = futures::executor::block_on(older.next()).unwrap();
    assert_eq!(ended, Err(treefill::engine::EngineError::Cancelled));
    rust.gone.recv().unwrap();
}

#[test]
fn a_text_that_one_has_begun_is_not_begun_again_by_another() {
    let half = |asked: &super::fake::Asked, peer: &mut super::fake::Peer| {
        let is_it = asked.body["stream"] == true;
        if is_it {
            peer.begin();
            peer.event(&json!({ "content": " half", "stop": false }));
            peer.close();
        }
        is_it
    };
    let (one, two) = (Fake::start("x", half), Fake::start("x", half));
    let engine = engine(options(vec![server(&one), server(&two)]));
    failure(&*engine, of(1, ""));
    let asked = one.asked("/completion").len() + two.asked("/completion").len();
    assert_eq!(asked, 3, "two measurements, and one attempt");
}

#[test]
fn this_machine_works_when_no_server_does() {
    let fakes: Vec<_> = [" one", " two"].map(switchable).into();
    let starts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&starts);
    let local = LocalStarter(Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        ScriptedEngine::always("from here")
    }));
    let servers = fakes.iter().map(|(fake, _)| server(fake)).collect();
    let engine = engine(RemoteOptions { fallback: Some(local), ..options(servers) });
    fakes.iter().for_each(|(_, off)| off.store(true, Ordering::SeqCst));
    for document in 0..20 {
        assert_eq!(run(&*engine, of(document, "")).unwrap().0, "from here");
    }
    assert_eq!(starts.load(Ordering::SeqCst), 1, "one model for both");
    let told = wait(&*engine, |status| info(status).unwrap().server.as_ref().unwrap().trouble.is_some());
    let server = info(&told).unwrap().server.as_ref().unwrap();
    assert!(
        server.trouble.as_ref().unwrap().contains("the model on this machine works meanwhile"),
        "{server:?}"
    );
}
