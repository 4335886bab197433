//! Types held-out statements without taking anything, asks now and then, and notes whether the best candidate was right: what a
//! correction is fitted to, and what it is measured by.

use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde::Serialize;

use super::answer::BackendAnswer;
use super::backends::{Backend, SessionBackend};
use super::case::{CaseSet, EvalCase, HoleKind};
use super::editor::Editor;
use super::replay::{right, unit};
use crate::calibration::{Correction, Judgement, Prior, Reliability, fit};
use crate::completion::{Outcome, Suggestion, TriggerKind};
use crate::language::{Language, Registry};
use crate::session::{Query, Session};
use crate::stats::RequestKind;

/// How a source tree is typed.
#[derive(Debug, Clone, Copy)]
pub struct CalibrateOptions {
    /// Predictions wanted.
    pub predictions: usize,
    /// The model is asked at every so many keys: a whole line of questions says little more than some of them.
    pub every: usize,
    /// The same seed takes the texts in the same order.
    pub seed: u64,
}

/// What a correction did to predictions that it was not fitted to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibrated {
    /// Predictions that it was fitted to: the first ones.
    pub learned_from: usize,
    /// The factor of the score.
    pub slope: f32,
    /// What is added at each kind of place, in logits.
    pub bias: [f32; 4],
    /// The other predictions with the probabilities that the embedded model would have.
    pub fitted: Reliability,
    /// With what the size of the model suggests.
    pub by_size: Reliability,
    /// With the correction.
    pub learned: Reliability,
    /// The share of the other predictions that would be shown at the default eagerness: before, by size, learned.
    pub shown: [f64; 3],
    /// Of those shown, the share that was right, in the same order.
    pub right_of_shown: [f64; 3],
}

