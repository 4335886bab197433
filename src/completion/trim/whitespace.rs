//! Trims white space at both ends, and puts the first line where its block is.

use std::borrow::Cow;

use crate::context::{CursorContext, Indent, LineTail, line};

/// Without the spaces that already stand before the cursor, and with those that are missing there.
pub fn leading<'a>(text: &'a str, context: &CursorContext) -> Cow<'a, str> {
    let line = &context.line;
    let body = text.trim_start_matches([' ', '\t']);
    let blank = &text[..text.len() - body.len()];
    if !line.is_blank_before() {
        return Cow::Borrowed(if line.before.ends_with([' ', '\t']) { body } else { text });
    }
    if body.is_empty() || body.starts_with('\n') {
        return Cow::Borrowed(body);
    }
    let (own, written) = (line::width(&line.indentation), line::width(blank));
    match wanted(body, own, written, context) {
        wanted if wanted <= own => Cow::Borrowed(body),
        wanted
            if line::width(&format!("{}{blank}", line.indentation)) == wanted
                && is_in_unit(blank, context) =>
        {
            Cow::Borrowed(text)
        }
        wanted => {
            let step = context.indent.columns();
            let missing = match context.indent {
                Indent::Tab => "\t".repeat((wanted - own).div_ceil(step)),
                Indent::Spaces(_) => " ".repeat(wanted - own),
            };
            Cow::Owned(format!("{missing}{body}"))
        }
    }
}

/// The column where a text should begin on a line that has `own` columns of indentation, when the model wrote `written` more.
fn wanted(body: &str, own: usize, written: usize, context: &CursorContext) -> usize {
    let step = context.indent.columns().max(1);
    let Some(line_above) = context.line_above() else { return 0 };
    let above = line::width(line_above);
    if context.opens_block {
        // A header of several lines ends deeper than it begins: who has begun the line knows better.
        let most = above + step;
        return match own {
            0 => most,
            _ if own + written <= most => own + written,
            _ => own,
        };
    }
    let closes = body.starts_with(['}', ')', ']']);
    if !context.significant_indentation && !context.scopes.is_empty() && !closes {
        let ends = line_above.trim_end().ends_with([';', ',', '}']);
        return if ends && own == 0 { above } else { own };
    }
    // In a language of blocks, the columns of those around are possible; elsewhere nothing is known.
    if own == 0 { written.min(above) / step * step } else { own }
}

fn is_in_unit(blank: &str, context: &CursorContext) -> bool {
    match context.indent {
        Indent::Tab => !blank.contains(' '),
        Indent::Spaces(_) => !blank.contains('\t'),
    }
}

/// Without white space at the end, unless code follows on the line and the space separates from it.
pub fn trailing<'a>(text: &'a str, context: &CursorContext) -> &'a str {
    let trimmed = text.trim_end();
    let separates = context.tail == LineTail::Code && !context.line.after.starts_with([' ', '\t']);
    match text[trimmed.len()..].chars().next() {
        Some(' ') if separates => &text[..trimmed.len() + 1],
        _ => trimmed,
    }
}
