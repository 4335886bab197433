//! Cancels work: one atomic read to poll, awaitable, set when the source is dropped.
//!
//! Not `tokio_util::sync::CancellationToken`: it takes a lock for every poll (the engine polls between two tokens), and it has
//! no source whose drop cancels; its tree of child tokens is not needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Flag {
    set: AtomicBool,
    wake: Notify,
}

/// The side that cancels. Dropping it cancels too, so work never outlives the request that wanted it.
#[derive(Debug, Default)]
pub struct CancelSource(Arc<Flag>);

/// The side that is cancelled; cheap to clone and to poll.
#[derive(Debug, Clone)]
pub struct CancelToken(Arc<Flag>);

impl CancelSource {
    /// A source whose tokens are not cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token of this source.
    pub fn token(&self) -> CancelToken {
        CancelToken(Arc::clone(&self.0))
    }

    /// Cancel every token of this source, now and for good.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Release);
        self.0.wake.notify_waiters();
    }
}

impl Drop for CancelSource {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl CancelToken {
    /// A token that nothing ever cancels (command line, tests).
    pub fn never() -> Self {
        Self(Arc::default())
    }

    /// Whether the source has been cancelled or dropped.
    pub fn is_cancelled(&self) -> bool {
        self.0.set.load(Ordering::Acquire)
    }

    /// Resolves once cancelled; at once if it already is.
    pub async fn cancelled(&self) {
        let woken = self.0.wake.notified();
        tokio::pin!(woken);
        // Register before the check: a cancel between the two would otherwise be missed.
        woken.as_mut().enable();
        if !self.is_cancelled() {
            woken.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_source_cancels_and_wakes() {
        let source = CancelSource::new();
        let token = source.token();
        assert!(!token.is_cancelled());
        let waiter = tokio::spawn({
            let token = token.clone();
            async move { token.cancelled().await }
        });
        drop(source);
        waiter.await.unwrap();
        assert!(token.is_cancelled());
        token.cancelled().await;
    }
}
