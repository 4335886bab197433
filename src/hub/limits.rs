//! Says how long a download waits for what, and what a failure means for the next attempt.

use std::fmt;
use std::time::Duration;

/// How long to wait for what.
#[derive(Debug, Clone)]
pub struct DownloadLimits {
    /// For a connection.
    pub connect: Duration,
    /// For the head of an answer.
    pub answer: Duration,
    /// Without a byte, and for `least` bytes.
    pub stall: Duration,
    /// Bytes that have to come in `stall`.
    pub least: u64,
    /// Failures in a row without a byte between them.
    pub attempts: u32,
    /// Before the second attempt; twice as long before each further one.
    pub pause: Duration,
    /// Before any attempt, also where a server asks for more (`Retry-After`).
    pub longest_pause: Duration,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            answer: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            least: 1024,
            attempts: 6,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(300),
        }
    }
}

/// Why it did not work.
#[derive(Debug, PartialEq, Eq)]
pub enum DownloadError {
    /// Another attempt may work, after so long if the server said so.
    Again {
        /// What has failed.
        why: String,
        /// `Retry-After`.
        after: Option<Duration>,
    },
    /// What is there belongs to another file: begin anew.
    Restart(String),
    /// No attempt will work.
    Final(String),
}

impl fmt::Display for DownloadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Again { why, .. } | Self::Restart(why) | Self::Final(why) => out.write_str(why),
        }
    }
}

impl std::error::Error for DownloadError {}

impl From<anyhow::Error> for DownloadError {
    fn from(error: anyhow::Error) -> Self {
        Self::Final(format!("{error:#}"))
    }
}
