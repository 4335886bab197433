//! Limits how often an engine may be started again: a pure policy over instants.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Restarts within [`WINDOW`] after which it is hopeless: what VS Code allows its language servers.
pub const RESTARTS: usize = 5;
/// The time they are counted over.
pub const WINDOW: Duration = Duration::from_secs(3 * 60);
/// Wait before the first restart in a window; each later one waits so much longer. All five together are below a second, because a
/// person is waiting, and enough to let a machine that is out of memory breathe.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The restarts of late.
#[derive(Debug, Default)]
pub struct RestartBudget {
    restarts: VecDeque<Instant>,
}

impl RestartBudget {
    /// The engine was lost at `now`: how long to wait before it is started again; none if it should not be.
    pub fn restart(&mut self, now: Instant) -> Option<Duration> {
        while self.restarts.front().is_some_and(|&at| now.duration_since(at) >= WINDOW) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= RESTARTS {
            return None;
        }
        let wait = FIRST_WAIT * (1 + self.restarts.len() as u32);
        self.restarts.push_back(now);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_three_minutes_with_growing_waits() {
        let start = Instant::now();
        let mut budget = RestartBudget::default();
        let waits: Vec<_> =
            (0..5).map(|second| budget.restart(start + Duration::from_secs(second)).unwrap()).collect();
        assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
        assert!(waits.iter().sum::<Duration>() < Duration::from_secs(1), "{waits:?}");
        assert_eq!(budget.restart(start + Duration::from_secs(179)), None);
        assert!(budget.restart(start + Duration::from_secs(180)).is_some(), "the first is forgotten");
        assert_eq!(budget.restart(start + Duration::from_secs(180)), None);
        assert_eq!(budget.restart(start + Duration::from_secs(600)), Some(FIRST_WAIT), "all are forgotten");
    }
}
