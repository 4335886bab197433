//! Reads frames on a thread of its own, and acts on what cannot wait. The dispatcher runs the handlers.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use futures::Sink;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::jsonrpc::{Error, ErrorCode, Response};

use super::event::ServerEvent;
use super::frame::{BadFrame, Frame, Frames};
use super::message::{self, Call, IncomingMessage};
use super::tower_lsp::deliver;
use super::work::{PendingRequests, Work};

/// Where messages go.
pub struct Routes {
    pub work: UnboundedSender<Work>,
    pub answers: UnboundedSender<String>,
    pub pending: PendingRequests,
    pub shutdown: Arc<AtomicBool>,
    pub events: mpsc::Sender<ServerEvent>,
}

/// Starts the thread that owns `input`.
pub fn spawn<R, K>(input: R, mut sink: K, routes: Routes)
where
    R: Read + Send + 'static,
    K: Sink<Response> + Unpin + Send + 'static,
{
    let read = move || {
        let events = routes.events.clone();
        let work = routes.work.clone();
        // A panic here would be a bug, but it must end the server rather than leave it deaf.
        let ended = catch_unwind(AssertUnwindSafe(|| routes.read(Frames::new(input), &mut sink)));
        drop(routes);
        let _ = work.send(Work::End);
        let _ = events.send(ended.unwrap_or(ServerEvent::EndOfInput));
    };
    std::thread::Builder::new().name("reader".into()).spawn(read).expect("a thread can be started");
}

impl Routes {
    fn read<R: Read, K: Sink<Response> + Unpin>(&self, mut frames: Frames<R>, sink: &mut K) -> ServerEvent {
        while let Ok(Some(frame)) = frames.read() {
            let body = match frame {
                Frame::Body(body) => body,
                Frame::Bad(bad) => {
                    self.report(bad);
                    continue;
                }
            };
            match message::parse(&body) {
                IncomingMessage::Call(call) if call.method == "exit" => {
                    self.pending.cancel_all();
                    return ServerEvent::Exit;
                }
                IncomingMessage::Call(call) => self.queue(call),
                IncomingMessage::Cancel(id) => self.pending.cancel(&id),
                IncomingMessage::Answer(answer) => deliver(sink, answer),
                IncomingMessage::Refused(refusal) => self.answer(refusal.id.as_ref(), refusal.error),
            }
        }
        ServerEvent::EndOfInput
    }

    fn queue(&self, call: Call) {
        let work = match call.id.clone() {
            None => Work::Notification(call),
            // These two are never cancelled: a server must answer them, also when `exit` follows at once.
            Some(id) if matches!(call.method.as_str(), "initialize" | "shutdown") => {
                if call.method == "shutdown" {
                    self.shutdown.store(true, Ordering::Release);
                }
                Work::Request(id, call, None)
            }
            Some(id) => match self.pending.register(&id) {
                Some(registration) => Work::Request(id, call, Some(registration)),
                None => {
                    let message = "a request with this id is still running";
                    let error = Error { message: message.into(), ..Error::new(ErrorCode::InvalidRequest) };
                    return self.answer(Some(&id), error);
                }
            },
        };
        // The dispatcher is gone only when the server has ended.
        let _ = self.work.send(work);
    }

    fn answer(&self, id: Option<&message::RawId>, error: Error) {
        let _ = self.answers.send(message::render(id, &Err(error)));
    }

    fn report(&self, bad: BadFrame) {
        tracing::warn!("{bad}");
        if matches!(bad, BadFrame::TooLong(_)) {
            let text = format!("treefill: {bad}; if it opened a document, that document is not completed");
            let params = json!({ "type": 2, "message": text });
            let message = json!({ "jsonrpc": "2.0", "method": "window/showMessage", "params": params });
            let _ = self.answers.send(message.to_string());
        }
        self.answer(None, Error { message: bad.to_string().into(), ..Error::new(ErrorCode::ParseError) });
    }
}
