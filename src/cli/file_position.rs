//! Parses `FILE:LINE:COLUMN` from the command line and finds its byte in the file's text. Columns count characters.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};

use crate::text::BOM;
use crate::text::amounts::counted;

/// A place in a file as a person writes it: line and column from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePosition {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1; none is the end of the line.
    pub column: Option<usize>,
}

impl FromStr for FilePosition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage =
            || format!("expected FILE:LINE:COLUMN, as in src/main.rs:10:5, both from 1; found \"{text}\"");
        // From the right: a path may hold colons (C:\x.rs).
        let number = |text: &str| text.parse::<usize>().ok().filter(|&number| number > 0);
        let (rest, last) = text.rsplit_once(':').ok_or_else(usage)?;
        let last = number(last).ok_or_else(usage)?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let place = match rest.rsplit_once(':').filter(|(_, line)| digits(line)) {
            Some((file, line)) => {
                Self { file: file.into(), line: number(line).ok_or_else(usage)?, column: Some(last) }
            }
            None => Self { file: rest.into(), line: last, column: None },
        };
        if place.file.as_os_str().is_empty() { Err(usage()) } else { Ok(place) }
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.file.display(), self.line)?;
        self.column.map_or(Ok(()), |column| write!(out, ":{column}"))
    }
}

impl FilePosition {
    /// The text of the file.
    pub fn read(&self) -> anyhow::Result<String> {
        let shown = self.file.display();
        let metadata = std::fs::metadata(&self.file).with_context(|| format!("cannot read {shown}"))?;
        if metadata.is_dir() {
            bail!("{shown} is a folder; name a file in it");
        }
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {shown}"))?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            anyhow::anyhow!(
                "{shown} is not UTF-8 text: byte {at} starts no character; convert it first, e.g. with iconv"
            )
        })
    }

    /// The byte in `text` where the cursor stands, and the end of its line.
    pub fn locate(&self, text: &str) -> anyhow::Result<(usize, usize)> {
        let shown = self.file.display();
        // A byte order mark is no character of the first line.
        let mut start = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
        for number in 1..self.line {
            let Some(end) = text[start..].find(['\n', '\r']) else {
                bail!("{self} is past the end: {shown} has {}", counted(number as u64, "line"));
            };
            start += end + if text[start + end..].starts_with("\r\n") { 2 } else { 1 };
        }
        let line = text[start..].split(['\n', '\r']).next().unwrap_or_default();
        let end = start + line.len();
        let Some(column) = self.column else { return Ok((end, end)) };
        match line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(column - 1) {
            Some(at) => Ok((start + at, end)),
            None => bail!(
                "{self} is past the end of the line: the columns of line {} go from 1 to {}",
                self.line,
                line.chars().count() + 1
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_from_the_right() {
        let place = |text: &str| {
            text.parse::<FilePosition>()
                .map(|place| (place.file.display().to_string(), place.line, place.column))
        };
        assert_eq!(place("a.py:3:7"), Ok(("a.py".into(), 3, Some(7))));
        assert_eq!(place("a.py:3"), Ok(("a.py".into(), 3, None)));
        assert_eq!(place(r"C:\a b.rs:3:7"), Ok((r"C:\a b.rs".into(), 3, Some(7))));
        assert_eq!(place("odd:name:12"), Ok(("odd:name".into(), 12, None)));
        for wrong in ["a.py", "a.py:0:1", "a.py:1:0", "a.py:x", ":1:1", "", "a.py:1:1:"] {
            assert!(place(wrong).unwrap_err().contains("FILE:LINE:COLUMN"), "{wrong}");
        }
    }

    #[test]
    fn columns_count_characters_and_the_end_is_a_place() {
        let text = "ab\r\nä🦀c\n";
        let at = |place: &str| {
            format!("f:{place}")
                .parse::<FilePosition>()
                .unwrap()
                .locate(text)
                .map_err(|error| error.to_string())
        };
        assert_eq!(at("1:1"), Ok((0, 2)));
        assert_eq!(at("1:3"), Ok((2, 2)));
        assert_eq!(at("2:3"), Ok((4 + 2 + 4, 11)));
        assert_eq!(at("2"), Ok((11, 11)));
        assert_eq!(at("3:1"), Ok((12, 12)));
        assert_eq!(
            at("1:4"),
            Err("f:1:4 is past the end of the line: the columns of line 1 go from 1 to 3".into())
        );
        assert_eq!(at("4:1"), Err("f:4:1 is past the end: f has 3 lines".into()));
        let place = |place: &str, text: &str| place.parse::<FilePosition>().unwrap().locate(text).unwrap();
        assert_eq!(place("f:3:1", "a\rb\rc"), (4, 5));
        assert_eq!(place("f:1:2", "\u{feff}ab\n"), (4, 5));
    }
}
