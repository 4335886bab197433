//! Handles the server's process: owns stdout, waits for signals, watches the parent, ends.

use std::fs::File;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

use super::transport::ServerEvent;

/// How often the parent is looked for. typescript-go polls every 5 s; an orphan holds a whole model in memory.
const PARENT_POLL: Duration = Duration::from_secs(3);

/// The real stdout, with descriptor 1 pointed at stderr: whatever native code prints cannot corrupt the protocol.
#[cfg(unix)]
pub fn take_stdout() -> io::Result<File> {
    use std::os::fd::FromRawFd;
    // SAFETY: dup returns a descriptor that nobody else owns; dup2 only changes what descriptor 1 refers to.
    unsafe {
        let own = libc::fcntl(1, libc::F_DUPFD_CLOEXEC, 3);
        if own < 0 {
            return Err(io::Error::last_os_error());
        }
        if libc::dup2(2, 1) < 0 {
            tracing::warn!("stderr is closed; native code may write into the protocol");
        }
        Ok(File::from_raw_fd(own))
    }
}

/// Stdout as it is: only Unix lets it be moved out of native code's way without more dependencies.
#[cfg(not(unix))]
pub fn take_stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// Report SIGTERM and SIGINT as [`ServerEvent::Terminated`]. Call it before other threads are started.
#[cfg(unix)]
pub fn watch_signals(events: mpsc::Sender<ServerEvent>) {
    // SAFETY: the set is initialised by sigemptyset before use; blocking signals and waiting for them is what a
    // dedicated thread may do. A handler could do next to nothing safely, so there is none.
    let set = unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        libc::sigaddset(&raw mut set, libc::SIGINT);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        set
    };
    spawn("signals", move || {
        let mut signal = 0;
        // SAFETY: both pointers are to live values.
        if unsafe { libc::sigwait(&raw const set, &raw mut signal) } == 0 {
            // The server may be ending already.
            let _ = events.send(ServerEvent::Terminated);
        }
    });
}

/// Other systems end a process without asking it.
#[cfg(not(unix))]
pub fn watch_signals(_: mpsc::Sender<ServerEvent>) {}

/// Report [`ServerEvent::ParentGone`] once the process `id` is gone. One that cannot be seen from the start is not watched:
/// the editor then runs in another container, and its number means nothing here.
pub fn watch_parent(id: u32, events: mpsc::Sender<ServerEvent>) {
    if !is_alive(id) {
        tracing::info!("the editor's process {id} cannot be seen from here and is not watched");
        return;
    }
    spawn("parent-watch", move || {
        while is_alive(id) {
            std::thread::sleep(PARENT_POLL);
        }
        let _ = events.send(ServerEvent::ParentGone);
    });
}

/// Whether there is a process with this number.
#[cfg(unix)]
pub fn is_alive(id: u32) -> bool {
    let Some(id) = libc::pid_t::try_from(id).ok().filter(|&id| id > 0) else { return false };
    // SAFETY: signal 0 only checks. EPERM means that the process is there but someone else's.
    unsafe { libc::kill(id, 0) == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH) }
}

/// Whether there is a process with this number. Where one cannot be looked for, the end of stdin has to do.
#[cfg(not(unix))]
pub fn is_alive(_: u32) -> bool {
    false
}

/// Return freed memory to the system: glibc keeps it (40 MB of a closed 40 MB document, measured), others do not.
pub fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it may be called at any time; it only releases pages that are free.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// End now. Skips exit handlers: C++ destructors would run under the threads that still compute.
pub fn quit(code: u8) -> ! {
    #[cfg(unix)]
    // SAFETY: ends the process; nothing of it is used afterwards.
    unsafe {
        libc::_exit(i32::from(code))
    }
    #[cfg(not(unix))]
    std::process::exit(i32::from(code))
}

/// Log where a panic happened, without its message: that may quote the user's text.
pub fn log_panics_without_their_text() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("panic at {at}; please report it");
        tracing::trace!("{panic}");
    }));
}

/// Stderr that drops what its reader does not take: an editor that stops reading the log must not stop the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(unix)]
        {
            let mut stderr = libc::pollfd { fd: 2, events: libc::POLLOUT, revents: 0 };
            // SAFETY: one live entry is passed. A pipe that polls writable takes 4096 bytes without blocking.
            let ready =
                unsafe { libc::poll(&raw mut stderr, 1, 0) } == 1 && stderr.revents & libc::POLLOUT != 0;
            if !ready {
                return Ok(bytes.len());
            }
        }
        let most = bytes.len().min(4096);
        Ok(io::stderr().write(&bytes[..most]).unwrap_or(most))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name.into()).spawn(run).expect("a thread can be started");
}
