//! Searches the repairs that fix an error: tries them in order of plausibility in the smallest broken part of the file, and
//! confirms them on the whole file.

use std::collections::HashSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::region::{LineTable, Region};
use super::site::{RepairCandidate, RepairKind};
use crate::document::Snapshot;
use crate::language::Language;
use crate::text::{common_affixes, is_word};
use crate::verify::{FaultCount, Verifier, policy};

/// Repairs that pass before the search ends: those offered, and one in case one of them harms the file.
const ENOUGH: usize = 4;
/// Tried in each region whatever the time: with a slow machine the best few must still be looked at.
pub const ALWAYS: usize = 12;
/// Regions with several errors that are looked at.
const HELPED: usize = 3;

/// Candidates without those that lead to the same text, most plausible first.
pub fn in_order(text: &str, mut candidates: Vec<RepairCandidate>) -> Vec<RepairCandidate> {
    candidates.retain(|candidate| candidate.score.is_finite() && !glues(text, candidate));
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert(normal(text, candidate)));
    candidates
}

/// Whether taking something away would make one word of two: that is meant only where white space alone goes.
fn glues(text: &str, candidate: &RepairCandidate) -> bool {
    let edit = &candidate.edit;
    let words = text[..edit.range.start].ends_with(is_word) && text[edit.range.end..].starts_with(is_word);
    let removed = &text[edit.range.clone()];
    words && edit.text.is_empty() && (!removed.trim().is_empty() || removed.contains('\n'))
}

/// One form for all edits that lead to the same text: what they share with it at their ends is no part of them.
fn normal(text: &str, candidate: &RepairCandidate) -> (Range<usize>, String) {
    let edit = &candidate.edit;
    let (head, tail) = common_affixes(&text[edit.range.clone()], &edit.text);
    let mut range = edit.range.start + head..edit.range.end - tail;
    let new = edit.text[head..edit.text.len() - tail].to_owned();
    // `((`: which of two equal brackets is removed makes no difference; only the last one is tried.
    while range.len() == 1 && new.is_empty() && text[range.end..].starts_with(&text[range.clone()]) {
        range = range.start + 1..range.end + 1;
    }
    while new.len() == 1 && range.is_empty() && text[range.end..].starts_with(&new) {
        range = range.start + 1..range.end + 1;
    }
    (range, new)
}

/// A search in one broken file.
pub struct Search<'a> {
    /// The file.
    pub text: &'a str,
    /// Its lines.
    pub lines: &'a LineTable<'a>,
    /// Its language.
    pub language: &'a Language,
    /// Verifies changes of the whole file.
    pub verifier: &'a Verifier,
    /// The file.
    pub snapshot: &'a Snapshot,
}

