//! Makes what the tests of the engine process share: folders of its own for each test, jobs, waiting for a state.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use treefill::cancel::CancelToken;
use treefill::engine::DaemonOptions;
use treefill::engine::daemon::address::Address;
use treefill::engine::{
    Engine, EngineError, Generation, IdleLimits, Job, Lane, ModelOptions, Role, Sampling, Segment, Status,
    Stop, Task, Update,
};

/// Far above what anything takes here, so that only a hang meets it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A runtime and a state folder; the engine in it goes when its last client goes.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub settings: DaemonOptions,
    pub address: Address,
}

impl Place {
    pub fn new(model: &Path) -> Self {
        let private = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().permissions(private).tempdir().unwrap();
        let idle = IdleLimits { exit_after_idle_s: 0, unload_after_idle_s: 0 };
        let settings = DaemonOptions { idle, ..DaemonOptions::new(ModelOptions::new(model)) };
        let address = Address::within(folder.path(), &folder.path().join("state"), "0123456789abcdef".into());
        Self { folder, settings, address }
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A job with nothing but a prefix.
pub fn job(document: &str, prefix: &str, max_tokens: usize) -> Job {
    let prefix =
        Segment { role: Role::Prefix, text: prefix.into(), share: 100, boundaries: Vec::new(), file: None };
    Job {
        document: document.into(),
        lane: Lane::Interactive,
        segments: vec![prefix],
        max_tokens,
        stop: Stop::default(),
        sampling: Sampling::Greedy,
        task: Task::default(),
        language: String::new(),
        workspace: None,
    }
}

/// Everything a generation says, as text.
pub async fn collect(mut generation: Generation) -> Result<String, EngineError> {
    let mut text = String::new();
    loop {
        let next = tokio::time::timeout(PATIENCE, generation.next()).await.expect("an answer in time");
        match next.expect("an end that says so")? {
            Update::Piece(piece) => text.push_str(&piece.text),
            Update::Done(_) => return Ok(text),
            Update::Prompt(_)
            | Update::Drafts(_)
            | Update::Ended { .. }
            | Update::Scores(_)
            | Update::Explained(_) => {}
        }
    }
}

/// Ask for a text.
pub async fn text(engine: &dyn Engine, job: Job) -> Result<String, EngineError> {
    collect(engine.generate(job, CancelToken::never())).await
}

/// Wait for a state.
pub async fn until(engine: &Arc<impl Engine + ?Sized>, wanted: impl Fn(&Status) -> bool) -> Status {
    let mut status = engine.status();
    let found = tokio::time::timeout(PATIENCE, status.wait_for(|status| wanted(status))).await;
    found.expect("the state in time").unwrap().clone()
}
