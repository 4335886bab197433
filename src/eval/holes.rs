//! Asks for every hole once, and scores and judges the answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{BackendAnswer, Defects};
use super::backends::{Asking, Backend};
use super::case::{CaseSet, EvalCase, Hole, HoleKind};
use super::oracle::Oracle;
use super::runs::{ResultRow, Run};
use super::score::{self, Score};
use super::workplace::Workplace;
use crate::document::Snapshot;
use crate::language::{Language, Registry};
use crate::verify::faults::fresh_tree_faults;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoleRow {
    pub id: String,
    pub kind: HoleKind,
    pub language: String,
    /// Whether the file was broken elsewhere.
    pub broken: bool,
    /// How far the pipeline went, or `llama-server`.
    pub variant: String,
    pub answer: BackendAnswer,
    pub score: Score,
    /// ERROR and MISSING nodes without and with the answer.
    pub tree: (usize, usize),
    /// Errors of the other parser without and with the answer, where it was asked.
    pub errors: Option<(usize, usize)>,
    /// What is wrong with it on sight.
    #[serde(alias = "blemishes")]
    pub defects: Defects,
    /// Tokens that were remembered of the workspace, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<usize>,
}

impl ResultRow for HoleRow {
    fn key(&self) -> String {
        key(&self.id, &self.variant)
    }
}

fn key(id: &str, variant: &str) -> String {
    format!("{id} {variant}")
}

/// Ask for all cases that are not in `run` yet, each opened in its `place`; `step` is called after each.
pub async fn run(
    set: &CaseSet,
    (backend, mut place, invoked): (&mut Backend, Workplace, bool),
    registry: &Registry,
    mut oracle: Option<&mut Oracle>,
    run: &mut Run,
    step: &dyn Fn(),
) -> anyhow::Result<()> {
    for case in set.cases.iter().filter(|case| case.kind != HoleKind::Typed) {
        let (source, hole) = (set.source(case), set.hole(case));
        let Some(language) = registry.by_name(&source.language) else { continue };
        for (variant, effort) in backend.variants() {
            if run.has(&key(&case.id, variant)) {
                continue;
            }
            let (open, remembered) = place.open(set, case, &language, backend).await?;
            let mut answer =
                backend.ask(&open, &hole.before, &hole.after, Asking { effort, invoked }).await?;
            place.close(set, case, &open, backend)?;
            if case.kind.is_line()
                && matches!(backend, Backend::Peer(..))
                && let Some(text) = &mut answer.text
            {
                // It always offers several lines; for these holes its first one counts.
                text.truncate(text.find('\n').unwrap_or(text.len()));
            }
            let row = judged(case, variant, &hole, answer, &language, &mut oracle)?;
            run.add(&HoleRow { remembered, ..row })?;
            step();
        }
    }
    Ok(())
}

fn judged(
    case: &EvalCase,
    variant: &str,
    hole: &Hole<'_>,
    answer: BackendAnswer,
    language: &Arc<Language>,
    oracle: &mut Option<&mut Oracle>,
) -> anyhow::Result<HoleRow> {
    let shown = answer.text.is_some();
    let before = format!("{}{}", hole.before, hole.after);
    let after = answer.applied(&hole.before, &hole.after);
    let faults =
        |text: &str| fresh_tree_faults(&Snapshot::of_text("", text, Some(Arc::clone(language)))).unwrap_or(0);
    let errors = match (oracle, language.strict, shown) {
        (Some(oracle), Some(parser), true) => {
            Some((oracle.errors(parser, &before)?, oracle.errors(parser, &after)?))
        }
        _ => None,
    };
    let unit = &language.config.indent;
    // What it takes from behind the cursor it also brings: that was not asked for.
    let text = answer.text.clone().unwrap_or_default();
    let taken = &hole.after[..answer.after];
    let text = text.trim_end().strip_suffix(taken.trim()).map_or(text.as_str(), |text| text);
    Ok(HoleRow {
        id: case.id.clone(),
        kind: case.kind,
        language: language.name().to_owned(),
        broken: case.damage.is_some(),
        variant: variant.to_owned(),
        score: if shown { score::score(case.kind, text, hole.middle) } else { Score::default() },
        tree: if shown { (faults(&before), faults(&after)) } else { (0, 0) },
        errors,
        defects: answer.defects(&hole.before, &hole.after, unit),
        answer,
        remembered: None,
    })
}
