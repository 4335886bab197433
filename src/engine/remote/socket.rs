//! Opens connections that can be given up at any moment: whoever asks may stop waiting, for a byte as for a connection.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};

/// Between two looks at whether somebody still waits.
const TICK: Duration = Duration::from_millis(10);
/// For a connection, whatever else may take long.
pub const CONNECT: Duration = Duration::from_secs(2);

/// Why a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    /// Nobody wants the answer any more.
    #[error("given up")]
    Given,
    /// The time is over.
    #[error("the time is over")]
    Late,
}

impl Interruption {
    /// The interruption that an error is of, if it is of one.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }
}

/// How long to wait for a server, and whether to wait at all. The one who asks sets it, its sockets look at it.
#[derive(Clone)]
pub struct Patience(Arc<Mutex<Wait>>);

struct Wait {
    until: Instant,
    is_over: Option<Box<dyn Fn() -> bool + Send>>,
}

impl fmt::Debug for Patience {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Patience")
    }
}

impl Patience {
    /// None is left yet.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Wait { until: Instant::now(), is_over: None })))
    }

    /// From now on, until `is_over` says that nobody waits any more.
    pub fn watch(&self, is_over: impl Fn() -> bool + Send + 'static) {
        self.0.lock().is_over = Some(Box::new(is_over));
    }

    /// Wait until then.
    pub fn until(&self, until: Instant) {
        self.0.lock().until = until;
    }

    /// Whether to wait on.
    pub fn check(&self) -> Result<(), Interruption> {
        let wait = self.0.lock();
        match &wait.is_over {
            Some(is_over) if is_over() => Err(Interruption::Given),
            _ if Instant::now() >= wait.until => Err(Interruption::Late),
            _ => Ok(()),
        }
    }
}

fn stopped(interruption: Interruption) -> ureq::Error {
    ureq::Error::Io(io::Error::other(interruption))
}

/// Makes such connections.
#[derive(Debug)]
pub struct PatientConnector(pub Patience);

impl<In: Transport> Connector<In> for PatientConnector {
    type Out = Either<In, PatientTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(chained) = chained {
            // By a proxy.
            return Ok(Some(Either::A(chained)));
        }
        let mut failure = io::Error::from(io::ErrorKind::ConnectionRefused);
        let started = Instant::now();
        for address in &details.addrs {
            match self.reach(*address, started)? {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(TICK))?;
                    stream.set_write_timeout(Some(TICK))?;
                    let config = details.config;
                    let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
                    let transport = PatientTransport { stream, buffers, patience: self.0.clone() };
                    return Ok(Some(Either::B(transport)));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure.into())
    }
}

impl PatientConnector {
    /// A connection, made on a thread of its own: the system's call cannot be given up.
    fn reach(&self, address: SocketAddr, started: Instant) -> Result<io::Result<TcpStream>, ureq::Error> {
        let left = CONNECT.saturating_sub(started.elapsed()).max(TICK);
        let (sender, answer) = mpsc::channel();
        std::thread::Builder::new().name("connect".into()).spawn(move || {
            let _ = sender.send(TcpStream::connect_timeout(&address, left));
        })?;
        loop {
            match answer.recv_timeout(TICK) {
                Ok(reached) => return Ok(reached),
                Err(mpsc::RecvTimeoutError::Timeout) => self.0.check().map_err(stopped)?,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Ok(Err(io::ErrorKind::ConnectionAborted.into()));
                }
            }
        }
    }
}

/// Whether a host is this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Such a connection.
pub struct PatientTransport {
    stream: TcpStream,
    buffers: LazyBuffers,
    patience: Patience,
}

impl fmt::Debug for PatientTransport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PatientTransport").field("peer", &self.stream.peer_addr().ok()).finish()
    }
}

/// Whether a call only has to be made again.
fn is_tick(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

impl Transport for PatientTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let mut sent = 0;
        while sent < amount {
            self.patience.check().map_err(stopped)?;
            match self.stream.write(&self.buffers.output()[sent..amount]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(count) => sent += count,
                Err(error) if is_tick(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        loop {
            self.patience.check().map_err(stopped)?;
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(count) => {
                    self.buffers.input_appended(count);
                    return Ok(count > 0);
                }
                Err(error) if is_tick(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        // Neither its end nor anything that nobody asked for may be there.
        let quiet = |stream: &TcpStream| -> io::Result<bool> {
            stream.set_nonblocking(true)?;
            let found = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(found.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
        };
        quiet(&self.stream).unwrap_or(false)
    }
}
