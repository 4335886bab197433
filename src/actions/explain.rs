//! Explains code by lines of comment in the selection, or in the function around the cursor. The code stays the document's: without
//! its comments the result has the same tree, or it is refused.
//!
//! ```python before
//! def half(items):
//!     return iˇtems[: len(items) // 2]
//! ```
//! ```text model
//! def half(items):
//!     # An odd number leaves the middle out.
//!     return items[: len(items) // 2]
//! ```
//! ```python after
//! def half(items):
//!     # An odd number leaves the middle out.
//!     return items[: len(items) // 2]
//! ```

use std::ops::Range;

use super::action::{ActionSpec, LazyAction, MenuKind, NO_CODE, Steps};
use super::chat::{self, ChatPrompt, ChatReply};
use super::request::ActionRequest;
use super::{edits, function, rewrite};
use crate::completion::Reason;
use crate::context::line::Line;
use crate::context::{CursorIn, scope};
use crate::document::{Edit, Snapshot};
use crate::engine::ModelRole;
use crate::text::fenced;
use crate::verify::{Verifier, policy, prose};

/// Explains code by comments.
pub static SPEC: ActionSpec = ActionSpec {
    id: "explain",
    kind: MenuKind::Rewrite,
    steps: Steps::Lazy {
        model: ModelRole::Instruct,
        without_model: false,
        find: |request| find(request).into_iter().collect(),
        resolve: |work| Box::pin(chat::run(work, prepare, commented)),
    },
    not_here: NO_CODE,
    invalid: "the model gave no comments that explain, or changed the code around them",
};

/// Most bytes of code that are asked about at once.
const LONGEST: usize = 12 * 1024;
/// Longest comment, in characters: one that goes on beyond the screen is not read.
const WIDTH: usize = 160;

const RULES: &str = "You explain code by comments in it. Answer with the same code in one code block: every line unchanged, and \
                     lines of comment added above those that need one. Say why, or what is not obvious; do not repeat the code.";

fn find(request: &ActionRequest) -> Option<LazyAction> {
    let (snapshot, range) = (&request.snapshot, &request.place());
    let lines = lines(snapshot, range)?;
    let tree = snapshot.parse()?;
    let function = function::at(snapshot, &tree, range).filter(|function| covers(&lines, &function.whole));
    let title = match function {
        Some(function) => format!("Explain `{}` with comments", function.name),
        None => "Explain the selection with comments".to_owned(),
    };
    Some(LazyAction::new(&SPEC, title, range.clone()))
}

fn prepare(action: &LazyAction, verifier: &Verifier) -> Option<(ChatPrompt, Range<usize>)> {
    let range = lines(verifier.snapshot(), &action.range)?;
    Some((question(verifier.snapshot(), &range), range))
}

/// The whole lines of the selection, or of the function around a cursor, without blank ones around them.
fn lines(snapshot: &Snapshot, range: &Range<usize>) -> Option<Range<usize>> {
    let wanted = match range.is_empty() {
        true => function::at(snapshot, &snapshot.parse()?, range)?.whole,
        false => range.clone(),
    };
    rewrite::whole_lines(snapshot, &wanted).filter(|lines| lines.len() <= LONGEST)
}

fn covers(lines: &Range<usize>, function: &Range<usize>) -> bool {
    lines.start <= function.start && function.end <= lines.end
}

fn question(snapshot: &Snapshot, range: &Range<usize>) -> ChatPrompt {
    let language = snapshot.language.as_ref().map_or("", |language| language.name());
    let code = rewrite::with_indentation(snapshot, range);
    ChatPrompt {
        document: snapshot.uri.to_string(),
        rules: RULES.into(),
        text: format!("Add comments to this code.\n\n{}", fenced(language, &code)),
        // As much again in comments.
        expected: 2 * code.len(),
    }
}

