//! Tests the real engine process with the embedded model: found, shared, killed in every way, given up.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use treefill::cancel::CancelToken;
use treefill::engine::daemon::ask;
use treefill::engine::daemon::client::DaemonEngine;
use treefill::engine::daemon::launch::Launcher;
use treefill::engine::{Engine, EngineError, Job, Status};

use crate::soak;

use super::support::{PATIENCE, Place, collect, job, runtime, text, until};

fn place() -> Place {
    Place::new(&treefill::models::infill(&None).unwrap())
}

fn binary() -> Launcher {
    let arguments = ["engine", "run"].map(str::to_owned).to_vec();
    Launcher { program: env!("CARGO_BIN_EXE_treefill").into(), arguments, uses_gpu: false }
}

fn client(place: &Place, launcher: Launcher) -> Arc<DaemonEngine> {
    DaemonEngine::with(place.settings.clone(), place.address.clone(), launcher).unwrap()
}

/// The engine's process.
fn pid(place: &Place) -> u32 {
    ask::report(&place.address.socket).expect("an engine").pid
}

fn signal(pid: u32, signal: i32) {
    // SAFETY: touches no memory; the process is the engine that this test has started.
    assert_eq!(unsafe { libc::kill(libc::pid_t::try_from(pid).unwrap(), signal) }, 0);
}

/// A job that takes a while.
fn long(document: &str) -> Job {
    // A list is not ended at once.
    job(document, "numbers = [\n    1,\n    2,\n    3,\n    4,\n    5,\n    6,\n", 200)
}

fn is_ready(status: &Status) -> bool {
    matches!(status, Status::Ready(_))
}

#[test]
fn two_editors_at_the_same_moment_end_with_one_engine() {
    let place = place();
    let pids: HashSet<u32> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let client = client(&place, binary());
                    runtime().block_on(async {
                        until(&client, is_ready).await;
                        text(&*client, job("a", "import ", 8)).await.unwrap();
                    });
                    (client, pid(&place))
                })
            })
            .collect();
        // All clients live until all have asked.
        let (_clients, pids): (Vec<_>, HashSet<u32>) =
            starts.into_iter().map(|start| start.join().unwrap()).unzip();
        pids
    });
    assert_eq!(pids.len(), 1);
}

#[test]
fn it_goes_with_its_last_client_and_leaves_no_socket() {
    let place = place();
    let client = client(&place, binary());
    runtime().block_on(until(&client, is_ready));
    let process = pid(&place);
    drop(client);
    let start = Instant::now();
    while Path::new(&format!("/proc/{process}/exe")).exists() && place.address.socket.exists() {
        assert!(start.elapsed().as_secs() < 5, "gone within linger + 5 s");
        std::thread::yield_now();
    }
}

#[test]
fn killed_in_the_middle_of_a_job_it_comes_back() {
    let mut times = Vec::new();
    for kill in [libc::SIGKILL, libc::SIGABRT, libc::SIGSEGV, libc::SIGBUS, libc::SIGSTOP] {
        for _ in 0..soak::count(1, 20) {
            let place = place();
            // A new client each time, because one gives up after five restarts.
            let client = client(&place, binary());
            runtime().block_on(async {
                until(&client, is_ready).await;
                let before = pid(&place);
                let mut running = client.generate(long("a"), CancelToken::never());
                running.next().await.unwrap().unwrap();
                let start = Instant::now();
                signal(before, kill);
                assert_eq!(collect(running).await, Err(EngineError::Restarting), "signal {kill}");
                assert!(!text(&*client, long("a")).await.unwrap().is_empty());
                times.push(start.elapsed());
                assert_ne!(pid(&place), before);
            });
        }
    }
    let (count, (p99, worst)) = (times.len(), soak::p99(times));
    soak::figure(
        9,
        format!(
            "a real model, {count} kills, next suggestion with its load: p99 {p99:.2?}, worst {worst:.2?}"
        ),
    );
}

#[test]
fn after_five_restarts_it_says_once_what_is_wrong() {
    let place = place();
    let client = client(&place, binary());
    runtime().block_on(async {
        for _ in 0..6 {
            until(&client, is_ready).await;
            let process = pid(&place);
            signal(process, libc::SIGKILL);
            until(&client, |status| !is_ready(status)).await;
        }
        let Status::Failed(why) = until(&client, |status| matches!(status, Status::Failed(_))).await else {
            unreachable!()
        };
        for text in ["6 times", "SIGKILL", "engine.log", "treefill doctor"] {
            assert!(why.contains(text), "{text:?} is not in {why:?}");
        }
        assert_eq!(text(&*client, job("a", "x", 9)).await, Err(EngineError::Unavailable(why)));
    });
}

#[test]
fn an_engine_that_is_stopped_by_hand_comes_back_with_the_next_job() {
    let place = place();
    let client = client(&place, binary());
    runtime().block_on(async {
        until(&client, is_ready).await;
        // More often than it may be lost.
        for _ in 0..7 {
            assert!(ask::stop(&place.address.socket));
            // The first may have been sent to the process that was leaving.
            let text_of = async |document| text(&*client, long(document)).await.unwrap_or_default();
            assert!(!text_of("a").await.is_empty() || !text_of("b").await.is_empty());
        }
    });
}

