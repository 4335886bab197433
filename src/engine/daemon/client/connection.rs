//! Carries jobs to the engine process and updates back, and watches whether the process still lives. `client.rs` starts
//! the process.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{SinkExt as _, StreamExt as _};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};

use super::super::address::Address;
use super::super::launch;
use super::super::wire::{self, DaemonRequest, DaemonResponse, Reader, Writer};
use crate::cancel::CancelToken;
use crate::engine::{EngineError, Job, MemoryUpdate, Status, Update};

/// Silence after which the engine is asked for a sign of life.
const QUIET: Duration = Duration::from_millis(150);
/// How often that is looked at, while a job waits.
const BEAT: Duration = Duration::from_millis(100);
/// Silence after which a process that the system says is stopped counts as lost.
const STOPPED: Duration = Duration::from_millis(300);
/// Silence after which any process counts as lost. Its thread that answers does nothing else, so only a machine that
/// swaps or a debugger makes it so late.
const DEAD: Duration = Duration::from_secs(5);
/// Wait between two tries to connect while the listener's queue is full.
const FULL: Duration = Duration::from_millis(5);
/// A job without a sign of life for so long hangs: one chunk of a prompt takes 100 ms, on a machine ten times too slow 1 s.
const HUNG: Duration = Duration::from_secs(20);

/// Sends a job's updates.
pub type Updates = mpsc::UnboundedSender<Result<Update, EngineError>>;

/// A job on its way to the engine.
pub struct Submission {
    pub job: Job,
    /// Whether it is still wanted.
    pub cancel: CancelToken,
    /// Where its updates go.
    pub updates: Updates,
}

impl Submission {
    /// Whether nobody wants it any more.
    pub fn is_over(&self) -> bool {
        self.cancel.is_cancelled() || self.updates.is_closed()
    }
}

/// What came of knocking at a socket.
pub enum Handshake {
    /// An engine let us in.
    Open(Box<Connection>),
    /// Nobody is there, or is just leaving.
    Absent,
    /// An engine does not want us; the text says why.
    Refused(String),
    /// Somebody holds the socket open and does not answer.
    Unresponsive(u32),
}

/// An open connection.
pub struct Connection {
    reader: Reader,
    writer: Writer,
    pid: u32,
}

/// How a connection ended.
pub enum Ending {
    /// Nobody sends jobs any more.
    Dropped,
    /// The engine left in good order.
    Left,
    /// The engine is gone, or as good as gone.
    Lost {
        /// In words that follow "the engine".
        how: String,
        /// Whether it had its model read while we were connected.
        was_ready: bool,
        pid: u32,
    },
}

/// Connect, waiting while the listener's queue is full: somebody is there, and a second engine would not help.
async fn connect(socket: &Path) -> std::io::Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect(socket).await {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && start.elapsed() < DEAD => {
                tokio::time::sleep(FULL).await;
            }
            connected => return connected,
        }
    }
}

/// Connects and shakes hands at the engine's socket.
pub async fn shake_hands(address: &Address) -> Handshake {
    let Ok(stream) = connect(&address.socket).await else { return Handshake::Absent };
    // The folder is ours alone, so nobody else can have put a socket there; the process is needed to end one that hangs.
    let pid = stream.peer_cred().ok().and_then(|peer| u32::try_from(peer.pid()?).ok()).unwrap_or(0);
    let (mut reader, mut writer) = wire::framed(stream);
    if writer.send(wire::encode(&DaemonRequest::Hello(address.greeting()))).await.is_err() {
        return Handshake::Absent;
    }
    let start = Instant::now();
    loop {
        match tokio::time::timeout(BEAT, reader.next()).await {
            Err(_) if start.elapsed() > DEAD || (start.elapsed() > STOPPED && launch::is_stopped(pid)) => {
                return Handshake::Unresponsive(pid);
            }
            Err(_) => {}
            Ok(Some(Ok(frame))) => {
                return match wire::decode(&frame) {
                    Ok(DaemonResponse::Welcome { pid }) => {
                        wire::trust(&mut reader);
                        Handshake::Open(Box::new(Connection { reader, writer, pid }))
                    }
                    Ok(DaemonResponse::Refused(why)) => Handshake::Refused(why),
                    _ => Handshake::Refused("it does not speak our protocol".into()),
                };
            }
            Ok(_) => return Handshake::Absent,
        }
    }
}

/// A job that was sent.
struct Pending {
    updates: Updates,
    /// Dropped when the job is done: whoever waits for its cancellation stops waiting.
    _done: oneshot::Sender<()>,
}

/// A connection at work.
struct Work<'a> {
    out: mpsc::UnboundedSender<DaemonRequest>,
    status: &'a watch::Sender<Status>,
    pending: HashMap<u64, Pending>,
    /// Each resolves with its job's id when nobody wants the job any more, or when it is done.
    ended: FuturesUnordered<BoxFuture<'static, u64>>,
    last_id: u64,
    heard: Instant,
    pid: u32,
    was_ready: bool,
}

