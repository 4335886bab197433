//! Fix this error: what is complained about is taken out and written anew by the model, for diagnostics that have no sure
//! repair. What does not pass every check that can be made without whoever complained is not applied.
//!
//! Recognising a place takes no model ([`promises`]); writing does ([`write`]). Telling a base model what is wrong makes it
//! worse, so it is not told: it sees a gap.

mod judge;
mod span;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use judge::Judge;
use span::Span;
use tokio::time::Instant;
use tree_sitter::Tree;

use super::implement::is_final;
use super::{Action, ActionRequest, LazyAction, change, fix_diagnostic};
use crate::cancel::CancelToken;
use crate::completion::generate::{self, BlockRequest, Draft};
use crate::completion::{Extent, Reason, blocking, score};
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Lane, Sampling};
use crate::language::DiagnosticKind;
use crate::text::is_word;
use crate::verify::names;

/// Promises in one menu at most: an editor sends what is under the cursor, and one gap each is enough to choose from.
const PROMISES: usize = 2;
/// Characters of a message in a title.
const TOLD: usize = 60;
/// Texts from one prompt.
const CANDIDATES: usize = 4;
/// How often is asked: once for the likeliest, then by chance, while none passes.
const ROUNDS: u64 = 4;
/// Most tokens of a text: a gap has few lines.
const TOKENS: usize = 96;
/// Names in scope that are weighed besides.
const NAMES: usize = 16;
/// Whoever asked for it sees it running, and waits no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);
/// How freely the further rounds draw.
const TEMPERATURE: f32 = 0.8;
const TOP_P: f32 = 0.95;

/// What could be written anew at the diagnostics of a request; no model is asked. It parses: call it on a blocking thread.
pub fn promises(request: &ActionRequest) -> Vec<LazyAction> {
    let snapshot = &request.snapshot;
    let errors = request.diagnostics.iter().enumerate();
    let errors: Vec<_> = errors.filter(|(_, told)| !told.minor && !told.message.is_empty()).collect();
    if errors.is_empty() {
        return Vec::new();
    }
    let Some(tree) = snapshot.parse() else { return Vec::new() };
    let text = snapshot.text.to_string();
    let mut promises: Vec<LazyAction> = Vec::new();
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (number, told) in errors {
        let (diagnostic_kind, range) = fix_diagnostic::place(snapshot, &text, told);
        let Some(span) = span::find(snapshot, &tree, &range) else { continue };
        if let Some(same) = spans.iter().position(|known| *known == span.range) {
            promises[same].fixes.push(number);
            continue;
        }
        if promises.len() == PROMISES {
            break;
        }
        let unknown = matches!(
            diagnostic_kind,
            Some(DiagnosticKind::UnknownName | DiagnosticKind::UnknownMember | DiagnosticKind::UnknownExport)
        );
        let unknown = unknown.then(|| text[range.clone()].to_owned());
        let title = format!("Fix this error ({})", shortened(&told.message));
        spans.push(span.range);
        promises.push(LazyAction {
            fixes: vec![number],
            unknown,
            ..LazyAction::new(Action::Infill, title, range)
        });
    }
    promises
}

/// The first line of a message, or its beginning.
fn shortened(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    if line.chars().count() <= TOLD {
        return line.to_owned();
    }
    let start: String = line.chars().take(TOLD).collect();
    let words = start.rsplit_once(' ').map_or(start.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end())
}

