//! Drives tower-lsp's `LspService`, and works around what it does differently from what an editor needs.
//!
//! Every workaround for tower-lsp 0.20 (and its lsp-types 0.94) is in this file; the rest of `transport` is JSON-RPC. To
//! leave tower-lsp, replace this file and the table of methods in `lsp/methods.rs`. tower-lsp gets no releases any more,
//! so nothing here waits for a fix. Its own `Server::serve` is not used at all; see `transport.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use futures::future::{AbortRegistration, Abortable, BoxFuture};
use futures::{FutureExt, Sink};
use serde_json::{Value, json};
use tower::Service;
use tower_lsp::jsonrpc::{Error, Request, Response};
use tower_lsp::lsp_types::request::Request as Method;
use tower_lsp::{Client, ExitedError, LanguageServer, LspService};

use super::message::Call;
use crate::lsp::protocol_notebook::notebook_sync;

/// The name of a method whose parameters we read ourselves. tower-lsp registers a handler for every method of the
/// protocol, reads its parameters strictly (a URI that lsp-types refuses fails `didOpen`), and keeps the first
/// registration of a name. So ours have another name, and [`inbound`] renames the calls.
macro_rules! own {
    ($method:literal) => {
        concat!("own/", $method)
    };
}
pub(in crate::lsp) use own;

/// The methods that are registered as [`own!`].
const OWN: &[&str] = &[
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/didSave",
    "workspace/didChangeConfiguration",
    "workspace/didChangeWorkspaceFolders",
    "workspace/didChangeWatchedFiles",
    "workspace/didRenameFiles",
    "workspace/didDeleteFiles",
    "workspace/executeCommand",
    "textDocument/completion",
    "textDocument/codeAction",
    "codeAction/resolve",
];

/// Changes a call so that tower-lsp accepts it.
fn inbound(call: &mut Call) {
    match call.method.as_str() {
        // lsp-types refuses the whole message for one capability of an odd shape; in the options everything passes.
        "initialize" => {
            let params = call.params.take().unwrap_or_default();
            call.params = Some(json!({ "capabilities": {}, "initializationOptions": params }));
        }
        // Some clients send `null` or `{}`. tower-lsp shuts down then, but answers with an error.
        "shutdown" => call.params = None,
        method if OWN.contains(&method) => call.method.insert_str(0, own!("")),
        _ => {}
    }
}

/// The client's parameters of `initialize`, out of where [`inbound`] put them.
pub fn initialize_params(params: tower_lsp::lsp_types::InitializeParams) -> Value {
    params.initialization_options.unwrap_or_default()
}

/// Adds to an answer what lsp-types cannot express.
fn outbound(method: &str, result: &mut Value) {
    if method == "initialize" {
        // lsp-types 0.94 does not know inline completion. Static, because Neovim 0.12 ignores a dynamic registration.
        result["capabilities"]["inlineCompletionProvider"] = json!(true);
        // Nor notebooks.
        result["capabilities"]["notebookDocumentSync"] = notebook_sync();
    }
}

/// Hands calls to tower-lsp, in order.
pub struct Handlers<S> {
    service: LspService<S>,
    /// The ids that tower-lsp sees. Its own are 64-bit integers, where clients send others as well, and one that was
    /// dropped cannot be used again.
    last_id: i64,
}

/// A request that tower-lsp still has an entry for, although nothing runs for it.
#[derive(Debug)]
pub struct Leftover(i64);

/// A request that was handed over. Its handler runs when [`Handling::answer`] is polled.
pub struct Handling {
    id: i64,
    method: String,
    answering: BoxFuture<'static, Result<Option<Response>, ExitedError>>,
}

impl<S: LanguageServer> Handlers<S> {
    /// The handlers of `service`.
    pub fn new(service: LspService<S>) -> Self {
        Self { service, last_id: 0 }
    }

    /// Handles a notification to its end.
    pub async fn notify(&mut self, mut call: Call) {
        inbound(&mut call);
        let method = call.method.clone();
        let handled = AssertUnwindSafe(self.service.call(request(call, None))).catch_unwind().await;
        if handled.is_err() {
            tracing::error!(method, "a notification handler panicked; the server goes on");
        }
    }

    /// Hands a request over.
    pub fn request(&mut self, mut call: Call) -> Handling {
        let method = call.method.clone();
        inbound(&mut call);
        self.last_id += 1;
        let id = self.last_id;
        Handling { id, method, answering: self.service.call(request(call, Some(id))) }
    }

    /// Clears the entry of a request. tower-lsp keeps that of one that was dropped or panicked until it is cancelled.
    pub async fn forget(&mut self, Leftover(id): Leftover) {
        let cancel = Request::build("$/cancelRequest").params(json!({ "id": id })).finish();
        let _ = self.service.call(cancel).await;
    }
}

fn request(call: Call, id: Option<i64>) -> Request {
    let mut request = Request::build(call.method);
    if let Some(params) = call.params {
        request = request.params(params);
    }
    if let Some(id) = id {
        request = request.id(id);
    }
    request.finish()
}

impl Handling {
    /// The answer, and what tower-lsp has to [forget](Handlers::forget) after it. A panic of the handler and an abort are
    /// answers, too.
    pub async fn answer(self, abort: Option<AbortRegistration>) -> (Result<Value, Error>, Option<Leftover>) {
        let Self { id, method, answering } = self;
        let caught = AssertUnwindSafe(answering).catch_unwind();
        let ended = match abort {
            Some(abort) => Abortable::new(caught, abort).await,
            None => Ok(caught.await),
        };
        let leftover = (!matches!(ended, Ok(Ok(_)))).then_some(Leftover(id));
        let mut answer = match ended {
            Ok(Ok(Ok(Some(response)))) => response.into_parts().1,
            // tower-lsp answers nothing to an unknown `$/…` request, or to a notification's name with an id.
            Ok(Ok(Ok(None))) => Err(Error::method_not_found()),
            Ok(Ok(Err(ExitedError { .. }))) => Err(Error::invalid_request()),
            Ok(Err(_panic)) => {
                tracing::error!(method, "a request handler panicked; the server goes on");
                Err(Error::internal_error())
            }
            Err(_aborted) => Err(Error::request_cancelled()),
        };
        if let Ok(result) = &mut answer {
            outbound(&method, result);
        }
        (answer, leftover)
    }
}

/// Delivers the client's answer to the handler that asked. tower-lsp panics when that handler is gone.
pub fn deliver<K: Sink<Response> + Unpin>(sink: &mut K, answer: Response) {
    let _ = catch_unwind(AssertUnwindSafe(|| Pin::new(sink).start_send(answer)));
}

/// Asks the client; none when it refuses or does not answer within `patience`. The asker is a task of its own, because
/// tower-lsp panics when an answer comes for an asker that gave up.
pub async fn ask<R>(client: &Client, params: R::Params, patience: Duration) -> Option<R::Result>
where
    R: Method + 'static,
    R::Params: Send + Sync + 'static,
    R::Result: Send + 'static,
{
    let client = client.clone();
    let asked = tokio::spawn(async move { client.send_request::<R>(params).await });
    tokio::time::timeout(patience, asked).await.ok()?.ok()?.ok()
}
