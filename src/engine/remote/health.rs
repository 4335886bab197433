//! Decides when a server that fails is asked again, and what is said about it. Pure: the time comes in.

use std::time::{Duration, Instant};

use super::failure::RemoteError;

/// Failures in a row that a server may have before it is left alone for a while.
const MOST: usize = 3;
/// For how long it is then, the first time, the second time, and from then on.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
/// Where the server is busy and does not say for how long.
const BUSY: Duration = Duration::from_secs(1);

/// How a server does.
#[derive(Debug, Default)]
pub struct Health {
    failures: usize,
    /// Until when it is not asked, and why.
    rest: Option<(Instant, RemoteError)>,
}

impl Health {
    /// Why the server is not to be asked at `now`; none when it is.
    pub fn pause(&self, now: Instant) -> Option<&RemoteError> {
        self.rest.as_ref().filter(|(until, _)| now < *until).map(|(_, why)| why)
    }

    /// Why the server was left alone last, until it has answered again.
    pub fn trouble(&self) -> Option<&RemoteError> {
        self.rest.as_ref().map(|(_, why)| why)
    }

    /// How long until it may be asked again; none when it is in order.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.rest.as_ref().map(|(until, _)| until.saturating_duration_since(now))
    }

    /// It answers, and whether it does what is asked of it the next question shows: another failure brings the next longer pause.
    pub fn rested(&mut self) {
        self.rest = None;
    }

    /// It has done what was asked.
    pub fn good(&mut self) {
        *self = Self::default();
    }

    /// It has failed at `now`.
    pub fn bad(&mut self, error: &RemoteError, now: Instant) {
        let pause = match error {
            // Nobody knows whether it would have answered.
            RemoteError::Given | RemoteError::Unsendable(_) => return,
            RemoteError::Busy(_, wanted) => wanted.unwrap_or(BUSY),
            // Asking again is no use until somebody has done something.
            RemoteError::Refused(_) | RemoteError::Absent(_) => PAUSES[PAUSES.len() - 1],
            RemoteError::Late(_) | RemoteError::Down(_) | RemoteError::Unclear(_) => {
                self.failures += 1;
                let Some(over) = self.failures.checked_sub(MOST) else { return };
                PAUSES[over.min(PAUSES.len() - 1)]
            }
        };
        self.rest = Some((now + pause, error.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down() -> RemoteError {
        RemoteError::Down("cut".into())
    }

    #[test]
    fn three_failures_bring_longer_and_longer_pauses() {
        let (mut health, start) = (Health::default(), Instant::now());
        health.bad(&down(), start);
        health.bad(&RemoteError::Given, start);
        health.bad(&RemoteError::Unsendable("<|fim|>".into()), start);
        health.bad(&down(), start);
        assert_eq!((health.pause(start), health.left(start)), (None, None));
        for seconds in [1, 5, 30, 30] {
            health.bad(&down(), start);
            assert_eq!(health.left(start), Some(Duration::from_secs(seconds)));
            assert_eq!(health.pause(start), Some(&down()));
            let later = start + Duration::from_secs(seconds);
            assert_eq!(
                (health.pause(later), health.trouble()),
                (None, Some(&down())),
                "it may be asked again"
            );
        }
        health.rested();
        assert_eq!((health.pause(start), health.trouble()), (None, None));
        health.bad(&down(), start);
        assert_eq!(health.left(start), Some(Duration::from_secs(30)), "an answer alone is no sign of health");
        health.good();
        health.bad(&down(), start);
        assert_eq!(health.trouble(), None, "it counts anew");
    }

    #[test]
    fn a_busy_server_is_left_alone_for_as_long_as_it_says() {
        let (mut health, start) = (Health::default(), Instant::now());
        health.bad(&RemoteError::Busy("429".into(), Some(Duration::from_secs(7))), start);
        assert_eq!(health.left(start), Some(Duration::from_secs(7)));
        health.bad(&RemoteError::Busy("503".into(), None), start);
        assert_eq!(health.left(start), Some(BUSY));
        health.bad(&RemoteError::Refused("401".into()), start);
        assert_eq!(health.left(start), Some(PAUSES[2]));
    }
}
