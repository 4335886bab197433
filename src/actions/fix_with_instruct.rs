//! Repairs what a diagnostic reports with the model that takes instructions: it is asked about the definition around it, with the
//! message. The answer takes the definition's place if it passes the checks.
//!
//! ```python before
//! def total(items):
//!     return sum(ˇitmsˇ)
//! ```
//! ```text message
//! "itms" is not defined
//! ```
//! ```text model
//! def total(items):
//!     return sum(items)
//! ```
//! ```python after
//! def total(items):
//!     return sum(items)
//! ```

use std::ops::Range;

use super::action::{ActionSpec, INVALID, LazyAction, MenuKind, NO_CODE, Steps};
use super::chat::{self, ChatPrompt, ChatReply};
use super::request::ActionRequest;
use super::{function, rewrite};
use crate::completion::Reason;
use crate::diagnostics::Diagnostic;
use crate::document::{Edit, Snapshot};
use crate::engine::ModelRole;
use crate::verify::Verifier;

/// Repairs the code that a diagnostic points at.
pub static SPEC: ActionSpec = ActionSpec {
    id: "fix_instructed",
    kind: MenuKind::QuickFix,
    steps: Steps::Lazy {
        model: ModelRole::Instruct,
        without_model: false,
        find,
        resolve: |work| Box::pin(chat::run(work, prepare, repaired)),
    },
    not_here: NO_CODE,
    invalid: INVALID,
};

/// Actions in one menu at most.
const ACTIONS: usize = 2;
/// Characters of the message in the title, and in the question.
const SHOWN: usize = 50;
const MESSAGE: usize = 1000;
/// Most bytes of a definition; of a longer one only the lines of the diagnostic are asked about.
const LONGEST: usize = 8 * 1024;

const RULES: &str = "You repair code. Answer with the repaired code only, all of it, in one code block, indented as the old one \
                     is. Change no more than the repair needs.";

fn find(request: &ActionRequest) -> Vec<LazyAction> {
    let action = |(number, diagnostic): (usize, &Diagnostic)| {
        lines(&request.snapshot, &diagnostic.range)?;
        let message = diagnostic.message.trim();
        let first: String = message.lines().next()?.chars().take(SHOWN).collect();
        let more = if first.len() < message.len() { "…" } else { "" };
        let title = format!("Fix with the instruct model: {}{more}", first.trim_end());
        let action = LazyAction::new(&SPEC, title, diagnostic.range.clone());
        Some(LazyAction { instruction: instruction(diagnostic), fixes: vec![number], ..action })
    };
    request.diagnostics.iter().enumerate().filter_map(action).take(ACTIONS).collect()
}

/// What the question says of a diagnostic.
fn instruction(diagnostic: &Diagnostic) -> String {
    let Diagnostic { source, code, message, .. } = diagnostic;
    let message: String = message.trim().chars().take(MESSAGE).collect();
    let source = if source.is_empty() { "A check" } else { source };
    let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
    format!("{source} says: {message}{code}")
}

/// The lines that are repaired, and the place of the diagnostic: bytes of the snapshot; and what is reported.
struct Repair {
    lines: Range<usize>,
    about: Range<usize>,
    told: String,
}

fn prepare(action: &LazyAction, verifier: &Verifier) -> Option<(ChatPrompt, Repair)> {
    let (snapshot, about) = (verifier.snapshot(), action.range.clone());
    let lines = lines(snapshot, &about)?;
    let line = snapshot.line_text(snapshot.line_of(about.start));
    let instruction = format!("{}\nIt is about this line: {}\nRepair it.", action.instruction, line.trim());
    let question = rewrite::question(snapshot, &lines, RULES, &instruction);
    Some((question, Repair { lines, about, told: action.instruction.clone() }))
}

