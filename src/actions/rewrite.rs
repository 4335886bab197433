//! Rewrites the selected lines as the user says. The model sees the lines and those around them; its answer is checked like a
//! completion, and nothing outside of the lines changes.
//!
//! ```python before
//! def f(a):
//!     ˇb = a
//!     return bˇ
//! ```
//! ```text message
//! make it one line
//! ```
//! ```text model
//!     return a
//! ```
//! ```python after
//! def f(a):
//!     return a
//! ```

use std::ops::Range;

use super::action::{ActionSpec, INVALID, LazyAction, MenuKind, NO_CODE, Steps};
use super::chat::{self, ChatPrompt, ChatReply};
use super::{edits, function, signature};
use crate::completion::Reason;
use crate::context::line::{Line, indent_unit};
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::engine::ModelRole;
use crate::text::fenced;
use crate::verify::{Verifier, policy};

/// Rewrites lines as the user says.
pub static SPEC: ActionSpec = ActionSpec {
    id: "rewrite",
    kind: MenuKind::Rewrite,
    steps: Steps::Lazy {
        model: ModelRole::Instruct,
        without_model: false,
        // A menu cannot ask for the instruction: a command of its own carries it.
        find: |_| Vec::new(),
        resolve: |work| Box::pin(chat::run(work, prepare, rewritten)),
    },
    not_here: NO_CODE,
    invalid: INVALID,
};

/// Most bytes that are rewritten at once.
const LONGEST: usize = 12 * 1024;
/// Lines shown of the code around, and bytes of them.
const ABOVE: usize = 30;
const BELOW: usize = 10;
const AROUND: usize = 3 * 1024;
/// Characters of what is asked for in the title.
const SHOWN: usize = 60;

const RULES: &str = "You edit code. Answer with the new code only, in one code block, indented as the old one is. Change no more \
                     than what you are told to.";

/// The action that changes `range` as `instruction` says. The place is not looked at before it is resolved.
pub fn action(range: &Range<usize>, instruction: &str) -> LazyAction {
    let instruction = instruction.trim().to_owned();
    let shown: String = instruction.chars().take(SHOWN).collect();
    LazyAction { instruction, ..LazyAction::new(&SPEC, format!("Rewrite: {shown}"), range.clone()) }
}

/// The lines to rewrite, and what the user said.
struct Rewriting {
    lines: Range<usize>,
    told: String,
}

fn prepare(action: &LazyAction, verifier: &Verifier) -> Option<(ChatPrompt, Rewriting)> {
    let lines = lines(verifier.snapshot(), &action.range)?;
    let told = action.instruction.clone();
    let question = question(verifier.snapshot(), &lines, RULES, &format!("What to do: {told}"));
    Some((question, Rewriting { lines, told }))
}

fn rewritten(answer: &ChatReply, place: &Rewriting, verifier: &Verifier) -> Result<Vec<Edit>, Reason> {
    replaced(answer, &place.lines, &place.told, verifier)
}

/// The lines that are rewritten: those selected; with a cursor, those of the function around it, or its own.
fn lines(snapshot: &Snapshot, range: &Range<usize>) -> Option<Range<usize>> {
    let around = || function::at(snapshot, &snapshot.parse()?, range).map(|function| function.whole);
    let wanted = match range.is_empty() {
        true => around().unwrap_or_else(|| snapshot.line_range(snapshot.line_of(range.start))),
        false => range.clone(),
    };
    whole_lines(snapshot, &wanted).filter(|lines| lines.len() <= LONGEST)
}

