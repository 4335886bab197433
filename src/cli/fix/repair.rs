//! Repairs one file: its syntax, error after error, and then what diagnostics report, each repair in the text that the ones
//! before it left.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::decide::{Decider, Decision};
use super::diagnostics::{self, Reported};
use super::model::{self, FixModel};
use super::report::{Problem, sureness};
use crate::actions::{self, ActionRequest, Fix, fix_syntax};
use crate::cli::change::FileLine;
use crate::document::Snapshot;
use crate::language::Registry;
use crate::verify::FaultCount;

/// Errors repaired in one file: one more broken than that needs a person.
const ROUNDS: usize = 20;
/// Places of errors that are looked at between two repairs.
const PLACES: usize = 6;

/// One file, and how it is repaired.
pub struct FileRepair<'a> {
    pub target: &'a FileLine,
    pub registry: &'a Registry,
    pub model: Option<&'a FixModel>,
    /// Time for one repair.
    pub time: Duration,
    /// The text as the repairs so far leave it.
    pub now: Snapshot,
    /// What is reported of it and not repaired yet.
    pub reported: Vec<Reported>,
    /// Problems for which there are repairs that were not taken, in words: each is told once.
    left: Vec<String>,
    stopped: bool,
}

/// What came of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Repaired,
    Left,
}

impl<'a> FileRepair<'a> {
    /// Reads the file.
    pub fn new(
        target: &'a FileLine,
        registry: &'a Registry,
        model: Option<&'a FixModel>,
        time: Duration,
        reported: Option<&PathBuf>,
    ) -> anyhow::Result<Self> {
        let text = target.read()?;
        // A line that is not there is a slip, also in a sound file.
        target.offset(&text)?;
        let now = target.snapshot(&text, registry)?;
        let reported = reported.map_or(Ok(Vec::new()), |file| diagnostics::read(file, &now))?;
        Ok(Self { target, registry, model, time, now, reported, left: Vec::new(), stopped: false })
    }

    /// The number of errors of the syntax.
    pub fn errors(&self) -> anyhow::Result<usize> {
        let faults = FaultCount::of(&self.now).context("too large, too deep or too slow to parse");
        let faults = faults.with_context(|| format!("cannot check {}", self.name()))?;
        Ok(faults.total())
    }

    /// The file, as the user calls it.
    pub fn name(&self) -> String {
        self.target.file.display().to_string()
    }

    /// Whether there are repairs that were not taken.
    pub fn leaves_some(&self) -> bool {
        !self.left.is_empty()
    }

    /// What the actions are asked.
    pub fn request(&self, range: Option<usize>, reported: &[usize]) -> ActionRequest {
        ActionRequest {
            snapshot: self.now.clone(),
            range: range.map(|at| at..at),
            diagnostics: reported.iter().map(|number| self.reported[*number].diagnostic.clone()).collect(),
            workspace: diagnostics::workspace(self.target),
            time: self.time,
        }
    }

    /// Every repair of the first error, or of the one at a place, and of what is reported; what each fixes is named by its
    /// number in `reported`.
    pub fn offers(&self, place: Option<usize>) -> Vec<Fix> {
        let all: Vec<usize> = (0..self.reported.len()).collect();
        let mut found: Vec<Fix> = Vec::new();
        let none: &[usize] = &[];
        for numbers in all.chunks(diagnostics::ALIKE).chain(all.is_empty().then_some(none)) {
            let (offers, _) = model::answer(&self.request(place, numbers), self.model, numbers.len());
            for mut offer in offers {
                renumber(&mut offer, numbers);
                match found.iter_mut().find(|known| known.edits == offer.edits) {
                    Some(known) => known.fixes.extend(offer.fixes),
                    None => found.push(offer),
                }
            }
        }
        found
    }

