//! The frame pump: carries messages between an editor and tower-lsp's `LspService`, in order, whatever comes in. It
//! knows JSON-RPC and the life of a server, not what any method means.
//!
//! tower-lsp's own `Server::serve` is not used: it loses the order of notifications, dies on malformed frames, and
//! can deadlock with a client that is slow to answer. Three parties share the work here:
//!
//! - the **reader** (a thread, because two handlers that block the CPU would stop an asynchronous one) parses frames,
//!   hands answers to their askers and acts on `$/cancelRequest`, `exit` and the end of the input itself;
//! - the **dispatcher** (a task, sole owner of the service) takes the rest in order: a notification runs to its end, a
//!   request is polled once — its handler takes its snapshot then — and goes on by itself;
//! - the **writer** (a task that orders messages and a thread that owns stdout).
//!
//! The thread that called [`run`] only waits, so that nothing the others do can keep the process alive.

mod dispatch;
pub mod frame;
pub mod message;
mod reader;
mod writer;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use futures::future::{AbortHandle, AbortRegistration};
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use tokio::runtime::Handle;
use tower_lsp::{ClientSocket, LanguageServer, LspService};

use self::message::{Call, RawId};

/// How long a server may take to end once it should: editors give up after about 2 s.
const GRACE: Duration = Duration::from_millis(1700);

/// What the server's own conventions need done to messages on their way.
#[derive(Clone, Copy)]
pub struct Adapter {
    /// Changes a call before the service sees it.
    pub inbound: fn(&mut Call),
    /// Changes the result of the named method before the client sees it.
    pub outbound: fn(&str, &mut Value),
}

/// What ends a server, or follows from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The client said `exit`.
    Exit,
    /// The input has ended.
    EndOfInput,
    /// The output is closed.
    OutputClosed,
    /// The process that started us is gone.
    ParentGone,
    /// The operating system asked us to end.
    Terminated,
    /// Every answer is written.
    Drained,
}

/// The two ends of the event queue; watchers of signals and processes hold more senders.
pub type Events = (mpsc::Sender<Event>, mpsc::Receiver<Event>);

/// Work for the dispatcher.
enum Work {
    Notification(Call),
    Request(RawId, Call, Option<AbortRegistration>),
    /// tower-lsp keeps an entry for every request that was dropped; this clears it.
    Forget(i64),
    End,
}

/// The requests that can be cancelled, by the client's id.
#[derive(Debug, Clone, Default)]
struct Pending(Arc<Mutex<HashMap<RawId, AbortHandle>>>);

impl Pending {
    fn lock(&self) -> MutexGuard<'_, HashMap<RawId, AbortHandle>> {
        self.0.lock()
    }

    /// None when a request with this id is still running.
    fn register(&self, id: &RawId) -> Option<AbortRegistration> {
        match self.lock().entry(id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(entry) => {
                let (handle, registration) = AbortHandle::new_pair();
                entry.insert(handle);
                Some(registration)
            }
        }
    }

    fn cancel(&self, id: &RawId) {
        if let Some(handle) = self.lock().get(id) {
            handle.abort();
        }
    }

    fn cancel_all(&self) {
        self.lock().values().for_each(AbortHandle::abort);
    }

    fn done(&self, id: &RawId) {
        self.lock().remove(id);
    }
}

/// Serve until the client, the operating system or a broken pipe ends it. Returns the process's exit code: 0 after
/// `shutdown`, 1 without. Blocks; call it on a thread of no runtime. Ends within 2 s, whatever handlers do.
pub fn run<R, W, S>(
    (input, output): (R, W),
    (service, socket): (LspService<S>, ClientSocket),
    adapter: Adapter,
    runtime: &Handle,
    (events, happened): Events,
) -> u8
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
    S: LanguageServer,
{
    let (requests, answers_to_us) = socket.split();
    let pending = Pending::default();
    let shutdown = Arc::new(AtomicBool::new(false));
    let (work, queue) = tokio::sync::mpsc::unbounded_channel();
    let (answers, to_write) = tokio::sync::mpsc::unbounded_channel();

    let lines = writer::spawn(output, events.clone());
    runtime.spawn(writer::order(requests, to_write, lines));
    let routes = reader::Routes {
        work: work.clone(),
        answers: answers.clone(),
        pending: pending.clone(),
        shutdown: Arc::clone(&shutdown),
        events,
    };
    reader::spawn(input, answers_to_us, routes);
    runtime.spawn(dispatch::Dispatcher::new(service, adapter, pending, (work, answers)).run(queue));

    let ended = wait(&happened);
    tracing::info!(?ended, "the server ends");
    u8::from(!shutdown.load(Ordering::Acquire) && ended != Event::Terminated)
}

/// Wait for the end, then for the answers that are still owed, but not for long.
fn wait(happened: &mpsc::Receiver<Event>) -> Event {
    let ended = happened.recv().unwrap_or(Event::EndOfInput);
    if matches!(ended, Event::Exit | Event::EndOfInput) {
        let deadline = Instant::now() + GRACE;
        while let Ok(event) = happened.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if matches!(event, Event::Drained | Event::OutputClosed | Event::Terminated) {
                break;
            }
        }
    }
    ended
}
