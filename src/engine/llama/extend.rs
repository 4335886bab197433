//! Extends the prompt while nobody waits: after a jump the prompt is short, so that the first answer comes soon; when
//! the user pauses, a longer one is evaluated beside it, a little at a time, and takes its place when it is complete.

use std::time::{Duration, Instant};

use crate::engine::fit::WindowAnchor;
use crate::engine::power::Prefetch;
use crate::engine::{Job, Segment, TokenId};

/// Tokens evaluated between two looks into the mailbox: a key that comes meanwhile waits for them.
pub const STEP: usize = 8;
/// How much longer the prompt may become: more context helps less and less, and each token costs time.
pub const FACTOR: usize = 4;

/// A longer prompt on its way.
#[derive(Debug)]
pub struct LongerPrompt {
    /// Whose prompt.
    pub document: String,
    /// What it is made of.
    pub segments: Vec<Segment>,
    /// Tokens it may have.
    pub budget: usize,
    /// Where its windows stand.
    pub anchor: WindowAnchor,
    /// Its tokens, once they were chosen.
    pub prompt: Vec<TokenId>,
    /// When it may begin.
    from: Instant,
    /// The user's setting, until it was looked at.
    wanted: Option<Prefetch>,
}

impl LongerPrompt {
    /// What could be read beyond the prompt of `job`, which may have `now` tokens, with `wide` ones; none if that is no
    /// more, or not wanted. It begins after `pause`.
    pub fn beyond(job: &Job, now: usize, wide: usize, (wanted, pause): (Prefetch, Duration)) -> Option<Self> {
        (wide > now && wanted != Prefetch::Never).then(|| Self {
            document: job.document.clone(),
            segments: job.segments.clone(),
            budget: wide,
            anchor: WindowAnchor::default(),
            prompt: Vec::new(),
            from: Instant::now() + pause,
            wanted: Some(wanted),
        })
    }

    /// Whether the machine may be used for it now; looked at once, because it reads files.
    pub fn is_allowed(&mut self) -> bool {
        self.wanted.take().is_none_or(Prefetch::is_allowed)
    }

    /// How long to wait for a real job first.
    pub fn rest(&self) -> Duration {
        self.from.saturating_duration_since(Instant::now())
    }
}
