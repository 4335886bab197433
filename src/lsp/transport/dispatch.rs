//! The dispatcher: sole owner of the service, hands it one message after another. It does not touch the wire.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::{AbortRegistration, Abortable, BoxFuture};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tower::Service;
use tower_lsp::jsonrpc::{Error, Request, Response};
use tower_lsp::{ExitedError, LanguageServer, LspService};

use super::message::{self, Call, RawId};
use super::{Adapter, Pending, Work};

type Answering = BoxFuture<'static, Result<Option<Response>, ExitedError>>;

/// Runs handlers.
pub struct Dispatcher<S> {
    service: LspService<S>,
    adapter: Adapter,
    outbox: Outbox,
    /// The ids that tower-lsp sees: its own are 64-bit integers, and one that was dropped cannot be used again.
    next_id: i64,
}

/// What a running request needs besides its handler.
#[derive(Clone)]
struct Outbox {
    pending: Pending,
    work: UnboundedSender<Work>,
    answers: UnboundedSender<String>,
}

impl<S: LanguageServer> Dispatcher<S> {
    pub fn new(
        service: LspService<S>,
        adapter: Adapter,
        pending: Pending,
        (work, answers): (UnboundedSender<Work>, UnboundedSender<String>),
    ) -> Self {
        Self { service, adapter, outbox: Outbox { pending, work, answers }, next_id: 0 }
    }

    /// Work until told to end. Requests still running then keep their own way out, which ends when they do.
    pub async fn run(mut self, mut queue: UnboundedReceiver<Work>) {
        while let Some(work) = queue.recv().await {
            match work {
                Work::Notification(call) => self.notify(call).await,
                Work::Request(id, call, registration) => self.request(id, call, registration).await,
                Work::Forget(id) => {
                    let cancel = Request::build("$/cancelRequest").params(json!({ "id": id })).finish();
                    let _ = self.service.call(cancel).await;
                }
                Work::End => return,
            }
        }
    }

    async fn notify(&mut self, mut call: Call) {
        (self.adapter.inbound)(&mut call);
        let method = call.method.clone();
        let handled = AssertUnwindSafe(self.call(call, None)).catch_unwind().await;
        if handled.is_err() {
            tracing::error!(method, "a notification handler panicked; the server goes on");
        }
    }

    async fn request(&mut self, id: RawId, mut call: Call, registration: Option<AbortRegistration>) {
        let method = call.method.clone();
        if method == "shutdown" {
            // Some clients send `null` or `{}`, which tower-lsp refuses although it shuts down.
            call.params = None;
        }
        (self.adapter.inbound)(&mut call);
        self.next_id += 1;
        let internal = self.next_id;
        let running =
            Running { id, internal, method, outbound: self.adapter.outbound, outbox: self.outbox.clone() };
        let answering = self.call(call, Some(internal));
        let Some(registration) = registration else {
            // initialize and shutdown: nothing else may happen before they are answered.
            return running.finish(answering, None).await;
        };
        let mut task = Box::pin(running.finish(answering, Some(registration)));
        // The first poll runs the handler up to its first wait: it takes its snapshot now, before the next message. A
        // task that is only spawned would see later edits.
        if futures::poll!(task.as_mut()).is_pending() {
            tokio::spawn(task);
        }
    }

    fn call(&mut self, call: Call, id: Option<i64>) -> Answering {
        let mut request = Request::build(call.method);
        if let Some(params) = call.params {
            request = request.params(params);
        }
        if let Some(id) = id {
            request = request.id(id);
        }
        self.service.call(request.finish())
    }
}

/// A request on its way to an answer.
struct Running {
    id: RawId,
    internal: i64,
    method: String,
    outbound: fn(&str, &mut Value),
    outbox: Outbox,
}

impl Running {
    async fn finish(self, answering: Answering, registration: Option<AbortRegistration>) {
        let caught = AssertUnwindSafe(answering).catch_unwind();
        let ended = match registration {
            Some(registration) => Abortable::new(caught, registration).await,
            None => Ok(caught.await),
        };
        let forget = !matches!(ended, Ok(Ok(_)));
        let mut body = match ended {
            Ok(Ok(Ok(Some(response)))) => response.into_parts().1,
            // An unknown `$/…` request, or a notification's name with an id.
            Ok(Ok(Ok(None))) => Err(Error::method_not_found()),
            Ok(Ok(Err(ExitedError { .. }))) => Err(Error::invalid_request()),
            Ok(Err(_panic)) => {
                tracing::error!(method = self.method, "a request handler panicked; the server goes on");
                Err(Error::internal_error())
            }
            Err(_aborted) => Err(Error::request_cancelled()),
        };
        if let Ok(result) = &mut body {
            (self.outbound)(&self.method, result);
        }
        self.outbox.pending.done(&self.id);
        // The receivers are gone only when the server has ended.
        let _ = self.outbox.answers.send(message::render(Some(&self.id), &body));
        if forget {
            let _ = self.outbox.work.send(Work::Forget(self.internal));
        }
    }
}