impl Connection {
    /// Carry jobs until the engine or the sender of jobs is gone. Jobs that are lost with the engine are answered with
    /// [`EngineError::Restarting`].
    pub async fn run(
        self,
        first: Option<Submission>,
        submissions: &mut mpsc::UnboundedReceiver<Submission>,
        memory: &mut mpsc::UnboundedReceiver<MemoryUpdate>,
        status: &watch::Sender<Status>,
    ) -> Ending {
        let Self { mut reader, mut writer, pid } = self;
        let (out, mut requests) = mpsc::unbounded_channel::<DaemonRequest>();
        // A task of its own: a process that is stopped does not read, and this must not stop us from noticing.
        let writing = tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                if writer.send(wire::encode(&request)).await.is_err() {
                    return;
                }
            }
        });
        // Said to an engine that is gone.
        while memory.try_recv().is_ok() {}
        let mut work = Work {
            out,
            status,
            pending: HashMap::new(),
            ended: FuturesUnordered::new(),
            last_id: 0,
            heard: Instant::now(),
            pid,
            was_ready: false,
        };
        if let Some(submission) = first {
            work.send(submission);
        }
        let end = loop {
            let busy = !work.pending.is_empty();
            let end = tokio::select! {
                submission = submissions.recv() => match submission {
                    Some(submission) => { work.send(submission); None }
                    None => Some(Ending::Dropped),
                },
                Some(update) = memory.recv() => {
                    let _ = work.out.send(DaemonRequest::Remember(update));
                    None
                }
                Some(id) = work.ended.next() => { work.cancel(id); None }
                frame = reader.next() => match frame.and_then(Result::ok).map(|frame| wire::decode(&frame)) {
                    Some(Ok(response)) => work.receive(response),
                    Some(Err(_)) => Some(work.give_up("sent what is no message")),
                    None => Some(work.lost("closed its socket")),
                },
                () = tokio::time::sleep(BEAT), if busy => work.beat(),
            };
            if let Some(end) = end {
                break end;
            }
        };
        writing.abort();
        if matches!(end, Ending::Lost { .. }) {
            status.send_replace(Status::Restarting);
        }
        for pending in work.pending.into_values() {
            let _ = pending.updates.send(Err(EngineError::Restarting));
        }
        end
    }
}

impl Work<'_> {
    fn send(&mut self, submission: Submission) {
        if submission.is_over() {
            let _ = submission.updates.send(Err(EngineError::Cancelled));
            return;
        }
        if self.pending.is_empty() {
            self.heard = Instant::now();
        }
        self.last_id += 1;
        let id = self.last_id;
        let (done, finished) = oneshot::channel();
        let (cancel, updates) = (submission.cancel, submission.updates.clone());
        self.ended.push(Box::pin(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = updates.closed() => {}
                _ = finished => {}
            }
            id
        }));
        self.pending.insert(id, Pending { updates: submission.updates, _done: done });
        // The reader notices when nobody reads this any more.
        let _ = self.out.send(DaemonRequest::Generate { id, job: submission.job });
    }

    fn cancel(&mut self, id: u64) {
        if let Some(pending) = self.pending.remove(&id) {
            let _ = pending.updates.send(Err(EngineError::Cancelled));
            let _ = self.out.send(DaemonRequest::Cancel { id });
        }
    }

    fn receive(&mut self, response: DaemonResponse) -> Option<Ending> {
        self.heard = Instant::now();
        match response {
            DaemonResponse::Update { id, update } => {
                let last = matches!(update, Ok(Update::Done(_)) | Err(_));
                if let Some(pending) = self.pending.get(&id) {
                    // Whoever dropped the generation is noticed by the job's future.
                    let _ = pending.updates.send(update);
                }
                if last {
                    self.pending.remove(&id);
                }
            }
            DaemonResponse::Status(status) => {
                self.was_ready |= matches!(status, Status::Ready(_));
                self.status.send_replace(status);
            }
            DaemonResponse::Pong { stuck_ms } if Duration::from_millis(stuck_ms) > HUNG => {
                return Some(self.give_up("hung in the middle of a job"));
            }
            DaemonResponse::Goodbye => return Some(Ending::Left),
            DaemonResponse::Pong { .. }
            | DaemonResponse::Welcome { .. }
            | DaemonResponse::Refused(_)
            | DaemonResponse::Report(_) => {}
        }
        None
    }

    fn beat(&mut self) -> Option<Ending> {
        let silence = self.heard.elapsed();
        if silence > STOPPED && launch::is_stopped(self.pid) {
            return Some(self.give_up("was stopped"));
        }
        if silence > DEAD {
            return Some(self.give_up("did not answer"));
        }
        if silence > QUIET {
            let _ = self.out.send(DaemonRequest::Ping);
        }
        None
    }

    /// The process is of no use any more, and would hold the lock.
    fn give_up(&self, why: &str) -> Ending {
        launch::kill(self.pid);
        self.lost(why)
    }

    fn lost(&self, how: &str) -> Ending {
        Ending::Lost { how: how.into(), was_ready: self.was_ready, pid: self.pid }
    }
}
