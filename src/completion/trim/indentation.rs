//! Writes the indentation of the lines after the first anew: by brackets, or by blocks where indentation is syntax.

mod blocks;
mod brackets;

use std::borrow::Cow;

use crate::completion::brackets::{PartOfText, balance, read};
use crate::context::{CursorContext, CursorIn, Indent, line};

/// `text` with the lines after the first where their blocks are, in the file's own unit. Lines inside of strings stay.
pub fn indentation<'a>(text: &'a str, context: &CursorContext) -> Cow<'a, str> {
    let unknown = context.block_opener.is_empty() || goes_on_below(text, context);
    if !text.contains('\n') || unknown || text.contains("/*") || context.cursor_in == CursorIn::Comment {
        return Cow::Borrowed(text);
    }
    let lines = lines(text, context);
    let places = match context.significant_indentation {
        true => blocks::places(&lines, context),
        false => brackets::places(&lines, context.line_above().unwrap_or_default()),
    };
    let writer = Writer::new(text, context);
    let mut out = String::with_capacity(text.len());
    for (number, (line, place)) in lines.iter().zip(places).enumerate() {
        let own = number == 0;
        if !own {
            out.push('\n');
        }
        match place {
            Some(place) if !own && !line.text.trim().is_empty() => {
                out.push_str(&writer.indentation(place));
                out.push_str(line.text.trim_start_matches([' ', '\t']));
            }
            _ => out.push_str(line.text),
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Whether the cursor's line belongs to a string or to brackets of lines above: then its column does not say where its block is.
fn goes_on_below(text: &str, context: &CursorContext) -> bool {
    let first = format!("{}{}", context.line.before, text.split('\n').next().unwrap_or_default());
    match context.cursor_in {
        CursorIn::String => !context.line.before.contains(['"', '\'']),
        _ => context.significant_indentation && !balance(&first, &context.line_comment).unmatched.is_empty(),
    }
}

/// Where a line begins, counted from the cursor's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    /// Steps of indentation.
    steps: isize,
    /// Columns besides, which align it with something.
    columns: usize,
}

/// A line of the text.
#[derive(Debug)]
struct TextLine<'a> {
    text: &'a str,
    /// Columns of indentation that the model wrote; on the first line, those of the cursor's line.
    columns: usize,
    /// The characters of its code without white space; a string is quotes. On the first line, what stands before the cursor is
    /// part of it.
    code: Vec<char>,
    /// It begins inside of a string.
    in_string: bool,
    /// Nothing but a comment.
    is_comment: bool,
}

impl TextLine<'_> {
    fn starts_with(&self, word: &str) -> bool {
        self.text.trim_start().starts_with(word)
    }

    fn last_code(&self) -> Option<char> {
        self.code.last().copied()
    }

    fn first_code(&self) -> Option<char> {
        self.code.first().copied()
    }
}

/// The lines of `text` at the cursor of `context`.
fn lines<'a>(text: &'a str, context: &CursorContext) -> Vec<TextLine<'a>> {
    let before = if context.cursor_in == CursorIn::Code { context.line.before.as_str() } else { "" };
    let start = PartOfText::from(context.cursor_in);
    let whole = format!("{before}{text}");
    let own = line::width(&context.line.indentation);
    let new = |number: usize, text: &'a str| TextLine {
        text,
        columns: if number == 0 { own } else { line::width(text) },
        code: Vec::new(),
        in_string: number == 0 && start != PartOfText::Code,
        is_comment: false,
    };
    let mut lines: Vec<TextLine<'_>> =
        text.split('\n').enumerate().map(|(number, text)| new(number, text)).collect();
    let mut row = 0;
    read(&whole, &context.line_comment, start, |_, c, part| {
        row += usize::from(c == '\n');
        let Some(line) = lines.get_mut(row) else { return };
        match part {
            _ if c == '\n' => line.in_string = part == PartOfText::Quotation,
            _ if c.is_whitespace() => {}
            PartOfText::Comment => {
                line.is_comment |= line.text.trim_start().starts_with(&context.line_comment)
            }
            PartOfText::Quotation => line.code.push('"'),
            PartOfText::Code => line.code.push(c),
        }
    });
    lines
}

/// Writes indentation in the file's own unit.
struct Writer {
    /// Of the cursor's line.
    own: String,
    unit: String,
}

impl Writer {
    fn new(text: &str, context: &CursorContext) -> Self {
        let mut own = context.line.indentation.clone();
        if context.line.is_blank_before() {
            own.push_str(&text[..text.len() - text.trim_start_matches([' ', '\t']).len()]);
        }
        // The line's own kind counts more than the file's.
        let unit = match context.indent {
            Indent::Spaces(_) if own.contains('\t') => "\t".to_owned(),
            Indent::Tab if own.starts_with("  ") => "    ".to_owned(),
            indent => indent.text(),
        };
        Self { own, unit }
    }

    fn indentation(&self, place: Place) -> String {
        let columns = " ".repeat(place.columns);
        match usize::try_from(place.steps) {
            Ok(steps) => format!("{}{}{columns}", self.own, self.unit.repeat(steps)),
            Err(_) => {
                let less = place.steps.unsigned_abs() * self.unit.len();
                format!("{}{columns}", &self.own[..self.own.len().saturating_sub(less)])
            }
        }
    }
}

#[cfg(test)]
mod tests;
