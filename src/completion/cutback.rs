//! Finds the longest part of a generated text that fits: the whole, with its ending completed, then cut at line ends and
//! words. The validator decides; this chooses what to ask it, within a bound.

use std::collections::HashSet;
use std::time::Instant;

use tracing::trace;

use super::brackets::balance;
use super::outcome::Reason;
use super::request::Effort;
use super::trim::{Insertion, first_line, is_inside_token, joins};
use super::validate::{Fit, Trial, Validator, Warnings};
use crate::cancel::CancelToken;
use crate::context::{CursorContext, CursorIn, LineTail, line};
use crate::symbols::ImportSource;
use crate::text::is_word;
use crate::verify::names::Names;

/// How much may be tried for one text.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// Most candidates judged: each costs an incremental parse and a strict one.
    pub most: usize,
    /// When to stop, besides the first.
    pub until: Option<Instant>,
}
/// Candidates that do not make the place whole are confirmed at most this often, longest first.
const CONFIRMATIONS: usize = 4;
/// Most candidates of the first line alone that are tried besides.
const FIRST_LINE: usize = 4;

/// Where the end of a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The model wrote all of it.
    Model,
    /// Its ending was added here.
    Ended,
}

/// The candidate that was chosen.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// What fits.
    pub candidate: Insertion,
    /// Where its end comes from.
    pub origin: Origin,
    /// Whether it makes the place whole, or would with the block closed that it opens.
    pub whole: bool,
    /// What speaks against it although it fits.
    pub warnings: Warnings,
    /// Where the names come from that count as unknown in `warnings`; empty where that is not certain of each.
    pub needs: Vec<ImportSource>,
}

impl Chosen {
    /// A candidate that was confirmed; a name in it that would hide a builtin is changed.
    fn of(judge: &Validator<'_>, trial: Trial, names: Names, candidate: Insertion, origin: Origin) -> Self {
        let whole = trial.fit >= Fit::Opens;
        let passed = judge.renamed(&trial, &candidate, &names.shadowing).and_then(|other| {
            let trial = judge.fit(&other).filter(|again| again.fit >= trial.fit && judge.confirm(again))?;
            let names = judge.names(&trial);
            Some((other, trial, names))
        });
        let (candidate, trial, names) = passed.unwrap_or((candidate, trial, names));
        let (warnings, needs) = (judge.warnings(&trial, &names), judge.needs(&trial, &names));
        Self { candidate, origin, whole, warnings, needs }
    }

    /// The whole text, where there is no parser to ask.
    ///
    /// # Errors
    /// [`Reason::AlreadyThere`] when nothing of it is new.
    pub fn unjudged(text: &str, context: &CursorContext, effort: Effort) -> Result<Self, Reason> {
        let candidate = match effort < Effort::Trim {
            true => Insertion { text: text.to_owned(), replaces: 0 },
            false => joins(text, context).into_iter().next().ok_or(Reason::AlreadyThere)?,
        };
        let (warnings, needs) = (Warnings::default(), Vec::new());
        Ok(Self { candidate, origin: Origin::Model, whole: true, warnings, needs })
    }
}

/// The best candidate made from `text`.
///
/// # Errors
/// [`Reason::Invalid`] when no part of it fits, [`Reason::Repetition`] when what fits says something twice.
pub fn choose(
    text: &str,
    judge: &Validator<'_>,
    context: &CursorContext,
    bound: Bound,
    cancel: &CancelToken,
) -> Result<Chosen, Reason> {
    let mut search = Search { judge, context, refused: None, tried: HashSet::new(), others: Vec::new() };
    let is_late = || bound.until.is_some_and(|until| Instant::now() > until);
    for (number, (candidate, origin)) in candidates(text, context).take(bound.most).enumerate() {
        if cancel.is_cancelled() || number > 0 && is_late() {
            break;
        }
        if let Some(chosen) = search.judge(candidate, origin) {
            return Ok(chosen);
        }
    }
    // However many cuts came before it: the line at the cursor is worth a look by itself.
    if let Some(line) = first_line(text) {
        for (candidate, origin) in candidates(line, context).take(FIRST_LINE) {
            if cancel.is_cancelled() {
                break;
            }
            if let Some(chosen) = search.judge(candidate, origin) {
                return Ok(chosen);
            }
        }
    }
    search.rest()
}