/// A program in the engine's place.
fn script(place: &Place, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = place.folder.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[test]
fn a_crash_at_the_start_on_a_gpu_is_retried_without_and_remembered() {
    let place = place();
    let treefill = env!("CARGO_BIN_EXE_treefill");
    let crashes = format!(
        "case \"$*\" in *'\"gpu_layers\":0'*) exec {treefill} \"$@\" ;; *) echo wrong kernel >&2; kill -ILL $$ ;; esac"
    );
    let program = script(&place, "engine.sh", &crashes);
    let launcher = Launcher { program, uses_gpu: true, ..binary() };
    let first = client(&place, launcher.clone());
    runtime().block_on(until(&first, is_ready));
    let note = std::fs::read_to_string(&place.address.crashed).unwrap();
    assert!(note.contains("SIGILL") && note.contains("wrong kernel"), "{note}");
    drop(first);
    let log = std::fs::read_to_string(&place.address.log).unwrap();
    let second = client(&place, launcher);
    runtime().block_on(until(&second, is_ready));
    let more = std::fs::read_to_string(&place.address.log).unwrap();
    assert_eq!(more.matches("wrong kernel").count(), log.matches("wrong kernel").count(), "not tried again");
}

#[test]
fn a_better_cpus_program_is_taken_where_it_runs_and_given_up_when_it_crashes() {
    let place = place();
    let treefill = env!("CARGO_BIN_EXE_treefill");
    let program = script(&place, "engine.sh", &format!("echo baseline >&2; exec {treefill} \"$@\""));
    let version = format!("[ \"$1\" = --version ] && echo treefill {}", env!("CARGO_PKG_VERSION"));
    std::fs::create_dir(place.folder.path().join("treefill-engines")).unwrap();
    let level = |name: &str, text: &str| script(&place, &format!("treefill-engines/{name}"), text);
    level("v2", &format!("{version} && exit; echo second >&2; exec {treefill} \"$@\""));
    level("v3", &format!("{version} && exit; echo wrong kernel >&2; kill -ILL $$"));
    level("v4", "echo not for this machine >&2; exit 1");
    level("v5", "[ \"$1\" = --version ] && echo treefill 0.0.0");
    let client = client(&place, Launcher { program, ..binary() });
    runtime().block_on(until(&client, is_ready));
    let note = std::fs::read_to_string(&place.address.crashed).unwrap();
    assert!(note.starts_with("1\n") && note.contains("wrong kernel"), "{note}");
    let log = std::fs::read_to_string(&place.address.log).unwrap();
    assert!(log.contains("second") && !log.contains("baseline") && !log.contains("not for this"), "{log}");
}

#[test]
fn a_program_that_always_crashes_is_given_up_with_its_last_words() {
    let place = place();
    let program = script(&place, "engine.sh", "echo GGML_ASSERT of my own >&2; kill -ABRT $$");
    let client = client(&place, Launcher { program, ..binary() });
    let status = runtime().block_on(until(&client, |status| matches!(status, Status::Failed(_))));
    let Status::Failed(why) = status else { unreachable!() };
    assert!(why.contains("SIGABRT") && why.contains("GGML_ASSERT of my own"), "{why}");
    assert!(!place.address.crashed.exists(), "no GPU was in use");
}

#[test]
fn a_program_that_is_not_there_is_named_at_once() {
    let place = place();
    let client = client(&place, Launcher { program: "/nowhere/treefill".into(), ..binary() });
    let status = runtime().block_on(until(&client, |status| matches!(status, Status::Failed(_))));
    assert!(matches!(status, Status::Failed(why) if why.contains("/nowhere/treefill")));
}

#[test]
fn without_any_network_everything_works() {
    let place = place();
    // A network namespace of its own: not even loopback is up in it.
    let program =
        script(&place, "engine.sh", &format!("exec unshare -rn {} \"$@\"", env!("CARGO_BIN_EXE_treefill")));
    let client = client(&place, Launcher { program, ..binary() });
    runtime().block_on(async {
        until(&client, is_ready).await;
        assert!(!text(&*client, long("a")).await.unwrap().is_empty());
    });
    let inside = std::fs::read_link(format!("/proc/{}/ns/net", pid(&place)));
    let outside = std::fs::read_link("/proc/self/ns/net");
    assert_ne!(inside.unwrap(), outside.unwrap(), "it was cut off");
}

#[test]
fn the_command_line_lists_and_ends_engines() {
    let place = place();
    let client = client(&place, binary());
    runtime().block_on(until(&client, is_ready));
    let run = |action: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_treefill"));
        command.args(["engine", action]).env("TREEFILL_RUNTIME_DIR", place.folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = run("status");
    for text in [format!("process {}: ready", pid(&place)), "clients   1".into()] {
        assert!(listed.contains(&text), "{text:?} is not in {listed}");
    }
    assert!(run("stop").contains("has ended"));
    assert!(run("status").contains("no engine runs"));
    drop(client);
    let start = Instant::now();
    while ask::report(&place.address.socket).is_some() {
        assert!(start.elapsed() < PATIENCE);
    }
}
