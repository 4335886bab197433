//! Serves as the engine process of these tests: `treefill serve` starts this test binary in its engine's place.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use treefill::cancel::CancelToken;
use treefill::engine::daemon::launch::Launch;
use treefill::engine::daemon::server;
use treefill::engine::{
    Engine, EngineError, Finish, Generation, Job, JobSummary, Piece, PromptStats, Role, Status, Update,
};

/// How this process was launched, when it is an engine.
const LAUNCH: &str = "TREEFILL_TEST_ENGINE";
/// Set where the engine never gets ready.
pub const LOADS: &str = "TREEFILL_TEST_ENGINE_LOADS";

/// A copy of the program whose engine is this test binary. It finds it where a release has programs for better CPUs.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scripted-engine");
        std::fs::create_dir_all(folder.join("treefill-engines")).unwrap();
        let original = Path::new(env!("CARGO_BIN_EXE_treefill"));
        let program = folder.join("treefill");
        let made = |file: &Path| std::fs::metadata(file).and_then(|about| about.modified()).ok();
        if made(&program) < made(original) {
            replace(&program, |new| assert!(std::fs::copy(original, new).is_ok()));
        }
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo treefill {} && exit\n{LAUNCH}=\"$4\" exec '{}' --exact \
             reliability::engine::is_one_where_it_is_started_as_one --nocapture --test-threads=1\n",
            env!("CARGO_PKG_VERSION"),
            std::env::current_exe().unwrap().display()
        );
        replace(&folder.join("treefill-engines/v9"), |new| std::fs::write(new, &script).unwrap());
        program
    })
}

/// Puts a program at its place in one step.
fn replace(program: &Path, write: impl FnOnce(&Path)) {
    let new = program.with_extension(format!("new-{}", std::process::id()));
    write(&new);
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(&new, program).unwrap();
}

#[test]
fn is_one_where_it_is_started_as_one() {
    let Ok(launch) = std::env::var(LAUNCH) else { return };
    let Launch { settings, address } = serde_json::from_str(&launch).unwrap();
    server::detach(&address);
    server::run(address, settings, Box::new(|| Arc::new(Echo::new()))).unwrap();
    std::process::exit(0);
}

/// Answers with the digits of the line before the cursor. At `hang` it never answers, at `devour` it takes all memory there is.
struct Echo {
    status: watch::Sender<Status>,
}

impl Echo {
    fn new() -> Self {
        let loads = std::env::var_os(LOADS).is_some();
        let status = if loads { Status::Loading(0.5) } else { Status::Ready(Arc::default()) };
        Self { status: watch::Sender::new(status) }
    }
}

impl Engine for Echo {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        let before = job.segments.iter().rfind(|segment| segment.role == Role::Prefix);
        let line = before.and_then(|before| before.text.rsplit('\n').next()).unwrap_or_default().to_owned();
        if line.contains("devour") {
            let mut taken = Vec::new();
            loop {
                taken.push(vec![1_u8; 16 << 20]);
            }
        }
        tokio::spawn(async move {
            if line.contains("hang") {
                tokio::select! { () = cancel.cancelled() => {}, () = updates.closed() => {} }
                let _ = updates.send(Err(EngineError::Cancelled));
                return;
            }
            let text = line.chars().filter(char::is_ascii_digit).collect();
            let _ = updates.send(Ok(Update::Prompt(PromptStats::default())));
            let _ = updates.send(Ok(Update::Piece(Piece { text, logprob: -0.01, tokens: 1, candidate: 0 })));
            let _ = updates.send(Ok(Update::Done(JobSummary {
                finish: Finish::EndOfText,
                prompt: PromptStats::default(),
                generated_tokens: 1,
                prefill_ms: 0.0,
                decode_ms: 0.0,
                drafts: treefill::engine::DraftStats::default(),
                remembered: treefill::engine::MemoryStats::default(),
            })));
        });
        generation
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }
}
