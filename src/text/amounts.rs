//! Writes amounts as people read them: sizes, numbers of weights, counted things, times.

use std::time::Duration;

/// A size: `1.65 GB`, `17 MB`.
pub fn size(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes >= 1e9 => format!("{:.2} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.0} MB", bytes / 1e6),
        bytes => format!("{:.0} kB", bytes / 1e3),
    }
}

/// A number of weights: `1.5 B`, `15 M`.
pub fn parameters(count: u64) -> String {
    match count as f64 {
        count if count >= 1e9 => format!("{:.1} B", count / 1e9),
        count => format!("{:.0} M", count / 1e6),
    }
}

/// So many of a thing, whose plural is regular: `1 file`, `2 files`.
pub fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// A time that has passed, or is left: `1 second`, `12 minutes`, `3 hours`.
pub fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 120 => counted(seconds, "second"),
        seconds if seconds < 7200 => counted(seconds / 60, "minute"),
        seconds if seconds < 172_800 => counted(seconds / 3600, "hour"),
        seconds => counted(seconds / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!([size(999), size(16_600_000), size(1_646_000_000)], ["1 kB", "17 MB", "1.65 GB"]);
        assert_eq!([parameters(15_300_000), parameters(1_543_714_304)], ["15 M", "1.5 B"]);
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(
            [counted(0, "file"), counted(1, "file"), counted(2, "file")],
            ["0 files", "1 file", "2 files"]
        );
        let spans = [1, 90, 120, 3_000, 7_200, 200_000].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(spans, ["1 second", "90 seconds", "2 minutes", "50 minutes", "2 hours", "2 days"]);
    }
}
