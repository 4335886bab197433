//! Trims white space at both ends, and rewrites the indentation of further lines in the file's own unit.

use std::borrow::Cow;

use crate::context::{CursorContext, Indent, LineTail, line};

/// Without the spaces that already stand before the cursor.
pub fn leading<'a>(text: &'a str, context: &CursorContext) -> &'a str {
    let line = &context.line;
    let blank = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
    if blank.is_empty() || !line.before.ends_with([' ', '\t']) {
        return text;
    }
    if line.is_blank_before() {
        let above = context.line_above().map_or(0, line::width);
        let wanted = above + if context.opens_block { context.indent.columns() } else { 0 };
        let own = line::width(&line.indentation);
        // Behind an opener with too little indentation the model may add what is missing, no more.
        if own < wanted && line::width(blank) + own <= wanted {
            return text;
        }
    }
    &text[blank.len()..]
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

/// Lines after the first, re-indented when they are in another unit than the file: tabs for spaces, two for four.
pub fn indentation<'a>(text: &'a str, context: &CursorContext) -> Cow<'a, str> {
    let Some((first, rest)) = text.split_once('\n') else { return Cow::Borrowed(text) };
    let heads = || rest.split('\n').filter(|line| !line.trim().is_empty()).map(head);
    let own = line::width(&context.line.indentation);
    let tabs = heads().any(|head| head.contains('\t'));
    let unit = match context.indent {
        Indent::Tab if heads().any(|head| head.contains(' ')) && !tabs => smallest_step(heads(), own),
        Indent::Spaces(_) if tabs => 4,
        Indent::Spaces(count) => {
            let step = smallest_step(heads(), own);
            // Continuation lines may stand at any column: only a clean two-for-four or four-for-two is a unit.
            if (step, count) == (2, 4) || (step, count) == (4, 2) {
                step
            } else {
                return Cow::Borrowed(text);
            }
        }
        Indent::Tab => return Cow::Borrowed(text),
    };
    if unit == 0 {
        return Cow::Borrowed(text);
    }
    let own_text = &context.line.indentation;
    let lines = rest.split('\n').map(|line| {
        let columns = line::width(head(line));
        let body = line.trim_start_matches([' ', '\t']);
        if body.is_empty() || columns < own {
            return line.to_owned();
        }
        format!("{own_text}{}{body}", context.indent.text().repeat((columns - own) / unit))
    });
    let mut out = first.to_owned();
    for line in lines {
        out.push('\n');
        out.push_str(&line);
    }
    Cow::Owned(out)
}

fn head(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The smallest indentation beyond `own` columns, if all others are multiples of it; else 0.
fn smallest_step<'a>(heads: impl Iterator<Item = &'a str> + Clone, own: usize) -> usize {
    let steps = heads.map(|head| line::width(head).saturating_sub(own)).filter(|step| *step > 0);
    let least = steps.clone().min().unwrap_or(0);
    if least > 0 && steps.clone().all(|step| step % least == 0) { least } else { 0 }
}
