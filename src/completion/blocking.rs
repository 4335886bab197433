//! Runs a stage that parses on a blocking thread, so that a panic there costs one request only.

use super::outcome::Reason;

/// Run `work` on a blocking thread.
///
/// # Errors
/// [`Reason::EngineFailed`] when it panicked.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Reason> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Reason::EngineFailed(format!("a completion stage stopped: {error}")))
}
