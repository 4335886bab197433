//! Writes events on a thread of its own, so that nothing waits for a disk. Drops what cannot be written, with one
//! warning.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use super::UsageEvent;
use super::log::{LONGEST, older};

/// Events that may wait for the disk: minutes of typing. When a disk hangs longer, the rest is dropped.
const QUEUE: usize = 1024;

/// Works out an event on the writer's thread.
type Later = Box<dyn FnOnce() -> UsageEvent + Send>;

enum Message {
    UsageEvent(UsageEvent),
    Later(Later),
    Flush(mpsc::Sender<()>),
}

/// Where events go. Cheap to clone; recording never waits and never fails.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Option<SyncSender<Message>>);

impl Recorder {
    /// A recorder that forgets everything.
    pub fn off() -> Self {
        Self::default()
    }

    /// Append to `file`, which is made with the first event.
    pub fn start(file: PathBuf) -> Self {
        let (sender, queue) = mpsc::sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("stats".into());
        match thread.spawn(move || Writer { file, warned: false }.run(&queue)) {
            Ok(_) => Self(Some(sender)),
            Err(error) => {
                tracing::warn!("no statistics are kept: {error}");
                Self::off()
            }
        }
    }

    /// Record an event.
    pub fn record(&self, event: UsageEvent) {
        self.send(Message::UsageEvent(event));
    }

    /// Record what `event` works out, on the writer's thread.
    pub fn record_later(&self, event: impl FnOnce() -> UsageEvent + Send + 'static) {
        self.send(Message::Later(Box::new(event)));
    }

    /// Wait until everything recorded so far is written, but not longer than `patience`. For the end of the process.
    pub fn flush(&self, patience: Duration) {
        let (done, wait) = mpsc::channel();
        self.send(Message::Flush(done));
        // An error means that the time is up, or that nobody writes.
        let _ = wait.recv_timeout(patience);
    }

    fn send(&self, message: Message) {
        if let Some(sender) = &self.0 {
            // Full: the disk hangs. A number less is better than a wait.
            let _ = sender.try_send(message);
        }
    }
}

struct Writer {
    file: PathBuf,
    warned: bool,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Message>) {
        while let Ok(first) = queue.recv() {
            let mut lines = String::new();
            let mut flushed = Vec::new();
            for message in std::iter::once(first).chain(queue.try_iter()) {
                let event = match message {
                    Message::UsageEvent(event) => event,
                    Message::Later(event) => event(),
                    Message::Flush(done) => {
                        flushed.push(done);
                        continue;
                    }
                };
                lines.push_str(&serde_json::to_string(&event).expect("an event is plain data"));
                lines.push('\n');
            }
            if let Err(error) = append(&self.file, &lines)
                && !std::mem::replace(&mut self.warned, true)
            {
                tracing::warn!("{}: {error}; statistics are not kept", self.file.display());
            }
            for done in flushed {
                // Whoever waited may have gone.
                let _ = done.send(());
            }
        }
    }
}

/// Append whole lines with one write: another server may append at the same time.
fn append(path: &Path, lines: &str) -> std::io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let file = open(path)?;
    if file.metadata()?.len() < LONGEST {
        return write(file, lines);
    }
    // Only who holds the lock of the very file that the path names may put it aside: two that looked at the size at the
    // same time would otherwise put aside first the long file and then, over it, the new one.
    if file.try_lock().is_ok() && is_at(&file, path) {
        std::fs::rename(path, older(path))?;
    }
    write(open(path)?, lines)
}

fn write(mut file: File, lines: &str) -> std::io::Result<()> {
    // Not `write_all`: the rest of a line that did not fit could land behind somebody else's. Readers skip the half line.
    let written = file.write(lines.as_bytes())?;
    if written == lines.len() { Ok(()) } else { Err(std::io::ErrorKind::StorageFull.into()) }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            options.open(path)
        }
        result => result,
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |found: std::io::Result<std::fs::Metadata>| found.ok().map(|it| (it.dev(), it.ino()));
    place(file.metadata()).is_some_and(|own| place(std::fs::metadata(path)) == Some(own))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{KeptShare, read};

    const PATIENCE: Duration = Duration::from_secs(20);

    fn event(lines: usize) -> UsageEvent {
        UsageEvent::Kept(KeptShare { at: 1, language: "rust".into(), lines, share: 1.0 })
    }

    #[test]
    fn events_are_appended_by_several_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/er/stats.jsonl");
        let recorders = [Recorder::start(file.clone()), Recorder::start(file.clone())];
        for at in 0..500 {
            recorders[at % 2].record(event(at));
        }
        recorders[0].record_later(|| event(500));
        recorders.iter().for_each(|recorder| recorder.flush(PATIENCE));
        let log = read(&file).unwrap();
        assert_eq!((log.events.len(), log.damaged), (501, 0));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_long_file_is_put_aside_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stats.jsonl");
        let fill = || std::fs::write(&file, "x\n".repeat(usize::try_from(LONGEST).unwrap() / 2)).unwrap();
        fill();
        // Another server has the long file open already when it is put aside.
        let early = open(&file).unwrap();
        append(&file, "first\n").unwrap();
        write(early, "late\n").unwrap();
        append(&file, "second\n").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "first\nsecond\n");
        assert!(std::fs::read_to_string(older(&file)).unwrap().ends_with("x\nlate\n"));
        fill();
        append(&file, "third\n").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "third\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_disk_that_takes_nothing_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // A file where a folder should be: it fails for root, too.
        std::fs::write(folder.path().join("x"), "").unwrap();
        let recorder = Recorder::start(folder.path().join("x/stats.jsonl"));
        recorder.record(event(1));
        recorder.flush(PATIENCE);
        Recorder::off().record(event(1));
        Recorder::off().flush(PATIENCE);
    }
}
