//! Follows what was predicted until the document tells what the user wrote there: whether the first line was right.
//!
//! A place is known by its bytes, moved along with every change. Its line is *left* when several changes in a row were elsewhere;
//! one may be an import that a menu adds while the line is still being typed. What is doubtful is dropped, however it looks: see
//! [`calibration`](crate::calibration). The texts are kept in memory until then, as those of suggestions are.

use std::sync::Arc;

use ropey::Rope;

use crate::calibration::{Judgement, ModelIdentity};
use crate::completion::Suggestion;
use crate::document::ChangedSpan;
use crate::document::position::{floor, slice};

/// Predictions of one document that wait for their outcome: those of several lines.
const MOST: usize = 128;
/// Changes elsewhere, one after another, after which a line is left.
const AWAY: usize = 3;
/// The same for a line on which the beginning of what was predicted stands and nothing else: it may be half-typed.
const LONG_AWAY: usize = 24;
/// A line that is longer behind the place is not looked through for every key.
const LONGEST_LINE: usize = 2048;

/// What came of a prediction, and of which model it was.
pub type Judged = (Arc<ModelIdentity>, Judgement);

/// The predictions of one document whose outcome is not known yet, oldest first.
#[derive(Debug, Default)]
pub struct Predictions(Vec<Prediction>);

/// That the first line of a suggestion is what the user wants.
#[derive(Debug)]
struct Prediction {
    model: Arc<ModelIdentity>,
    /// With an outcome that counts for nothing yet.
    judgement: Judgement,
    /// Where the text begins, in bytes of the document as it is now.
    start: usize,
    /// Bytes of its line before that.
    column: usize,
    /// The first line with text, and line feeds before it.
    line: String,
    /// What stood right of the place and is to stand right of the text.
    behind: String,
    /// What it is to replace: closers that the editor put there.
    replaced: String,
    /// Something was typed in its place.
    typed: bool,
    /// The last change of the line only removed something.
    taken_back: bool,
    /// The line was ended with a line feed.
    ended: bool,
    /// Changes elsewhere since the last one of the line.
    away: usize,
}

/// What a change does to a prediction.
enum Fate {
    Wait,
    Left,
    Drop,
}

impl Predictions {
    /// The best suggestion that was found for `text`, shown or not.
    pub fn add(&mut self, suggestion: &Suggestion, model: &Arc<ModelIdentity>, text: &Rope) {
        let Some(judgement) = suggestion.rank.judged(false) else { return };
        let (range, whole) = (suggestion.range(), suggestion.text());
        let lead = whole.len() - whole.trim_start().len();
        let end = whole[lead..].find('\n').map(|end| lead + end);
        let line = whole[..end.unwrap_or(whole.len())].to_owned();
        let Some(behind) = line_end(text, range.end, 0).map(|to| slice(text, range.end..to)) else { return };
        // Of several lines the first one ends where it ends; only what follows the last one stays on its line.
        let behind = if end.is_some() { String::new() } else { behind };
        let replaced = slice(text, range.clone());
        let column = range.start - text.line_to_byte(text.byte_to_line(range.start));
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        let (model, start) = (Arc::clone(model), range.start);
        let (typed, taken_back, ended, away) = (false, false, false, 0);
        self.0.push(Prediction {
            model,
            judgement,
            start,
            column,
            line,
            behind,
            replaced,
            typed,
            taken_back,
            ended,
            away,
        });
    }

    /// Whether any waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The document was changed: the outcomes that are known by that.
    pub fn text_changed(&mut self, before: &Rope, after: &Rope, span: ChangedSpan) -> Vec<Judged> {
        let span = span.trimmed(before, after);
        if (span.old_end, span.new_end) == (span.start, span.start) {
            return Vec::new();
        }
        let mut judged = Vec::new();
        self.0.retain_mut(|prediction| match prediction.changed(before, after, span) {
            Fate::Wait => true,
            Fate::Drop => false,
            Fate::Left => {
                let outcome = prediction.outcome(after);
                let waits = outcome.is_none() && prediction.away < LONG_AWAY;
                judged.extend(outcome.map(|right| prediction.judged(right)));
                waits
            }
        });
        judged
    }

