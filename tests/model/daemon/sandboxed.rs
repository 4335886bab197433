//! Tests that a model runs inside the sandbox, and what happens when its file is replaced behind it.

use std::sync::Arc;
use std::time::Instant;

use treefill::engine::Status;
use treefill::engine::daemon::ask;
use treefill::engine::daemon::client::DaemonEngine;
use treefill::engine::daemon::launch::Launcher;

use super::support::{PATIENCE, Place, job, runtime, text, until};

fn client(place: &Place) -> Arc<DaemonEngine> {
    let arguments = ["engine", "run"].map(str::to_owned).to_vec();
    let launcher = Launcher { program: env!("CARGO_BIN_EXE_treefill").into(), arguments, uses_gpu: false };
    DaemonEngine::with(place.settings.clone(), place.address.clone(), launcher).unwrap()
}

#[test]
fn a_model_runs_inside_the_sandbox() {
    let place = Place::new(&treefill::models::infill(&None).unwrap());
    let client = client(&place);
    runtime().block_on(async {
        until(&client, |status| matches!(status, Status::Ready(_))).await;
        assert!(!text(&*client, job("a", "import ", 8)).await.unwrap().is_empty());
    });
    let report = ask::report(&place.address.socket).unwrap();
    let confined = report.confined.unwrap();
    assert!(confined.no_new_privileges && confined.memory.is_some(), "{confined}");
    for thread in std::fs::read_dir(format!("/proc/{}/task", report.pid)).unwrap().flatten() {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap();
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    }
}

#[test]
fn a_model_that_is_replaced_while_it_was_unloaded_is_read_by_a_new_process() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("m.gguf");
    let bytes = std::fs::read(treefill::models::infill(&None).unwrap()).unwrap();
    std::fs::write(&model, &bytes).unwrap();
    let mut place = Place::new(&model);
    place.settings.idle.exit_after_idle_s = 600;
    place.settings.idle.unload_after_idle_s = 1;
    let client = client(&place);
    runtime().block_on(async {
        until(&client, |status| matches!(status, Status::Ready(_))).await;
        let before = ask::report(&place.address.socket).unwrap().pid;
        let update = folder.path().join("update.gguf");
        std::fs::write(&update, &bytes).unwrap();
        std::fs::rename(&update, &model).unwrap();
        // It is unloaded when the file is no longer mapped.
        let start = Instant::now();
        let maps = || std::fs::read_to_string(format!("/proc/{before}/maps")).unwrap();
        while maps().contains("m.gguf") {
            assert!(start.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
        // One job may be lost with the old process.
        while ask::report(&place.address.socket).is_none_or(|report| report.pid == before) {
            assert!(start.elapsed() < PATIENCE);
            let _ = text(&*client, job("a", "import ", 8)).await;
        }
        assert!(!text(&*client, job("a", "import ", 8)).await.unwrap().is_empty());
    });
    ask::stop(&place.address.socket);
}
