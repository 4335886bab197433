//! Writes the cure of an idiom: the pieces of its row with what was captured, indented as the lines around it.

use std::ops::Range;

use super::place::{Captured, IdiomMatch};
use crate::language::{CaptureKind, CurePiece, Idiom};
use crate::text::is_word;

/// How a file is written.
#[derive(Debug, Clone)]
pub struct WritingStyle {
    /// One step of indentation.
    pub step: String,
    /// Its line ends.
    pub line_end: &'static str,
    /// What begins a comment.
    pub comment: String,
    /// What an empty block holds; empty where it may be empty.
    pub empty: String,
}

/// The text around a cure while it is written.
struct Writer<'a> {
    text: &'a str,
    layout: &'a WritingStyle,
    /// The indentation of the line where the idiom begins.
    base: &'a str,
    out: String,
}

/// What `found` becomes: the bytes that are replaced, and their new text.
pub fn cured(
    text: &str,
    idiom: &Idiom,
    found: &IdiomMatch<'_>,
    layout: &WritingStyle,
) -> (Range<usize>, String) {
    let Range { start, mut end } = found.range;
    let line = text[..start].rfind('\n').map_or(0, |feed| feed + 1);
    let base = &text[line..line + text[line..].len() - text[line..].trim_start_matches([' ', '\t']).len()];
    let mut writer = Writer { text, layout, base: &base[..base.len().min(start - line)], out: String::new() };
    let rest = text[end..].split('\n').next().unwrap_or_default();
    if idiom.cure.is_empty() {
        return removed(text, found.range.clone(), line);
    }
    for (number, piece) in idiom.cure.iter().enumerate() {
        match piece {
            CurePiece::Line(_) if number + 1 == idiom.cure.len() => {
                if !rest.trim().is_empty() && !rest.trim_start().starts_with(&layout.comment) {
                    end += rest.len() - rest.trim_start().len();
                    writer.line(0);
                }
            }
            CurePiece::Line(steps) => writer.line(*steps),
            CurePiece::Text(piece) => writer.push(piece, start),
            CurePiece::Capture(name) => {
                let captured = found.captures.iter().find(|captured| captured.name == name);
                if let Some(captured) = captured {
                    writer.capture(captured, start);
                }
            }
        }
    }
    let mut new = writer.out;
    // A space at the end means that there must be one.
    let written = matches!(idiom.cure.last(), Some(CurePiece::Text(_) | CurePiece::Capture(_)));
    if written && new.ends_with(' ') && (rest.starts_with([' ', ')', ']', ',']) || rest.trim().is_empty()) {
        new.pop();
    } else if new.ends_with(is_word) && text[end..].starts_with(is_word) {
        new.push(' ');
    }
    (start..end, new)
}

/// The bytes to take away: with the whole line, where nothing else is in it.
fn removed(text: &str, range: Range<usize>, line: usize) -> (Range<usize>, String) {
    let rest = &text[range.end..];
    let behind = rest.find('\n').map_or(rest.len(), |feed| feed + 1);
    if text[line..range.start].trim().is_empty() && rest[..behind].trim().is_empty() {
        return (line..range.end + behind, String::new());
    }
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    (range.start..range.end + spaces, String::new())
}

impl Writer<'_> {
    /// Begin a new line, `steps` deeper than where the idiom begins.
    fn line(&mut self, steps: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out += self.layout.line_end;
        self.out += self.base;
        self.out += &self.layout.step.repeat(steps);
    }

    /// Write text; at the start of the cure a space only where none is, and one between two words.
    fn push(&mut self, new: &str, start: usize) {
        let before = self.text[..start].chars().next_back();
        let first = self.out.is_empty();
        let mut new = new;
        if first && new.starts_with(' ') && before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '['))
        {
            new = &new[1..];
        }
        if first && new.starts_with(is_word) && before.is_some_and(is_word) {
            self.out.push(' ');
        }
        // What was captured before was empty.
        if new.starts_with(' ')
            && (self.out.is_empty() && first && before.is_none() || self.out.ends_with([' ', '\n']))
        {
            new = &new[1..];
        }
        self.out += new;
    }

    fn capture(&mut self, captured: &Captured<'_>, start: usize) {
        let text = &self.text[captured.range.clone()];
        match captured.kind {
            CaptureKind::Block | CaptureKind::Indented => self.body(text),
            CaptureKind::Raw if text.contains('\n') => self.lines(text),
            CaptureKind::Single => {
                let inside = text.replace("\\'", "'").replace("\\\"", "\"").replace('"', "\\\"");
                self.out += &inside;
            }
            _ => self.push(text, start),
        }
    }

    /// Text of several lines: each gets what its first line has before it.
    fn lines(&mut self, text: &str) {
        let from = self.out.rfind('\n').map_or(0, |feed| feed + 1);
        let prefix = self.out[from..].trim_start().to_owned();
        let lines = text.lines().map(|line| line.trim().trim_start_matches('*').trim());
        let lines: Vec<&str> = lines.collect();
        let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
        let last = lines.iter().rposition(|line| !line.is_empty()).unwrap_or(0);
        for (number, line) in lines[first..=last].iter().enumerate() {
            if number > 0 {
                self.line(0);
                self.out += &prefix;
            }
            self.out += line;
        }
        self.out.truncate(self.out.trim_end().len());
    }

    /// The lines of a block, one step deeper than where the idiom begins. The cure has begun a line for them.
    fn body(&mut self, text: &str) {
        let begun = self.out.rfind('\n').map_or(self.out.clone(), |feed| self.out[feed + 1..].to_owned());
        self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        self.out.truncate(self.out.trim_end_matches(['\n', '\r']).len());
        let steps = (begun.len().saturating_sub(self.base.len()) / self.layout.step.len().max(1)).max(1);
        let wanted = format!("{}{}", self.base, self.layout.step.repeat(steps));
        let (first, below) = text.split_once('\n').unwrap_or((text, ""));
        let mut lines: Vec<String> = Vec::new();
        if first.trim().starts_with(&self.layout.comment) {
            self.out += &format!("  {}", first.trim());
        } else if !first.trim().is_empty() {
            lines.push(format!("{wanted}{}", first.trim()));
        }
        let below: Vec<&str> = below.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        let width = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let least =
            below.iter().filter(|line| !line.trim().is_empty()).map(|line| width(line)).min().unwrap_or(0);
        let shift = least <= self.base.len() || steps > 1 && least < wanted.len();
        for line in &below {
            match line {
                line if line.trim().is_empty() => lines.push(String::new()),
                line if shift => lines.push(format!("{wanted}{}", &line[least..])),
                line => lines.push((*line).to_owned()),
            }
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        if lines.is_empty() && !self.layout.empty.is_empty() {
            lines.push(format!("{wanted}{}", self.layout.empty));
        }
        for line in lines {
            self.out += self.layout.line_end;
            self.out += line.trim_end();
        }
    }
}
