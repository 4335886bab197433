//! Reads the cursor's line and the indentation of the lines around it, from the text alone and within bounds.

use ropey::Rope;

use crate::document::position::{floor, slice};
pub use crate::text::is_closer;
use crate::text::is_word;

/// A line is read at most this far to either side: a minified file is one line of megabytes.
const SIDE: usize = 4096;
/// Lines looked at on either side to learn the indentation.
const SAMPLE: usize = 200;

/// The cursor's line, cut at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// First byte of the line in the document.
    pub start: usize,
    /// Text before the cursor.
    pub before: String,
    /// Text after the cursor, without the line end.
    pub after: String,
    /// Leading white space of the line, as far as the cursor.
    pub indentation: String,
}

/// What stands between the cursor and the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineTail {
    /// Nothing but white space.
    Nothing,
    /// Closing brackets and quotes, and the `;` `,` `:` that follow them: what auto-pairing leaves there.
    Closers,
    /// Anything else.
    Code,
}

/// One step of indentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indent {
    /// A tab.
    Tab,
    /// This many spaces.
    Spaces(usize),
}

impl Line {
    /// The line around `offset`, which must be a character boundary inside the text.
    pub fn at(text: &Rope, offset: usize) -> Self {
        let row = text.byte_to_line(offset);
        let start = text.line_to_byte(row);
        let end = if row + 1 < text.len_lines() { text.line_to_byte(row + 1) } else { text.len_bytes() };
        let before = slice(text, floor(text, offset.saturating_sub(SIDE)).max(start)..offset);
        let mut after = slice(text, offset..floor(text, (offset + SIDE).min(end)));
        after.truncate(after.trim_end_matches(['\n', '\r']).len());
        let blank = before.len() - before.trim_start_matches([' ', '\t']).len();
        Self { start, indentation: before[..blank].to_owned(), before, after }
    }

    /// Whether there is nothing but white space before the cursor.
    pub fn is_blank_before(&self) -> bool {
        self.before.trim().is_empty()
    }

    /// What stands right of the cursor.
    pub fn tail(&self) -> LineTail {
        let rest = self.after.trim();
        if rest.is_empty() {
            LineTail::Nothing
        } else if rest.starts_with(is_closer) && rest.chars().all(|c| is_closer(c) || " \t;,:".contains(c)) {
            LineTail::Closers
        } else {
            LineTail::Code
        }
    }

    /// Whether the cursor splits a word: a word character on both sides of it.
    pub fn splits_word(&self) -> bool {
        self.before.ends_with(is_word) && self.after.starts_with(is_word)
    }
}

/// Columns of leading white space. A tab counts to the next multiple of four, not of eight as Python has it: a model that
/// writes spaces into a file of tabs writes four of them for a tab.
pub fn width(indentation: &str) -> usize {
    indentation
        .chars()
        .take_while(|c| *c == ' ' || *c == '\t')
        .fold(0, |width, c| if c == '\t' { width / 4 * 4 + 4 } else { width + 1 })
}

/// One step of indentation as the lines around `row` show it; `default` when they show none.
pub fn indent_unit(text: &Rope, row: usize, default: &str) -> Indent {
    let (mut tabs, mut steps) = (0_usize, [0_usize; 9]);
    let mut previous = 0;
    let first = row.saturating_sub(SAMPLE);
    for line in text.lines_at(first).take(2 * SAMPLE) {
        let head: String = line.chars().take(128).collect();
        if head.trim().is_empty() {
            continue;
        }
        if head.starts_with('\t') {
            tabs += 1;
            continue;
        }
        let columns = width(&head);
        let step = columns.saturating_sub(previous);
        if (2..=8).contains(&step) {
            steps[step] += 1;
        }
        previous = columns;
    }
    let (best, votes) =
        steps.iter().enumerate().max_by_key(|(step, votes)| (**votes, 9 - step)).unwrap_or((4, &0));
    match () {
        () if tabs > *votes => Indent::Tab,
        () if *votes > 0 => Indent::Spaces(best),
        () if default.starts_with('\t') => Indent::Tab,
        () => Indent::Spaces(default.len().max(1)),
    }
}

impl Indent {
    /// The text of one step.
    pub fn text(self) -> String {
        match self {
            Self::Tab => "\t".to_owned(),
            Self::Spaces(count) => " ".repeat(count),
        }
    }

    /// Columns of one step.
    pub fn columns(self) -> usize {
        match self {
            Self::Tab => 4,
            Self::Spaces(count) => count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Line {
        let (text, cursor) = crate::testing::marked(text);
        Line::at(&Rope::from_str(&text), cursor.start)
    }

    #[test]
    fn right_of_the_cursor() {
        for (text, expected) in [
            ("foo(ˇ", LineTail::Nothing),
            ("foo(ˇ   \nnext", LineTail::Nothing),
            ("foo(ˇ)", LineTail::Closers),
            ("foo(\"ˇ\"));\r\n", LineTail::Closers),
            ("if f(ˇ):\n", LineTail::Closers),
            ("foo(ˇbar)", LineTail::Code),
            ("foo(ˇ, bar)", LineTail::Code),
            ("aˇ;", LineTail::Code),
        ] {
            assert_eq!(at(text).tail(), expected, "{text}");
        }
    }

    #[test]
    fn units_of_indentation() {
        for (text, expected) in [
            ("a\n  b\n    c\n", Indent::Spaces(2)),
            ("def f():\n    x\n    if y:\n        z\n", Indent::Spaces(4)),
            ("fn f() {\n\tx\n}\n", Indent::Tab),
            ("flat\n", Indent::Spaces(4)),
        ] {
            assert_eq!(indent_unit(&Rope::from_str(text), 0, "    "), expected, "{text}");
        }
    }

    #[test]
    fn a_huge_line_is_read_in_part() {
        let line = Line::at(&Rope::from_str(&"é".repeat(1 << 20)), 1 << 20);
        assert!(line.before.len() <= SIDE && line.after.len() <= SIDE);
    }
}
