//! Starts the engine's process and tells how it ended.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde::{Deserialize, Serialize};

use super::DaemonOptions;
use super::address::Address;
use crate::paths::RunningProgram;

/// The folder of programs for better CPUs, beside this one.
const LEVELS: &str = "treefill-engines";

/// What the command line of an engine process says, as one JSON value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// How to run.
    pub settings: DaemonOptions,
    /// Where to be found; it was made of the settings as the user has them, whatever device is tried now.
    pub address: Address,
}

/// Which program is started as the engine: this one, except in tests, or one beside it for a better CPU ([`levels`]).
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The binary.
    pub program: PathBuf,
    /// What it is told first; `--launch JSON` follows.
    pub arguments: Vec<String>,
    /// Whether it may use a GPU.
    pub uses_gpu: bool,
}

/// One way to start an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchOption {
    /// The binary.
    pub program: PathBuf,
    /// Whether it may use a GPU.
    pub gpu: bool,
}

impl Launcher {
    /// This binary.
    ///
    /// # Errors
    /// When its path cannot be told.
    pub fn this_binary() -> io::Result<Self> {
        let arguments = ["engine", "run"].map(str::to_owned).to_vec();
        let uses_gpu = cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan"));
        Ok(Self { program: RunningProgram::this()?.path.clone(), arguments, uses_gpu })
    }

    /// The ways to start it, the fastest first. After a crash at start-up the next one is safer.
    pub(super) fn options(&self) -> Vec<LaunchOption> {
        let own = |gpu| LaunchOption { program: self.program.clone(), gpu };
        let levels = levels(&self.program).into_iter().map(|program| LaunchOption { program, gpu: false });
        self.uses_gpu.then(|| own(true)).into_iter().chain(levels).chain([own(false)]).collect()
    }

    /// Start it in this way. It detaches itself; the child is kept only to learn how it ends.
    pub(super) fn start(
        &self,
        option: &LaunchOption,
        address: &Address,
        settings: &DaemonOptions,
    ) -> io::Result<Child> {
        if let Some(folder) = address.log.parent() {
            // If that fails, so does what follows.
            let _ = std::fs::create_dir_all(folder);
        }
        // What it says before it can open its log itself goes there too. An engine without a log is better than none.
        let log = OpenOptions::new().create(true).append(true).open(&address.log).map_or_else(
            |error| {
                tracing::warn!("the engine's log {}: {error}; it has none", address.log.display());
                Stdio::null()
            },
            Stdio::from,
        );
        let mut launch = Launch { settings: settings.clone(), address: address.clone() };
        if self.uses_gpu && !option.gpu {
            launch.settings.options.tuning.gpu_layers = Some(0);
        }
        Command::new(same_program(&option.program)?)
            .arg0(&option.program)
            .args(&self.arguments)
            .arg("--launch")
            .arg(serde_json::to_string(&launch)?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
    }
}

/// What to start for `program`. This one is started as it was when this process began: an update may have put another version at
/// its place, which knows neither our socket nor our way to ask.
fn same_program(program: &Path) -> io::Result<PathBuf> {
    match RunningProgram::this() {
        Ok(own) if own.path == program => own.again(),
        _ => Ok(program.to_owned()),
    }
}

/// The programs that a release brings for better CPUs than it needs itself, in a folder beside `program`, the best first (they
/// are named by level): those of this version that run here, which each is asked in a process of its own.
pub fn levels(program: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(program.with_file_name(LEVELS)).into_iter().flatten().flatten();
    let mut programs: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| runs(path)).collect();
    programs.sort_unstable_by(|a, b| b.cmp(a));
    programs
}

fn runs(program: &Path) -> bool {
    let asked = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    asked.is_ok_and(|answer| {
        let version = String::from_utf8_lossy(&answer.stdout);
        answer.status.success() && version.split_whitespace().last() == Some(env!("CARGO_PKG_VERSION"))
    })
}

/// Whether a process that ended so was ended by a fault of its own code, as a wrong CPU kernel ends it.
pub(super) fn is_crash(status: ExitStatus) -> bool {
    let faults = [libc::SIGILL, libc::SIGSEGV, libc::SIGBUS, libc::SIGABRT, libc::SIGFPE];
    status.signal().is_some_and(|signal| faults.contains(&signal))
}

/// How a process ended, in words.
pub(super) fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("ended by signal {signal}{}", named(signal)),
        (None, Some(code)) => format!("ended with code {code}"),
        (None, None) => "ended".to_owned(),
    }
}

fn named(signal: i32) -> &'static str {
    match signal {
        libc::SIGILL => " (SIGILL: an instruction this CPU does not have)",
        libc::SIGABRT => " (SIGABRT: llama.cpp gave up)",
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGBUS => " (SIGBUS: the model file was changed while in use, or the disk failed)",
        libc::SIGKILL => " (SIGKILL: somebody, or the system for want of memory)",
        _ => "",
    }
}

/// Whether a process is stopped (SIGSTOP, a debugger), where the system tells.
pub(super) fn is_stopped(pid: u32) -> bool {
    // `pid (name) state …`; the name may hold anything, so the state is looked for behind the last bracket.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    matches!(state, Some('T' | 't'))
}

/// Kills a process.
pub(super) fn kill(pid: u32) {
    if let Some(pid) = libc::pid_t::try_from(pid).ok().filter(|&pid| pid > 1) {
        // SAFETY: touches no memory. The number comes from the socket's credentials moments ago.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart() {
        let ended = |script: &str| Command::new("sh").args(["-c", script]).status().unwrap();
        assert!(is_crash(ended("kill -ILL $$")) && is_crash(ended("kill -ABRT $$")));
        assert!(!is_crash(ended("kill -KILL $$")) && !is_crash(ended("exit 3")));
        assert!(describe(ended("kill -ILL $$")).contains("SIGILL"));
        assert_eq!(describe(ended("exit 3")), "ended with code 3");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_stopped_process_is_seen() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(!is_stopped(child.id()));
        let pid = libc::pid_t::try_from(child.id()).unwrap();
        let mut status = 0;
        // SAFETY: the child is ours and not reaped; the pointer is to a live value.
        unsafe {
            libc::kill(pid, libc::SIGSTOP);
            libc::waitpid(pid, &raw mut status, libc::WUNTRACED);
        }
        assert!(is_stopped(child.id()));
        kill(child.id());
        assert!(!child.wait().unwrap().success());
    }
}