/// The candidates tried so far.
struct Search<'a> {
    judge: &'a Validator<'a>,
    context: &'a CursorContext,
    /// How much of the text may be kept at most, where some of it must not be shown although it fits, and what to call that.
    refused: Option<(usize, Reason)>,
    tried: HashSet<(String, usize)>,
    /// Those that do not make the place whole.
    others: Vec<(Trial, Insertion)>,
}

impl Search<'_> {
    /// Judge a candidate: chosen when it makes the place whole.
    fn judge(&mut self, candidate: Insertion, origin: Origin) -> Option<Chosen> {
        if self.is_refused(&candidate) || !self.tried.insert((candidate.text.clone(), candidate.replaces)) {
            return None;
        }
        let trial = self.judge.fit(&candidate);
        trace!(before = self.context.line.before, ?candidate, ?origin, fit = ?trial.as_ref().map(|trial| trial.fit), "judged");
        let trial = trial?;
        match (trial.fit, origin) {
            (Fit::Whole | Fit::Opens, _) => self.confirmed(trial, candidate, origin),
            // What the model did not write is shown only when it makes the place whole.
            (_, Origin::Ended) => None,
            (_, Origin::Model) if leaves_nothing_open(&candidate, self.context) => {
                self.others.push((trial, candidate));
                None
            }
            _ => None,
        }
    }

    /// The best of those that do not make the place whole.
    fn rest(mut self) -> Result<Chosen, Reason> {
        let mut others = std::mem::take(&mut self.others);
        // Stable: on a tie the earlier, which is the longer, stays first.
        others.sort_by_key(|(trial, _)| std::cmp::Reverse(trial.fit));
        let found = others.into_iter().take(CONFIRMATIONS).find_map(|(trial, candidate)| {
            if self.is_refused(&candidate) { None } else { self.confirmed(trial, candidate, Origin::Model) }
        });
        found.ok_or(self.refused.map_or(Reason::Invalid, |(_, reason)| reason))
    }

    fn is_refused(&self, candidate: &Insertion) -> bool {
        self.refused.as_ref().is_some_and(|(most, _)| candidate.text.trim_end().len() > *most)
    }

    fn confirmed(&mut self, trial: Trial, candidate: Insertion, origin: Origin) -> Option<Chosen> {
        if !self.judge.confirm(&trial) {
            return None;
        }
        let names = self.judge.names(&trial);
        if let Some((end, reason)) = self.judge.objection(&trial, &names) {
            // Half of a line that was meant to say this says nothing: the lines before it may stay.
            let most = candidate.text.get(..end).and_then(|part| part.rfind('\n')).unwrap_or(0);
            self.refused = Some((most, reason));
            return None;
        }
        Some(Chosen::of(self.judge, trial, names, candidate, origin))
    }
}

/// Whether the text closes what it opens (or what stands right of the cursor does), and does not end in an operator that
/// waits for more. Where the place stays broken anyway no parser would miss one more opener, and an opener would even
/// pair with a stray closer far below.
fn leaves_nothing_open(candidate: &Insertion, context: &CursorContext) -> bool {
    let after = context.line.after.get(candidate.replaces..).unwrap_or_default();
    let before = &context.line.before;
    if context.cursor_in != CursorIn::Comment && balance(before, &context.line_comment).quote.is_some() {
        // A quotation that ends here lets the brackets before it speak: they must close on this line.
        let state = balance(&format!("{before}{}{after}", candidate.text), &context.line_comment);
        return state.open.is_empty() && state.quote.is_none();
    }
    if context.cursor_in != CursorIn::Code {
        return true;
    }
    let state = balance(&format!("{}{after}", candidate.text), &context.line_comment);
    let ends = |c: char| is_word(c) || line::is_closer(c) || matches!(c, ',' | ';');
    state.open.is_empty() && state.quote.is_none() && candidate.text.trim_end().ends_with(ends)
}

