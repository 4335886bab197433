//! Runs `treefill serve`: hands stdin and stdout to the language server. It accepts the extra options that editors add.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::config::{Config, ConfigProblem};
use crate::{lsp, paths};

pub const EXAMPLES: &str = "\
Examples:
  treefill serve                         speak LSP over stdin and stdout until the editor ends it
  treefill --stdio                       the same, as editors start it
  treefill serve --log debug 2>log.txt   with a log (never of source text, below the level trace)";

/// Before the machine is measured, once: nobody types then.
const REST: Duration = Duration::from_secs(60);

/// Options of the server.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Serve over stdin and stdout; there is no other way, so this changes nothing
    #[arg(long)]
    stdio: bool,
    /// The editor's process; ignored, since `initialize` names it too
    #[arg(long = "clientProcessId", value_name = "ID", hide = true)]
    client_process_id: Option<String>,
    /// Go on when the editor's process is gone but the pipe is still open
    #[arg(long)]
    no_watch_parent: bool,
    /// Run the model inside this process instead of in the one that all editors share
    #[arg(long)]
    in_process: bool,
}

/// Serve until the editor says `exit` or goes away.
pub fn run(
    arguments: &ServeArguments,
    config_file: Option<PathBuf>,
    mut config: Config,
    problems: Vec<ConfigProblem>,
) -> ExitCode {
    reserve_little();
    let in_process = arguments.in_process;
    config.engine.in_process |= in_process;
    let watch_parent = !arguments.no_watch_parent;
    let status_file = lsp::status_file();
    let file = config_file.clone();
    let hint = paths::state_dir().map(|folder| lsp::HintOptions {
        file: folder.join("hint.json"),
        rest: REST,
        measure: Arc::new(move || better_model(file.as_deref())),
    });
    let options = lsp::ServeOptions {
        hint,
        config,
        problems,
        config_file,
        watch_parent,
        status_file,
        in_process,
        ..Default::default()
    };
    lsp::serve(options)
}

/// Asks a process of its own, which measures this machine: what it takes for that is given back, and it cannot harm the server.
fn better_model(config_file: Option<&Path>) -> Option<lsp::BetterModel> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.args(["model", "hint"]).stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(file) = config_file {
        command.arg("--config").arg(file);
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    serde_json::from_slice(&output.stdout).ok()
}

/// Keeps the address space that the C library reserves for threads small: 64 MB for each of up to 8 a core, too much where a limit is set.
fn reserve_little() {
    // SAFETY: sets a number; no other thread runs yet.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}
