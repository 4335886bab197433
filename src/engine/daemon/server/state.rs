//! Holds what all connections of one engine process share: the engine, its status and the counters. `server.rs` decides
//! when the process ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, watch};

use super::super::DaemonOptions;
use super::super::address::Address;
use super::super::confinement::Confinement;
use super::super::wire::EngineReport;
use crate::engine::{DraftStats, Engine, JobSummary, MemoryStats, MemoryUpdate, Status, Unavailable};

/// How engines are made: at the start, and again after the model was unloaded.
pub type MakeEngine = Box<dyn Fn() -> Arc<dyn Engine> + Send + Sync>;

/// What all connections of one engine process share.
pub struct ServerState {
    /// Where this process is found.
    pub address: Address,
    /// What it was started with.
    pub settings: DaemonOptions,
    confined: Confinement,
    make: MakeEngine,
    /// None while the model is unloaded.
    engine: Mutex<Option<Arc<dyn Engine>>>,
    /// The state of the engine, whichever it is.
    pub status: watch::Sender<Status>,
    started: Instant,
    /// Milliseconds after the start at which a job came last.
    last_job: AtomicU64,
    /// Jobs that run or wait.
    pub running: AtomicUsize,
    jobs: AtomicU64,
    /// What memory did in all jobs, and what it held in the last one.
    memory: Mutex<(DraftStats, MemoryStats)>,
    /// Clients that were welcomed: they keep the process alive.
    pub clients: watch::Sender<usize>,
    /// All connections, those too that only ask something.
    pub connections: watch::Sender<usize>,
    /// Notified to end the process.
    pub stop: Notify,
    /// Set when the process ends in good order; connections say goodbye.
    pub leaving: watch::Sender<bool>,
}

impl ServerState {
    /// Makes the first engine.
    pub fn new(address: Address, settings: DaemonOptions, confined: Confinement, make: MakeEngine) -> Self {
        let engine = make();
        let status = watch::Sender::new(engine.status().borrow().clone());
        Self {
            address,
            settings,
            confined,
            make,
            engine: Mutex::new(Some(engine)),
            status,
            started: Instant::now(),
            last_job: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            jobs: AtomicU64::new(0),
            memory: Mutex::default(),
            clients: watch::Sender::new(0),
            connections: watch::Sender::new(0),
            stop: Notify::new(),
            leaving: watch::Sender::new(false),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<dyn Engine>>> {
        self.engine.lock()
    }

    /// The engine for a job that has just come; the model is read again if it was unloaded.
    pub fn engine(self: &Arc<Self>) -> Arc<dyn Engine> {
        self.last_job.store(self.uptime_ms(), Ordering::Relaxed);
        self.jobs.fetch_add(1, Ordering::Relaxed);
        let mut slot = self.slot();
        if let Some(engine) = &*slot {
            return Arc::clone(engine);
        }
        if self.is_shut_out() {
            // Only a new process can open what is there now; clients start one for their next job.
            self.stop.notify_one();
            return Unavailable::because("the model's file was replaced; its engine is started again");
        }
        let engine = slot.insert((self.make)());
        let engine = Arc::clone(engine);
        drop(slot);
        self.follow_status();
        engine
    }

    /// Tells the engine of a workspace's texts; one that is unloaded is told again when it is back.
    pub fn remember(&self, update: MemoryUpdate) {
        if let Some(engine) = &*self.slot() {
            engine.remember(update);
        }
    }

    /// Whether the sandbox keeps the model's file, or its adapter's, from this process: it allows those that were there at the start.
    fn is_shut_out(&self) -> bool {
        let options = &self.settings.options;
        let refused = |file: &std::path::PathBuf| {
            std::fs::File::open(file).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        self.confined.landlock.is_ok() && std::iter::once(&options.model).chain(&options.adapter).any(refused)
    }

    /// Milliseconds since the running job showed a sign of life.
    pub fn stuck_ms(&self) -> u64 {
        let stuck = self.slot().as_ref().map_or(Duration::ZERO, |engine| engine.stuck_for());
        u64::try_from(stuck.as_millis()).unwrap_or(u64::MAX)
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Counts a job that is done.
    pub fn done(&self, summary: &JobSummary) {
        let mut memory = self.memory.lock();
        memory.0 += summary.drafts;
        memory.1 = summary.remembered;
    }

    /// Facts for people.
    pub fn report(&self) -> EngineReport {
        let (drafts, remembered) = *self.memory.lock();
        EngineReport {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").into(),
            status: self.status.borrow().clone(),
            uptime_s: self.started.elapsed().as_secs(),
            clients: *self.clients.borrow(),
            jobs: self.jobs.load(Ordering::Relaxed),
            settings: self.settings.clone(),
            confined: Some(self.confined.clone()),
            drafts,
            remembered,
        }
    }

    /// Pass the present engine's state on, until it is replaced.
    pub fn follow_status(self: &Arc<Self>) {
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

    /// Unloads the model whenever there was no job for the set time; never resolves.
    pub async fn unload_when_idle(&self) {
        let after = Duration::from_secs(self.settings.idle.unload_after_idle_s);
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
                    tracing::info!("the model is unloaded after {} s without work", after.as_secs());
                    let _ = tokio::task::spawn_blocking(move || drop(engine)).await;
                }
            }
            tokio::time::sleep(left.max(Duration::from_secs(1))).await;
        }
    }
}

/// Counts one for as long as it lives.
pub struct Counted(watch::Sender<usize>);

impl Counted {
    /// Add one to `counter` until this is dropped.
    pub fn new(counter: &watch::Sender<usize>) -> Self {
        counter.send_modify(|count| *count += 1);
        Self(counter.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
