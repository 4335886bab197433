//! Runs the engine process: holds the lock, listens on the socket, and ends when no client needs the engine any more.

mod connection;
mod state;

use std::fs::{File, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::net::{UnixListener, UnixStream};

pub use self::state::MakeEngine;
use self::state::{Counted, ServerState};
use super::address::Address;
use super::{DaemonOptions, log, sandbox};

/// Connections served at once. A user has some dozen editor windows at most; each connection costs memory and a descriptor.
const MOST_CONNECTIONS: usize = 128;
/// How long to wait for the lock of an engine that is leaving. It gives it back within milliseconds of its last word.
const LEAVING: Duration = Duration::from_secs(3);
/// How long a new process waits for its first client at least.
const FIRST_CLIENT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// Below editors, compilers and everything else a person waits for, but above what runs only when nothing else does.
const NICENESS: libc::c_int = 5;

/// Become the engine process of `address`: detached from the terminal, at a lower priority, with stderr in the log.
/// Where the log cannot be opened, stderr stays as it is.
pub fn detach(address: &Address) {
    // SAFETY: neither call touches memory; setsid fails harmlessly where we lead a group already.
    unsafe {
        libc::setsid();
        libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS);
    }
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // Rust's own handler only tells a stack overflow by name, and takes another process' signal for nothing.
        // SAFETY: the default action needs no handler that could be unsafe to run.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
    // No folder should be kept busy by a process that nobody sees.
    let _ = std::env::set_current_dir("/");
    if let Err(error) = log::redirect_stderr(&address.log) {
        tracing::warn!("the log {}: {error}", address.log.display());
    }
}

/// Serve until told to stop, or until there was no client for `exit_after_idle_s`. Returns at once when another process
/// serves this address already.
///
/// # Errors
/// When the socket or the lock cannot be had; the text names them.
pub fn run(address: Address, settings: DaemonOptions, make: MakeEngine) -> anyhow::Result<()> {
    address.check()?;
    let Some(lock) = lock(&address)? else { return Ok(()) };
    let listener = listen(&address.socket)?;
    // Before there is a second thread: what binds this one binds those that it starts.
    let confined = sandbox::enter(&settings, &address);
    tracing::info!("sandbox: {confined}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let listener = UnixListener::from_std(listener)?;
        let shared = Arc::new(ServerState::new(address, settings, confined, make));
        shared.follow_status();
        shared.serve(listener).await;
        anyhow::Ok(())
    });
    // After the socket is gone: whoever waits for the lock may bind at once.
    drop(lock);
    result
}

/// The lock of this address; none when another process holds it and answers.
fn lock(address: &Address) -> anyhow::Result<Option<File>> {
    let named = || address.lock.display().to_string();
    let file = File::options().create(true).append(true).open(&address.lock).with_context(named)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(error).with_context(named),
            // Somebody else serves, or is about to leave: then the socket does not answer, and the lock comes free.
            Err(TryLockError::WouldBlock) => {
                let serves = std::os::unix::net::UnixStream::connect(&address.socket).is_ok();
                if serves || start.elapsed() > LEAVING {
                    tracing::info!("another engine process serves this model");
                    return Ok(None);
                }
                std::thread::sleep(POLL);
            }
        }
    }
}

/// Listen on `path`, which only this user may reach.
fn listen(path: &Path) -> anyhow::Result<std::os::unix::net::UnixListener> {
    let named = || format!("the socket {}", path.display());
    // We hold the lock, so what is there was left by a process that is gone.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(named),
        _ => {}
    }
    // The folder is private; the mode is a second wall, and it has to stand before anybody can connect.
    // SAFETY: umask touches no memory; no other thread makes files yet.
    let mask = unsafe { libc::umask(0o077) };
    let listener = std::os::unix::net::UnixListener::bind(path);
    // SAFETY: as above.
    unsafe { libc::umask(mask) };
    let listener = listener.with_context(named)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).with_context(named)?;
    // As the runtime wants it.
    listener.set_nonblocking(true).with_context(named)?;
    Ok(listener)
}

impl ServerState {
    async fn serve(self: &Arc<Self>, listener: UnixListener) {
        tokio::select! {
            () = self.accept(&listener) => {}
            () = self.stop.notified() => tracing::info!("told to stop"),
            () = self.wait_until_idle() => tracing::info!("no client for {} s", self.settings.idle.exit_after_idle_s),
            () = self.unload_when_idle() => {}
        }
        // In this order: nobody may find a socket behind which nobody answers.
        let _ = std::fs::remove_file(&self.address.socket);
        drop(listener);
        self.leaving.send_replace(true);
        // Let the goodbyes out; a client that does not read its socket is not waited for.
        let mut connections = self.connections.subscribe();
        let all_gone = connections.wait_for(|&connections| connections == 0);
        let _ = tokio::time::timeout(Duration::from_millis(500), all_gone).await;
    }

    async fn accept(self: &Arc<Self>, listener: &UnixListener) {
        let mut connections = self.connections.subscribe();
        loop {
            // More wait in the listener's queue: whoever says nothing is gone after two seconds.
            drop(connections.wait_for(|&connections| connections < MOST_CONNECTIONS).await);
            match listener.accept().await {
                Ok((stream, _)) => self.admit(stream),
                Err(error) => {
                    // Out of descriptors, mostly: those of clients that go come free.
                    tracing::warn!("a connection could not be taken: {error}");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: UnixStream) {
        // SAFETY: takes nothing, touches no memory, cannot fail.
        let user = unsafe { libc::geteuid() };
        match stream.peer_cred() {
            Ok(peer) if peer.uid() == user => {}
            Ok(peer) => return tracing::warn!("user {} was refused", peer.uid()),
            Err(error) => return tracing::warn!("a client that cannot be told was refused: {error}"),
        }
        log::rotate();
        let shared = Arc::clone(self);
        let here = Counted::new(&self.connections);
        tokio::spawn(async move {
            connection::serve(stream, &shared).await;
            drop(here);
        });
    }

    /// Resolves when there was no client for the time after which the process exits.
    async fn wait_until_idle(&self) {
        let linger = Duration::from_secs(self.settings.idle.exit_after_idle_s);
        let mut clients = self.clients.subscribe();
        // Whoever started this process needs a moment to find it, also when it is not to linger.
        let first = clients.wait_for(|&clients| clients > 0);
        let _ = tokio::time::timeout(linger.max(FIRST_CLIENT), async { drop(first.await) }).await;
        loop {
            if clients.wait_for(|&clients| clients == 0).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(linger) => return,
                _ = clients.wait_for(|&clients| clients > 0) => {}
            }
        }
    }
}
