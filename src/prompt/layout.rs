//! Orders the segments: stable text first, then the suffix, then the prefix, so that typing only appends.

use super::segment::{PromptBudget, at_line_starts};
use crate::context::{CursorContext, Excerpt, LineTail};
use crate::engine::{Role, Segment};

/// Shares of the budget in percent, when everything is longer than the budget. What is before the cursor decides
/// most; the suffix needs its first lines only.
const PREFIX_SHARE: u8 = 65;
const SUFFIX_SHARE: u8 = 20;
const STABLE_SHARE: u8 = 15;
/// Most bytes of imports and outline together.
const STABLE_BYTES: usize = 2048;

/// The segments of the prompt for the cursor in `context`.
pub fn build(context: &CursorContext, budget: PromptBudget) -> Vec<Segment> {
    let prefix = prefix(context, budget);
    let window = context.offset.saturating_sub(prefix.len());
    let mut segments = Vec::new();
    let stable = stable(context, window, budget);
    if !stable.is_empty() {
        segments.push(at_line_starts(Role::Stable, stable, STABLE_SHARE));
    }
    let suffix = suffix(context, budget);
    if !suffix.is_empty() {
        segments.push(at_line_starts(Role::Suffix, suffix, SUFFIX_SHARE));
    }
    segments.push(at_line_starts(Role::Prefix, prefix, PREFIX_SHARE));
    segments
}

/// Text before the cursor. The window of the context moves in big steps already; a smaller budget cuts it in steps of
/// its own quarter, for the same reason.
fn prefix(context: &CursorContext, budget: PromptBudget) -> String {
    let text = &context.before;
    if text.len() <= budget.bytes {
        return text.clone();
    }
    let step = (budget.bytes / 4).max(1);
    // Steps are counted from the start of the document: the same place gives the same cut while one types on.
    let cut = (context.offset - budget.bytes.min(context.offset)).div_ceil(step) * step;
    let cut = cut.saturating_sub(context.window).min(text.len());
    match text.as_bytes()[cut..].iter().position(|byte| *byte == b'\n') {
        Some(at) => text[cut + at + 1..].to_owned(),
        None => text.clone(),
    }
}

/// Text after the cursor. A tail of closers on the cursor's line stays out: auto-pairing puts and takes it at will,
/// and the first tokens of the prompt would change with it.
fn suffix(context: &CursorContext, budget: PromptBudget) -> String {
    let skip = match context.tail {
        LineTail::Code => 0,
        LineTail::Nothing | LineTail::Closers => context.line.after.len().min(context.after.len()),
    };
    let text = &context.after[skip..];
    let mut end = text.len().min(budget.bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // Whole lines, for half of a key looks like none.
    let lines = text[..end].rfind('\n').filter(|_| end < text.len()).map_or(end, |feed| feed + 1);
    text[..lines].to_owned()
}

/// Imports and signatures that lie before the window or after the cursor's item.
fn stable(context: &CursorContext, window: usize, budget: PromptBudget) -> String {
    let most = STABLE_BYTES.min(budget.bytes / 4);
    let mut text = String::new();
    let mut add = |excerpts: &mut dyn Iterator<Item = &Excerpt>| {
        for excerpt in excerpts {
            if text.len() + excerpt.text.len() < most {
                text.push_str(&excerpt.text);
                text.push('\n');
            }
        }
    };
    add(&mut context.imports.iter().filter(|excerpt| excerpt.range.end <= window));
    add(&mut context.outline.iter().filter(|excerpt| excerpt.range.end <= window));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(text: &str, bytes: usize) -> Vec<(Role, String)> {
        let (snapshot, cursor) = crate::testing::fixture("python", text);
        let context = CursorContext::at(&snapshot, snapshot.parse().as_ref(), cursor.start);
        build(&context, PromptBudget { bytes })
            .into_iter()
            .map(|segment| (segment.role, segment.text))
            .collect()
    }

    #[test]
    fn closers_stay_out_and_line_ends_are_lf() {
        let expected = vec![(Role::Suffix, "\ny\n".to_owned()), (Role::Prefix, "x = f(".to_owned())];
        assert_eq!(segments("x = f(ˇ\r\ny\r\n", 1000), expected);
        assert_eq!(segments("x = f(ˇ)\r\ny\r\n", 1000), expected);
        assert_eq!(segments("x = f(ˇa)\n", 1000)[0], (Role::Suffix, "a)\n".to_owned()));
    }

    #[test]
    fn what_lies_before_the_window_is_told_in_brief() {
        let filler = "    x = 1\n".repeat(400);
        let text = format!("import os\n\ndef f(a):\n{filler}\ndef g():\n{filler}    yˇ\n");
        let found = segments(&text, 2000);
        assert_eq!(found[0], (Role::Stable, "import os\ndef f(a)\n".to_owned()));
        let prefix = &found.last().unwrap().1;
        assert!(prefix.len() <= 2000 && prefix.ends_with("    y") && prefix.starts_with("    x"));
    }
}
