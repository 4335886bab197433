//! Lets many simulated typists work at the same moment, each with a session and an engine of their own, and counts what that asks of
//! the server behind their engines.
//!
//! A typist does not wait for answers: keys come when they come, and a key makes what was asked before useless, as in an editor.

pub mod counters;
pub mod metered;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

use self::metered::{Metered, Tally};
use super::answer::BackendAnswer;
use super::backends::{Backend, BackendDocument, SessionBackend};
use super::case::{CaseSet, EvalCase, HoleKind};
use super::editor::{Editor, Press};
use super::metrics::percentile;
use super::replay::{right, unit};
use crate::completion::{Outcome, TriggerKind};
use crate::engine::Engine;
use crate::language::{Language, Registry};
use crate::session::{Query, Session};
use crate::stats::RequestKind;

/// How somebody types.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypingPace {
    /// Milliseconds between two keys, on average; each pause is drawn from half of it to one and a half times.
    pub key_ms: u64,
    /// Milliseconds of thought at the beginning of a line, and after a suggestion was taken.
    pub think_ms: u64,
    /// Characters of a suggestion that must be right for it to be taken, unless its first line is.
    pub enough: usize,
    /// How long everybody types.
    pub time: Duration,
    /// The same seed has everybody type the same texts at the same moments.
    pub seed: u64,
}

impl Default for TypingPace {
    fn default() -> Self {
        // 238 ms between keys is the mean of 136 million keystrokes of Dhakal et al. 2018.
        Self { key_ms: 238, think_ms: 1000, enough: 12, time: Duration::from_secs(60), seed: 1 }
    }
}

/// What came of one number of typists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadFigures {
    pub typists: usize,
    /// Seconds from the first key to the last.
    pub seconds: f64,
    /// Keys pressed, taking a suggestion not counted.
    pub keys: usize,
    /// Suggestions that came in time to be seen, and of these those that were taken.
    pub shown: usize,
    pub taken: usize,
    /// Milliseconds from a key to its suggestion, of those that came in time: half, and 95 %.
    pub shown_ms: [f64; 2],
    /// Questions that reached the engines.
    pub jobs: usize,
    /// Of these, ended by a newer key before a line was complete.
    pub superseded: usize,
    /// Milliseconds from a question to its first token, and to its first complete line (or its end).
    pub first_token_ms: [f64; 2],
    pub first_line_ms: [f64; 2],
    /// Prompt tokens sent, of these found in the server's cache as far as it says, and tokens that came back.
    pub prompt_tokens: usize,
    pub cached_tokens: usize,
    pub generated_tokens: usize,
    /// What went wrong, each kind with its number.
    pub errors: Vec<(String, usize)>,
}

impl LoadFigures {
    /// Prompt tokens evaluated for each key.
    pub fn evaluated_per_key(&self) -> f64 {
        (self.prompt_tokens - self.cached_tokens.min(self.prompt_tokens)) as f64 / self.keys.max(1) as f64
    }

    /// Tokens generated for each key.
    pub fn generated_per_key(&self) -> f64 {
        self.generated_tokens as f64 / self.keys.max(1) as f64
    }

    /// Questions that failed.
    pub fn failed(&self) -> usize {
        self.errors.iter().map(|(_, count)| count).sum()
    }
}

/// What one typist has seen.
#[derive(Debug, Default)]
struct Seen {
    keys: usize,
    shown: usize,
    taken: usize,
    shown_ms: Vec<f64>,
}

/// A typist's session, and what its engine was asked.
pub struct Desk {
    session: Arc<Session>,
    tally: Arc<Tally>,
}

impl Desk {
    /// `engine` behind a counter, in a session that `open` makes of it.
    ///
    /// # Errors
    /// When the engine cannot work.
    pub async fn new(
        engine: Arc<dyn Engine>,
        open: impl FnOnce(Arc<dyn Engine>) -> Arc<Session>,
    ) -> anyhow::Result<Self> {
        let tally = Arc::new(Tally::default());
        let session = open(Arc::new(Metered::new(engine, Arc::clone(&tally))));
        session.start_engine();
        let ready = session.ready_engine().await;
        ready.map_err(|reason| anyhow::anyhow!("{reason}")).context("a typist's engine cannot work")?;
        Ok(Self { session, tally })
    }
}

