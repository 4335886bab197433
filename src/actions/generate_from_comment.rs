//! Generate from comment: a comment line that says what is wanted, and the code below it. The model that fills in writes it:
//! to it, a comment with nothing below is the best place there is. What does not pass the checks is not applied.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::chat::read;
use super::{Action, LazyAction};
use crate::cancel::CancelToken;
use crate::completion::generate::{self, BlockRequest, Draft};
use crate::completion::{Extent, Reason, blocking};
use crate::context::line::{Line, is_closer, width};
use crate::context::{CursorContext, CursorIn, scope};
use crate::document::with_line_ends;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Sampling};
use crate::verify::{Verifier, policy};

/// Texts from one prompt.
const CANDIDATES: usize = 3;
/// How often is asked: once for the likeliest, then by chance, while none passes.
const ROUNDS: u64 = 4;
/// Most lines and tokens.
const LINES: usize = 24;
const TOKENS: usize = 192;
/// Whoever asked for it sees it running, and waits no longer than this.
const PATIENCE: Duration = Duration::from_secs(20);
const TEMPERATURE: f32 = 0.6;
const TOP_P: f32 = 0.9;
/// Fewer words name something, and ask for nothing.
const WORDS: usize = 3;
/// Characters of the comment in the title.
const SHOWN: usize = 40;

/// What can be written for the comment at `range`; no model is asked. It parses: call it on a blocking thread.
pub fn promise(snapshot: &Snapshot, range: &Range<usize>) -> Option<LazyAction> {
    let task = CommentTask::find(snapshot, range)?;
    let shown: String = task.text.chars().take(SHOWN).collect();
    let more = if shown.len() < task.text.len() { "…" } else { "" };
    Some(LazyAction::new(
        Action::FromComment,
        format!("Write the code for “{}{more}”", shown.trim_end()),
        range.clone(),
    ))
}

