//! Defines the messages on the engine's socket: frames of a 32-bit big-endian length and a JSON value.
//!
//! JSON, because a peer of another version must be able to read at least the greeting, and to say what is wrong: it costs
//! some 30 µs for a prompt of 24 kB, against milliseconds of inference.

use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use super::confinement::Confinement;
use crate::engine::{DraftStats, EngineError, Job, MemoryStats, MemoryUpdate, Status, Update};

/// Raised whenever a message changes its meaning. It is part of the socket's name, so versions never meet.
pub const PROTOCOL: u32 = 3;
/// Longest frame before the greeting: whoever connects is not known yet.
pub const LONGEST_GREETING: usize = 4096;
/// Longest frame after it. A prompt's text is bounded by the context (some hundred kB); JSON may triple it.
pub const LONGEST: usize = 16 << 20;

/// Names what two processes must agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Version of the binary.
    pub version: String,
    /// Identity of the model and its options; see [`super::address::Address::key`].
    pub key: String,
}

/// From a client to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DaemonRequest {
    /// Comes first. Answered by [`DaemonResponse::Welcome`] or [`DaemonResponse::Refused`].
    Hello(Greeting),
    /// Run a job; its updates come back under `id`.
    Generate {
        /// Chosen by the client, never used twice on a connection.
        id: u64,
        /// What to do.
        job: Job,
    },
    /// Nobody wants this job any more.
    Cancel {
        /// Of a job.
        id: u64,
    },
    /// Remember a text of a workspace, or forget it. Not answered; what a connection told is forgotten when it ends.
    Remember(MemoryUpdate),
    /// Answered at once by [`DaemonResponse::Pong`].
    Ping,
    /// Answered by [`DaemonResponse::Report`]. Allowed as the first message too.
    Report,
    /// End the process. Allowed as the first message too.
    Stop,
}

/// From the engine to a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DaemonResponse {
    /// The connection is good.
    Welcome {
        /// The engine's process.
        pid: u32,
    },
    /// It is not; the text says why. The connection ends.
    Refused(String),
    /// What the engine is doing: after the welcome, and whenever it changes.
    Status(Status),
    /// One step of a job.
    Update {
        /// Of a job.
        id: u64,
        /// The step.
        update: Result<Update, EngineError>,
    },
    /// Alive.
    Pong {
        /// Milliseconds since the job that runs last showed a sign of life; 0 when none runs.
        stuck_ms: u64,
    },
    /// Answer to [`DaemonRequest::Report`].
    Report(Box<EngineReport>),
    /// The process ends in good order; no need to worry.
    Goodbye,
}

/// Facts about a running engine, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EngineReport {
    /// Its process.
    pub pid: u32,
    /// Version of its binary.
    pub version: String,
    /// What it is doing.
    pub status: Status,
    /// Seconds since it was started.
    pub uptime_s: u64,
    /// Clients connected.
    pub clients: usize,
    /// Jobs done since it was started.
    pub jobs: u64,
    /// The settings it was started with.
    pub settings: super::DaemonOptions,
    /// What shuts it in; an engine of an earlier version does not tell.
    #[serde(default)]
    pub confined: Option<Confinement>,
    /// Tokens that memory proposed in its jobs.
    #[serde(default)]
    pub drafts: DraftStats,
    /// What is remembered of the workspace that the last job was about.
    #[serde(default)]
    pub remembered: MemoryStats,
}

/// The receiving side of a connection.
pub type Reader = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;
/// The sending side.
pub type Writer = FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>;

/// Both sides of a stream. The reader takes greetings only; see [`trust`].
pub fn framed(stream: tokio::net::UnixStream) -> (Reader, Writer) {
    let codec = |longest| LengthDelimitedCodec::builder().max_frame_length(longest).new_codec();
    let (reader, writer) = stream.into_split();
    (FramedRead::new(reader, codec(LONGEST_GREETING)), FramedWrite::new(writer, codec(LONGEST)))
}

/// Take frames of full length from now on.
pub fn trust(reader: &mut Reader) {
    reader.decoder_mut().set_max_frame_length(LONGEST);
}

/// A message as the content of a frame.
pub fn encode<M: Serialize>(message: &M) -> Bytes {
    serde_json::to_vec(message).expect("a message is plain data").into()
}

/// The message in a frame.
///
/// # Errors
/// When the frame holds no such message: another version, or not a peer at all.
pub fn decode<M: DeserializeOwned>(frame: &BytesMut) -> serde_json::Result<M> {
    serde_json::from_slice(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_wire() {
        let messages = [
            DaemonRequest::Hello(Greeting { protocol: PROTOCOL, version: "1".into(), key: "k".into() }),
            DaemonRequest::Cancel { id: 7 },
            DaemonRequest::Ping,
        ];
        for message in messages {
            let frame = BytesMut::from(&*encode(&message));
            assert_eq!(decode::<DaemonRequest>(&frame).unwrap(), message);
        }
        let update = DaemonResponse::Update { id: 1, update: Err(EngineError::Cancelled) };
        assert_eq!(decode::<DaemonResponse>(&BytesMut::from(&*encode(&update))).unwrap(), update);
        assert!(decode::<DaemonRequest>(&BytesMut::from(&b"GET / HTTP/1.1"[..])).is_err());
    }
}
