//! A client's connection to the engine process: jobs out, updates in, and a watch over whether it still lives. It starts
//! no process.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{SinkExt as _, StreamExt as _};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot, watch};

use super::address::Address;
use super::launch;
use super::wire::{self, Reader, Request, Response, Writer};
use crate::cancel::CancelToken;
use crate::engine::{EngineError, Job, Status, Update};

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
pub struct Order {
    /// What to do.
    pub job: Job,
    /// Whether it is still wanted.
    pub cancel: CancelToken,
    /// Where its updates go.
    pub updates: Updates,
}

impl Order {
    /// Whether nobody wants it any more.
    pub fn is_over(&self) -> bool {
        self.cancel.is_cancelled() || self.updates.is_closed()
    }
}

/// What came of knocking at a socket.
pub enum Knock {
    /// An engine let us in.
    Open(Box<Link>),
    /// Nobody is there, or is just leaving.
    Absent,
    /// An engine does not want us; the text says why.
    Refused(String),
    /// Somebody holds the socket open and does not answer.
    Mute(u32),
}

/// An open connection.
pub struct Link {
    reader: Reader,
    writer: Writer,
    pid: u32,
}

/// How a connection ended.
pub enum End {
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
        /// Its process.
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

/// Knock at the engine's socket.
pub async fn knock(address: &Address) -> Knock {
    let Ok(stream) = connect(&address.socket).await else { return Knock::Absent };
    // The folder is ours alone, so nobody else can have put a socket there; the process is needed to end one that hangs.
    let pid = stream.peer_cred().ok().and_then(|peer| u32::try_from(peer.pid()?).ok()).unwrap_or(0);
    let (mut reader, mut writer) = wire::framed(stream);
    if writer.send(wire::encode(&Request::Hello(address.greeting()))).await.is_err() {
        return Knock::Absent;
    }
    let start = Instant::now();
    loop {
        match tokio::time::timeout(BEAT, reader.next()).await {
            Err(_) if start.elapsed() > DEAD || (start.elapsed() > STOPPED && launch::is_stopped(pid)) => {
                return Knock::Mute(pid);
            }
            Err(_) => {}
            Ok(Some(Ok(frame))) => {
                return match wire::decode(&frame) {
                    Ok(Response::Welcome { pid }) => {
                        wire::trust(&mut reader);
                        Knock::Open(Box::new(Link { reader, writer, pid }))
                    }
                    Ok(Response::Refused(why)) => Knock::Refused(why),
                    _ => Knock::Refused("it does not speak our protocol".into()),
                };
            }
            Ok(_) => return Knock::Absent,
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
    out: mpsc::UnboundedSender<Request>,
    status: &'a watch::Sender<Status>,
    pending: HashMap<u64, Pending>,
    /// Each resolves with its job's id when nobody wants the job any more, or when it is done.
    ended: FuturesUnordered<BoxFuture<'static, u64>>,
    last_id: u64,
    heard: Instant,
    pid: u32,
    was_ready: bool,
}

impl Link {
    /// Carry jobs until the engine or the sender of jobs is gone. Jobs that are lost with the engine are answered with
    /// [`EngineError::Restarting`].
    pub async fn run(
        self,
        first: Option<Order>,
        orders: &mut mpsc::UnboundedReceiver<Order>,
        status: &watch::Sender<Status>,
    ) -> End {
        let Self { mut reader, mut writer, pid } = self;
        let (out, mut requests) = mpsc::unbounded_channel::<Request>();
        // A task of its own: a process that is stopped does not read, and this must not stop us from noticing.
        let writing = tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                if writer.send(wire::encode(&request)).await.is_err() {
                    return;
                }
            }
        });
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
        if let Some(order) = first {
            work.send(order);
        }
        let end = loop {
            let busy = !work.pending.is_empty();
            let end = tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => { work.send(order); None }
                    None => Some(End::Dropped),
                },
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
        if matches!(end, End::Lost { .. }) {
            status.send_replace(Status::Restarting);
        }
        for pending in work.pending.into_values() {
            let _ = pending.updates.send(Err(EngineError::Restarting));
        }
        end
    }
}

impl Work<'_> {
    fn send(&mut self, order: Order) {
        if order.is_over() {
            let _ = order.updates.send(Err(EngineError::Cancelled));
            return;
        }
        if self.pending.is_empty() {
            self.heard = Instant::now();
        }
        self.last_id += 1;
        let id = self.last_id;
        let (done, finished) = oneshot::channel();
        let (cancel, updates) = (order.cancel, order.updates.clone());
        self.ended.push(Box::pin(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = updates.closed() => {}
                _ = finished => {}
            }
            id
        }));
        self.pending.insert(id, Pending { updates: order.updates, _done: done });
        // The reader notices when nobody reads this any more.
        let _ = self.out.send(Request::Generate { id, job: order.job });
    }

    fn cancel(&mut self, id: u64) {
        if let Some(pending) = self.pending.remove(&id) {
            let _ = pending.updates.send(Err(EngineError::Cancelled));
            let _ = self.out.send(Request::Cancel { id });
        }
    }

    fn receive(&mut self, response: Response) -> Option<End> {
        self.heard = Instant::now();
        match response {
            Response::Update { id, update } => {
                let last = matches!(update, Ok(Update::Done(_)) | Err(_));
                if let Some(pending) = self.pending.get(&id) {
                    // Whoever dropped the generation is noticed by the job's future.
                    let _ = pending.updates.send(update);
                }
                if last {
                    self.pending.remove(&id);
                }
            }
            Response::Status(status) => {
                self.was_ready |= matches!(status, Status::Ready(_));
                self.status.send_replace(status);
            }
            Response::Pong { stuck_ms } if Duration::from_millis(stuck_ms) > HUNG => {
                return Some(self.give_up("hung in the middle of a job"));
            }
            Response::Goodbye => return Some(End::Left),
            Response::Pong { .. } | Response::Welcome { .. } | Response::Refused(_) | Response::Report(_) => {
            }
        }
        None
    }

    fn beat(&mut self) -> Option<End> {
        let silence = self.heard.elapsed();
        if silence > STOPPED && launch::is_stopped(self.pid) {
            return Some(self.give_up("was stopped"));
        }
        if silence > DEAD {
            return Some(self.give_up("did not answer"));
        }
        if silence > QUIET {
            let _ = self.out.send(Request::Ping);
        }
        None
    }

    /// The process is of no use any more, and would hold the lock.
    fn give_up(&self, why: &str) -> End {
        launch::kill(self.pid);
        self.lost(why)
    }

    fn lost(&self, how: &str) -> End {
        End::Lost { how: how.into(), was_ready: self.was_ready, pid: self.pid }
    }
}
