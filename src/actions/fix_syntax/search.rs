//! Searches the repairs that fix an error: tries them in order of plausibility in the smallest broken part of the file, and
//! confirms them on the whole file.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::class::{Loss, RepairClass, is_inside_word};
use super::lexer::Lexicon;
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
/// Brackets that are tried where all else takes a word away.
const BRACKETS_TRIED: usize = 16;
/// A repair that is less plausible than the best one by this much is not looked for: nobody would choose it.
const HOPELESS: f32 = 12.0;

/// Candidates by what they lose and how usual the code becomes, most plausible first.
pub fn in_order(text: &str, lexicon: &Lexicon, mut candidates: Vec<RepairCandidate>) -> Vec<RepairCandidate> {
    candidates.retain(|candidate| {
        candidate.score.is_finite() && !glues(text, candidate) && !hides(text, candidate)
    });
    for candidate in &mut candidates {
        candidate.score -= candidate.class(text, lexicon).cost();
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates
}

/// Whether taking something away would make one word of two: that is meant only where white space alone goes.
fn glues(text: &str, candidate: &RepairCandidate) -> bool {
    let edit = &candidate.edit;
    let removed = &text[edit.range.clone()];
    let joins = is_inside_word(text, edit)
        && edit.text.is_empty()
        && (!removed.trim().is_empty() || removed.contains('\n'));
    // A word put for a mark, without space between it and its neighbour.
    let before = text[..edit.range.start].ends_with(is_word) && edit.text.starts_with(is_word);
    let after = edit.text.ends_with(is_word) && text[edit.range.end..].starts_with(is_word);
    let for_mark = !removed.trim().is_empty() && !removed.contains(is_word) && (before || after);
    joins || for_mark && candidate.what == RepairKind::Replace
}

/// Whether the file would begin with a line for the system's loader (`#!`): parsers do not read that line.
fn hides(text: &str, candidate: &RepairCandidate) -> bool {
    let edit = &candidate.edit;
    if edit.range.start > 2 || text.starts_with("#!") {
        return false;
    }
    let head: String = [&text[..edit.range.start], &edit.text, &text[edit.range.end..]].concat();
    head.starts_with("#!") && !head.starts_with("#![")
}

/// One form for all edits that lead to the same text: what they share with it at their ends is no part of them.
fn normal(text: &str, candidate: &RepairCandidate) -> (Range<usize>, String) {
    let edit = &candidate.edit;
    let (head, tail) = common_affixes(&text[edit.range.clone()], &edit.text);
    let mut range = edit.range.start + head..edit.range.end - tail;
    let mut new = edit.text[head..edit.text.len() - tail].to_owned();
    // `((`, `if if `: which of two equal ones is removed, or put, makes no difference; only the last one is tried.
    while let Some(next) = text[range.end..].chars().next() {
        if new.is_empty() && text[range.clone()].starts_with(next) {
            range = range.start + next.len_utf8()..range.end + next.len_utf8();
        } else if range.is_empty() && new.starts_with(next) {
            range = range.start + next.len_utf8()..range.start + next.len_utf8();
            new = format!("{}{next}", &new[next.len_utf8()..]);
        } else {
            break;
        }
    }
    (range, new)
}

/// A part of the file, and whether it parses, once that was asked.
pub type Suspect = (Region, OnceCell<bool>);

/// A search in one broken file.
pub struct Search<'a> {
    /// The file.
    pub text: &'a str,
    /// Its lines.
    pub lines: &'a LineTable<'a>,
    /// Its language.
    pub language: &'a Language,
    /// The fixed tokens of the language.
    pub lexicon: &'a Lexicon,
    /// Verifies changes of the whole file.
    pub verifier: &'a Verifier,
    /// The file.
    pub snapshot: &'a Snapshot,
    /// Whether some brackets have no partner.
    pub uneven: bool,
}