/// Everybody types, each from another place of the set on.
///
/// # Errors
/// When there is nothing to type, or a session refuses an edit.
pub async fn run(
    set: &Arc<CaseSet>,
    registry: &Registry,
    desks: Vec<Desk>,
    pace: TypingPace,
) -> anyhow::Result<LoadFigures> {
    let typed = |case: &&EvalCase| case.kind == HoleKind::Typed;
    let count = set.cases.iter().filter(typed).count();
    if count == 0 {
        bail!("no statements to type in these cases; `treefill eval make --kind typed` makes some");
    }
    let typists = desks.len();
    let start = Instant::now();
    let mut at_work = tokio::task::JoinSet::new();
    for (number, desk) in desks.iter().enumerate() {
        // Far from one another, so that nobody types what a neighbour has just typed.
        let first = number * count / typists;
        let order = set.cases.iter().enumerate().filter(|(_, case)| typed(case)).map(|(at, _)| at);
        let order: Vec<usize> = order.collect();
        let cases: Vec<usize> = order[first..].iter().chain(&order[..first]).copied().collect();
        let languages = cases.iter().map(|&at| registry.by_name(&set.source(&set.cases[at]).language));
        let work: Vec<_> = cases.iter().copied().zip(languages).collect();
        let typist = Typist {
            session: Arc::clone(&desk.session),
            random: StdRng::seed_from_u64(pace.seed.wrapping_mul(31).wrapping_add(number as u64)),
            pace,
            number,
            end: start + pace.time,
            seen: Seen::default(),
        };
        at_work.spawn(typist.work(Arc::clone(set), work));
    }
    let mut seen = Vec::new();
    while let Some(typist) = at_work.join_next().await {
        seen.push(typist??);
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok(sum(seconds, &seen, desks.iter().map(|desk| &*desk.tally)))
}

fn sum<'a>(seconds: f64, seen: &[Seen], tallies: impl Iterator<Item = &'a Tally>) -> LoadFigures {
    let all = tallies.fold(metered::LoadCounts::default(), |sum, tally| sum.and(&tally.counts()));
    let both = |values: &[f64]| {
        let mut values = values.to_vec();
        [percentile(&mut values, 0.5), percentile(&mut values, 0.95)]
    };
    let shown_ms: Vec<f64> = seen.iter().flat_map(|seen| seen.shown_ms.iter().copied()).collect();
    LoadFigures {
        typists: seen.len(),
        seconds,
        keys: seen.iter().map(|seen| seen.keys).sum(),
        shown: seen.iter().map(|seen| seen.shown).sum(),
        taken: seen.iter().map(|seen| seen.taken).sum(),
        shown_ms: both(&shown_ms),
        jobs: all.jobs,
        superseded: all.superseded,
        first_token_ms: both(&all.first_token_ms),
        first_line_ms: both(&all.first_line_ms),
        prompt_tokens: all.prompt_tokens,
        cached_tokens: all.cached_tokens,
        generated_tokens: all.generated_tokens,
        errors: all.errors.into_iter().collect(),
    }
}

struct Typist {
    session: Arc<Session>,
    random: StdRng,
    pace: TypingPace,
    number: usize,
    end: Instant,
    seen: Seen,
}

/// A text that is being typed.
struct Work<'a> {
    backend: Backend,
    open: BackendDocument,
    editor: Editor,
    wanted: &'a str,
    done: usize,
}

impl Work<'_> {
    /// Does something in the editor, and tells the session.
    fn edit(&mut self, act: impl FnOnce(&mut Editor, &str) -> Press) -> anyhow::Result<()> {
        let before = self.editor.text.clone();
        let press = act(&mut self.editor, &self.wanted[self.done..]);
        if let Some(change) = &press.change {
            self.backend.change(&mut self.open, &before, change)?;
        }
        self.done += press.consumed;
        Ok(())
    }
}