/// The definition around a diagnostic, or its lines.
fn lines(snapshot: &Snapshot, range: &Range<usize>) -> Option<Range<usize>> {
    let range = range.start.min(snapshot.len())..range.end.min(snapshot.len());
    let around = function::at(snapshot, &snapshot.parse()?, &range).map(|function| function.whole);
    let around = around.filter(|whole| whole.len() <= LONGEST);
    let line = snapshot.line_range(snapshot.line_of(range.start));
    rewrite::whole_lines(snapshot, &around.unwrap_or(line)).filter(|lines| lines.len() <= LONGEST)
}

fn repaired(answer: &ChatReply, repair: &Repair, verifier: &Verifier) -> Result<Vec<Edit>, Reason> {
    let Repair { lines: range, about, told } = repair;
    let name = verifier.snapshot().slice(about.clone());
    let missed = verifier.unknown().contains(&name);
    let edits = rewrite::replaced(answer, range, told, verifier)?;
    let after = super::with_edits(verifier.snapshot(), &edits);
    let after = Verifier::new(&after).ok_or(Reason::NotParsed)?;
    // A definition becomes one definition.
    let function = |verifier: &Verifier| {
        let function = function::at(verifier.snapshot(), verifier.tree(), &(range.start..range.start))?;
        (function.whole.start == range.start).then_some(verifier.snapshot().len() - function.whole.end)
    };
    if function(verifier) == Some(verifier.snapshot().len() - range.end)
        && function(&after) != function(verifier)
    {
        return Err(chat::refused("it makes something else of the function"));
    }
    // What can be checked without the server that reported it: a name that nothing accounted for is not missed any more.
    match missed && after.unknown().contains(&name) {
        true => Err(chat::refused(format!("`{name}` is as unknown as before"))),
        false => Ok(edits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{AskedModel, asked, check_instructed, made};
    use crate::completion::Reason;

    const PYTHON: &str =
        "def f(items):\n    total = 0\n    for item in items:\n        total += ˇitmˇ\n    return total\n";

    #[test]
    fn the_definition_is_repaired() {
        check_instructed(
            &SPEC,
            "python",
            PYTHON,
            "\"itm\" is not defined",
            &PYTHON.replace('ˇ', "").replace("itm\n", "item\n"),
            &PYTHON.replace('ˇ', "").replace("itm\n", "item\n"),
        );
    }

    #[test]
    fn the_question_has_the_message_the_definition_and_the_line() {
        let question = asked(&SPEC, "python", PYTHON, "\"itm\" is not defined", "x");
        let code = PYTHON.replace('ˇ', "");
        let text = format!(
            "The code:\n```python\n{}\n```\n\nA check says: \"itm\" is not defined\nIt is about this line: total += itm\nRepair it.",
            code.trim_end()
        );
        assert_eq!(question, AskedModel { rules: RULES.into(), text });
        let named = Diagnostic {
            source: "ruff".into(),
            code: "F821".into(),
            message: "a ".into(),
            ..Diagnostic::default()
        };
        assert_eq!(super::instruction(&named), "ruff says: a (F821)");
    }

    #[test]
    fn what_leaves_the_complaint_or_breaks_something_is_refused() {
        let code = PYTHON.replace('ˇ', "");
        for answer in [code.replace("itm", "(item"), code.replace("itm", "eval(item)")] {
            let made = made(&SPEC, "python", PYTHON, "\"itm\" is not defined", &answer);
            assert_eq!(made, Err(Reason::Invalid), "{answer}");
        }
        for (answer, why) in [
            (code.replace("total = 0", "total = 1"), "`itm` is as unknown as before"),
            (code.replace("itm", "item") + "\n\nx = 1\n", "it makes something else of the function"),
            (
                code.replace("itm", "item").replace("items)", "items, item)"),
                "it changes the signature of `f`, which you did not ask for",
            ),
        ] {
            let made = made(&SPEC, "python", PYTHON, "\"itm\" is not defined", &answer);
            assert_eq!(made, Err(Reason::Refused(why.into())), "{answer}");
        }
    }
}
