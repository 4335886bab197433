//! Measures what drafts are worth: the same text generated with and without them, one after the other.

use std::collections::BTreeMap;

use super::memory::{Package, TakenLines, ToldEngine};
use crate::cancel::CancelToken;
use crate::completion::secrets::MaskedJob;
use crate::engine::{DraftStats, Engine, Job, JobSummary, Sampling, Stop, Task, Update};

/// Tokens generated at each place.
const TOKENS: usize = 48;

/// What came out for one language.
#[derive(Debug, Clone, Default)]
pub struct DraftFigures {
    places: usize,
    same: usize,
    tokens: usize,
    drafts: DraftStats,
    /// Milliseconds a token without and with drafts, for each place.
    each: Vec<(f64, f64)>,
}

/// Generate at every hole of a package with both engines, which differ in nothing but drafts.
///
/// # Errors
/// When an engine fails.
pub async fn measure(
    package: &Package,
    without: &ToldEngine<'_>,
    with: &ToldEngine<'_>,
    figures: &mut BTreeMap<String, DraftFigures>,
) -> anyhow::Result<()> {
    package.remember(without).await?;
    package.remember(with).await?;
    for (number, hole) in package.holes.iter().enumerate() {
        hole.open(without).await?;
        hole.open(with).await?;
        // What runs second finds a warm processor: they take turns.
        let (plain, drafted) = if number % 2 == 0 {
            let plain = generate(hole, without.engine, 0).await?;
            (plain, generate(hole, with.engine, 0).await?)
        } else {
            let drafted = generate(hole, with.engine, 0).await?;
            (generate(hole, without.engine, 0).await?, drafted)
        };
        hole.close(without);
        hole.close(with);
        figures.entry(hole.language.clone()).or_default().add(plain, drafted);
    }
    Ok(())
}

/// What an engine writes in the place of the lines, and its figures; `lines` as [`Stop::lines`].
///
/// # Errors
/// When the engine fails.
pub async fn generate(
    hole: &TakenLines,
    engine: &dyn Engine,
    lines: usize,
) -> anyhow::Result<(String, JobSummary)> {
    let job = Job {
        max_tokens: TOKENS,
        stop: Stop { lines },
        sampling: Sampling::Greedy,
        ..hole.job(engine, Task::default())
    };
    let (mut generation, mut text) =
        (engine.generate(MaskedJob::of(job).job, CancelToken::never()), String::new());
    while let Some(update) = generation.next().await {
        match update? {
            Update::Piece(piece) => text.push_str(&piece.text),
            Update::Done(summary) => return Ok((text, summary)),
            _ => {}
        }
    }
    anyhow::bail!("the engine gave no answer")
}

impl DraftFigures {
    fn add(&mut self, plain: (String, JobSummary), drafted: (String, JobSummary)) {
        self.places += 1;
        self.same += usize::from(plain.0 == drafted.0);
        let tokens = drafted.1.generated_tokens;
        if plain.0 == drafted.0 && tokens >= 8 {
            self.tokens += tokens;
            self.drafts += drafted.1.drafts;
            let each = |summary: JobSummary| f64::from(summary.decode_ms) / tokens as f64;
            self.each.push((each(plain.1), each(drafted.1)));
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let mut ratios: Vec<f64> = self.each.iter().map(|(plain, drafted)| plain / drafted).collect();
        ratios.sort_by(f64::total_cmp);
        let sums = self.each.iter().fold((0.0, 0.0), |sums, each| (sums.0 + each.0, sums.1 + each.1));
        let DraftStats { steps, drafted, accepted, .. } = self.drafts;
        format!(
            "{} of {} texts are the same; decode {:.2} times as fast (median of places {:.2}, {:.2} to {:.2}), {:.2} tokens a batch, {} of {} proposed tokens right ({:.0} %)",
            self.same,
            self.places,
            sums.0 / f64::max(sums.1, 1e-9),
            at(&ratios, 0.5),
            at(&ratios, 0.1),
            at(&ratios, 0.9),
            self.tokens as f64 / steps.max(1) as f64,
            accepted,
            drafted,
            100.0 * accepted as f64 / drafted.max(1) as f64,
        )
    }
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let index = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
