//! Keeps keys and passwords from the model, and out of what it writes: every job is masked before an engine sees it.

use std::ops::Range;

use super::outcome::Reason;
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot};
use crate::engine::{Job, Role, Segment, Task};
use crate::privacy::{REDACTED, keys, masked};

/// A job without secrets.
#[derive(Debug)]
pub struct MaskedJob {
    /// What an engine may see.
    pub job: Job,
    /// What the cursor stands in or right behind, if that looks like a secret.
    pub at_cursor: Option<&'static str>,
}

impl MaskedJob {
    /// Puts a word in place of each secret of a job.
    pub fn of(mut job: Job) -> Self {
        let text = |role| job.segments.iter().find(|it| it.role == role).map_or("", |it| it.text.as_str());
        // Together: a key that the cursor splits is one on neither side of it.
        let cursor = text(Role::Prefix).len();
        let found = keys(&format!("{}{}", text(Role::Prefix), text(Role::Suffix)));
        let touched = found.iter().find(|key| key.range.start < cursor && cursor <= key.range.end);
        let at_cursor = touched.map(|key| key.what);
        for segment in &mut job.segments {
            let secrets: Vec<Range<usize>> = match segment.role {
                Role::Prefix => found.iter().map(|key| key.range.start..key.range.end.min(cursor)).collect(),
                Role::Suffix => {
                    let behind = |at: usize| at.saturating_sub(cursor);
                    found.iter().map(|key| behind(key.range.start)..behind(key.range.end)).collect()
                }
                Role::Stable => keys(&segment.text).into_iter().map(|key| key.range).collect(),
            };
            secrets
                .iter()
                .rev()
                .filter(|range| range.start < range.end)
                .for_each(|range| mask(segment, range));
        }
        match &mut job.task {
            Task::Chat { messages } => {
                messages.iter_mut().for_each(|message| message.text = masked(&message.text).into_owned());
            }
            Task::Score { continuations } => {
                continuations.iter_mut().for_each(|text| *text = masked(text).into_owned());
            }
            Task::Explain { continuation } => *continuation = masked(continuation).into_owned(),
            Task::Generate { .. } => {}
        }
        Self { job, at_cursor }
    }
}

/// Masks one secret. The places where the text may be cut move with it.
fn mask(segment: &mut Segment, range: &Range<usize>) {
    segment.text.replace_range(range.clone(), REDACTED);
    segment.boundaries.retain(|at| *at <= range.start || *at >= range.end);
    for at in segment.boundaries.iter_mut().filter(|at| **at >= range.end) {
        *at = *at - range.len() + REDACTED.len();
    }
}

/// The lines of a text for the cursor of `context` that stand before the first with a secret.
///
/// # Errors
/// [`Reason::KeyLike`] when there is none.
pub fn without_keys<'a>(text: &'a str, context: &CursorContext) -> Result<&'a str, Reason> {
    let (before, after) = (end_of(&context.line.before), start_of(&context.line.after));
    let placeholder = || context.before.contains(REDACTED) || context.after.contains(REDACTED);
    let found = match first_key(before, text, after) {
        None => text.find(REDACTED).filter(|_| !placeholder()).map(|at| (at, "a key of this file")),
        found => found,
    };
    let Some((at, what)) = found else { return Ok(text) };
    match text[..at].rfind('\n').map(|end| &text[..end]).filter(|lines| !lines.trim().is_empty()) {
        Some(lines) => Ok(lines),
        None => Err(wrote(what)),
    }
}

/// As much of a line as a secret around the cursor may take: lines of a megabyte exist.
const NEARBY: usize = 512;

fn end_of(line: &str) -> &str {
    &line[line.ceil_char_boundary(line.len().saturating_sub(NEARBY))..]
}

fn start_of(line: &str) -> &str {
    &line[..line.floor_char_boundary(NEARBY.min(line.len()))]
}

