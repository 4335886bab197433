//! Watches a text while it is generated and says when there is enough of it: the model's own end often comes late.

use super::brackets::balance;
use super::request::Extent;
use super::trim::has_begun;
use crate::context::{CursorContext, CursorIn, LineTail, line};

/// What to do after a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Go on.
    Continue,
    /// There is enough: only this many bytes are wanted.
    Stop(usize),
}

/// The judgement over one generation.
#[derive(Debug)]
pub struct Guide<'a> {
    context: &'a CursorContext,
    extent: Extent,
    /// Columns below which a line is outside the block that is being written.
    floor: usize,
}

impl<'a> Guide<'a> {
    /// A guide for text at the cursor of `context`.
    pub fn new(context: &'a CursorContext, extent: Extent) -> Self {
        Self { context, extent, floor: floor(context) }
    }

    /// Judge all text so far.
    pub fn judge(&self, text: &str) -> Advice {
        let advice = match self.extent {
            Extent::Line => self.judge_line(text),
            Extent::Lines(most) => self.judge_lines(text, most),
        };
        // All of the loop is kept: what cuts it off must see it.
        match advice {
            Advice::Continue if has_begun(text, self.context) => Advice::Stop(text.len()),
            _ => advice,
        }
    }

    fn judge_line(&self, text: &str) -> Advice {
        if let Some(end) = text.find('\n') {
            return Advice::Stop(end);
        }
        // Inside a string or comment brackets mean nothing.
        if self.context.tail == LineTail::Nothing || self.context.cursor_in != CursorIn::Code {
            return Advice::Continue;
        }
        let after = self.context.line.after.trim();
        // The model has written what stands right of the cursor, and goes on behind it.
        match text.find(after) {
            Some(at) if after.len() > 3 && text.len() > at + after.len() + 16 => {
                Advice::Stop(at + after.len())
            }
            _ => Advice::Continue,
        }
    }

    fn judge_lines(&self, text: &str, most: usize) -> Advice {
        let own = usize::from(!self.context.line.is_blank_before());
        let mut start = 0;
        for (number, piece) in text.split_inclusive('\n').enumerate() {
            let (end, complete) = (start + piece.len(), piece.ends_with('\n'));
            if number >= most + own {
                return Advice::Stop(start);
            }
            if number > 0 && !piece.trim().is_empty() && line::width(piece) < self.floor {
                // A closer that ends the block belongs to it, unless the text after the cursor has it already.
                let closes = piece.trim_start().starts_with(['}', ')', ']']);
                return match (closes, complete) {
                    (false, _) => Advice::Stop(start),
                    (true, true) => Advice::Stop(end),
                    (true, false) => Advice::Continue,
                };
            }
            if number > 0
                && complete
                && !balance(&text[..end], &self.context.line_comment).unmatched.is_empty()
            {
                return Advice::Stop(end);
            }
            start = end;
        }
        Advice::Continue
    }
}

fn floor(context: &CursorContext) -> usize {
    let own = line::width(&context.line.indentation);
    if context.line.is_blank_before() {
        // At column 0 of an empty line inside a body the indentation is still to be written.
        let above = context.line_above().map_or(0, line::width);
        match (own, context.opens_block) {
            (0, true) => above + 1,
            (0, false) if !context.scopes.is_empty() => above.max(1),
            _ => own,
        }
    } else {
        // Behind half a line, which opens no block, further statements stand as deep as it does.
        own + usize::from(context.opens_block)
    }
}
