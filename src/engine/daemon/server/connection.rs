//! Serves one client of the engine process, from its greeting to its end. Whatever a client sends, only its own jobs suffer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::super::wire::{self, DaemonRequest, DaemonResponse, PROTOCOL};
use super::state::{Counted, ServerState};
use crate::cancel::CancelSource;
use crate::engine::{Job, MemoryChange, MemoryText, MemoryUpdate, Update};

/// Whoever connects has this long to say who it is.
const GREETING: Duration = Duration::from_secs(2);
/// Messages that wait to be read by a client. One that stopped reading is cut off, or its tokens would pile up here.
const WAITING: usize = 4096;

/// Numbers the connections, to keep the documents of two clients apart.
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

struct Connection {
    shared: Arc<ServerState>,
    number: u64,
    out: mpsc::Sender<DaemonResponse>,
    jobs: HashMap<u64, CancelSource>,
    /// Of which the engine was told something.
    workspaces: HashSet<String>,
    /// Ids of jobs that are done come back through this.
    done: mpsc::UnboundedSender<u64>,
}

/// Serve one client until it goes, misbehaves, or the process ends.
pub async fn serve(stream: UnixStream, shared: &Arc<ServerState>) {
    let (mut reader, mut writer) = wire::framed(stream);
    let first = match tokio::time::timeout(GREETING, reader.next()).await {
        Ok(Some(Ok(frame))) => wire::decode::<DaemonRequest>(&frame),
        _ => return,
    };
    let answer = match first {
        Ok(DaemonRequest::Hello(greeting)) if greeting == shared.address.greeting() => {
            DaemonResponse::Welcome { pid: std::process::id() }
        }
        Ok(DaemonRequest::Hello(greeting)) => DaemonResponse::Refused(format!(
            "this engine speaks protocol {PROTOCOL} of treefill {} for another model or other settings; the client speaks {} of {}",
            env!("CARGO_PKG_VERSION"),
            greeting.protocol,
            greeting.version
        )),
        Ok(DaemonRequest::Report) => DaemonResponse::Report(Box::new(shared.report())),
        Ok(DaemonRequest::Stop) => {
            shared.stop.notify_one();
            DaemonResponse::Goodbye
        }
        Ok(_) => DaemonResponse::Refused("a greeting was expected".into()),
        Err(_) => return,
    };
    let welcome = matches!(answer, DaemonResponse::Welcome { .. });
    if writer.send(wire::encode(&answer)).await.is_err() || !welcome {
        return;
    }
    wire::trust(&mut reader);
    let _client = Counted::new(&shared.clients);
    let (out, responses) = mpsc::channel(WAITING);
    let (done, finished) = mpsc::unbounded_channel();
    let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    let connection = Connection {
        shared: Arc::clone(shared),
        number,
        out,
        jobs: HashMap::new(),
        workspaces: HashSet::new(),
        done,
    };
    // Reading goes on while the client does not read, so that its cancels are seen.
    tokio::select! {
        () = connection.read(reader, finished) => {}
        () = write(writer, responses) => {}
    }
}

/// Send what comes, until nothing can be sent.
async fn write(mut writer: wire::Writer, mut responses: mpsc::Receiver<DaemonResponse>) {
    while let Some(response) = responses.recv().await {
        let last = matches!(response, DaemonResponse::Goodbye);
        if writer.send(wire::encode(&response)).await.is_err() || last {
            return;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for workspace in self.workspaces.drain() {
            self.shared.remember(MemoryUpdate { workspace, change: MemoryChange::Clear });
        }
    }
}

impl Connection {
    async fn read(mut self, mut reader: wire::Reader, mut finished: mpsc::UnboundedReceiver<u64>) {
        let mut status = self.shared.status.subscribe();
        let mut leaving = self.shared.leaving.subscribe();
        status.mark_changed();
        loop {
            let go_on = tokio::select! {
                frame = reader.next() => match frame.and_then(Result::ok).map(|frame| wire::decode(&frame)) {
                    Some(Ok(request)) => self.handle(request),
                    Some(Err(_)) => {
                        tracing::warn!("a client sent what is no message and was cut off");
                        false
                    }
                    None => false,
                },
                Some(id) = finished.recv() => {
                    self.jobs.remove(&id);
                    true
                }
                _ = status.changed() => {
                    let now = status.borrow_and_update().clone();
                    self.say(DaemonResponse::Status(now))
                }
                // The value it resolves to is a lock, which must not be held while we wait below.
                () = async { drop(leaving.wait_for(|&leaving| leaving).await) } => {
                    // The writer ends the connection after it.
                    self.say(DaemonResponse::Goodbye);
                    std::future::pending().await
                }
            };
            if !go_on {
                // Dropping the jobs' sources cancels them.
                return;
            }
        }
    }

    /// False: the client does not read, and is cut off.
    fn say(&self, response: DaemonResponse) -> bool {
        self.out.try_send(response).is_ok()
    }

    /// False: the connection should end.
    fn handle(&mut self, request: DaemonRequest) -> bool {
        match request {
            DaemonRequest::Generate { id, job } => {
                self.generate(id, job);
                true
            }
            DaemonRequest::Cancel { id } => {
                self.jobs.remove(&id);
                true
            }
            DaemonRequest::Remember(update) => {
                self.remember(update);
                true
            }
            DaemonRequest::Ping => self.say(DaemonResponse::Pong { stuck_ms: self.shared.stuck_ms() }),
            DaemonRequest::Report => self.say(DaemonResponse::Report(Box::new(self.shared.report()))),
            DaemonRequest::Stop => {
                self.shared.stop.notify_one();
                true
            }
            DaemonRequest::Hello(_) => false,
        }
    }

    /// A name of this client's, told apart from those of others.
    fn own(&self, name: &str) -> String {
        format!("{}:{name}", self.number)
    }

    fn remember(&mut self, mut update: MemoryUpdate) {
        update.workspace = self.own(&update.workspace);
        match &mut update.change {
            MemoryChange::Text(MemoryText { document, .. }) | MemoryChange::Remove { document } => {
                *document = self.own(document);
            }
            MemoryChange::Clear => {}
        }
        self.workspaces.insert(update.workspace.clone());
        self.shared.remember(update);
    }

    fn generate(&mut self, id: u64, mut job: Job) {
        // Two windows may have the same file open; the newest job of a document supersedes within one window only.
        job.document = self.own(&job.document);
        job.workspace = job.workspace.map(|workspace| self.own(&workspace));
        let source = CancelSource::new();
        let mut generation = self.shared.engine().generate(job, source.token());
        self.jobs.insert(id, source);
        let (out, done, shared) = (self.out.clone(), self.done.clone(), Arc::clone(&self.shared));
        shared.running.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            while let Some(update) = generation.next().await {
                if let Ok(Update::Done(summary)) = &update {
                    shared.done(summary);
                }
                if out.send(DaemonResponse::Update { id, update }).await.is_err() {
                    break;
                }
            }
            shared.running.fetch_sub(1, Ordering::Relaxed);
            let _ = done.send(id);
        });
    }
}