/// Predictions and their outcomes, in the order in which they were made, until there are enough; `step` is called with those of each
/// text.
pub async fn run(
    set: &CaseSet,
    session: Arc<Session>,
    registry: &Registry,
    options: CalibrateOptions,
    mut step: impl FnMut(&[Judgement]) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Judgement>> {
    let mut cases: Vec<&EvalCase> = set.cases.iter().filter(|case| case.kind == HoleKind::Typed).collect();
    // All packages from the beginning on, as somebody works who has several.
    cases.shuffle(&mut StdRng::seed_from_u64(options.seed));
    let mut judged = Vec::new();
    for (number, case) in cases.into_iter().enumerate() {
        if judged.len() >= options.predictions {
            break;
        }
        let Some(language) = registry.by_name(&set.source(case).language) else { continue };
        let first = (number * 7) % options.every.max(1);
        let mut found = one(set, case, &language, &session, options.every.max(1), first).await?;
        found.truncate(options.predictions - judged.len());
        step(&found)?;
        judged.extend(found);
    }
    Ok(judged)
}

/// Types one text, and asks at the key `first` and at every `every`th from there on.
async fn one(
    set: &CaseSet,
    case: &EvalCase,
    language: &Arc<Language>,
    session: &Arc<Session>,
    every: usize,
    first: usize,
) -> anyhow::Result<Vec<Judgement>> {
    let hole = set.hole(case);
    let unit = unit(&set.source(case).text, &language.config.indent);
    let mut editor = Editor::new(&hole.before, &hole.after, &unit, &language.config.block_openers);
    let own = SessionBackend { session: Arc::clone(session), variants: Vec::new(), reader: None };
    let mut backend = Backend::Session(own);
    let extension = language.config.extensions.first().map_or("txt", String::as_str);
    let uri = format!("file:///eval/{}.{extension}", case.id);
    let mut open = backend.open(&uri, language, &editor.text)?;
    let (mut done, mut keys, mut judged) = (0, 0, Vec::new());
    while done < hole.middle.len() {
        if keys % every == first {
            let best = best(session, open.uri(), editor.cursor).await;
            judged.extend(best.and_then(|best| judgement(&best, &editor, &hole.middle[done..])));
        }
        let before = editor.text.clone();
        let press = editor.press(&hole.middle[done..]);
        if let Some(change) = &press.change {
            backend.change(&mut open, &before, change)?;
        }
        done += press.consumed;
        keys += 1;
    }
    backend.close(&open)?;
    Ok(judged)
}

/// The best candidate at the byte `offset`, shown or not; none when the model was not asked.
async fn best(session: &Arc<Session>, uri: &str, offset: usize) -> Option<Suggestion> {
    let request = session.begin(uri, RequestKind::Automatic).ok()?;
    let query = Query { offset, trigger: TriggerKind::Automatic, selected: None };
    let answer = session.complete(request, query).await;
    let best = match answer.outcome {
        Outcome::Suggested(best) => Some(best),
        Outcome::Skipped(_) => answer.others.into_iter().next(),
    };
    best.filter(|best| best.tokens > 0)
}

/// Whether the first line of a suggestion is what follows: `rest`.
fn judgement(best: &Suggestion, editor: &Editor, rest: &str) -> Option<Judgement> {
    let (range, text) = (best.range(), Some(best.text().to_owned()));
    let (before, after) =
        (editor.cursor - range.start.min(editor.cursor), range.end.max(editor.cursor) - editor.cursor);
    let answer = BackendAnswer { text, before, after, ..BackendAnswer::default() };
    best.rank.judged(right::right(&answer, rest, editor.right(), usize::MAX).is_some())
}

impl Calibrated {
    /// A correction fitted to the first `learned_from` predictions, measured on the others; `bar` is the probability from which on
    /// suggestions are shown.
    pub fn of(judged: &[Judgement], learned_from: usize, prior: &Prior, bar: f32) -> Self {
        let (first, others) = judged.split_at(learned_from.min(judged.len()));
        let correction = fit(prior, first);
        let all =
            [Correction::NONE, prior.correction(), correction].map(|correction| said(others, &correction));
        let shown =
            |said: &Vec<(f32, bool)>| said.iter().copied().filter(|(p, _)| *p >= bar).collect::<Vec<_>>();
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let shown = all.each_ref().map(shown);
        let right =
            |shown: &Vec<(f32, bool)>| share(shown.iter().filter(|(_, right)| *right).count(), shown.len());
        let [fitted, by_size, learned] = all.each_ref().map(|said| Reliability::of(said));
        Self {
            learned_from: first.len(),
            slope: correction.slope,
            bias: correction.bias,
            fitted,
            by_size,
            learned,
            shown: shown.each_ref().map(|shown| share(shown.len(), others.len())),
            right_of_shown: shown.each_ref().map(right),
        }
    }
}

/// The probabilities that `correction` makes of these scores, and what came of them.
fn said(judged: &[Judgement], correction: &Correction) -> Vec<(f32, bool)> {
    let p = |one: &Judgement| 1.0 / (1.0 + (-correction.logit(one.score, one.kind) - one.offset).exp());
    judged.iter().map(|one| (p(one), one.right)).collect()
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;
    use crate::calibration::PlaceKind;

    #[test]
    fn a_correction_is_measured_on_what_it_was_not_fitted_to() {
        let truth = Correction { slope: 0.5, bias: [-0.7; 4] };
        let mut random = StdRng::seed_from_u64(3);
        let mut one = |at: usize| {
            let (score, kind) = (random.random_range(-4.0..4.0f32), PlaceKind::ALL[at % 4]);
            let p = 1.0 / (1.0 + (-truth.logit(score, kind)).exp());
            Judgement { score, kind, offset: 0.0, said: p, right: random.random::<f32>() < p }
        };
        let judged: Vec<Judgement> = (0..2000).map(&mut one).collect();
        let found = Calibrated::of(&judged, 1000, &Prior::NONE, 0.5);
        assert_eq!((found.learned_from, found.learned.count), (1000, 1000));
        assert_eq!(found.fitted, found.by_size, "nothing is known of its size");
        assert!(found.fitted.error > 0.12 && found.learned.error < 0.06, "{found:?}");
        assert!(found.right_of_shown[2] > found.right_of_shown[0]);
    }
}
