//! Holes: every case asked once, by our pipeline as far as asked for, or of llama-server; scored and judged. Budgets count
//! tokens, not time, so that a run can be repeated.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::answer::{BackendAnswer, Defects};
use super::case::{CaseSet, EvalCase, Hole, HoleKind};
use super::oracle::Oracle;
use super::peer::Peer;
use super::runs::{ResultRow, Run};
use super::score::{self, Score};
use crate::cancel::CancelToken;
use crate::completion::{self, CompletionRequest, Effort, Outcome, TriggerKind};
use crate::document::Snapshot;
use crate::engine::Engine;
use crate::engine::power::Prefetch;
use crate::language::{Language, Registry};
use crate::verify::faults::fresh_tree_faults;

/// A result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoleRow {
    /// The case.
    pub id: String,
    /// What was taken out.
    pub kind: HoleKind,
    /// The language.
    pub language: String,
    /// Whether the file was broken elsewhere.
    pub broken: bool,
    /// How far the pipeline went, or `llama-server`.
    pub variant: String,
    /// What was said.
    pub answer: BackendAnswer,
    /// How near it came.
    pub score: Score,
    /// ERROR and MISSING nodes without and with the answer.
    pub tree: (usize, usize),
    /// Errors of the other parser without and with the answer, where it was asked.
    pub errors: Option<(usize, usize)>,
    /// What is wrong with it on sight.
    #[serde(alias = "blemishes")]
    pub defects: Defects,
}

impl ResultRow for HoleRow {
    fn key(&self) -> String {
        key(&self.id, &self.variant)
    }
}

fn key(id: &str, variant: &str) -> String {
    format!("{id} {variant}")
}

/// Whom to ask.
pub enum Side {
    /// Our pipeline with this engine, once for each of these efforts.
    Own(Arc<dyn Engine>, Vec<Effort>),
    /// llama-server.
    Peer(Box<Peer>),
}

impl Side {
    /// The names of its variants.
    pub fn variants(&self) -> Vec<String> {
        match self {
            Self::Own(_, efforts) => efforts.iter().map(|effort| effort.name().to_owned()).collect(),
            Self::Peer(_) => vec!["llama-server".to_owned()],
        }
    }
}

/// The pipeline's options for holes: nothing is cut off by a clock.
pub fn options(effort: Effort) -> completion::CompletionOptions {
    completion::CompletionOptions {
        debounce: Duration::ZERO,
        deadline: Duration::from_secs(600),
        check_time: Duration::from_secs(600),
        prefetch: Prefetch::Never,
        effort,
        ..completion::CompletionOptions::default()
    }
}

/// Ask for all cases that are not in `run` yet; `step` is called after each.
pub async fn run(
    set: &CaseSet,
    side: &mut Side,
    registry: &Registry,
    mut judge: Option<&mut Oracle>,
    run: &mut Run,
    step: &dyn Fn(),
) -> anyhow::Result<()> {
    let variants = side.variants();
    for case in set.cases.iter().filter(|case| case.kind != HoleKind::Typed) {
        let (source, hole) = (set.source(case), set.hole(case));
        let language = registry.by_name(&source.language);
        for (number, variant) in variants.iter().enumerate() {
            if run.has(&key(&case.id, variant)) {
                continue;
            }
            let answer = match side {
                Side::Own(engine, efforts) => {
                    own(&case.id, &hole, language.clone(), &**engine, efforts[number]).await
                }
                Side::Peer(peer) => {
                    peer.forget();
                    peer.ask(&hole.before, &hole.after)?
                }
            };
            let row = judged(case, &source.language, variant, &hole, answer, language.clone(), &mut judge)?;
            run.add(&row)?;
            step();
        }
    }
    Ok(())
}

async fn own(
    id: &str,
    hole: &Hole<'_>,
    language: Option<Arc<Language>>,
    engine: &dyn Engine,
    effort: Effort,
) -> BackendAnswer {
    let text = format!("{}{}", hole.before, hole.after);
    let snapshot = Snapshot::of_text(&format!("file:///holes/{id}"), &text, language);
    let offset = hole.before.len();
    let request = CompletionRequest {
        snapshot,
        offset,
        trigger: TriggerKind::Automatic,
        selected: None,
        shown: Vec::new(),
    };
    let start = Instant::now();
    let report = completion::complete(request, engine, &options(effort), &CancelToken::never()).await;
    let ms = start.elapsed().as_secs_f64() * 1e3;
    match report.outcome {
        Outcome::Skipped(reason) => {
            BackendAnswer { reason: Some(reason.to_string()), ms, ..BackendAnswer::default() }
        }
        Outcome::Suggested(completion) => BackendAnswer {
            after: completion.range.end - offset,
            tokens: completion.tokens,
            prompt: completion.prompt_tokens,
            rank: Some(completion.rank),
            text: Some(completion.text),
            ms,
            ..BackendAnswer::default()
        },
    }
}

fn judged(
    case: &EvalCase,
    name: &str,
    variant: &str,
    hole: &Hole<'_>,
    mut answer: BackendAnswer,
    language: Option<Arc<Language>>,
    judge: &mut Option<&mut Oracle>,
) -> anyhow::Result<HoleRow> {
    if case.kind.is_line()
        && variant == "llama-server"
        && let Some(text) = &mut answer.text
    {
        // It always offers several lines; for these holes its first one counts.
        text.truncate(text.find('\n').unwrap_or(text.len()));
    }
    let shown = answer.text.is_some();
    let before = format!("{}{}", hole.before, hole.after);
    let after = answer.applied(&hole.before, &hole.after);
    let faults = |text: &str| fresh_tree_faults(&Snapshot::of_text("", text, language.clone())).unwrap_or(0);
    let strict = language.as_ref().and_then(|language| language.strict);
    let errors = match (judge, strict, shown) {
        (Some(judge), Some(parser), true) => {
            Some((judge.errors(parser, &before)?, judge.errors(parser, &after)?))
        }
        _ => None,
    };
    let unit = language.as_ref().map_or("    ", |language| language.config.indent.as_str());
    // What it takes from behind the cursor it also brings: that was not asked for.
    let text = answer.text.clone().unwrap_or_default();
    let taken = &hole.after[..answer.after];
    let text = text.trim_end().strip_suffix(taken.trim()).map_or(text.as_str(), |text| text);
    Ok(HoleRow {
        id: case.id.clone(),
        kind: case.kind,
        language: name.to_owned(),
        broken: case.damage.is_some(),
        variant: variant.to_owned(),
        score: if shown { score::score(case.kind, text, hole.middle) } else { Score::default() },
        tree: if shown { (faults(&before), faults(&after)) } else { (0, 0) },
        errors,
        defects: answer.defects(&hole.before, &hole.after, unit),
        answer,
    })
}
