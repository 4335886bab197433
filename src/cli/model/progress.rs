//! Shows how far a download or a check is: a bar at a terminal, a line now and then elsewhere.

use std::cell::Cell;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::hub::DownloadEvent;
use crate::text::amounts::counted;

/// A bar for bytes, on stderr; hidden where stderr is no terminal.
pub struct BytesBar {
    bar: ProgressBar,
    what: String,
    is_terminal: bool,
    /// How many lines there are, where there is no terminal.
    lines: u64,
    /// How many of them were written.
    told: Cell<u64>,
}

impl BytesBar {
    /// For `bytes` of something that is called `what`.
    pub fn new(what: &str, bytes: u64) -> Self {
        let bar = ProgressBar::new(bytes);
        let template =
            "{msg} {bar:24} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        let is_terminal = std::io::stderr().is_terminal();
        Self { bar, what: what.to_owned(), is_terminal, lines: 10, told: Cell::new(0) }
    }

    /// With a line for each percent, for programs that show how far it is.
    pub fn by_percent(self) -> Self {
        Self { is_terminal: false, lines: 100, ..self }
    }

    /// So many more.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
        let (position, length) = (self.bar.position(), self.bar.length().unwrap_or(0).max(1));
        let line = position.saturating_mul(self.lines) / length;
        if !self.is_terminal && line > self.told.get() {
            self.told.set(line);
            let percent = line * 100 / self.lines;
            super::super::tell(&format!("{}: {percent} % of {}", self.what, super::size(length)));
        }
    }

    /// Take what a download tells.
    pub fn show(&self, event: &DownloadEvent<'_>) {
        match event {
            DownloadEvent::Begun { bytes, there } => {
                self.bar.set_length(*bytes);
                self.bar.set_position(*there);
                // The rate is that of what comes, not of what was there.
                self.bar.reset_eta();
                if *there > 0 {
                    self.say(&format!("going on after {}", super::size(*there)));
                }
                self.told.set(there.saturating_mul(self.lines) / (*bytes).max(1));
            }
            DownloadEvent::Got(bytes) => self.advance(*bytes),
            DownloadEvent::Restarted(why) => {
                self.bar.set_position(0);
                self.told.set(0);
                self.say(&format!("{why}: beginning anew"));
            }
            DownloadEvent::Waiting { why, pause } => {
                self.say(&format!("{why}; next attempt in {}", seconds(*pause)));
            }
        }
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| super::super::tell(text));
    }

    /// Take the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn seconds(pause: Duration) -> String {
    match pause.as_secs() {
        0 => "a moment".to_owned(),
        seconds => counted(seconds, "second"),
    }
}