/// The question about the lines of `range`, with the code around them.
pub fn question(snapshot: &Snapshot, range: &Range<usize>, rules: &str, instruction: &str) -> ChatPrompt {
    let language = snapshot.language.as_ref().map_or("", |language| language.name());
    let code = with_indentation(snapshot, range);
    let shown = |what: &str, text: String| match text.trim().is_empty() {
        true => String::new(),
        false => format!("{what}\n{}\n\n", fenced(language, &text)),
    };
    let (row, last) = (snapshot.line_of(range.start), snapshot.line_of(range.end));
    let above: Vec<String> =
        tail((row.saturating_sub(ABOVE)..row).map(|row| snapshot.line_text(row)).collect());
    let below: Vec<String> =
        (last + 1..(last + 1 + BELOW).min(snapshot.lines())).map(|row| snapshot.line_text(row)).collect();
    let above = shown("Above it stands, to be left alone:", above.join("\n"));
    let below = shown("Below it:", head(below).join("\n"));
    let text = format!("{above}{below}The code:\n{}\n\n{instruction}", fenced(language, &code));
    ChatPrompt { document: snapshot.uri.to_string(), rules: rules.into(), text, expected: 2 * code.len() }
}

/// The last lines that have no more than [`AROUND`] bytes together.
fn tail(lines: Vec<String>) -> Vec<String> {
    let mut kept = head(lines.into_iter().rev().collect());
    kept.reverse();
    kept
}

fn head(lines: Vec<String>) -> Vec<String> {
    let mut bytes = 0;
    let fits = |line: &String| {
        bytes += line.len() + 1;
        bytes <= AROUND
    };
    lines.into_iter().take_while(fits).collect()
}

/// The answer's code in the place of `range`, if it is allowed there and differs. Functions keep their signatures, unless `told`
/// asks for another one.
///
/// # Errors
/// [`Reason::Invalid`], or [`Reason::Refused`] with the rule that it breaks.
pub fn replaced(
    answer: &ChatReply,
    range: &Range<usize>,
    told: &str,
    verifier: &Verifier,
) -> Result<Vec<Edit>, Reason> {
    let snapshot = verifier.snapshot();
    let row = snapshot.line_of(range.start);
    let language = snapshot.language.as_ref().ok_or(Reason::NotParsed)?;
    let base = Line::at(&snapshot.text, range.start).indentation;
    let code = answer.code().ok_or_else(|| answer.no_code())?;
    let new = edits::seated(code, &base, indent_unit(&snapshot.text, row, &language.config.indent));
    // The first line's indentation is before the range.
    let new = new.strip_prefix(&base).ok_or(Reason::Invalid)?;
    let edits = edits::edits(snapshot, range, new);
    if edits.is_empty() {
        return Err(chat::refused("it is the code as it stands"));
    }
    let change = Edit::replace(range.clone(), with_line_ends(new, snapshot.line_ending()));
    let applied = verifier.apply(std::slice::from_ref(&change)).map_err(|_| Reason::Invalid)?;
    if verifier.verify(&applied, &policy::REPLACED_SPAN, None).is_err() {
        return Err(answer.no_code());
    }
    let before = signature::signatures(snapshot, verifier.tree(), range);
    let around =
        function::at(snapshot, verifier.tree(), range).filter(|around| around.definition.start < range.start);
    let after = signature::signatures(&applied.after, &applied.tree, &applied.shifted(range));
    let again = |around: &function::Function| after.iter().any(|one| one.name == around.name);
    match (signature::flaw(&before, &after, told), around.filter(again)) {
        (Some(flaw), _) => Err(chat::refused(flaw)),
        (None, Some(around)) => Err(chat::refused(format!("it puts `{}` into itself", around.name))),
        (None, None) => Ok(edits),
    }
}

/// From the first word of the first line that `range` touches to the last word of the last; a line whose first column is
/// the end of a selection is not meant. None when there is no word.
pub fn whole_lines(snapshot: &Snapshot, range: &Range<usize>) -> Option<Range<usize>> {
    let selected = snapshot.slice(range.clone());
    let ink = selected.trim();
    if ink.is_empty() && !range.is_empty() {
        return None;
    }
    let start = range.start + selected.len() - selected.trim_start().len();
    let (start, end) = (snapshot.line_start(start), snapshot.line_end(start + ink.len()));
    let text = snapshot.slice(start..end);
    let blank = text.len() - text.trim_start().len();
    let range = start + blank..start + text.trim_end().len().max(blank);
    (!range.is_empty()).then_some(range)
}