/// Write it: the change, or why there is none.
pub async fn write(
    promise: LazyAction,
    snapshot: Snapshot,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Edit>, Reason> {
    let deadline = Instant::now() + PATIENCE;
    let document = snapshot.uri.to_string();
    let look = move || {
        let task = CommentTask::find(&snapshot, &promise.range).ok_or(Reason::NotHere)?;
        let verifier = Verifier::new(&snapshot).ok_or(Reason::NotParsed)?;
        // The model sees the place as if one were about to write there.
        let opened = snapshot.with_edit(&Edit::insert(task.at, task.open(snapshot.line_ending())));
        let offset = task.at + task.open(snapshot.line_ending()).len();
        Ok((
            CursorContext::at(&opened, opened.parse().as_ref(), offset),
            std::sync::Arc::new((task, verifier)),
        ))
    };
    let (context, desk) = read(look).await?;
    for round in 0..ROUNDS {
        let wanted = wanted(&document, round, deadline);
        let written = match generate::drafts(&context, wanted, engine, cancel).await {
            Ok(written) => written,
            Err(Reason::Blank | Reason::AlreadyThere | Reason::Repetition | Reason::Invalid) => continue,
            Err(reason) => return Err(reason),
        };
        let judging = std::sync::Arc::clone(&desk);
        let best =
            blocking(move || written.iter().find_map(|one| judging.0.longest(one, &judging.1))).await?;
        if let Some(edit) = best {
            return Ok(vec![edit]);
        }
        if Instant::now() >= deadline {
            break;
        }
    }
    Err(if cancel.is_cancelled() { Reason::Superseded } else { Reason::Invalid })
}

fn wanted(document: &str, round: u64, deadline: Instant) -> BlockRequest {
    BlockRequest {
        document: document.to_owned(),
        told: Vec::new(),
        candidates: CANDIDATES,
        shape: Extent::Lines(LINES),
        tokens: TOKENS,
        sampling: match round {
            0 => Sampling::Greedy,
            _ => Sampling::Seeded { temperature: TEMPERATURE, top_p: TOP_P, seed: round * CANDIDATES as u64 },
        },
        deadline,
    }
}

/// A comment that asks for code.
struct CommentTask {
    /// What it says.
    text: String,
    /// The end of its last line.
    at: usize,
    indentation: String,
}

impl CommentTask {
    /// The comment of whole lines at a cursor, with nothing below it that it could be about.
    fn find(snapshot: &Snapshot, range: &Range<usize>) -> Option<Self> {
        let config = &snapshot.language.as_ref()?.config;
        let row = snapshot.line_of(range.start);
        let said = |row: usize| {
            let line = snapshot.line_text(row);
            let text = line.trim_start().strip_prefix(config.line_comment.as_str())?.trim().to_owned();
            let to_a_tool =
                config.pragma_prefixes.iter().any(|begin| text.to_lowercase().starts_with(begin.as_str()));
            (!to_a_tool).then_some(text)
        };
        let text = said(row).filter(|_| snapshot.line_of(range.end) == row)?;
        let mut last = row;
        while last + 1 < snapshot.lines() && said(last + 1).is_some() {
            last += 1;
        }
        let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
        let at = snapshot.line_range(last).end;
        let line = Line::at(&snapshot.text, at);
        let below = (last + 1 < snapshot.lines()).then(|| snapshot.line_text(last + 1));
        let free = below.is_none_or(|below| {
            below.trim().is_empty()
                || width(&below) < width(&line.indentation)
                || below.trim_start().starts_with(is_closer)
        });
        let tree = snapshot.parse()?;
        let comment = scope::cursor_in(snapshot, Some(&tree), &line, at) == CursorIn::Comment;
        (words >= WORDS && free && comment).then_some(Self { text, at, indentation: line.indentation })
    }

    /// What is put before the code.
    fn open(&self, line_ending: &str) -> String {
        format!("{line_ending}{}", self.indentation)
    }

    /// The longest part of a text, by lines, that may stand there.
    fn longest(&self, written: &Draft, verifier: &Verifier) -> Option<Edit> {
        let text = written.text.as_str();
        let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        ends.push(text.len());
        ends.into_iter().rev().find_map(|end| {
            let new = format!("{}{}", self.open("\n"), text[..end].trim_end());
            let new = new.trim_end();
            let edit = Edit::insert(self.at, with_line_ends(new, verifier.snapshot().line_ending()));
            verifier.allows(std::slice::from_ref(&edit), &policy::BELOW_COMMENT).then_some(edit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{check, refused, title};

    #[test]
    fn the_code_is_written_below_the_comment() {
        check(
            Action::FromComment,
            "python",
            "def f(a):\n    # give back twice ˇthat\n\n\nx = 1\n",
            "return a * 2\n",
            "def f(a):\n    # give back twice that\n    return a * 2\n\n\nx = 1\n",
        );
        check(
            Action::FromComment,
            "rust",
            "fn f(a: u8) -> u8 {\r\n\t// Give back\r\n\t// twice that,ˇ please now\r\n}\r\n",
            "let b = a;\n\tb + a\n}",
            "fn f(a: u8) -> u8 {\r\n\t// Give back\r\n\t// twice that, please now\r\n\tlet b = a;\r\n\tb + a\r\n}\r\n",
        );
    }

    #[test]
    fn comments_that_ask_for_nothing_are_left_alone() {
        let asks = "Write the code for “add one to it”";
        for (text, expected) in [
            ("# add one to itˇ\n", asks),
            ("ˇ# add one to it\n\nx = 1\n", asks),
            ("def f(a):\n    # add one to itˇ\nx = 1\n", asks),
            // It is about what follows, is inside of a text, behind code, for a tool, or too short.
            ("# add one to itˇ\nx = 1\n", ""),
            ("'''\n# add one to itˇ\n'''\n", ""),
            ("x = 1  # add one to itˇ\n", ""),
            ("# noqa add one to itˇ\n", ""),
            ("# seeˇ below\n", ""),
        ] {
            assert_eq!(title(Action::FromComment, "python", text), expected, "{text}");
        }
        assert_eq!(title(Action::FromComment, "rust", "/// add one to itˇ\n\nfn f() {}\n"), "");
    }

    #[test]
    fn what_does_not_fit_is_cut_back_or_refused() {
        let text = "def f(a):\n    # give back twiceˇ that\n";
        let with = |body: &str| format!("{}    {body}\n", text.replace('ˇ', ""));
        check(Action::FromComment, "python", text, "b = a * 2\n    return b +", &with("b = a * 2"));
        for written in ["# twice that of course", "return unheard_of(a)", "return eval(a)", "return a +", " "]
        {
            refused(Action::FromComment, "python", text, written, &Reason::Invalid);
        }
    }
}
