//! The engine process: one lock, one socket, one engine behind it, until nobody needs it any more. It knows its clients
//! as connections only.

use std::fs::{File, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use parking_lot::{Mutex, MutexGuard};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, watch};

use super::address::Address;
use super::wire::Report;
use super::{Settings, connection, log};
use crate::engine::{Engine, Status};

/// Connections served at once. A user has some dozen editor windows at most; each connection costs memory and a descriptor.
const MOST_CONNECTIONS: usize = 128;
/// How long to wait for the lock of an engine that is leaving. It gives it back within milliseconds of its last word.
const LEAVING: Duration = Duration::from_secs(3);
/// How long a new process waits for its first client at least.
const FIRST_CLIENT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// Below editors, compilers and everything else a person waits for, but above what runs only when nothing else does.
const NICENESS: libc::c_int = 5;

/// How engines are made: at the start, and again after the model was given up.
pub type Make = Box<dyn Fn() -> Arc<dyn Engine> + Send + Sync>;

/// What all connections of one engine process share.
pub struct Shared {
    pub(super) address: Address,
    settings: Settings,
    make: Make,
    /// None while the model is given up.
    engine: Mutex<Option<Arc<dyn Engine>>>,
    /// The state of the engine, whichever it is.
    pub(super) status: watch::Sender<Status>,
    started: Instant,
    /// Milliseconds after the start at which a job came last.
    last_job: AtomicU64,
    pub(super) running: AtomicUsize,
    jobs: AtomicU64,
    /// Clients that were welcomed: they keep the process alive.
    pub(super) clients: watch::Sender<usize>,
    /// All connections, those too that only ask something.
    connections: watch::Sender<usize>,
    pub(super) stop: Notify,
    /// Set when the process ends in good order; connections say goodbye.
    pub(super) leaving: watch::Sender<bool>,
}

/// Become the engine process of `address`: detached from the terminal, at a lower priority, with stderr in the log.
///
/// # Errors
/// When the log cannot be opened.
pub fn detach(address: &Address) -> anyhow::Result<()> {
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
    log::redirect_stderr(&address.log).with_context(|| address.log.display().to_string())
}

/// Serve until told to stop, or until no client has been there for the linger time. Returns at once when another process
/// serves this address already.
///
/// # Errors
/// When the socket or the lock cannot be had; the text names them.
pub fn run(address: Address, settings: Settings, make: Make) -> anyhow::Result<()> {
    address.check()?;
    let Some(lock) = lock(&address)? else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let listener = listen(&address.socket)?;
        let engine = make();
        let status = watch::Sender::new(engine.status().borrow().clone());
        let shared = Arc::new(Shared {
            address,
            settings,
            make,
            engine: Mutex::new(Some(engine)),
            status,
            started: Instant::now(),
            last_job: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            jobs: AtomicU64::new(0),
            clients: watch::Sender::new(0),
            connections: watch::Sender::new(0),
            stop: Notify::new(),
            leaving: watch::Sender::new(false),
        });
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
fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    let named = || format!("the socket {}", path.display());
    // We hold the lock, so what is there was left by a process that is gone.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(named),
        _ => {}
    }
    // The folder is private; the mode is a second wall, and it has to stand before anybody can connect.
    // SAFETY: umask touches no memory; no other thread makes files yet.
    let mask = unsafe { libc::umask(0o077) };
    let listener = UnixListener::bind(path);
    // SAFETY: as above.
    unsafe { libc::umask(mask) };
    let listener = listener.with_context(named)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).with_context(named)?;
    Ok(listener)
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Option<Arc<dyn Engine>>> {
        self.engine.lock()
    }

    /// The engine for a job that has just come; the model is read again if it was given up.
    pub(super) fn engine(self: &Arc<Self>) -> Arc<dyn Engine> {
        self.last_job.store(self.uptime_ms(), Ordering::Relaxed);
        self.jobs.fetch_add(1, Ordering::Relaxed);
        let mut slot = self.slot();
        if let Some(engine) = &*slot {
            return Arc::clone(engine);
        }
        let engine = slot.insert((self.make)());
        let engine = Arc::clone(engine);
        drop(slot);
        self.follow_status();
        engine
    }

    /// Milliseconds since the running job showed a sign of life.
    pub(super) fn stuck_ms(&self) -> u64 {
        let stuck = self.slot().as_ref().map_or(Duration::ZERO, |engine| engine.stuck_for());
        u64::try_from(stuck.as_millis()).unwrap_or(u64::MAX)
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Facts for people.
    pub(super) fn report(&self) -> Report {
        Report {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").into(),
            status: self.status.borrow().clone(),
            uptime_s: self.started.elapsed().as_secs(),
            clients: *self.clients.borrow(),
            jobs: self.jobs.load(Ordering::Relaxed),
            settings: self.settings.clone(),
        }
    }

    /// Pass the present engine's state on, until it is replaced.
    fn follow_status(self: &Arc<Self>) {
        let Some(mut status) = self.slot().as_ref().map(|engine| engine.status()) else { return };
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let now = status.borrow_and_update().clone();
                shared.status.send_replace(now);
                if status.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    async fn serve(self: &Arc<Self>, listener: UnixListener) {
        tokio::select! {
            () = self.accept(&listener) => {}
            () = self.stop.notified() => tracing::info!("told to stop"),
            () = self.lonely() => tracing::info!("no client for {} s", self.settings.linger_s),
            () = self.give_up_models() => {}
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

    /// Resolves when there was no client for the linger time.
    async fn lonely(&self) {
        let linger = Duration::from_secs(self.settings.linger_s);
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

    /// Gives the model up when there was no job for the set time; never resolves.
    async fn give_up_models(&self) {
        let after = Duration::from_secs(self.settings.unload_s);
        if after.is_zero() {
            return std::future::pending().await;
        }
        loop {
            let idle = self.uptime_ms().saturating_sub(self.last_job.load(Ordering::Relaxed));
            let left = after.saturating_sub(Duration::from_millis(idle));
            if left.is_zero() && self.running.load(Ordering::Relaxed) == 0 {
                // Dropping it joins its thread, which may be in the middle of a chunk.
                let engine = self.slot().take();
                if engine.is_some() {
                    tracing::info!("the model is given up after {} s without work", after.as_secs());
                    let _ = tokio::task::spawn_blocking(move || drop(engine)).await;
                }
            }
            tokio::time::sleep(left.max(Duration::from_secs(1))).await;
        }
    }
}

/// Counts one for as long as it lives.
pub(super) struct Counted(watch::Sender<usize>);

impl Counted {
    pub(super) fn new(counter: &watch::Sender<usize>) -> Self {
        counter.send_modify(|count| *count += 1);
        Self(counter.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
