//! Hands the service one message after another, as its sole owner. The reader and the writer have the wire.

use futures::future::AbortRegistration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tower_lsp::{LanguageServer, LspService};

use super::message::{self, Call, RawId};
use super::tower_lsp::{Handlers, Handling};
use super::work::{PendingRequests, Work};

pub struct Dispatcher<S> {
    handlers: Handlers<S>,
    outbox: Outbox,
}

/// What a running request needs besides its handler.
#[derive(Clone)]
struct Outbox {
    pending: PendingRequests,
    work: UnboundedSender<Work>,
    answers: UnboundedSender<String>,
}

impl<S: LanguageServer> Dispatcher<S> {
    pub fn new(
        service: LspService<S>,
        pending: PendingRequests,
        work: UnboundedSender<Work>,
        answers: UnboundedSender<String>,
    ) -> Self {
        Self { handlers: Handlers::new(service), outbox: Outbox { pending, work, answers } }
    }

    /// Works until the end of the queue. Requests still running then keep their own way out, which ends when they do.
    pub async fn run(mut self, mut queue: UnboundedReceiver<Work>) {
        while let Some(work) = queue.recv().await {
            match work {
                Work::Notification(call) => self.handlers.notify(call).await,
                Work::Request(id, call, abort) => self.request(id, call, abort).await,
                Work::Forget(leftover) => self.handlers.forget(leftover).await,
                Work::End => return,
            }
        }
    }

    async fn request(&mut self, id: RawId, call: Call, abort: Option<AbortRegistration>) {
        // initialize and shutdown have no abort: nothing else may happen before they are answered.
        let awaited = abort.is_none();
        let mut task = Box::pin(self.outbox.clone().finish(id, self.handlers.request(call), abort));
        if awaited {
            task.await;
        // The first poll runs the handler up to its first wait: it takes its snapshot now, before the next message. A
        // task that is only spawned would see later edits.
        } else if futures::poll!(task.as_mut()).is_pending() {
            tokio::spawn(task);
        }
    }
}

impl Outbox {
    /// Waits for the answer of a request and sends it.
    async fn finish(self, id: RawId, handling: Handling, abort: Option<AbortRegistration>) {
        let (answer, leftover) = handling.answer(abort).await;
        self.pending.done(&id);
        // The receivers are gone only when the server has ended.
        let _ = self.answers.send(message::render(Some(&id), &answer));
        if let Some(leftover) = leftover {
            let _ = self.work.send(Work::Forget(leftover));
        }
    }
}