/// The first secret that `text` between the two is or makes: where in it, and what.
fn first_key(before: &str, text: &str, after: &str) -> Option<(usize, &'static str)> {
    let (start, end) = (before.len(), before.len() + text.len());
    let found = keys(&format!("{before}{text}{after}"));
    let key = found.into_iter().find(|key| key.range.start < end && key.range.end > start)?;
    Some((key.range.start.saturating_sub(start), key.what))
}

fn wrote(what: &str) -> Reason {
    Reason::KeyLike(format!("what the model wrote holds {what}"))
}

/// Refuses edits that put a secret which the document has not, or the word that stood in place of one.
///
/// # Errors
/// [`Reason::KeyLike`].
pub fn check_edits(edits: &[Edit], snapshot: &Snapshot) -> Result<(), Reason> {
    let document = snapshot.text.to_string();
    for edit in edits {
        if edit.text.contains(REDACTED) && !document.contains(REDACTED) {
            let why = "this code holds a key or a password, which the model may not see";
            return Err(Reason::KeyLike(why.to_owned()));
        }
        let line = document[..edit.range.start].rfind('\n').map_or(0, |feed| feed + 1);
        let rest = &document[edit.range.end..];
        let (before, after) = (&document[line..edit.range.start], rest.lines().next().unwrap_or_default());
        let joined = format!("{before}{}{after}", edit.text);
        let (start, end) = (before.len(), before.len() + edit.text.len());
        let added = keys(&joined).into_iter().find(|key| {
            key.range.start < end && key.range.end > start && !document.contains(&joined[key.range.clone()])
        });
        if let Some(key) = added {
            return Err(wrote(key.what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Lane, Sampling, Stop};

    const TOKEN: &str = "8f3ka92lQpw7zX0vT1";

    fn job(segments: &[(Role, String)]) -> MaskedJob {
        let segment = |(role, text): &(Role, String)| Segment {
            role: *role,
            text: text.clone(),
            share: 50,
            boundaries: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
            file: None,
        };
        MaskedJob::of(Job {
            document: String::new(),
            lane: Lane::Interactive,
            segments: segments.iter().map(segment).collect(),
            max_tokens: 1,
            stop: Stop::default(),
            sampling: Sampling::Greedy,
            task: Task::default(),
            language: String::new(),
            workspace: None,
        })
    }

    #[test]
    fn boundaries_move_with_the_text() {
        let text = format!("a = 1\napi_key = \"{TOKEN}\"\nb = 2\nc = ");
        let masked =
            job(&[(Role::Stable, text.clone()), (Role::Suffix, "\nd\n".into()), (Role::Prefix, text)]);
        assert_eq!(masked.at_cursor, None);
        for segment in [&masked.job.segments[0], &masked.job.segments[2]] {
            assert_eq!(segment.text, "a = 1\napi_key = \"REDACTED\"\nb = 2\nc = ");
            let starts: Vec<_> = segment.text.match_indices('\n').map(|(at, _)| at + 1).collect();
            assert_eq!(segment.boundaries, starts);
        }
    }

    #[test]
    fn a_key_around_the_cursor_is_masked_on_both_sides() {
        let (before, after) = TOKEN.split_at(5);
        let segments =
            [(Role::Suffix, format!("{after}\"\nx = 1\n")), (Role::Prefix, format!("api_key = \"{before}"))];
        let masked = job(&segments);
        assert!(masked.at_cursor.is_some());
        let texts: Vec<&str> = masked.job.segments.iter().map(|segment| segment.text.as_str()).collect();
        assert_eq!(texts, ["REDACTED\"\nx = 1\n", "api_key = \"REDACTED"]);
    }

    #[test]
    fn edits_keep_keys_and_add_none() {
        let text = format!("def f():\n    token = '{TOKEN}'\n    return token\n");
        let snapshot = Snapshot::of_text("", &text, None);
        let with = |new: &str| check_edits(&[Edit::replace(9..text.len(), new)], &snapshot);
        assert_eq!(with(&format!("    token = '{TOKEN}'\n    return token + '1'\n")), Ok(()));
        assert!(with("    token = 'REDACTED'\n").is_err());
        assert!(with("    token = 'Zz91mmQ8rT5bYc2L'\n").is_err());
    }
}
