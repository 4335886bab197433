//! Reads the clock on the user's wall.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the clock shows when `left` has passed: `15:42`. Where it cannot be read, how long that is: `12 minutes from now`.
pub fn after(left: Duration) -> String {
    let then = SystemTime::now() + left;
    let seconds = then.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    local(seconds).unwrap_or_else(|| format!("{} from now", crate::text::amounts::span(left)))
}

/// Hours and minutes where this user is, so many seconds after 1970 began in Greenwich.
#[cfg(unix)]
fn local(seconds: u64) -> Option<String> {
    let time = libc::time_t::try_from(seconds).ok()?;
    // SAFETY: both pointers are to live values, and localtime_r writes to the second one only.
    let filled = unsafe {
        let mut parts = std::mem::zeroed::<libc::tm>();
        (!libc::localtime_r(&raw const time, &raw mut parts).is_null()).then_some(parts)
    };
    filled.map(|parts| format!("{:02}:{:02}", parts.tm_hour, parts.tm_min))
}

#[cfg(not(unix))]
fn local(_: u64) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_day() {
        let shown = after(Duration::from_secs(900));
        let (hours, minutes) = shown.split_once(':').unwrap();
        assert!(hours.parse::<u32>().unwrap() < 24 && minutes.parse::<u32>().unwrap() < 60, "{shown}");
        assert_eq!((hours.len(), minutes.len()), (2, 2));
        let minute = |text: String| text[3..].parse::<u32>().unwrap();
        // Whatever the zone, the minutes of an hour later are the same.
        assert_eq!(minute(local(1_700_000_000).unwrap()), minute(local(1_700_003_600).unwrap()));
    }
}