/// Candidates in the order in which they are worth asking for: longest first, each with the ways it can meet the tail
/// of the line, and with the endings that may be missing.
pub fn candidates<'a>(
    text: &'a str,
    context: &'a CursorContext,
) -> impl Iterator<Item = (Insertion, Origin)> + 'a {
    let mut seen = std::collections::HashSet::new();
    cuts(text)
        .flat_map(move |end| {
            let cut = text[..end].trim_end();
            let ended = endings(cut, context).into_iter().map(|text| Insertion { text, replaces: 0 });
            let written = joins(cut, context).into_iter().map(|candidate| (candidate, Origin::Model));
            written.chain(ended.map(|candidate| (candidate, Origin::Ended))).collect::<Vec<_>>()
        })
        .filter(|(candidate, _)| !candidate.text.trim().is_empty())
        // A cut may leave no more than what stands there already; in a file with an odd bracket it would even seem to fit.
        .filter(|(candidate, _)| {
            candidate.replaces > 0 || !context.line.after.trim_start().starts_with(candidate.text.trim())
        })
        .filter(|(candidate, _)| !quotes_again(candidate, context))
        .filter(move |(candidate, _)| seen.insert((candidate.text.clone(), candidate.replaces)))
}

/// Whether the text ends in the quote that stands right of the cursor, alone or with all that follows it there: that quote
/// would then end another, empty string, or begin one. `"<""}"}` is even valid, and never meant.
fn quotes_again(candidate: &Insertion, context: &CursorContext) -> bool {
    let (right, text) = (context.line.after.trim(), candidate.text.trim_end());
    let Some(quote) = right.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let escaped = text.strip_suffix(quote).is_some_and(|rest| rest.ends_with('\\'));
    candidate.replaces == 0 && (text.ends_with(right) || text.ends_with(quote)) && !escaped
}

/// The text with what may be missing at its end, when nothing stands right of the cursor: quotes and brackets that the
/// line leaves open, and what ends a statement, an element or a header.
fn endings(text: &str, context: &CursorContext) -> Vec<String> {
    if context.tail != LineTail::Nothing || context.cursor_in == CursorIn::Comment || text.contains('\n') {
        return Vec::new();
    }
    let state = balance(&format!("{}{text}", context.line.before), &context.line_comment);
    let opener = context.block_opener.as_str();
    // A user who has begun a header wants its block; where nothing is written yet, an empty block is no suggestion.
    let header = !context.line.is_blank_before();
    if state.comment || !opener.is_empty() && text.trim_end().ends_with(opener) {
        let braces = opener == "{" && state.quote.is_none() && header;
        return if braces { vec![format!("{}}}", text.trim_end())] } else { Vec::new() };
    }
    let mut closed = text.trim_end().to_owned();
    if state.quote.is_none() {
        closed.truncate(closed.trim_end_matches([',', ';']).len());
    }
    closed.push_str(state.quote.as_deref().unwrap_or_default());
    closed.extend(state.open.iter().rev());
    let ends: &[&str] = match (context.significant_indentation, context.cursor_in) {
        (_, CursorIn::String) if state.quote.is_none() => return Vec::new(),
        (true, _) => &["", ",", opener],
        (false, _) if opener == "{" && header => &["", ";", ",", " {", " {}"],
        (false, _) => &["", ";", ",", opener],
    };
    ends.iter().map(|end| format!("{closed}{end}")).collect()
}

/// Ends of the text where it may be cut, the whole first: every end of a line, then of a token.
fn cuts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut ends: Vec<usize> = vec![text.len()];
    let mut previous: Option<char> = None;
    for (at, c) in text.char_indices() {
        let boundary = previous.is_some_and(|previous| {
            !previous.is_whitespace() && (c.is_whitespace() || is_word(previous) != is_word(c) || !is_word(c))
        });
        if boundary && !is_inside_token(text, at) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Snapshot;

    #[test]
    fn what_stands_there_already_is_no_candidate() {
        let text = "for x in f()\n";
        let context = CursorContext::at(&Snapshot::of_text("", text, None), None, text.len() - 2);
        let found: Vec<(String, usize)> = candidates(") in (", &context)
            .map(|(candidate, _)| (candidate.text, candidate.replaces))
            .collect();
        assert!(found.iter().any(|(text, _)| text == ") in"), "{found:?}");
        assert!(!found.contains(&(")".to_owned(), 0)), "{found:?}");
    }
}