/// The text of `range`, which begins behind the indentation of its first line, with that indentation.
pub fn with_indentation(snapshot: &Snapshot, range: &Range<usize>) -> String {
    snapshot.slice(snapshot.line_start(range.start)..range.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{AskedModel, asked, check_instructed, made};
    use crate::completion::Reason;

    const PYTHON: &str = "import os\n\n\ndef f(a):\n    ˇb = a\n    return bˇ\n\n\nx = 1\n";

    #[test]
    fn the_selected_lines_become_what_was_asked_for() {
        check_instructed(
            &SPEC,
            "python",
            PYTHON,
            "one line",
            "```python\n    return a\n```",
            "import os\n\n\ndef f(a):\n    return a\n\n\nx = 1\n",
        );
        // The file's indentation and line ends; the function around a cursor.
        check_instructed(
            &SPEC,
            "rust",
            "impl A {\r\n\tfn f(&self) -> u8 {\r\n\t\t1ˇ\r\n\t}\r\n}\r\n",
            "two",
            "fn f(&self) -> u8 {\n    let a = 2;\n    a\n}",
            "impl A {\r\n\tfn f(&self) -> u8 {\r\n\t\tlet a = 2;\r\n\t\ta\r\n\t}\r\n}\r\n",
        );
    }

    #[test]
    fn edits_are_no_more_than_what_differs() {
        let edits = made(&SPEC, "python", PYTHON, "add one", "    b = a\n    return b + 1\n").unwrap();
        assert_eq!(edits, [Edit::insert(PYTHON.replace('ˇ', "").find("return b").unwrap() + 8, " + 1")]);
    }

    #[test]
    fn the_signature_stays_unless_told_otherwise() {
        let text = "def f(a, b):\n    c = aˇ\n    return c + b\n";
        let answer = "def f(a):\n    return a + a";
        let refused =
            Err(Reason::Refused("it changes the signature of `f`, which you did not ask for".into()));
        assert_eq!(made(&SPEC, "python", text, "make it short", answer), refused);
        assert!(made(&SPEC, "python", text, "remove the parameter b", answer).is_ok());
        // What is selected is inside of the function, and the answer begins with the function.
        let whole = "def f(a, b):\n    return a + b";
        let inside = "def f(a, b):\n    ˇc = a\n    return c + bˇ\n";
        let refused = Err(Reason::Refused("it puts `f` into itself".into()));
        assert_eq!(made(&SPEC, "python", inside, "make it short", whole), refused);
    }

    #[test]
    fn what_changes_nothing_or_is_talk_is_told() {
        for (answer, why) in [
            ("    b = a\n    return b", "it is the code as it stands"),
            ("I'm sorry, I cannot do that.", "the model spoke to you instead of doing it"),
        ] {
            assert_eq!(made(&SPEC, "python", PYTHON, "one line", answer), Err(Reason::Refused(why.into())));
        }
    }

    #[test]
    fn the_question_has_what_stands_around() {
        let question = asked(&SPEC, "python", PYTHON, " one line ", "x");
        let text = "Above it stands, to be left alone:\n```python\nimport os\n\n\ndef f(a):\n```\n\n\
                    Below it:\n```python\n\n\nx = 1\n```\n\n\
                    The code:\n```python\n    b = a\n    return b\n```\n\nWhat to do: one line";
        assert_eq!(question, AskedModel { rules: RULES.into(), text: text.into() });
    }

    #[test]
    fn what_may_not_stand_there_is_refused() {
        for answer in [
            "    return (a",
            "    return a\n\nx = 2",
            "    return unheard_of(a)",
            "    return eval(a)",
            "```\n    return a",
        ] {
            let made = made(&SPEC, "python", PYTHON, "shorter", answer);
            assert_eq!(made, Err(Reason::Invalid), "{answer}");
        }
        assert_eq!(made(&SPEC, "python", "a = 1\nˇ\n  ˇ\n", "b", "c"), Err(Reason::NotHere));
    }
}
