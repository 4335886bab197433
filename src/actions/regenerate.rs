//! Regenerates what a diagnostic points at, where no sure repair is known: the code is taken out, and the model fills the gap. It
//! does not see the message, which makes a base model worse.
//!
//! ```python before
//! items = []
//! x = len(⟦nobody⟧)
//! ```
//! ```text message
//! "nobody" is not defined
//! ```
//! ```text model
//! items
//! ```
//! ```python after
//! items = []
//! x = len(items)
//! ```

mod filling;
mod span;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use filling::FillingValidator;
use span::Span;
use tree_sitter::Tree;

use super::action::{ActionSpec, INVALID, LazyAction, MenuKind, Resolve, Steps};
use super::edits;
use super::fix_diagnostic::{self, DiagnosticPlace};
use super::request::ActionRequest;
use super::rounds::{self, DraftTask, RoundPlan};
use crate::cancel::CancelToken;
use crate::completion::generate::Draft;
use crate::completion::{Extent, Reason, blocking, score};
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::engine::{Engine, Lane, ModelRole};
use crate::language::DiagnosticKind;
use crate::text::is_word;
use crate::verify::names;

/// Regenerates what a diagnostic points at.
pub static SPEC: ActionSpec = ActionSpec {
    id: "infill",
    kind: MenuKind::QuickFix,
    steps: Steps::Lazy {
        model: ModelRole::Infill,
        without_model: false,
        find,
        resolve: |work| Box::pin(resolve(work)),
    },
    not_here: "there is nothing here that could be regenerated",
    invalid: INVALID,
};

const PLAN: RoundPlan =
    RoundPlan { rounds: 4, candidates: 4, temperature: 0.8, top_p: 0.95, patience: Duration::from_secs(10) };
/// Actions in one menu at most: an editor sends what is under the cursor, and one gap each is enough to choose from.
const ACTIONS: usize = 2;
/// Characters of a message in a title.
const SHOWN: usize = 60;
/// Most tokens of a text: a gap has few lines.
const TOKENS: usize = 96;
/// Names in scope that are weighed besides.
const NAMES: usize = 16;

/// The places that could be regenerated, as actions: one for each of the first diagnostics.
pub fn find(request: &ActionRequest) -> Vec<LazyAction> {
    let snapshot = &request.snapshot;
    let errors = request.diagnostics.iter().enumerate();
    let errors: Vec<_> =
        errors.filter(|(_, diagnostic)| !diagnostic.minor && !diagnostic.message.is_empty()).collect();
    if errors.is_empty() {
        return Vec::new();
    }
    let Some(tree) = snapshot.parse() else { return Vec::new() };
    let text = snapshot.text.to_string();
    let mut actions: Vec<LazyAction> = Vec::new();
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (number, diagnostic) in errors {
        let DiagnosticPlace { kind: diagnostic_kind, at: range } =
            fix_diagnostic::place(snapshot, &text, diagnostic);
        let Some(span) = span::find(snapshot, &tree, &range) else { continue };
        if let Some(same) = spans.iter().position(|known| *known == span.range) {
            actions[same].fixes.push(number);
            continue;
        }
        if actions.len() == ACTIONS {
            break;
        }
        let unknown = matches!(
            diagnostic_kind,
            Some(DiagnosticKind::UnknownName | DiagnosticKind::UnknownMember | DiagnosticKind::UnknownExport)
        );
        let unknown = unknown.then(|| text[range.clone()].to_owned());
        let title = format!("Fix this error ({})", shortened(&diagnostic.message));
        spans.push(span.range);
        actions.push(LazyAction { fixes: vec![number], unknown, ..LazyAction::new(&SPEC, title, range) });
    }
    actions
}

/// The first line of a message, or its beginning.
fn shortened(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    if line.chars().count() <= SHOWN {
        return line.to_owned();
    }
    let start: String = line.chars().take(SHOWN).collect();
    let words = start.rsplit_once(' ').map_or(start.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end())
}

async fn resolve(work: Resolve<'_>) -> Result<Vec<Edit>, Reason> {
    let Resolve { action, snapshot, engine, cancel } = work;
    let (drafts, task) = blocking(move || prepare(&snapshot, action)).await??;
    let task = Arc::new(task);
    let judging = Arc::clone(&task);
    let passing = move |drafts: &[Draft], _| match judging.passing(drafts) {
        passed if passed.is_empty() => ControlFlow::Continue(None),
        passed => ControlFlow::Break(passed),
    };
    let passed = match rounds::run(&drafts, engine, cancel, passing).await {
        // A name in scope may pass where no draft does.
        Err(Reason::Invalid) => Vec::new(),
        found => found?,
    };
    let best = task.best(passed, engine, cancel).await?;
    if cancel.is_cancelled() {
        return Err(Reason::Superseded);
    }
    best.map(|text| vec![task.edit(&text)]).ok_or(Reason::Invalid)
}

