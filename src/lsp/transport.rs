//! Carries messages between an editor and tower-lsp's `LspService`, in order, whatever comes in. It knows JSON-RPC and the
//! life of a server; `tower_lsp` knows the methods that need a workaround.
//!
//! tower-lsp's own `Server::serve` is not used: it loses the order of notifications, ends on malformed frames, and can
//! deadlock with a client that is slow to answer. Three parties share the work here:
//!
//! - the **reader** (a thread, because two handlers that block the CPU would stop an asynchronous one) parses frames,
//!   passes the client's answers to the handlers that asked, and acts on `$/cancelRequest`, `exit` and the end of the input;
//! - the **dispatcher** (a task, sole owner of the service) takes the rest in order: a notification runs to its end, a
//!   request is polled once (its handler takes its snapshot then) and goes on by itself;
//! - the **writer** (a task that orders messages and a thread that owns stdout).
//!
//! The thread that called [`run`] only waits, so that nothing the others do can keep the process alive.

mod dispatch;
mod event;
pub mod frame;
mod message;
mod reader;
pub(crate) mod tower_lsp;
mod work;
mod writer;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ::tower_lsp::{ClientSocket, LanguageServer, LspService};
use tokio::runtime::Handle;

pub use event::{Events, ServerEvent};
use work::PendingRequests;

/// How long a server may take to end once it should: editors give up after about 2 s.
const GRACE: Duration = Duration::from_millis(1700);

/// Serves until the client, the operating system or a broken pipe ends it. Returns the process's exit code: 0 after
/// `shutdown`, 1 without. Blocks; call it on a thread of no runtime. Ends within 2 s, whatever handlers do.
pub fn run<R, W, S>(
    (input, output): (R, W),
    (service, socket): (LspService<S>, ClientSocket),
    runtime: &Handle,
    (events, happened): Events,
) -> u8
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
    S: LanguageServer,
{
    let (requests, answers_to_us) = socket.split();
    let pending = PendingRequests::default();
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
    runtime.spawn(dispatch::Dispatcher::new(service, pending, work, answers).run(queue));

    let ended = wait(&happened);
    tracing::info!(?ended, "the server ends");
    u8::from(!shutdown.load(Ordering::Acquire) && ended != ServerEvent::Terminated)
}

/// Waits for the end, then for the answers that are still due, but not for long.
fn wait(happened: &mpsc::Receiver<ServerEvent>) -> ServerEvent {
    let ended = happened.recv().unwrap_or(ServerEvent::EndOfInput);
    if matches!(ended, ServerEvent::Exit | ServerEvent::EndOfInput) {
        let deadline = Instant::now() + GRACE;
        while let Ok(event) = happened.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if matches!(event, ServerEvent::Drained | ServerEvent::OutputClosed | ServerEvent::Terminated) {
                break;
            }
        }
    }
    ended
}
