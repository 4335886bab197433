//! Sets when and how fast a workspace is read, so that typing is not slowed.

use std::time::Duration;

/// When and how fast the reader works.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After the engine has become ready, if no suggestion was answered before.
    pub begin: Duration,
    /// Without a change before an open text is told.
    pub quiet: Duration,
    /// An open text is told so often while there is no such pause.
    pub longest: Duration,
    /// After a file has changed, because many programs write more than once.
    pub files: Duration,
    /// After something has changed that may concern all files.
    pub all: Duration,
    /// Bytes that are read before a pause; a larger file is read whole.
    pub batch: usize,
    /// That pause.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            begin: Duration::from_secs(5),
            quiet: Duration::from_secs(1),
            longest: Duration::from_secs(10),
            files: Duration::from_millis(200),
            all: Duration::from_millis(500),
            // 5 MB a second: less than what a model's tokenizer takes, and no key waits for more than one batch.
            batch: 128 << 10,
            pause: Duration::from_millis(25),
        }
    }
}
