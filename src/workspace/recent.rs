//! Remembers which files were closed or changed last: they count as open for a while.

use std::collections::VecDeque;

/// Files that count as open without being so.
pub const MOST_RECENT: usize = 16;

/// Files by the normal spelling of their URIs, the newest first.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<String>);

impl Recent {
    /// Puts a file at the front. Returns the one that counts no longer, if there is one.
    pub fn push(&mut self, normal: &str) -> Option<String> {
        self.0.retain(|it| it != normal);
        self.0.push_front(normal.to_owned());
        if self.0.len() > MOST_RECENT { self.0.pop_back() } else { None }
    }

    /// Whether a file counts as open.
    pub fn contains(&self, normal: &str) -> bool {
        self.0.iter().any(|it| it == normal)
    }
}
