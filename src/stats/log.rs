//! Reads the file of events. Counts damaged lines and leaves them out.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::UsageEvent;
use crate::paths;

/// Size at which the file is put aside: about 15 000 events, some weeks of work. There is one older one, so together they
/// take twice this at most.
pub const LONGEST: u64 = 2 << 20;
/// Never read more of a file than this, whatever somebody made of it.
const MOST_READ: u64 = 4 * LONGEST;

/// What is in the files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventLog {
    /// Oldest first.
    pub events: Vec<UsageEvent>,
    /// Lines that are no event.
    pub damaged: usize,
}

/// Where a running server writes; none when there is no home folder.
pub fn default_file() -> Option<PathBuf> {
    paths::state_dir().map(|folder| folder.join("stats.jsonl"))
}

/// Where the file goes that was put aside.
pub fn older(file: &Path) -> PathBuf {
    file.with_extension("old.jsonl")
}

/// Everything in `file` and in the one put aside before it. A file that is not there is an empty one.
///
/// # Errors
/// When a file is there but cannot be read.
pub fn read(file: &Path) -> std::io::Result<EventLog> {
    let mut log = EventLog::default();
    for path in [&older(file), file] {
        let bytes = match tail(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            bytes => bytes?,
        };
        for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(event) => log.events.push(event),
                Err(_) => log.damaged += 1,
            }
        }
    }
    // Two servers append as they come, and a clock may be set.
    log.events.sort_by_key(UsageEvent::at);
    Ok(log)
}

fn tail(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST_READ)))?;
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::KeptShare;

    fn kept(at: u64) -> UsageEvent {
        UsageEvent::Kept(KeptShare { at, language: "rust".into(), lines: 1, share: 1.0 })
    }

    #[test]
    fn damaged_lines_are_counted_and_both_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stats.jsonl");
        assert_eq!(read(&file).unwrap(), EventLog::default(), "no file is no data");
        let line = |at| serde_json::to_string(&kept(at)).unwrap();
        std::fs::write(older(&file), format!("{}\n", line(1))).unwrap();
        let half = &line(9)[..20];
        let bytes = format!("{}\n{half}\n\n{{\"what\":\"new\"}}\n{}\n{half}", line(3), line(2));
        std::fs::write(&file, [bytes.as_bytes(), b"\n\xff\0\n"].concat()).unwrap();
        let log = read(&file).unwrap();
        assert_eq!((log.events, log.damaged), (vec![kept(1), kept(2), kept(3)], 4));
    }

    #[test]
    fn a_folder_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).is_err());
    }
}