    /// The document is closed with this text: what is certain by now.
    pub fn closed(&mut self, text: &Rope) -> Vec<Judged> {
        let all = std::mem::take(&mut self.0);
        all.iter().filter_map(|one| one.outcome(text).map(|right| one.judged(right))).collect()
    }
}

impl Prediction {
    fn judged(&self, right: bool) -> Judged {
        (Arc::clone(&self.model), Judgement { right, ..self.judgement })
    }

    /// Where the line ends that the text would end on.
    fn end(&self, text: &Rope) -> Option<usize> {
        line_end(text, self.start, self.line.matches('\n').count())
    }

    /// Keeps in step with a change.
    fn changed(&mut self, before: &Rope, after: &Rope, span: ChangedSpan) -> Fate {
        let ChangedSpan { start, old_end, new_end } = span;
        let Some(end) = self.end(before).filter(|_| floor(before, self.start) == self.start) else {
            return Fate::Drop;
        };
        let line_start = self.start - self.column;
        let above = old_end < line_start || old_end == line_start && (start < line_start || self.column > 0);
        if above {
            self.start = self.start - old_end + new_end;
            let line_start = self.start - self.column;
            // What came before was not only lines of its own.
            if line_start > 0 && after.byte(line_start - 1) != b'\n' {
                return Fate::Drop;
            }
        } else if start < self.start {
            return Fate::Drop;
        } else if start <= end {
            self.away = 0;
            return self.line_changed(before, after, span, end);
        }
        self.away += 1;
        if self.away < AWAY { Fate::Wait } else { Fate::Left }
    }

    /// Something was changed on the line, behind the place.
    fn line_changed(&mut self, before: &Rope, after: &Rope, span: ChangedSpan, end: usize) -> Fate {
        let ChangedSpan { start, old_end, new_end } = span;
        if start == new_end {
            self.taken_back = true;
            self.ended &= !before.byte_slice(start..old_end).bytes().any(|byte| byte == b'\n');
            return Fate::Wait;
        }
        // More than this line was written anew: by a formatter, or by another program.
        if old_end > end || new_end - start > LONGEST_LINE {
            return Fate::Drop;
        }
        let new = slice(after, start..new_end);
        (self.typed, self.taken_back) = (true, false);
        if new.contains('\n') {
            self.ended = self.end(after).is_some_and(|end| (start..new_end).contains(&end));
            // Lines that somebody else wrote; what was suggested may well have several.
            let is_text = !new[new.find('\n').unwrap_or_default()..].trim().is_empty();
            if is_text && self.outcome(after) != Some(true) {
                return Fate::Drop;
            }
        }
        Fate::Wait
    }

    /// Whether it was right, with this `text` in the document and its line left; none while that is doubtful.
    fn outcome(&self, text: &Rope) -> Option<bool> {
        let now = slice(text, self.start..self.end(text)?);
        let now = now.trim_end();
        if !self.typed {
            return None;
        }
        if now == format!("{}{}", self.line, self.behind).trim_end() {
            return Some(true);
        }
        let written = now.strip_suffix(self.behind.trim_end()).unwrap_or(now);
        let written = written.strip_suffix(&*self.replaced).unwrap_or(written);
        // The line may not be complete, unless the user has long been elsewhere.
        let is_begun = self.line.starts_with(written) && !self.ended && self.away < LONG_AWAY;
        (!self.taken_back && !is_begun).then_some(false)
    }
}

/// Where the line ends, `feeds` line feeds behind the byte `start`; none when that is far away or no such line is there.
fn line_end(text: &Rope, start: usize, feeds: usize) -> Option<usize> {
    let length = text.len_bytes();
    if start > length {
        return None;
    }
    let mut left = feeds;
    for (at, byte) in text.bytes_at(start).take(LONGEST_LINE).enumerate() {
        if byte == b'\n' {
            if left == 0 {
                return Some(start + at);
            }
            left -= 1;
        }
    }
    (length - start < LONGEST_LINE).then_some(length)
}

#[cfg(test)]
mod tests;
