//! Finds phrases that come twice in a row in comments, strings and documents of prose.

use std::ops::Range;

use crate::completion::brackets::{PartOfText, read};
use crate::context::{CursorContext, CursorIn};
use crate::text::is_word;

/// Longest phrase, in words.
const LONGEST: usize = 8;

/// Where the text should end because a phrase comes twice in a row: before it, where a sentence ends, for half of one helps
/// nobody; in code, before the comment or the line that has it.
pub fn repeat(text: &str, context: &CursorContext) -> Option<usize> {
    let lead = lead(context);
    let is_prose = is_prose(text, context);
    prose(text, context, is_prose).into_iter().find_map(|(kind, part)| {
        let goes_on = is_prose || part.start == 0 && context.cursor_in != CursorIn::Code;
        let before = if goes_on { lead } else { "" };
        let all = format!("{before}{}", &text[part.clone()]);
        let second = second(&words(&all), &all)?;
        Some(match kind {
            // One that begins before the cursor leaves nothing of the text.
            _ if goes_on => sentence_end(text, second.saturating_sub(before.len())),
            PartOfText::Comment => part.start,
            _ => text[..part.start].rfind('\n').map_or(0, |at| at + 1),
        })
    })
}

/// The end of the last sentence before `cut`.
fn sentence_end(text: &str, cut: usize) -> usize {
    let ends = text[..cut].match_indices(['.', '!', '?', ';']).map(|(at, found)| at + found.len());
    ends.rev().find(|end| text[*end..].starts_with(char::is_whitespace)).unwrap_or(0)
}

/// What of the cursor's line belongs to the prose that the text continues.
fn lead(context: &CursorContext) -> &str {
    let before = context.line.before.as_str();
    match context.cursor_in {
        CursorIn::String => before.rsplit(['"', '\'']).next().unwrap_or_default(),
        CursorIn::Comment => {
            let mark = context.line_comment.as_str();
            let at = if mark.is_empty() { None } else { before.find(mark) };
            &before[at.unwrap_or(0)..]
        }
        CursorIn::Code if context.block_opener.is_empty() => before,
        CursorIn::Code => "",
    }
}

/// Whether a text in a language that is not known reads as prose: next to nothing but words and spaces.
fn is_prose(text: &str, context: &CursorContext) -> bool {
    let words = || text.chars().filter(|c| c.is_alphabetic() || c.is_whitespace()).count();
    context.block_opener.is_empty() && words() * 10 >= text.chars().count() * 9
}

/// The parts of `text` that are prose: all of it where it `is_prose`. Comments on lines that follow each other are one.
fn prose(text: &str, context: &CursorContext, is_prose: bool) -> Vec<(PartOfText, Range<usize>)> {
    if is_prose {
        return vec![(PartOfText::Quotation, 0..text.len())];
    }
    let start = PartOfText::from(context.cursor_in);
    let mut parts: Vec<(PartOfText, Range<usize>)> = Vec::new();
    read(text, &context.line_comment, start, |at, c, part| {
        let here = at..at + c.len_utf8();
        match parts.last_mut() {
            _ if part == PartOfText::Code => {}
            Some((last, range)) if *last == part => {
                let between = &text[range.end..at];
                let marks = |c: char| c.is_whitespace() || context.line_comment.contains(c) || c == '!';
                let joins = between.is_empty() || part == PartOfText::Comment && between.chars().all(marks);
                match joins {
                    true => range.end = here.end,
                    false => parts.push((part, here)),
                }
            }
            _ => parts.push((part, here)),
        }
    });
    parts
}

/// The words of a text, without placeholders: `%d %d` and `{x} {x}` say nothing twice.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let (mut in_word, mut braces) = (false, 0_usize);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        let begins = is_word(c) && !in_word && braces == 0 && !matches!(previous, '%' | '\\');
        match words.last_mut() {
            Some(last) if is_word(c) && in_word && last.end == at => last.end += c.len_utf8(),
            _ if begins => words.push(at..at + c.len_utf8()),
            _ => {}
        }
        in_word = is_word(c);
        previous = c;
    }
    words
}

/// Where the second of two equal phrases begins: of two to eight words, or the third of three equal words.
fn second(words: &[Range<usize>], text: &str) -> Option<usize> {
    let lower: Vec<String> = words.iter().map(|word| text[word.clone()].to_lowercase()).collect();
    let telling = |phrase: &[String]| phrase.iter().any(|word| word.contains(char::is_alphabetic));
    let phrase = |at: usize| {
        (2..=LONGEST).find_map(|length| {
            let (first, second) = (lower.get(at..at + length)?, lower.get(at + length..at + 2 * length)?);
            (first == second && telling(first)).then_some(at + length)
        })
    };
    (0..lower.len()).find_map(phrase).map(|at| words[at].start)
}