    /// Repairs the syntax; with a line, the error there.
    pub fn repair_syntax(&mut self, decider: &mut Decider) -> anyhow::Result<()> {
        let line = self.target.offset(&self.now.text.to_string())?;
        for _ in 0..ROUNDS {
            let mut places = vec![line];
            if line.is_none() {
                // Where the first error has no sure repair, others may have one.
                let complaints = fix_syntax::complaints(&self.now);
                places.extend(complaints.iter().skip(1).take(PLACES).map(|error| Some(error.range.start)));
            }
            let mut progress = Progress::Left;
            for place in places {
                progress = self.repair_error(place, decider)?;
                if self.stopped || progress == Progress::Repaired {
                    break;
                }
            }
            let done = self.stopped || line.is_some() || progress == Progress::Left;
            if done || self.errors()? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Repairs the error at a place, or the first one.
    fn repair_error(&mut self, place: Option<usize>, decider: &mut Decider) -> anyhow::Result<Progress> {
        // What is reported of names is not of the syntax.
        let numbers: Vec<usize> = (0..self.reported.len())
            .filter(|number| self.reported[*number].name(&self.now).is_none())
            .collect();
        let mut offers = model::fixes(&self.request(place, &numbers), self.model);
        offers.retain(|offer| offer.action == &fix_syntax::SPEC);
        offers.iter_mut().for_each(|offer| renumber(offer, &numbers));
        self.decide(&offers, decider)
    }

    /// Repairs what is reported. Returns whether there is a repair for any of it, and how much of it stays.
    pub fn repair_reported(&mut self, decider: &mut Decider) -> anyhow::Result<(bool, usize)> {
        let (mut any, mut stays, mut next) = (false, 0, 0);
        while next < self.reported.len() && !self.stopped {
            let numbers = self.alike(next);
            let (mut offers, excuses) = model::answer(&self.request(None, &numbers), self.model, 1);
            offers.retain(|offer| offer.action != &fix_syntax::SPEC && offer.fixes.contains(&0));
            offers.iter_mut().for_each(|offer| renumber(offer, &numbers));
            any |= !offers.is_empty();
            for excuse in &excuses {
                crate::cli::tell(&format!("{}: {excuse}", self.name()));
            }
            // The repaired one is gone from the list.
            if self.decide(&offers, decider)? == Progress::Left {
                if offers.is_empty() {
                    self.tell_unknown(next);
                }
                (stays, next) = (stays + 1, next + 1);
            }
        }
        Ok((any, stays + self.reported.len().saturating_sub(next)))
    }

    /// The diagnostic `first`, and those behind it that report the same of the same name.
    fn alike(&self, first: usize) -> Vec<usize> {
        let name = self.reported[first].name(&self.now);
        let same = |number: &usize| name.is_some() && self.reported[*number].name(&self.now) == name;
        let others = (first + 1..self.reported.len()).filter(same);
        std::iter::once(first).chain(others.take(diagnostics::ALIKE - 1)).collect()
    }

    fn tell_unknown(&self, number: usize) {
        let Reported { diagnostic, .. } = &self.reported[number];
        let line = self.now.line_of(diagnostic.range.start) + 1;
        let message = diagnostic.message.lines().next().unwrap_or_default();
        crate::cli::tell(&format!("{}:{line}: no fix is known: {message}", self.name()));
    }

    /// Decides about the repairs of one problem, and applies what is taken. What they fix is named by its number in `reported`.
    fn decide(&mut self, offers: &[Fix], decider: &mut Decider) -> anyhow::Result<Progress> {
        let Some(first) = offers.first() else { return Ok(Progress::Left) };
        let problem = Problem { name: self.name(), snapshot: &self.now, offers };
        // It is the same one when only what is before it has changed.
        let line = first.edits.first().map_or(0, |edit| self.now.line_of(edit.range.start));
        let key = format!("{}\n{}", first.title, self.now.line_text(line).trim());
        if self.left.contains(&key) {
            return Ok(Progress::Left);
        }
        let decision = decider.decide(&problem)?;
        let Decision::Take(taken) = decision else {
            self.stopped = decision == Decision::Stop;
            if matches!(decider, Decider::Sure) {
                let hint = format!("{}; left out, --all takes it", sureness(first));
                crate::cli::tell(&format!("{}: {} ({hint})", problem.place(first), first.title));
            }
            self.left.push(key);
            return Ok(Progress::Left);
        };
        let offer = &offers[taken];
        crate::cli::tell(&format!("{}: {} ({})", problem.place(offer), offer.title, sureness(offer)));
        let text = actions::with_edits(&self.now, &offer.edits).text.to_string();
        let names = diagnostics::apply(&mut self.reported, &self.now, offer);
        self.now = self.target.snapshot(&text, self.registry)?;
        diagnostics::drop_settled(&mut self.reported, &names, &self.now);
        Ok(Progress::Repaired)
    }
}

/// Says what an offer repairs in numbers of all that is reported, not of those that were asked about.
fn renumber(offer: &mut Fix, numbers: &[usize]) {
    offer.fixes = offer.fixes.iter().map(|fixed| numbers[*fixed]).collect();
}
