//! Counting words in text, and listing the most frequent ones.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// How often each word occurs.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: HashMap<String, usize>,
    total: usize,
}

/// One word and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub word: String,
    pub count: usize,
}

/// What can go wrong.
#[derive(Debug)]
pub enum Error {
    Io(io::Error),
    Empty,
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Io(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => write!(f, "cannot read: {error}"),
            Error::Empty => write!(f, "there are no words"),
        }
    }
}

impl std::error::Error for Error {}

impl Tally {
    /// An empty tally.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the words of the file at `path`.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path)?;
        let mut tally = Self::new();
        tally.add(&text);
        if tally.is_empty() {
            return Err(Error::Empty);
        }
        Ok(tally)
    }

    /// Counts the words of `text` too.
    pub fn add(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if word.is_empty() {
                continue;
            }
            *self.counts.entry(word.to_lowercase()).or_insert(0) += 1;
            self.total += 1;
        }
    }

    /// How often `word` occurs.
    pub fn count(&self, word: &str) -> usize {
        self.counts.get(word).copied().unwrap_or(0)
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The share of all words that are `word`; 0 when there are none.
    pub fn share(&self, word: &str) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        self.count(word) as f64 / self.total as f64
    }

    /// The `limit` most frequent words, the most frequent first.
    pub fn top(&self, limit: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .counts
            .iter()
            .map(|(word, count)| Entry { word: word.clone(), count: *count })
            .collect();
        entries.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.word.cmp(&b.word)));
        entries.truncate(limit);
        entries
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6} {}", self.count, self.word)
    }
}
