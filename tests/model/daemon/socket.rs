//! Tests the socket: who is let in, and what strangers, liars and the impatient can do. A scripted engine answers.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use treefill::cancel::{CancelSource, CancelToken};
use treefill::engine::daemon::client::DaemonEngine;
use treefill::engine::daemon::launch::Launcher;
use treefill::engine::daemon::wire::{DaemonRequest, DaemonResponse, Greeting};
use treefill::engine::daemon::{ask, server};
use treefill::engine::scripted::{Script, ScriptedEngine};
use treefill::engine::{Engine, EngineError, Status};

use super::support::{PATIENCE, Place, collect, job, runtime, text, until};

/// A server in this process.
struct Server {
    place: Place,
    engines: Receiver<Arc<ScriptedEngine>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(change: impl FnOnce(&mut Place), script: impl Fn() -> Script + Send + Sync + 'static) -> Self {
        let mut place = Place::new(Path::new("/a/model.gguf"));
        place.settings.idle.exit_after_idle_s = 600;
        // It would shut this process in.
        place.settings.sandbox.sandbox = false;
        change(&mut place);
        let (address, settings) = (place.address.clone(), place.settings.clone());
        let (made, engines) = mpsc::channel();
        let made = Mutex::new(made);
        let script = Arc::new(script);
        let make = move || -> Arc<dyn Engine> {
            let script = Arc::clone(&script);
            let engine = ScriptedEngine::new(move |_| script());
            let _ = made.lock().unwrap().send(Arc::clone(&engine));
            engine
        };
        let thread = std::thread::spawn(move || server::run(address, settings, Box::new(make)).unwrap());
        let server = Self { place, engines, thread: Some(thread) };
        let start = Instant::now();
        while UnixStream::connect(&server.place.address.socket).is_err() {
            assert!(start.elapsed() < PATIENCE, "the socket in time");
            std::thread::yield_now();
        }
        server
    }

    fn says_hello() -> Self {
        Self::start(|_| {}, || Script::Pieces(vec!["hel".into(), "lo".into()]))
    }

    fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.place.address.socket).unwrap()
    }

    /// A client; it would have to start another program if the server went away.
    fn client(&self) -> Arc<DaemonEngine> {
        let launcher =
            Launcher { program: "/nowhere/treefill".into(), arguments: Vec::new(), uses_gpu: false };
        DaemonEngine::with(self.place.settings.clone(), self.place.address.clone(), launcher).unwrap()
    }

    fn greeting(&self) -> Greeting {
        self.place.address.greeting()
    }

    fn is_alive(&self) -> bool {
        ask::report(&self.place.address.socket).is_some()
    }

    fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            ask::stop(&self.place.address.socket);
            let _ = thread.join();
        }
    }
}

fn send(stream: &mut UnixStream, request: &DaemonRequest) {
    frame(stream, &serde_json::to_vec(request).unwrap());
}

fn frame(stream: &mut UnixStream, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    // The other side may have hung up already, which is what some tests want.
    let _ = stream.write_all(&[&length, body].concat());
}

/// The next message; none when the connection was closed.
fn receive(stream: &mut UnixStream) -> Option<DaemonResponse> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}

#[test]
fn a_client_is_served_and_told_the_state() {
    let server = Server::says_hello();
    let runtime = runtime();
    let client = server.client();
    runtime.block_on(async {
        let Status::Ready(info) = until(&client, |status| matches!(status, Status::Ready(_))).await else {
            unreachable!()
        };
        assert_eq!(info.name, "scripted");
        assert_eq!(text(&*client, job("a", "x", 9)).await.unwrap(), "hello");
        let engine = server.engines.recv().unwrap();
        assert!(engine.jobs()[0].document.ends_with(":a"), "documents of two windows are told apart");
        engine.set_status(Status::Failed("no memory".into()));
        until(&client, |status| matches!(status, Status::Failed(_))).await;
    });
    let report = ask::report(&server.place.address.socket).unwrap();
    assert_eq!((report.clients, report.jobs, report.pid), (1, 1, std::process::id()));
}

#[test]
fn only_this_user_can_reach_it() {
    let server = Server::says_hello();
    let mode = std::fs::metadata(&server.place.address.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // SAFETY: takes nothing, touches no memory, cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        // Only root can become another user; the modes above are what holds one off.
        return;
    }
    // Even if somebody opens all doors: whoever is not this user is sent away by the credentials of the connection.
    for path in [server.place.folder.path(), &server.place.address.socket] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let script = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.settimeout(30)\nb = b'\"Report\"'\ntry:\n s.sendall(len(b).to_bytes(4, 'big') + b)\n print(len(s.recv(9)))\nexcept OSError:\n print(0)";
    let answer = |user: u32| {
        use std::os::unix::process::CommandExt as _;
        let mut python = std::process::Command::new("/usr/bin/python3");
        let output =
            python.args(["-c", script]).arg(&server.place.address.socket).uid(user).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
    };
    assert_eq!(answer(0).trim(), "9", "this user");
    let other = answer(65_534);
    assert_eq!(other.trim(), "0", "another user");
    assert!(server.is_alive());
}

