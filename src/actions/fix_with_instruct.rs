//! Fix with the model that takes instructions: what another server complains about, the definition around it, and the
//! message as the question. The answer takes the definition's place, if it passes the checks.

use std::ops::Range;

use super::chat::{ChatReply, ask, read};
use super::verdict::Judge;
use super::{Action, LazyAction, function, rewrite};
use crate::cancel::CancelToken;
use crate::completion::Reason;
use crate::diagnostics::Diagnostic;
use crate::document::{Edit, Snapshot};
use crate::engine::Engine;

/// Diagnostics for which it is promised: a menu is read by a person.
const PROMISES: usize = 2;
/// Characters of the message in the title, and in the question.
const SHOWN: usize = 50;
const MESSAGE: usize = 1000;
/// Most bytes of a definition; of a longer one only the lines of the complaint are asked about.
const LONGEST: usize = 8 * 1024;

const RULES: &str = "You repair code. ChatReply with the repaired code only, all of it, in one code block, indented as the old one \
                     is. Change no more than the repair needs.";

/// What can be asked about these diagnostics; no model is. It parses: call it on a blocking thread.
pub fn promises(snapshot: &Snapshot, diagnostics: &[Diagnostic]) -> Vec<LazyAction> {
    let promise = |(number, diagnostic): (usize, &Diagnostic)| {
        lines(snapshot, &diagnostic.range)?;
        let message = diagnostic.message.trim();
        let first: String = message.lines().next()?.chars().take(SHOWN).collect();
        let more = if first.len() < message.len() { "…" } else { "" };
        let title = format!("Fix with the instruct model: {}{more}", first.trim_end());
        let promise = LazyAction::new(Action::FixInstructed, title, diagnostic.range.clone());
        Some(LazyAction { told: told(diagnostic), fixes: vec![number], ..promise })
    };
    diagnostics.iter().enumerate().filter_map(promise).take(PROMISES).collect()
}

/// What is said to the model.
fn told(diagnostic: &Diagnostic) -> String {
    let Diagnostic { source, code, message, .. } = diagnostic;
    let message: String = message.trim().chars().take(MESSAGE).collect();
    let who = if source.is_empty() { "A check" } else { source };
    let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
    format!("{who} says: {message}{code}")
}

/// Repair it: the changes, or why there are none.
pub async fn write(
    promise: LazyAction,
    snapshot: Snapshot,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Edit>, Reason> {
    let look = move || {
        let range = lines(&snapshot, &promise.range).ok_or(Reason::NotHere)?;
        let judge = Judge::new(&snapshot).ok_or(Reason::NotParsed)?;
        let line = snapshot.line_text(snapshot.line_of(promise.range.start));
        let told = format!("{}\nIt is about this line: {}\nRepair it.", promise.told, line.trim());
        let question = rewrite::question(&snapshot, &range, RULES, &told);
        Ok((question, range, promise.range, judge))
    };
    let (question, range, about, judge) = read(look).await?;
    ask(question, engine, cancel, move |answer| repaired(answer, &range, &about, &judge)).await
}

/// The definition around a complaint, or its lines.
fn lines(snapshot: &Snapshot, range: &Range<usize>) -> Option<Range<usize>> {
    let range = range.start.min(snapshot.len())..range.end.min(snapshot.len());
    let around = function::at(snapshot, &snapshot.parse()?, &range).map(|function| function.whole);
    let around = around.filter(|whole| whole.len() <= LONGEST);
    let line = snapshot.line_range(snapshot.line_of(range.start));
    rewrite::whole_lines(snapshot, &around.unwrap_or(line)).filter(|lines| lines.len() <= LONGEST)
}

fn repaired(
    answer: &ChatReply,
    range: &Range<usize>,
    about: &Range<usize>,
    judge: &Judge,
) -> Option<Vec<Edit>> {
    let name = judge.snapshot().slice(about.clone());
    let missed = judge.unknown().contains(&name);
    let edits = rewrite::replaced(answer, range, judge)?;
    let after = Judge::new(&super::applied(judge.snapshot(), &edits))?;
    // A definition becomes one definition.
    let function = |judge: &Judge| {
        let function = function::at(judge.snapshot(), judge.tree(), &(range.start..range.start))?;
        (function.whole.start == range.start).then_some(judge.snapshot().len() - function.whole.end)
    };
    if function(judge) == Some(judge.snapshot().len() - range.end) && function(&after) != function(judge) {
        return None;
    }
    // What can be checked without whoever complained: a name that nothing accounted for is not missed any more.
    (!missed || !after.unknown().contains(&name)).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{AskedModel, asked, check_told, made};

    const PYTHON: &str =
        "def f(items):\n    total = 0\n    for item in items:\n        total += ˇitmˇ\n    return total\n";

    #[test]
    fn the_definition_is_repaired() {
        check_told(
            Action::FixInstructed,
            "python",
            PYTHON,
            "\"itm\" is not defined",
            &PYTHON.replace('ˇ', "").replace("itm\n", "item\n"),
            &PYTHON.replace('ˇ', "").replace("itm\n", "item\n"),
        );
    }

    #[test]
    fn the_question_has_the_message_the_definition_and_the_line() {
        let told = asked(Action::FixInstructed, "python", PYTHON, "\"itm\" is not defined", "x");
        let code = PYTHON.replace('ˇ', "");
        let text = format!(
            "The code:\n```python\n{}\n```\n\nA check says: \"itm\" is not defined\nIt is about this line: total += itm\nRepair it.",
            code.trim_end()
        );
        assert_eq!(told, AskedModel { rules: RULES.into(), text });
        let named = Diagnostic {
            source: "ruff".into(),
            code: "F821".into(),
            message: "a ".into(),
            ..Diagnostic::default()
        };
        assert_eq!(super::told(&named), "ruff says: a (F821)");
    }

    #[test]
    fn what_leaves_the_complaint_or_breaks_something_is_refused() {
        let code = PYTHON.replace('ˇ', "");
        for answer in [
            code.replace("total = 0", "total = 1"),
            code.replace("itm", "(item"),
            code.replace("itm", "item") + "\n\nx = 1\n",
            code.replace("itm", "eval(item)"),
        ] {
            let made = made(Action::FixInstructed, "python", PYTHON, "\"itm\" is not defined", &answer);
            assert_eq!(made, Err(Reason::Invalid), "{answer}");
        }
    }
}