/// The comments of an answer between the lines of the document. It ends where the answer's code is another; what is before
/// that is kept.
fn commented(answer: &ChatReply, range: &Range<usize>, verifier: &Verifier) -> Result<Vec<Edit>, Reason> {
    let snapshot = verifier.snapshot();
    let rows = snapshot.line_of(range.start)..snapshot.line_of(range.end) + 1;
    let mark = &snapshot.language.as_ref().ok_or(Reason::NotParsed)?.config.line_comment;
    let mut row = rows.start;
    let mut waiting: Vec<String> = Vec::new();
    let mut comments: Vec<(usize, String)> = Vec::new();
    let mut given = 0;
    for line in answer.begun().lines() {
        let text = line.trim();
        // Blank lines come and go.
        while row < rows.end && snapshot.line_text(row).trim().is_empty() {
            row += 1;
        }
        if row == rows.end {
            break;
        }
        if snapshot.line_text(row).trim() == text {
            for comment in waiting.drain(..) {
                given += 1;
                if explains(snapshot, range, row, &comment)
                    && comments.iter().all(|(_, other)| *other != comment)
                {
                    comments.push((row, comment));
                }
            }
            row += 1;
        } else if let Some(comment) = text.strip_prefix(mark.as_str()) {
            waiting.extend(wording(snapshot, comment, mark));
        } else if !text.is_empty() {
            break;
        }
    }
    if comments.is_empty() {
        return Err(match given {
            0 => answer.no_code(),
            _ => chat::refused("its comments repeat the code instead of explaining it"),
        });
    }
    let edits = placed(verifier, range, &comments).ok_or(Reason::Invalid)?;
    if verifier.allows(&edits, &policy::COMMENTS) { Ok(edits) } else { Err(Reason::Invalid) }
}

/// Whether a comment above the line `row` says something that the code in `range` does not.
fn explains(snapshot: &Snapshot, range: &Range<usize>, row: usize, comment: &str) -> bool {
    let Some(language) = snapshot.language.as_ref() else { return false };
    let code = snapshot.slice(range.clone()).replace("\r\n", "\n");
    let stands =
        code.lines().any(|line| line.trim_start_matches([' ', '\t', '#', '/', '!']).trim_end() == comment);
    !stands
        && prose::flaw(comment, &code, language).is_none()
        && !prose::repeats(comment, &snapshot.line_text(row))
}

/// What a comment says, if it is one for people.
fn wording(snapshot: &Snapshot, comment: &str, mark: &str) -> Option<String> {
    // Not `///` or `#!`, which are not for this place.
    let last = mark.chars().last()?;
    let text = comment.trim_start_matches([last, '!']).trim();
    let tool = &snapshot.language.as_ref()?.config.pragma_prefixes;
    let speaks_to_a_tool = tool.iter().any(|begin| text.to_lowercase().starts_with(begin.as_str()));
    let odd = |c: char| c.is_control();
    (!text.is_empty() && text.chars().count() <= WIDTH && !speaks_to_a_tool && !text.contains(odd))
        .then(|| text.to_owned())
}

