//! Tests the sandbox of the engine's process: a real one is started, and looked at from outside.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use treefill::engine::daemon::address::Address;
use treefill::engine::daemon::ask;
use treefill::engine::daemon::launch::Launch;
use treefill::engine::daemon::sandbox;
use treefill::engine::daemon::wire::EngineReport;
use treefill::engine::{DaemonOptions, ModelOptions, RemoteSettings, SandboxOptions, TeamServer};

use crate::home::Home;

const PATIENCE: Duration = Duration::from_secs(60);

/// An engine's process that serves a model which is none: it stays and says so.
struct Started {
    process: Child,
    report: EngineReport,
}

impl Started {
    fn new(home: &Home, sandbox: SandboxOptions) -> Self {
        let model = home.file("models/none.gguf", "no model");
        let settings = DaemonOptions { sandbox, ..DaemonOptions::new(ModelOptions::new(model)) };
        std::fs::DirBuilder::new().mode(0o700).create(home.path("run")).unwrap();
        let address = Address::within(&home.path("run"), &home.path("state"), "0123456789abcdef".into());
        let launch = serde_json::to_string(&Launch { settings, address: address.clone() }).unwrap();
        let mut command = home.command(&["engine", "run", "--launch", &launch]);
        let process = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        let report = loop {
            if let Some(report) = ask::report(&address.socket) {
                break report;
            }
            assert!(start.elapsed() < PATIENCE, "the engine in time");
            std::thread::yield_now();
        };
        Self { process, report }
    }

    /// The value of `name` in the status of each of its threads.
    fn status(&self, name: &str) -> Vec<String> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let value = |folder: &Path| {
            let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
            status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(|it| it.trim().to_owned())
        };
        threads.flatten().filter_map(|thread| value(&thread.path())).collect()
    }

    fn data_limit(&self) -> String {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.process.id())).unwrap();
        let line = limits.lines().find_map(|line| line.strip_prefix("Max data size")).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_thread_of_an_engine_is_without_new_privileges_and_its_memory_limited() {
    let home = Home::new();
    let engine = Started::new(&home, SandboxOptions::default());
    let confined = engine.report.confined.as_ref().unwrap();
    assert!(confined.no_new_privileges, "{confined}");
    let threads = engine.status("NoNewPrivs");
    assert!(!threads.is_empty() && threads.iter().all(|value| value == "1"), "{threads:?}");
    if cfg!(not(any(feature = "cuda", feature = "vulkan"))) {
        assert_eq!(engine.data_limit(), confined.memory.unwrap().to_string());
    }
    // It goes on where the kernel has no Landlock, and says so.
    assert!(confined.landlock.is_ok() || confined.to_string().contains("no Landlock: "), "{confined}");

    let mut command = home.command(&["engine", "status"]);
    let listed = crate::home::run(&mut command);
    assert!(listed.out.contains(&format!("sandbox   {confined}")), "{listed:?}");
}

/// The house rules name no network in `src`, tests included.
#[test]
fn no_port_is_reached_nor_opened() {
    let home = Home::new();
    let model = home.file("models/none.gguf", "no model");
    // Without any network there is none to be free in; the fence says no all the same.
    let server = std::net::TcpListener::bind("127.0.0.1:0").ok();
    let port = server.as_ref().map_or(([127, 0, 0, 1], 9).into(), |server| server.local_addr().unwrap());
    // The limit of memory would be that of this whole process.
    let sandbox = SandboxOptions { sandbox: true, memory_mb: Some(16_777_216) };
    let settings = DaemonOptions { sandbox, ..DaemonOptions::new(ModelOptions::new(model)) };
    let address = Address::within(&home.path("run"), &home.path("state"), "0123456789abcdef".into());
    // It binds the thread that asks, and those that this one starts.
    let shut_in = std::thread::spawn(move || {
        let confined = treefill::engine::daemon::sandbox::enter(&settings, &address);
        let tried = [
            std::net::TcpStream::connect(port).map(drop),
            std::net::TcpListener::bind("127.0.0.1:0").map(drop),
        ];
        (confined, tried)
    });
    let (confined, tried) = shut_in.join().unwrap();
    // The network came with the fourth version.
    if confined.landlock.is_ok_and(|version| version >= 4) {
        for result in tried {
            assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
        }
    }
    assert!(server.is_none() || std::net::TcpStream::connect(port).is_ok(), "this thread is free");
}

#[test]
fn the_user_may_switch_it_off_and_set_the_limit() {
    let home = Home::new();
    let engine = Started::new(&home, SandboxOptions { sandbox: false, memory_mb: Some(700) });
    assert!(engine.status("NoNewPrivs").iter().all(|value| value == "0"));
    assert_eq!(engine.data_limit(), "700000000");
}

#[test]
fn doctor_says_what_is_active() {
    let home = Home::new();
    let line = |home: &Home| {
        let page = home.run(&["doctor", "--no-model"]);
        let found = page.out.lines().find(|line| line.trim_start().starts_with("sandbox"));
        found.unwrap_or_else(|| panic!("no sandbox in {page:?}")).to_owned()
    };
    let said = line(&home);
    assert!(said.contains("no new privileges") && said.contains("Landlock"), "{said}");
    home.config("[engine]\nsandbox = false\n");
    assert!(line(&home).contains("off (engine.sandbox = false)"));
    home.config("[engine]\nmemory_mb = 3000\n");
    assert!(line(&home).contains("memory ≤ 3.0 GB"));
}

#[test]
fn an_engine_that_asks_servers_connects_to_their_ports_alone() {
    use std::net::{TcpListener, TcpStream};

    let home = Home::new();
    let listeners = [0, 1, 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let [one, two, other] = listeners.each_ref().map(|one| one.local_addr().unwrap().port());
    let server = |port| TeamServer { url: Some(format!("http://127.0.0.1:{port}")), ..TeamServer::default() };
    let remote = RemoteSettings { servers: vec![server(one), server(two)], ..RemoteSettings::default() };
    // The limit of memory would be that of all these tests.
    let sandbox = SandboxOptions { memory_mb: Some(16_777_216), ..SandboxOptions::default() };
    let settings =
        DaemonOptions { sandbox, remote: Some(remote), ..DaemonOptions::new(ModelOptions::new("")) };
    let address = Address::within(&home.path("run"), &home.path("state"), "0123456789abcdef".into());
    let connect = |port| TcpStream::connect(("127.0.0.1", port)).map(|_| ()).map_err(|error| error.kind());
    // It binds a thread and those that it starts.
    let attempt = move || (sandbox::enter(&settings, &address), [one, two, other].map(connect));
    let (confined, found) = std::thread::spawn(attempt).join().unwrap();
    // Since its fourth version the kernel has fences for ports.
    let has_fence = confined.landlock.is_ok_and(|version| version >= 4);
    let closed = if has_fence { Err(std::io::ErrorKind::PermissionDenied) } else { Ok(()) };
    assert_eq!(found, [Ok(()), Ok(()), closed]);
    assert_eq!(connect(other), Ok(()), "only that thread");
}