impl Search<'_> {
    /// The candidates that repair the definition around `places`, best first: in `time`, or in twice that where the definition
    /// has another error, so that none fixes it alone. Those of `meant` come first, also where a smaller part of the file
    /// parses with another one.
    pub fn run(
        &self,
        meant: &[RepairCandidate],
        candidates: &[RepairCandidate],
        places: &[usize],
        time: Duration,
    ) -> Vec<RepairCandidate> {
        let regions = self.regions(places);
        let found = self.repairing(meant, &regions, Instant::now() + time);
        // What is meant so surely needs no other one beside it.
        if !found.is_empty() {
            return found;
        }
        let found = self.repairing(candidates, &regions, Instant::now() + time);
        if found.is_empty() {
            let all = [meant, candidates].concat();
            let place = places.first().copied().unwrap_or_default();
            let found = self.pairing(&all, &regions, place, Instant::now() + time);
            return match found.is_empty() {
                true => self.helping(&all, &regions, Instant::now() + time),
                false => found,
            };
        }
        let class = |candidate: &RepairCandidate| candidate.class(self.text, self.lexicon);
        // Rather two repairs than one that turns a bracket round.
        if found.iter().all(|candidate| class(candidate) == RepairClass::TurnBracket) {
            let place = places.first().copied().unwrap_or_default();
            let pair = self.pairing(candidates, &regions, place, Instant::now() + time);
            return if pair.is_empty() { found } else { pair };
        }
        // Rather a bracket that leaves another error than a word that goes, where one is missing.
        if self.uneven && found.iter().all(|candidate| class(candidate).loss() == Loss::Words) {
            let mut closing = self.closing(candidates, &regions, found[0].score);
            closing.extend(found);
            return closing;
        }
        found
    }

    /// Parts of the file around some places, smallest first; the last is the whole file.
    fn regions(&self, places: &[usize]) -> Vec<Suspect> {
        let mut regions: Vec<Region> = Vec::new();
        for place in places {
            let row = self.lines.of(*place);
            let first = self.lines.before(row).unwrap_or(row);
            for region in self.lines.regions(first..row + 1) {
                if !regions.contains(&region) {
                    regions.push(region);
                }
            }
        }
        regions.sort_by_key(Region::len);
        regions.into_iter().map(|region| (region, OnceCell::new())).collect()
    }

    /// Those after which a region parses.
    fn repairing(
        &self,
        candidates: &[RepairCandidate],
        regions: &[Suspect],
        until: Instant,
    ) -> Vec<RepairCandidate> {
        let mut partly = Vec::new();
        for (number, (region, sound)) in regions.iter().enumerate() {
            let last = number + 1 == regions.len();
            // A sound part is not where the error is.
            let is_sound = || self.accepts(&region.text(self.text));
            if !last && *sound.get_or_init(is_sound) {
                continue;
            }
            let now = Instant::now();
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

    /// A bracket after which the smallest broken region has fewer faults, though not none; its score is put above `score`.
    fn closing(
        &self,
        candidates: &[RepairCandidate],
        regions: &[Suspect],
        score: f32,
    ) -> Vec<RepairCandidate> {
        let Some(parser) = self.language.strict else { return Vec::new() };
        let is_bracket = |candidate: &&RepairCandidate| {
            let class = candidate.class(self.text, self.lexicon);
            matches!(class, RepairClass::CloseBracket | RepairClass::OpenBracket)
        };
        let brackets: Vec<&RepairCandidate> =
            candidates.iter().filter(is_bracket).take(BRACKETS_TRIED).collect();
        for (region, _) in regions.iter().take(HELPED) {
            let before = parser.judge(&region.text(self.text)).total();
            let judged = brackets.iter().filter_map(|candidate| {
                let edited = region.edited(self.text, &candidate.edit.range, &candidate.edit.text)?;
                Some((parser.judge(&edited).total(), *candidate))
            });
            let Some((total, best)) = judged.min_by_key(|(total, _)| *total) else { continue };
            if total < before {
                let score = best.score.max(score + 1.0);
                let best = RepairCandidate { score, doubtful: true, ..best.clone() };
                return self.confirmed(vec![best], region).1;
            }
        }
        Vec::new()
    }

    /// Those after which the smallest region where any does has fewer faults, the first of them further down: one of two
    /// errors is gone.
    fn helping(
        &self,
        candidates: &[RepairCandidate],
        regions: &[Suspect],
        until: Instant,
    ) -> Vec<RepairCandidate> {
        let Some(parser) = self.language.strict else { return Vec::new() };
        // In lines: of several errors in one line nobody can tell which is gone.
        let first = |text: &str| {
            let start = parser.syntax_errors(text).first()?.range.start;
            Some(text[..start.min(text.len())].matches('\n').count())
        };
        for (number, (region, _)) in regions.iter().enumerate() {
            let text = region.text(self.text);
            let (before, place) = (parser.judge(&text).total(), first(&text));
            // A single error is left to `repairing`.
            if before < 2 || place.is_none() {
                continue;
            }
            let mut helped: Vec<(usize, RepairCandidate)> = Vec::new();
            let mut seen = HashSet::new();
            for (tried, candidate) in candidates.iter().enumerate() {
                if helped.len() == ENOUGH || tried >= ALWAYS && Instant::now() > until {
                    break;
                }
                let edit = &candidate.edit;
                let Some(edited) = region.edited(self.text, &edit.range, &edit.text) else { continue };
                if !seen.insert(normal(self.text, candidate)) {
                    continue;
                }
                let total = parser.judge(&edited).total();
                let further = || first(&edited).is_none_or(|now| Some(now) > place);
                if total < before && further() {
                    helped.push((total, RepairCandidate { doubtful: true, ..candidate.clone() }));
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
        let mut passed: Vec<RepairCandidate> = Vec::new();
        let mut seen = HashSet::new();
        // Below this score nothing is offered.
        let mut least = f32::NEG_INFINITY;
        for (number, candidate) in candidates.iter().enumerate() {
            if passed.len() == ENOUGH || candidate.score < least {
                break;
            }
            if number >= ALWAYS && Instant::now() > until {
                passed.iter_mut().for_each(|candidate| candidate.doubtful = true);
                break;
            }
            let edit = &candidate.edit;
            let Some(edited) = region.edited(self.text, &edit.range, &edit.text) else { continue };
            if seen.insert(normal(self.text, candidate)) && self.accepts(&edited) {
                least = least.max(candidate.score - self.margin(candidate));
                passed.push(candidate.clone());
            }
        }
        passed
    }

    /// How far below this repair another one still matters: one that is sure is offered alone.
    fn margin(&self, candidate: &RepairCandidate) -> f32 {
        let class = candidate.class(self.text, self.lexicon);
        let shares = self.language.repairs.classes.get(class.name());
        shares.and_then(|shares| shares.lead).unwrap_or(HOPELESS)
    }

    /// How many faults the file has with a repair; none when it may not be made.
    pub fn faults_after(&self, candidate: &RepairCandidate, region: &Region) -> Option<usize> {
        let applied = self.verifier.apply(std::slice::from_ref(&candidate.edit)).ok()?;
        let after = self.verifier.verify(&applied, &policy::SYNTAX_REPAIR, Some(&region.bounds())).ok()?;
        Some(after.total())
    }

    /// Those that repair the file too, or leave the fewest faults in it, and how many these are.
    fn confirmed(&self, passed: Vec<RepairCandidate>, region: &Region) -> (usize, Vec<RepairCandidate>) {
        let before = self.verifier.faults().map_or(0, FaultCount::total);
        let weighed = passed
            .into_iter()
            .filter_map(|candidate| Some((self.faults_after(&candidate, region)?, candidate)));
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