/// The nearest names that are seen where a single one is replaced: a small model may not write them by itself.
fn names_for(snapshot: &Snapshot, tree: &Tree, range: &Range<usize>) -> Vec<String> {
    if !snapshot.slice(range.clone()).chars().all(is_word) {
        return Vec::new();
    }
    let mut seen = names::visible(snapshot, tree, range);
    seen.sort_by_key(|visible| visible.range.start.abs_diff(range.start));
    let mut names: Vec<String> = Vec::new();
    for visible in seen {
        if names.len() < NAMES && !names.contains(&visible.name) {
            names.push(visible.name);
        }
    }
    names
}

/// What drafts are judged by and compared with.
struct RegenerateTask {
    document: String,
    snapshot: Snapshot,
    span: Span,
    /// The place with the gap.
    context: CursorContext,
    /// The place without the rest of the line, too; and that rest.
    line: (CursorContext, String),
    /// Names that might be meant, where one name is all that goes.
    names: Vec<String>,
    validator: FillingValidator,
}

fn prepare(snapshot: &Snapshot, action: LazyAction) -> Result<(DraftTask, RegenerateTask), Reason> {
    let tree = snapshot.try_parse().map_err(|_| Reason::NotParsed)?;
    let span = span::find(snapshot, &tree, &action.range).ok_or(Reason::NotHere)?;
    let without = |range: Range<usize>| {
        let opened = snapshot.with_edit(&Edit::replace(range, ""));
        CursorContext::at(&opened, opened.parse().as_ref(), span.range.start)
    };
    let end = snapshot.line_end(span.range.end);
    let task = RegenerateTask {
        document: snapshot.uri.to_string(),
        context: without(span.range.clone()),
        line: (without(span.range.start..end), snapshot.slice(span.range.end..end)),
        names: names_for(snapshot, &tree, &span.range),
        validator: FillingValidator::new(snapshot, tree, span.clone(), action.unknown),
        snapshot: snapshot.clone(),
        span,
    };
    let drafts = DraftTask {
        document: task.document.clone(),
        context: task.context.clone(),
        preface: Vec::new(),
        extent: if task.span.lines > 1 { Extent::Lines(span::LINES) } else { Extent::Line },
        tokens: TOKENS,
        plan: &PLAN,
    };
    Ok((drafts, task))
}

impl RegenerateTask {
    /// Of each text the longest part that passes, with the text's likelihood.
    fn passing(&self, written: &[Draft]) -> Vec<(String, f32)> {
        let mut passed: Vec<(String, f32)> = Vec::new();
        for one in written {
            let known: Vec<&str> = passed.iter().map(|(text, _)| text.as_str()).collect();
            if let Some(text) = self.validator.part(&one.text, &self.context, &known) {
                passed.push((text, one.mean_logprob));
            }
        }
        passed
    }

    /// The one that makes the line likeliest, of those that passed and of the names that can be seen: texts are cut, and of
    /// different lengths, so what was said of them while they were written does not compare them.
    async fn best(
        self: &Arc<Self>,
        passed: Vec<(String, f32)>,
        engine: &dyn Engine,
        cancel: &CancelToken,
    ) -> Result<Option<String>, Reason> {
        let written = passed.len();
        let mut texts = passed;
        let new = |name: &&String| texts.iter().all(|(text, _)| text != *name);
        let names: Vec<_> =
            self.names.iter().filter(new).map(|name| (name.clone(), f32::NEG_INFINITY)).collect();
        texts.extend(names);
        if texts.len() > 1 {
            let (context, rest) = &self.line;
            let lines = texts.iter().map(|(text, _)| format!("{text}{rest}\n")).collect();
            match score::log_probabilities(context, &self.document, Lane::Interactive, lines, engine, cancel)
                .await
            {
                Ok(found) => texts.iter_mut().zip(found).for_each(|(one, likely)| one.1 = likely),
                // What was written stays in the order of generation; of names nothing is known.
                Err(_) => texts.truncate(written),
            }
        }
        let mut order: Vec<(bool, (String, f32))> =
            texts.into_iter().enumerate().map(|(at, one)| (at < written, one)).collect();
        order.sort_by(|(_, a), (_, b)| b.1.total_cmp(&a.1));
        let task = Arc::clone(self);
        blocking(move || {
            let passes = |text: &String| task.validator.part(text, &task.context, &[]).as_ref() == Some(text);
            order.into_iter().find(|(known, (text, _))| *known || passes(text)).map(|(_, (text, _))| text)
        })
        .await
    }

    fn edit(&self, text: &str) -> Edit {
        let new = with_line_ends(text, self.snapshot.line_ending());
        edits::minimal(&self.snapshot, &self.span.range, &new)
    }
}

#[cfg(test)]
mod tests;
