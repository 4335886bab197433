//! The wait before the model is asked, ended by a newer request. It decides nothing.

use std::time::Duration;

use super::request::TriggerKind;
use crate::cancel::CancelToken;

/// Wait for `pause` unless the user asked explicitly. False: cancelled meanwhile.
pub async fn pause(pause: Duration, trigger: &TriggerKind, cancel: &CancelToken) -> bool {
    if *trigger == TriggerKind::Automatic && !pause.is_zero() {
        tokio::select! {
            () = cancel.cancelled() => return false,
            () = tokio::time::sleep(pause) => {}
        }
    }
    !cancel.is_cancelled()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelSource;

    #[tokio::test(start_paused = true)]
    async fn waits_only_for_typing_and_only_until_cancelled() {
        let long = Duration::from_secs(60);
        let start = tokio::time::Instant::now();
        assert!(pause(long, &TriggerKind::Invoked, &CancelToken::never()).await);
        assert!(start.elapsed().is_zero());
        assert!(pause(long, &TriggerKind::Automatic, &CancelToken::never()).await);
        assert_eq!(start.elapsed(), long);
        let source = CancelSource::new();
        let token = source.token();
        drop(source);
        assert!(!pause(long, &TriggerKind::Automatic, &token).await);
        assert_eq!(start.elapsed(), long);
    }
}