/// Write what the promise is about anew: the change, or why there is none.
pub async fn write(
    snapshot: Snapshot,
    promise: LazyAction,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<Edit>, Reason> {
    let deadline = Instant::now() + PATIENCE;
    let task = Arc::new(blocking(move || RegenerateTask::new(&snapshot, promise)).await??);
    let mut passed: Vec<(String, f32)> = Vec::new();
    let mut why = None;
    for round in 0..ROUNDS {
        match generate::drafts(&task.context, task.wanted(round, deadline), engine, cancel).await {
            Ok(written) => {
                let judging = Arc::clone(&task);
                passed = blocking(move || judging.passing(&written)).await?;
            }
            Err(reason) if is_final(&reason) => {
                why = Some(reason);
                break;
            }
            Err(_) => {}
        }
        if !passed.is_empty() || Instant::now() >= deadline {
            break;
        }
    }
    let best = match &why {
        Some(_) if passed.is_empty() => None,
        _ => task.best(passed, engine, cancel).await?,
    };
    match (best, why) {
        _ if cancel.is_cancelled() => Err(Reason::Superseded),
        (Some(text), _) => Ok(vec![task.edit(&text)]),
        (None, why) => Err(why.unwrap_or(Reason::Invalid)),
    }
}

/// The nearest names that are seen where a single one stands: a small model may not think of them by itself.
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

/// Everything a text is written for and judged by.
struct RegenerateTask {
    document: String,
    snapshot: Snapshot,
    span: Span,
    /// With the gap.
    context: CursorContext,
    /// With the rest of the line gone too, and that rest.
    line: (CursorContext, String),
    /// Names that might be meant, where one name is all that goes.
    names: Vec<String>,
    judge: Judge,
}

impl RegenerateTask {
    fn new(snapshot: &Snapshot, promise: LazyAction) -> Result<Self, Reason> {
        let tree = snapshot.try_parse().map_err(|_| Reason::NotParsed)?;
        let span = span::find(snapshot, &tree, &promise.range).ok_or(Reason::NotHere)?;
        let without = |range: Range<usize>| {
            let opened = snapshot.with_edit(&Edit::replace(range, ""));
            CursorContext::at(&opened, opened.parse().as_ref(), span.range.start)
        };
        let names = names_for(snapshot, &tree, &span.range);
        let end = snapshot.line_end(span.range.end);
        let rest = snapshot.slice(span.range.end..end);
        Ok(Self {
            document: snapshot.uri.to_string(),
            context: without(span.range.clone()),
            line: (without(span.range.start..end), rest),
            judge: Judge::new(snapshot, tree, span.clone(), promise.unknown).ok_or(Reason::NotParsed)?,
            names,
            snapshot: snapshot.clone(),
            span,
        })
    }

    fn wanted(&self, round: u64, deadline: Instant) -> BlockRequest {
        BlockRequest {
            document: self.document.clone(),
            told: Vec::new(),
            candidates: CANDIDATES,
            shape: if self.span.lines > 1 { Extent::Lines(span::LINES) } else { Extent::Line },
            tokens: TOKENS,
            sampling: match round {
                0 => Sampling::Greedy,
                _ => {
                    let seed = round * CANDIDATES as u64;
                    Sampling::Seeded { temperature: TEMPERATURE, top_p: TOP_P, seed }
                }
            },
            deadline,
        }
    }

    /// Of each text the longest part that passes, with the text's likelihood.
    fn passing(&self, written: &[Draft]) -> Vec<(String, f32)> {
        let mut passed: Vec<(String, f32)> = Vec::new();
        for one in written {
            let known: Vec<&str> = passed.iter().map(|(text, _)| text.as_str()).collect();
            if let Some(text) = self.judge.part(&one.text, &self.context, &known) {
                passed.push((text, one.likelihood));
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
        let told = passed.len();
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
                Err(_) => texts.truncate(told),
            }
        }
        let mut order: Vec<(bool, (String, f32))> =
            texts.into_iter().enumerate().map(|(at, one)| (at < told, one)).collect();
        order.sort_by(|(_, a), (_, b)| b.1.total_cmp(&a.1));
        let task = Arc::clone(self);
        blocking(move || {
            let passes = |text: &String| task.judge.part(text, &task.context, &[]).as_ref() == Some(text);
            order.into_iter().find(|(known, (text, _))| *known || passes(text)).map(|(_, (text, _))| text)
        })
        .await
    }

    fn edit(&self, text: &str) -> Edit {
        let new = crate::document::with_line_ends(text, self.snapshot.line_ending());
        change::minimal(&self.snapshot, self.span.range.clone(), &new)
    }
}

#[cfg(test)]
mod tests;