impl Typist {
    async fn work(
        mut self,
        set: Arc<CaseSet>,
        cases: Vec<(usize, Option<Arc<Language>>)>,
    ) -> anyhow::Result<Seen> {
        for round in 0.. {
            for (at, language) in &cases {
                let Some(language) = language else { continue };
                self.text(&set, &set.cases[*at], language, round).await?;
                if Instant::now() >= self.end {
                    return Ok(self.seen);
                }
            }
        }
        Ok(self.seen)
    }

    /// Types one text, until it is there or the time is over.
    async fn text(
        &mut self,
        set: &CaseSet,
        case: &EvalCase,
        language: &Arc<Language>,
        round: usize,
    ) -> anyhow::Result<()> {
        let hole = set.hole(case);
        let unit = unit(&set.source(case).text, &language.config.indent);
        let editor = Editor::new(&hole.before, &hole.after, &unit, &language.config.block_openers);
        let own = SessionBackend { session: Arc::clone(&self.session), variants: Vec::new(), reader: None };
        let mut backend = Backend::Session(own);
        let extension = language.config.extensions.first().map_or("txt", String::as_str);
        let uri = format!("file:///eval/{}/{round}/{}.{extension}", self.number, case.id);
        let open = backend.open(&uri, language, &editor.text)?;
        let mut work = Work { backend, open, editor, wanted: hole.middle, done: 0 };
        let mut pause = self.pause(true);
        while work.done < work.wanted.len() && Instant::now() < self.end {
            // Whoever has seen a right suggestion takes it; else the next key ends the wait.
            if self.look(&mut work, pause).await? {
                pause = self.pause(true);
                continue;
            }
            let starts_line = work.wanted[work.done..].starts_with('\n');
            work.edit(Editor::press)?;
            self.seen.keys += 1;
            pause = self.pause(starts_line);
        }
        work.backend.close(&work.open)
    }

    /// Asks, and looks for so long at the most. Whether something was taken.
    async fn look(&mut self, work: &mut Work<'_>, pause: Duration) -> anyhow::Result<bool> {
        let start = Instant::now();
        let answer = tokio::time::timeout(pause, ask(&self.session, &work.open, work.editor.cursor)).await;
        let left = pause.saturating_sub(start.elapsed());
        let Some(answer) = answer.ok().flatten() else {
            tokio::time::sleep(left).await;
            return Ok(false);
        };
        self.seen.shown += 1;
        self.seen.shown_ms.push(start.elapsed().as_secs_f64() * 1e3);
        let (rest, behind) = (&work.wanted[work.done..], work.editor.right());
        // Nobody reads and presses a key in no time.
        tokio::time::sleep(left).await;
        let Some(length) = right::right(&answer, rest, behind, self.pace.enough) else { return Ok(false) };
        let text = answer.text.unwrap_or_default();
        let after = if length == text.len() { answer.after } else { 0 };
        work.edit(|editor, _| Press {
            change: Some(editor.accept(&text[..length], after)),
            consumed: length,
        })?;
        self.seen.taken += 1;
        Ok(true)
    }

    fn pause(&mut self, thinks: bool) -> Duration {
        let key = self.pace.key_ms as f64 * self.random.random_range(0.5..1.5);
        let thought = if thinks { self.pace.think_ms as f64 } else { 0.0 };
        Duration::from_secs_f64((key + thought) / 1e3)
    }
}

/// What is shown at the byte `offset`, if anything is. Dropping it is what a newer key does.
async fn ask(session: &Arc<Session>, open: &BackendDocument, offset: usize) -> Option<BackendAnswer> {
    let request = session.begin(open.uri(), RequestKind::Automatic).ok()?;
    let query = Query { offset, trigger: TriggerKind::Automatic, selected: None };
    let Outcome::Suggested(suggestion) = session.complete(request, query).await.outcome else { return None };
    Some(BackendAnswer {
        before: offset - suggestion.range().start.min(offset),
        after: suggestion.range().end.max(offset) - offset,
        text: Some(suggestion.text().to_owned()),
        ..BackendAnswer::default()
    })
}

#[cfg(test)]
mod tests;
