//! Searches two repairs that together fix a part of a file which none fixes alone: it has two errors, and each repair is offered
//! by itself.

use std::time::Instant;

use super::region::Region;
use super::search::{ALWAYS, Search, Suspect};
use super::site::RepairCandidate;
use crate::document::Edit;
use crate::verify::FaultCount;

/// Regions that are looked at.
const REGIONS: usize = 4;
/// Repairs after which a region is better than before, of which two are tried together.
const BETTER: usize = 16;

impl Search<'_> {
    /// The two repairs with which the smallest region parses, the one nearer to `place` first.
    pub fn pairing(
        &self,
        candidates: &[RepairCandidate],
        regions: &[Suspect],
        place: usize,
        until: Instant,
    ) -> Vec<RepairCandidate> {
        let row = self.lines.of(place);
        let far = |one: &RepairCandidate| self.lines.of(one.edit.range.start).abs_diff(row);
        let broken = regions.iter().filter(|(_, sound)| sound.get() != Some(&true));
        for (region, _) in broken.take(REGIONS) {
            let now = Instant::now();
            let share = now + until.saturating_duration_since(now) / 2;
            let better = self.better(candidates, region, share);
            let Some((first, second)) = self.pair(&better, region, until) else { continue };
            let mut pair = vec![better[first].clone(), better[second].clone()];
            pair.retain(|one| self.spares(one, region));
            pair.sort_by_key(far);
            if !pair.is_empty() {
                return pair;
            }
        }
        Vec::new()
    }

    /// Those after which a region has fewer faults, or the first of them further down.
    fn better<'a>(
        &self,
        candidates: &'a [RepairCandidate],
        region: &Region,
        until: Instant,
    ) -> Vec<&'a RepairCandidate> {
        let mut found: Vec<&RepairCandidate> = Vec::new();
        let Some(parser) = self.language.strict else { return found };
        let measure = |text: &str| {
            let errors = parser.syntax_errors(text);
            let first = errors.first().map_or(text.len(), |error| error.range.start.min(text.len()));
            (errors.len(), text[..first].matches('\n').count())
        };
        let before = measure(&region.text(self.text));
        if before.0 == 0 {
            return found;
        }
        for (tried, candidate) in candidates.iter().enumerate() {
            if found.len() == BETTER || tried >= ALWAYS && Instant::now() > until {
                break;
            }
            let Some(edited) = region.edited(self.text, &candidate.edit.range, &candidate.edit.text) else {
                continue;
            };
            let (errors, row) = measure(&edited);
            if errors < before.0 || errors == before.0 && row > before.1 {
                found.push(candidate);
            }
        }
        found
    }

    /// Two of them with which the region parses: the likeliest.
    fn pair(&self, better: &[&RepairCandidate], region: &Region, until: Instant) -> Option<(usize, usize)> {
        let text = region.text(self.text);
        let count = better.len();
        let mut pairs: Vec<(usize, usize)> =
            (0..count).flat_map(|one| (one + 1..count).map(move |two| (one, two))).collect();
        let score = |pair: &(usize, usize)| better[pair.0].score + better[pair.1].score;
        pairs.sort_by(|a, b| score(b).total_cmp(&score(a)));
        pairs.into_iter().enumerate().find_map(|(tried, (one, two))| {
            if tried >= ALWAYS && Instant::now() > until {
                return None;
            }
            let (first, second) = (&better[one].edit, &better[two].edit);
            let apart = self.lines.of(first.range.start) != self.lines.of(second.range.start);
            let edited = both(&text, region, first, second).filter(|_| apart)?;
            self.accepts(&edited).then_some((one, two))
        })
    }

    /// Whether a repair adds no fault to the file.
    fn spares(&self, candidate: &RepairCandidate, region: &Region) -> bool {
        let before = self.verifier.faults().map_or(0, FaultCount::total);
        self.faults_after(candidate, region).is_some_and(|after| after <= before)
    }
}

/// The text of a region after two edits that do not meet.
fn both(text: &str, region: &Region, first: &Edit, second: &Edit) -> Option<String> {
    let (first, second) =
        if first.range.start <= second.range.start { (first, second) } else { (second, first) };
    let (one, two) = (region.inside(&first.range)?, region.inside(&second.range)?);
    let between = text.get(one.end..two.start)?;
    Some([&text[..one.start], &first.text, between, &second.text, &text[two.end..]].concat())
}
