//! From what was generated to the longest part of it that fits: the whole, with closers added, then cut at line ends,
//! statement ends and words. The parser decides; this only chooses what to ask it, within a bound.

use std::time::{Duration, Instant};

use super::brackets::balance;
use super::trim::{Candidate, joins};
use super::validate::{Fit, Judge};
use crate::cancel::CancelToken;
use crate::context::{CursorContext, Place, Right, line};

/// Most candidates judged for one suggestion: each costs an incremental parse and a strict one.
const MOST: usize = 48;
/// Most time for all of them, besides the first.
const TIME: Duration = Duration::from_millis(60);

/// The best candidate made from `text`, or none that fits.
pub fn choose(
    text: &str,
    judge: &Judge<'_>,
    context: &CursorContext,
    cancel: &CancelToken,
) -> Option<Candidate> {
    let start = Instant::now();
    let mut best: Option<(Fit, Candidate)> = None;
    for (number, candidate) in candidates(text, context).take(MOST).enumerate() {
        if cancel.is_cancelled() || (number > 0 && start.elapsed() > TIME) {
            break;
        }
        let fit = judge.fit(&candidate);
        if fit == Fit::Whole {
            return Some(candidate);
        }
        // On a tie the earlier, which is the longer, stays.
        if fit > best.as_ref().map_or(Fit::Breaks, |(fit, _)| *fit) {
            best = Some((fit, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Candidates in the order in which they are worth asking for: longest first, each with the ways it can meet the tail
/// of the line.
pub fn candidates<'a>(text: &'a str, context: &'a CursorContext) -> impl Iterator<Item = Candidate> + 'a {
    let mut seen = std::collections::HashSet::new();
    cuts(text)
        .flat_map(move |end| {
            let cut = text[..end].trim_end();
            let mut ways = joins(cut, context);
            ways.extend(closed(cut, context).map(|text| Candidate { text, takes: 0 }));
            ways
        })
        .filter(|candidate| !candidate.text.trim().is_empty())
        .filter(move |candidate| seen.insert((candidate.text.clone(), candidate.takes)))
}

/// The text with the closers it still needs, when nothing stands right of the cursor.
fn closed(text: &str, context: &CursorContext) -> Option<String> {
    if context.right != Right::Nothing || context.place != Place::Code {
        return None;
    }
    let own_line = context.line.before.as_str();
    let joined = format!("{own_line}{text}");
    let state = balance(&joined, &context.line_comment);
    if state.open.is_empty() && state.quote.is_none() || state.comment {
        return None;
    }
    // A block that the text leaves open is not closed on the same line: the next suggestion is its body.
    if state.open.last() == Some(&'}') && text.trim_end().ends_with('{') {
        return None;
    }
    let mut closed = text.trim_end().trim_end_matches(',').to_owned();
    closed.push_str(state.quote.unwrap_or_default());
    closed.extend(state.open.iter().rev());
    Some(closed)
}

/// Ends of the text where it may be cut, the whole first: every end of a line, then of a token.
fn cuts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut ends: Vec<usize> = vec![text.len()];
    let mut previous: Option<char> = None;
    for (at, c) in text.char_indices() {
        let boundary = previous.is_some_and(|previous| {
            !previous.is_whitespace()
                && (c.is_whitespace() || line::is_word(previous) != line::is_word(c) || !line::is_word(c))
        });
        if boundary {
            ends.push(at);
        }
        previous = Some(c);
    }
    let first_line = text.find('\n').unwrap_or(text.len());
    // Further lines are cut at their ends only: half a line is worth showing where the cursor is, not below it.
    ends.retain(|end| *end <= first_line || *end == text.len() || text[*end..].starts_with('\n'));
    ends.sort_unstable_by_key(|end| std::cmp::Reverse(*end));
    ends.dedup();
    ends.into_iter()
}
