//! Writes the title of a repair: a sentence that says what it changes and where, in whole tokens.

use std::ops::Range;

use super::class::{RepairClass, whole_words};
use super::imbalance::opener_of;
use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::language::Repairs;
use crate::text::is_word;

/// Characters of a line that say where; more only if one token has more, up to the second number.
const CONTEXT: usize = 24;
const LONGEST: usize = 40;

/// Writes titles for the menu of one place.
pub struct Titles<'a> {
    /// The broken file.
    pub site: &'a ErrorSite<'a>,
    /// Words that begin a definition with parameters.
    pub repairs: &'a Repairs,
    /// The lines that were asked about; None when nobody asked about a line.
    pub asked: Option<Range<usize>>,
}

impl Titles<'_> {
    /// "Close the call: insert `)` after `len(items`"; with the line where that is not one that was asked about.
    pub fn of(&self, candidate: &RepairCandidate) -> String {
        let title = candidate.title.clone().unwrap_or_else(|| self.of_edit(candidate));
        let lines = self.site.lines;
        let rows = [candidate.edit.range.start, candidate.edit.range.end].map(|byte| lines.of(byte));
        let elsewhere = |asked: &Range<usize>| rows[1] < asked.start || rows[0] >= asked.end;
        match self.asked.as_ref().is_some_and(elsewhere) && !title.contains(" line ") {
            true => format!("{title} (line {})", rows[0] + 1),
            false => title,
        }
    }

    fn of_edit(&self, candidate: &RepairCandidate) -> String {
        let (text, edit) = (self.site.text, &candidate.edit);
        let old = &text[edit.range.clone()];
        let (at, new) = (edit.range.start, edit.text.trim());
        let line = self.site.lines.of(at) + 1;
        match candidate.what {
            RepairKind::Body => match edit.text.contains('\n') {
                true => format!("Give the block a body: insert `{new}` below line {line}"),
                false => format!("Give the block a body: insert `{new}` {}", self.place(at)),
            },
            RepairKind::Indent => {
                let by = edit.text.len().abs_diff(old.len());
                let way = if edit.text.len() > old.len() { "more" } else { "less" };
                format!("Indent line {line} by {by} {way}")
            }
            RepairKind::Join => format!("Join line {} with the one above", line + 1),
            RepairKind::Split => format!("Start a new line {}", self.place(at)),
            _ => match self.whole(candidate) {
                Some((old, new)) => format!("Replace `{old}` by `{new}`"),
                None if old.is_empty() => self.insertion(candidate),
                None if edit.text.is_empty() && old.trim().is_empty() => {
                    format!("Delete the space {}", self.place(at))
                }
                None if edit.text.is_empty() => {
                    format!("Delete `{}` {}", old.trim(), self.place(at))
                }
                None if candidate.what == RepairKind::Swap => {
                    format!("Change `{}` to `{new}`", old.trim())
                }
                None if is_marks(old) => format!("Replace `{}` by `{new}` {}", old.trim(), self.place(at)),
                None => format!("Replace `{}` by `{new}`", old.trim()),
            },
        }
    }

    /// What goes and what comes, where the edit begins or ends within a word: the whole words of both.
    fn whole(&self, candidate: &RepairCandidate) -> Option<(String, String)> {
        let (text, edit) = (self.site.text, &candidate.edit);
        let (start, end) = (edit.range.start, edit.range.end);
        let changed = [&text[edit.range.clone()], &edit.text];
        let cuts = |before: &str, after: &str| before.ends_with(is_word) && after.starts_with(is_word);
        let head = changed.iter().any(|part| cuts(&text[..start], part));
        let tail = changed.iter().any(|part| cuts(part, &text[end..]));
        let divides = edit.range.is_empty() && cuts(&text[..start], &text[end..]);
        if !(head || tail || divides) {
            return None;
        }
        let (from, to) = whole_words(text, edit);
        let new = [&text[from..start], &edit.text, &text[end..to]].concat();
        Some((text[from..to].to_owned(), new))
    }

    fn insertion(&self, candidate: &RepairCandidate) -> String {
        let (text, edit) = (self.site.text, &candidate.edit);
        let (at, new) = (edit.range.start, edit.text.trim());
        let place = self.place(at);
        let from = |token: usize| {
            let start = self.site.tokens.get(token).map_or(at, |token| token.range.start);
            let end = self.site.text[..at].trim_end().len();
            let near = start < end && self.site.lines.of(start) == self.site.lines.of(at);
            let shown =
                self.site.text.get(start..end).filter(|shown| near && shown.chars().count() <= CONTEXT);
            shown.map_or_else(|| self.place(at), |shown| format!("after `{shown}`"))
        };
        match candidate.class(text, self.site.lexicon) {
            _ if new.is_empty() => format!("Insert a space {place}"),
            RepairClass::CloseBracket => match self.closed(new, at) {
                Some((what, start)) => format!("Close the {what}: insert `{new}` {}", from(start)),
                None => format!("Insert `{new}` {place}"),
            },
            RepairClass::CloseQuote => format!("Close the string: insert `{new}` {place}"),
            RepairClass::OpenQuote => format!("Insert `{new}` {place}"),
            RepairClass::InsertMark => format!("Add the missing `{new}` {place}"),
            _ => format!("Insert `{new}` {place}"),
        }
    }

    /// What the bracket `new`, put at byte `at`, would close, and the first token of that.
    fn closed(&self, new: &str, at: usize) -> Option<(&'static str, usize)> {
        let site = self.site;
        let new = new.get(..1)?;
        let opener = opener_of(new)?;
        let end = site.tokens.partition_point(|token| token.range.start < at);
        let mut depth = 0_usize;
        let opener = (0..end).rev().find(|token| {
            let word = site.word(*token);
            depth += usize::from(word == new);
            let opens = word == opener && depth == 0;
            depth = depth.saturating_sub(usize::from(word == opener));
            opens
        })?;
        let before = opener.checked_sub(1);
        let word = |token: Option<usize>| token.map_or("", |token| site.word(token));
        let named = before.is_some_and(|token| {
            site.kind(token) == TokenKind::Identifier || matches!(site.word(token), ")" | "]" | "!" | ">")
        });
        let defines =
            |token: Option<usize>| self.repairs.definition_words.iter().any(|known| known == word(token));
        let what = match new {
            ")" if defines(opener.checked_sub(2)) => "parameters",
            ")" if named => "call",
            ")" => "parenthesis",
            "]" => "bracket",
            _ if site.kind(opener + 1) == TokenKind::LineEnd => "block",
            _ => "brace",
        };
        let start = if what == "call" || what == "parameters" { opener - 1 } else { opener };
        Some((what, start))
    }

    /// "after `len(items`", or where the line begins.
    fn place(&self, at: usize) -> String {
        let (text, lines) = (self.site.text, self.site.lines);
        let row = lines.of(at);
        let line = lines.bytes(row..row + 1);
        let in_line = || format!("in line {}", row + 1);
        let starts = self.site.tokens.partition_point(|token| token.range.start < line.start);
        let tokens = self.site.tokens[starts..].iter().take_while(|token| token.range.start < line.end);
        let tokens = tokens.filter(|token| token.kind != TokenKind::LineEnd);
        let fits = |range: Range<usize>, most: usize| text[range].chars().count() <= most;
        if text[line.start..at].trim().is_empty() {
            let ends: Vec<usize> = tokens.map(|token| token.range.end).filter(|end| *end > at).collect();
            let shown = ends.iter().rfind(|end| fits(at..**end, CONTEXT)).or(ends.first());
            let shown = shown.filter(|end| fits(at..**end, LONGEST) && **end <= line.end);
            return shown.map_or_else(in_line, |end| format!("before `{}`", text[at..*end].trim()));
        }
        let end = line.start + text[line.start..at].trim_end().len();
        let mut from: Vec<usize> =
            tokens.map(|token| token.range.start).filter(|start| *start < end).collect();
        // Within a long text its words say where.
        let last = from.last().copied().unwrap_or(line.start);
        let words = text[last..end].match_indices(' ').map(|(space, _)| last + space + 1);
        from.extend(words.filter(|start| *start < end));
        let shown = from.iter().find(|start| fits(**start..end, CONTEXT)).or(from.last());
        let shown = shown.filter(|start| fits(**start..end, LONGEST));
        shown.map_or_else(in_line, |start| format!("after `{}`", text[*start..end].trim()))
    }
}

fn is_marks(text: &str) -> bool {
    !text.contains(is_word)
}