#[test]
fn another_version_is_refused_with_words() {
    let server = Server::says_hello();
    let right = server.greeting();
    for wrong in [
        Greeting { protocol: 99, ..right.clone() },
        Greeting { version: "9.9.9".into(), ..right.clone() },
        Greeting { key: "another".into(), ..right.clone() },
    ] {
        let mut stream = server.connect();
        send(&mut stream, &DaemonRequest::Hello(wrong.clone()));
        let Some(DaemonResponse::Refused(why)) = receive(&mut stream) else { panic!("{wrong:?} was let in") };
        assert!(why.contains("protocol"), "{why}");
        assert_eq!(receive(&mut stream), None, "and the connection ends");
    }
    let mut stream = server.connect();
    send(&mut stream, &DaemonRequest::Hello(right));
    assert!(matches!(receive(&mut stream), Some(DaemonResponse::Welcome { .. })));
}

#[test]
fn garbage_is_ignored() {
    let server = Server::says_hello();
    let endless = [&(5000u32).to_be_bytes()[..], &[b'x'; 5000]].concat();
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0xff; 64],
        &[0, 0, 0, 2, b'{', b'}'],
        &[0, 0, 0, 9, 1, 2, 3],
        &[],
        &endless,
    ] {
        let mut stream = server.connect();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        assert_eq!(receive(&mut stream), None, "{bytes:?}");
    }
    // After the greeting too.
    let mut stream = server.connect();
    send(&mut stream, &DaemonRequest::Hello(server.greeting()));
    receive(&mut stream).unwrap();
    frame(&mut stream, b"[1, 2");
    while receive(&mut stream).is_some() {}
    assert!(server.is_alive());
}

#[test]
fn ten_thousand_connections_that_go_again() {
    let server = Server::says_hello();
    for _ in 0..10_000 {
        // The listener's queue may be full for a moment; then this blocks.
        drop(server.connect());
    }
    let client = server.client();
    assert_eq!(runtime().block_on(text(&*client, job("a", "x", 9))).unwrap(), "hello");
}

#[test]
fn whoever_says_nothing_is_shown_out() {
    let server = Server::says_hello();
    let silent: Vec<UnixStream> = (0..128).map(|_| server.connect()).collect();
    let start = Instant::now();
    for mut stream in silent {
        assert_eq!(receive(&mut stream), None);
    }
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(server.is_alive());
}

#[test]
fn a_cancelled_and_a_dropped_job_end_over_there() {
    let server = Server::start(|_| {}, || Script::Hang);
    let client = server.client();
    runtime().block_on(async {
        let source = CancelSource::new();
        let cancelled = client.generate(job("a", "x", 9), source.token());
        let dropped = client.generate(job("b", "x", 9), CancelToken::never());
        let left = client.generate(job("c", "x", 9), CancelToken::never());
        until(&client, |status| matches!(status, Status::Ready(_))).await;
        drop(dropped);
        source.cancel();
        assert_eq!(collect(cancelled).await, Err(EngineError::Cancelled));
        // The engine lives on; its other job is still there, and ends with the process.
        assert!(server.is_alive());
        ask::stop(&server.place.address.socket);
        assert_eq!(collect(left).await, Err(EngineError::Restarting));
    });
}

#[test]
fn it_leaves_after_its_last_client_and_a_status_query_is_none() {
    let mut server =
        Server::start(|place| place.settings.idle.exit_after_idle_s = 0, || Script::Pieces(vec!["x".into()]));
    assert!(server.is_alive(), "the query is no client that goes");
    let client = server.client();
    runtime().block_on(until(&client, |status| matches!(status, Status::Ready(_))));
    drop(client);
    server.join();
    assert!(!server.place.address.socket.exists());
}

#[test]
fn an_idle_model_is_given_up_and_comes_back() {
    let server = Server::start(
        |place| place.settings.idle.unload_after_idle_s = 1,
        || Script::Pieces(vec!["again".into()]),
    );
    let runtime = runtime();
    let client = server.client();
    let first = server.engines.recv().unwrap();
    assert_eq!(runtime.block_on(text(&*client, job("a", "x", 9))).unwrap(), "again");
    let start = Instant::now();
    while Arc::strong_count(&first) > 1 {
        assert!(start.elapsed() < PATIENCE, "the model is given up");
        std::thread::yield_now();
    }
    assert_eq!(runtime.block_on(text(&*client, job("a", "x", 9))).unwrap(), "again");
    server.engines.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn a_second_process_for_the_same_model_goes_at_once() {
    let server = Server::says_hello();
    let (address, settings) = (server.place.address.clone(), server.place.settings.clone());
    server::run(address, settings, Box::new(|| panic!("it must not load a model"))).unwrap();
    assert!(server.is_alive());
}