/// The comments as edits; none where one would be inside of a string.
fn placed(verifier: &Verifier, range: &Range<usize>, comments: &[(usize, String)]) -> Option<Vec<Edit>> {
    let snapshot = verifier.snapshot();
    let mark = &snapshot.language.as_ref()?.config.line_comment;
    let old = snapshot.slice(range.clone()).replace("\r\n", "\n");
    let mut rows: Vec<String> = old.split('\n').map(str::to_owned).collect();
    let first = snapshot.line_of(range.start);
    for (row, comment) in comments.iter().rev() {
        let start = snapshot.line_start(snapshot.line_range(*row).start);
        let line = Line::at(&snapshot.text, start);
        if scope::cursor_in(snapshot, Some(verifier.tree()), &line, start) == CursorIn::String {
            continue;
        }
        let text = snapshot.line_text(*row);
        let indentation = &text[..text.len() - text.trim_start().len()];
        let at = row - first;
        // The first line's indentation is before the range.
        let line = match at {
            0 => format!("{mark} {comment}\n{indentation}{}", rows[0]),
            _ => format!("{indentation}{mark} {comment}\n{}", rows[at]),
        };
        rows[at] = line;
    }
    let new = rows.join("\n");
    (new != old).then(|| edits::edits(snapshot, range, &new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{AskedModel, asked, check, made, refused, title};

    const PYTHON: &str = "def f(a):\n    b = a + 1\n\n    reˇturn b\n";

    #[test]
    fn lines_of_comment_are_added_and_nothing_else() {
        check(
            &SPEC,
            "python",
            PYTHON,
            "```python\ndef f(a):\n    # One more.\n    b = a + 1\n    # And back.\n    return b\n```",
            "def f(a):\n    # One more.\n    b = a + 1\n\n    # And back.\n    return b\n",
        );
        check(
            &SPEC,
            "rust",
            "impl A {\n\tfn f(&self) {ˇ\n\t\tg();\n\t}\n}\n",
            "fn f(&self) {\n    /// Why.\n    g();\n}",
            "impl A {\n\tfn f(&self) {\n\t\t// Why.\n\t\tg();\n\t}\n}\n",
        );
    }

    #[test]
    fn the_question_is_the_code_as_it_stands() {
        let question = asked(&SPEC, "python", PYTHON, "", "x");
        let fence = "```python\ndef f(a):\n    b = a + 1\n\n    return b\n```";
        assert_eq!(
            question,
            AskedModel { rules: RULES.into(), text: format!("Add comments to this code.\n\n{fence}") }
        );
    }

    #[test]
    fn changed_code_is_the_end_of_it() {
        for answer in [
            // Another line, a comment that is none, one inside of a text, one for a tool, none at all.
            "def g(a):\n    # One.\n    b = a + 1",
            "def f(a):\n    print(a)  # One.\n    b = a + 1",
            "def f(a):\n    # noqa\n    b = a + 1",
            "def f(a):\n    b = a + 1\n\n    return b",
        ] {
            refused(&SPEC, "python", PYTHON, answer, &Reason::Invalid);
        }
        refused(&SPEC, "python", "x = '''ˇ\na\n'''ˇ\n", "x = '''\n# a\na\n'''", &Reason::Invalid);
        // What only repeats the code, is code, is said already, or speaks of the model.
        for comment in ["b = a + 1", "Return b", "x = f(a)", "Here is the function:", "<|im_end|>"] {
            let answer = format!("def f(a):\n    b = a + 1\n\n    # {comment}\n    return b");
            let why = Reason::Refused("its comments repeat the code instead of explaining it".into());
            refused(&SPEC, "python", PYTHON, &answer, &why);
        }
        let commented = PYTHON.replace("    b", "    # One.\n    b");
        let again = "def f(a):\n    # One.\n    b = a + 1\n    # One.\n    return b";
        assert!(made(&SPEC, "python", &commented, "", again).is_err());
        let declined = Reason::Refused("the model spoke to you instead of doing it".into());
        refused(&SPEC, "python", PYTHON, "Sorry, I cannot help with that.", &declined);
        // What came before it is kept, and so is an answer that was cut.
        check(
            &SPEC,
            "python",
            PYTHON,
            "```\ndef f(a):\n    # One.\n    b = a + 1\n    # Two.\n    return 2",
            &PYTHON.replace('ˇ', "").replace("    b", "    # One.\n    b"),
        );
    }

    #[test]
    fn titles() {
        for (text, expected) in [
            (PYTHON, "Explain `f` with comments"),
            ("ˇx = 1\ny = 2ˇ\n", "Explain the selection with comments"),
            ("ˇx = 1\n", ""),
            ("class A:\n    ˇdef f(self):\n        return 1ˇ\n", "Explain `f` with comments"),
        ] {
            assert_eq!(title(&SPEC, "python", text), expected, "{text}");
        }
    }
}
