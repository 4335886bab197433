//! Generates the code that a comment line asks for, below it. The model that fills in writes it: for that model, a comment with
//! nothing below is the best prompt there is. What does not pass the checks is not applied.
//!
//! ```python before
//! def twice(a):
//!     # give back twice the numberˇ
//! ```
//! ```text model
//! return a * 2
//! ```
//! ```python after
//! def twice(a):
//!     # give back twice the number
//!     return a * 2
//! ```

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use super::action::{ActionSpec, INVALID, LazyAction, MenuKind, Resolve, Steps};
use super::request::ActionRequest;
use super::rounds::{self, DraftTask, RoundPlan};
use crate::completion::generate::Draft;
use crate::completion::{Extent, Reason, blocking};
use crate::context::line::{Line, is_closer, width};
use crate::context::{CursorContext, CursorIn, scope};
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::engine::ModelRole;
use crate::verify::{Verifier, policy};

/// Writes the code that a comment asks for.
pub static SPEC: ActionSpec = ActionSpec {
    id: "from_comment",
    kind: MenuKind::Rewrite,
    steps: Steps::Lazy {
        model: ModelRole::Infill,
        without_model: true,
        find: |request| find(request).into_iter().collect(),
        resolve: |work| Box::pin(resolve(work)),
    },
    not_here: "there is no comment with nothing below it here",
    invalid: INVALID,
};

const PLAN: RoundPlan =
    RoundPlan { rounds: 4, candidates: 3, temperature: 0.6, top_p: 0.9, patience: Duration::from_secs(20) };
/// Most lines and tokens.
const LINES: usize = 24;
const TOKENS: usize = 192;
/// Fewer words name something, and ask for nothing.
const WORDS: usize = 3;
/// Characters of the comment in the title.
const SHOWN: usize = 40;

fn find(request: &ActionRequest) -> Option<LazyAction> {
    let task = CommentTask::find(&request.snapshot, &request.place())?;
    let shown: String = task.text.chars().take(SHOWN).collect();
    let more = if shown.len() < task.text.len() { "…" } else { "" };
    let title = format!("Write the code for “{}{more}”", shown.trim_end());
    Some(LazyAction::new(&SPEC, title, request.place()))
}

async fn resolve(work: Resolve<'_>) -> Result<Vec<Edit>, Reason> {
    let Resolve { action, snapshot, engine, cancel } = work;
    let look = move || {
        let task = CommentTask::find(&snapshot, &action.range).ok_or(Reason::NotHere)?;
        let verifier = Verifier::new(&snapshot).ok_or(Reason::NotParsed)?;
        // The model sees the place as if the user were about to write there.
        let open = task.open(snapshot.line_ending());
        let offset = task.at + open.len();
        let opened = snapshot.with_edit(&Edit::insert(task.at, open));
        let drafts = DraftTask {
            document: snapshot.uri.to_string(),
            context: CursorContext::at(&opened, opened.parse().as_ref(), offset),
            preface: Vec::new(),
            extent: Extent::Lines(LINES),
            tokens: TOKENS,
            plan: &PLAN,
        };
        Ok::<_, Reason>((drafts, task, verifier))
    };
    let (drafts, task, verifier) = blocking(look).await??;
    let longest = move |drafts: &[Draft], _| {
        let edit = drafts.iter().find_map(|draft| task.longest(draft, &verifier));
        edit.map_or(ControlFlow::Continue(None), |edit| ControlFlow::Break(vec![edit]))
    };
    rounds::run(&drafts, engine, cancel, longest).await
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
            &SPEC,
            "python",
            "def f(a):\n    # give back twice ˇthat\n\n\nx = 1\n",
            "return a * 2\n",
            "def f(a):\n    # give back twice that\n    return a * 2\n\n\nx = 1\n",
        );
        check(
            &SPEC,
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
            assert_eq!(title(&SPEC, "python", text), expected, "{text}");
        }
        assert_eq!(title(&SPEC, "rust", "/// add one to itˇ\n\nfn f() {}\n"), "");
    }

    #[test]
    fn what_does_not_fit_is_cut_back_or_refused() {
        let text = "def f(a):\n    # give back twiceˇ that\n";
        let with = |body: &str| format!("{}    {body}\n", text.replace('ˇ', ""));
        check(&SPEC, "python", text, "b = a * 2\n    return b +", &with("b = a * 2"));
        for written in ["# twice that of course", "return unheard_of(a)", "return eval(a)", "return a +", " "]
        {
            refused(&SPEC, "python", text, written, &Reason::Invalid);
        }
    }
}
