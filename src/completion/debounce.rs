//! Waits before the model is asked, until a newer request ends the wait.

use std::time::Duration;

use super::outcome::Reason;
use super::request::TriggerKind;
use crate::cancel::CancelToken;

/// Wait for `pause` after an automatic trigger; other triggers do not wait.
///
/// # Errors
/// [`Reason::Superseded`] when it was cancelled meanwhile.
pub async fn pause(pause: Duration, trigger: &TriggerKind, cancel: &CancelToken) -> Result<(), Reason> {
    if *trigger == TriggerKind::Automatic && !pause.is_zero() {
        tokio::select! {
            () = cancel.cancelled() => return Err(Reason::Superseded),
            () = tokio::time::sleep(pause) => {}
        }
    }
    if cancel.is_cancelled() { Err(Reason::Superseded) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelSource;

    #[tokio::test(start_paused = true)]
    async fn waits_only_for_typing_and_only_until_cancelled() {
        let long = Duration::from_secs(60);
        let start = tokio::time::Instant::now();
        assert_eq!(pause(long, &TriggerKind::Invoked, &CancelToken::never()).await, Ok(()));
        assert!(start.elapsed().is_zero());
        assert_eq!(pause(long, &TriggerKind::Automatic, &CancelToken::never()).await, Ok(()));
        assert_eq!(start.elapsed(), long);
        let source = CancelSource::new();
        let token = source.token();
        drop(source);
        assert_eq!(pause(long, &TriggerKind::Automatic, &token).await, Err(Reason::Superseded));
        assert_eq!(start.elapsed(), long);
    }
}
