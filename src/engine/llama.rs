//! Runs models with llama.cpp: one thread owns model and context, a queue feeds it, a watch publishes its state.
//!
//! `llama_cpp_2` is used here and in `llama/` only. It decides nothing about prompts: layout, fitting, reuse, healing
//! and sampling are pure neighbours.

mod backend;
mod cache;
mod chat;
mod decode;
mod devices;
mod extend;
mod load;
mod remember;
mod score;
mod vocabulary;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

pub use backend::system_info;
pub use devices::devices;
pub use vocabulary::Tokenizer;

use super::memory::Shelves;
use super::queue::{Next, Queue, Ticket};
use super::{Engine, EngineError, Generation, Job, MemoryUpdate, ModelOptions, Status};
use crate::cancel::CancelToken;

/// llama.cpp in this process. Dropping it ends its thread, after at most one chunk of work.
pub struct LlamaEngine {
    queue: Arc<Queue>,
    status: watch::Receiver<Status>,
    /// Texts of workspaces, for the thread that remembers them.
    memory: mpsc::Sender<MemoryUpdate>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl LlamaEngine {
    /// Start loading and return at once. Jobs may be sent already: they wait. What happens shows in the status.
    pub fn start(options: ModelOptions) -> Arc<Self> {
        let queue = Arc::new(Queue::default());
        let (status_sender, status) = watch::channel(Status::Loading(0.0));
        let (memory, updates) = mpsc::channel();
        let thread = std::thread::Builder::new().name("llama".into()).spawn({
            let queue = Arc::clone(&queue);
            let status = status_sender.clone();
            move || run(&options, &queue, &status, updates)
        });
        let thread = match thread {
            Ok(thread) => Some(thread),
            Err(error) => {
                fail(&queue, &status_sender, format!("cannot start the engine's thread: {error}"));
                None
            }
        };
        Arc::new(Self { queue, status, memory, thread: Mutex::new(thread) })
    }
}

impl Engine for LlamaEngine {
    fn generate(&self, job: Job, cancel: CancelToken) -> Generation {
        let (updates, generation) = Generation::channel();
        self.queue.push(Ticket::new(job, cancel, updates));
        generation
    }

    fn remember(&self, update: MemoryUpdate) {
        // Fails when the thread has ended; then nobody asks any more either.
        let _ = self.memory.send(update);
    }

    fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    fn stuck_for(&self) -> Duration {
        self.queue.stuck_for()
    }
}

impl Drop for LlamaEngine {
    fn drop(&mut self) {
        self.queue.close(EngineError::Unavailable("the engine was stopped".into()));
        // Joined, not left behind: a thread inside llama.cpp must not outlive the end of `main`.
        let thread = self.thread.get_mut().take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn fail(queue: &Queue, status: &watch::Sender<Status>, text: String) {
    tracing::error!("{text}");
    queue.close(EngineError::Unavailable(text.clone()));
    status.send_replace(Status::Failed(text));
}

/// The engine thread: load, then serve jobs until the queue is closed.
fn run(
    options: &ModelOptions,
    queue: &Arc<Queue>,
    status: &watch::Sender<Status>,
    updates: mpsc::Receiver<MemoryUpdate>,
) {
    let loaded = catch_unwind(AssertUnwindSafe(|| load::load(options, queue, status)));
    let loaded = match loaded
        .unwrap_or_else(|_| Err("the model could not be loaded: internal error (see the log)".into()))
    {
        Ok(loaded) => loaded,
        // Stopped while loading: nobody is left to be told.
        Err(_) if queue.is_closed() => return,
        Err(text) => return fail(queue, status, text),
    };
    let (shelves, stop) = (Shelves::default(), AtomicBool::new(false));
    let served = std::thread::scope(|scope| {
        let keeper = std::thread::Builder::new().name("memory".into());
        let (loaded, shelves, stop) = (&loaded, &shelves, &stop);
        let keeper = keeper.spawn_scoped(scope, move || remember::keep(loaded, &updates, shelves, stop));
        if let Err(error) = keeper {
            tracing::warn!("nothing is remembered of workspaces: {error}");
        }
        let served = catch_unwind(AssertUnwindSafe(|| serve(options, loaded, shelves, queue, status)));
        stop.store(true, Ordering::Release);
        served
    });
    if let Err(text) =
        served.unwrap_or_else(|_| Err("the engine's thread ended by an internal error (see the log)".into()))
    {
        fail(queue, status, text);
    }
}

fn serve(
    options: &ModelOptions,
    loaded: &load::Loaded,
    shelves: &Shelves,
    queue: &Queue,
    status: &watch::Sender<Status>,
) -> Result<(), String> {
    let mut worker = worker::Worker::new(options, loaded, shelves)?;
    worker.warm_up();
    status.send_replace(Status::Ready(Arc::new(worker.info(options))));
    loop {
        let ticket = match queue.take_within(worker.rest()) {
            Next::Job(ticket) => ticket,
            Next::Closed => return Ok(()),
            Next::Nothing => {
                if let Err(error) = worker.prefetch() {
                    tracing::warn!("work ahead: {error}");
                    worker.forget();
                }
                continue;
            }
        };
        // A panic fails this job only; the cache's content is unknown after it.
        let result = catch_unwind(AssertUnwindSafe(|| worker.run(&ticket)));
        match result.unwrap_or_else(|_| Err(EngineError::Failed("internal error (see the log)".into()))) {
            Ok(summary) => ticket.send(super::Update::Done(summary)),
            Err(error) => {
                if !matches!(error, EngineError::Cancelled | EngineError::TooLong { .. }) {
                    worker.forget();
                    tracing::warn!("{error}");
                }
                ticket.fail(error);
            }
        }
    }
}