impl Search<'_> {
    /// The candidates that repair the definition around `places`, best first: in `time`, or in twice that where the definition
    /// has another error, so that none fixes it alone. Those of `sure` come first, also where a smaller part of the file
    /// parses with another one.
    pub fn run(
        &self,
        sure: &[RepairCandidate],
        candidates: &[RepairCandidate],
        places: &[usize],
        time: Duration,
    ) -> Vec<RepairCandidate> {
        let regions = self.broken_regions(places);
        let mut found = self.repairing(sure, &regions, Instant::now() + time);
        // A cure is meant; beside it others would only ask the user to choose.
        if found.first().is_none_or(|first| first.what != RepairKind::Idiom) {
            let others = self.repairing(candidates, &regions, Instant::now() + time);
            let new = |other: &RepairCandidate| found.iter().all(|one| one.edit != other.edit);
            let others: Vec<RepairCandidate> = others.into_iter().filter(new).collect();
            found.extend(others);
        }
        if found.is_empty() {
            let all = [sure, candidates].concat();
            let place = places.first().copied().unwrap_or_default();
            found = self.pairing(&all, &regions, place, Instant::now() + time);
            if found.is_empty() {
                found = self.helping(&all, &regions, Instant::now() + time);
            }
        }
        found
    }

    /// The broken parts of the file around some places, smallest first.
    fn broken_regions(&self, places: &[usize]) -> Vec<Region> {
        let mut regions: Vec<Region> = Vec::new();
        for place in places.iter().take(6) {
            let row = self.lines.of(*place);
            let first = self.lines.before(row).unwrap_or(row);
            for region in self.lines.regions(first..row + 1) {
                if !regions.contains(&region) {
                    regions.push(region);
                }
            }
        }
        regions.sort_by_key(Region::len);
        regions.retain(|region| !self.accepts(&region.text(self.text)));
        regions
    }

    /// Those after which a region parses.
    fn repairing(
        &self,
        candidates: &[RepairCandidate],
        regions: &[Region],
        until: Instant,
    ) -> Vec<RepairCandidate> {
        let mut partly = Vec::new();
        for (number, region) in regions.iter().enumerate() {
            let now = Instant::now();
            let last = number + 1 == regions.len();
            let share = if last { until } else { now + until.saturating_duration_since(now) / 2 };
            let passed = self.passing(candidates, region, share);
            match self.confirmed(passed, region) {
                (0, found) => return found,
                (_, fewer) if partly.is_empty() => partly = fewer,
                _ => {}
            }
        }
        partly
    }

    /// Those after which the smallest region where any does has fewer faults, the first of them further down: one of two
    /// errors is gone.
    fn helping(
        &self,
        candidates: &[RepairCandidate],
        regions: &[Region],
        until: Instant,
    ) -> Vec<RepairCandidate> {
        let Some(parser) = self.language.strict else { return Vec::new() };
        // In lines: of several errors in one line nobody can tell which is gone.
        let first = |text: &str| {
            let start = parser.syntax_errors(text).first()?.range.start;
            Some(text[..start.min(text.len())].matches('\n').count())
        };
        for (number, region) in regions.iter().enumerate() {
            let text = region.text(self.text);
            let (before, place) = (parser.judge(&text).total(), first(&text));
            // A single error is left to `repairing`.
            if before < 2 || place.is_none() {
                continue;
            }
            let mut helped: Vec<(usize, RepairCandidate)> = Vec::new();
            for (tried, candidate) in candidates.iter().enumerate() {
                if helped.len() == ENOUGH || tried >= ALWAYS && Instant::now() > until {
                    break;
                }
                let edit = &candidate.edit;
                let Some(edited) = region.edited(self.text, &edit.range, &edit.text) else { continue };
                let total = parser.judge(&edited).total();
                let further = || first(&edited).is_none_or(|now| Some(now) > place);
                if total < before && further() {
                    helped.push((total, candidate.clone()));
                }
            }
            helped.sort_by_key(|(total, _)| *total);
            let helped = helped.into_iter().map(|(_, candidate)| candidate).collect();
            let (_, found) = self.confirmed(helped, region);
            if !found.is_empty() || number + 1 == HELPED {
                return found;
            }
        }
        Vec::new()
    }

    /// Those with which the region parses.
    fn passing(
        &self,
        candidates: &[RepairCandidate],
        region: &Region,
        until: Instant,
    ) -> Vec<RepairCandidate> {
        let mut passed = Vec::new();
        for (number, candidate) in candidates.iter().enumerate() {
            if passed.len() == ENOUGH || number >= ALWAYS && Instant::now() > until {
                break;
            }
            let edit = &candidate.edit;
            let Some(edited) = region.edited(self.text, &edit.range, &edit.text) else { continue };
            if self.accepts(&edited) {
                passed.push(candidate.clone());
            }
        }
        passed
    }

    /// Those that repair the file too, or leave the fewest faults in it, and how many these are.
    fn confirmed(&self, passed: Vec<RepairCandidate>, region: &Region) -> (usize, Vec<RepairCandidate>) {
        let weigh = |candidate: &RepairCandidate| {
            let applied = self.verifier.apply(std::slice::from_ref(&candidate.edit)).ok()?;
            self.verifier.verify(&applied, &policy::SYNTAX_REPAIR, Some(&region.bounds())).ok()
        };
        let before = self.verifier.faults().map_or(0, FaultCount::total);
        let weighed =
            passed.into_iter().filter_map(|candidate| Some((weigh(&candidate)?.total(), candidate)));
        let better: Vec<(usize, RepairCandidate)> = weighed.filter(|(total, _)| *total < before).collect();
        let least = better.iter().map(|(total, _)| *total).min().unwrap_or(usize::MAX);
        let best = better.into_iter().filter(|(total, _)| *total == least).map(|(_, candidate)| candidate);
        (least, best.collect())
    }

    /// Whether a text has no fault at all.
    pub fn accepts(&self, text: &str) -> bool {
        match self.language.strict {
            Some(parser) => parser.accepts(text),
            None => {
                let language = self.snapshot.language.clone();
                let parsed = Snapshot::of_text("", text, language).parse();
                parsed.is_some_and(|tree| !tree.root_node().has_error())
            }
        }
    }
}
