//! Chooses what is offered of the repairs that were found: few, none that loses a word beside one that loses nothing, and a sure
//! one alone.

use std::collections::HashSet;

use super::class::{Loss, RepairClass};
use super::lexer::Lexicon;
use super::site::RepairCandidate;
use super::title::Titles;
use crate::language::{Language, RepairShares};

/// Repairs that are offered at most: more would be guesses.
pub const OFFERS: usize = 3;

/// A repair that is offered.
pub struct OfferedRepair<'a> {
    /// The repair.
    pub candidate: &'a RepairCandidate,
    /// Its title.
    pub title: String,
    /// Whether it is clearly the one to take.
    pub preferred: bool,
    /// The measured share of such repairs that gave the original back.
    pub exact_share: Option<f32>,
}

/// What is offered of `found`, best first.
pub fn choose<'a>(
    found: &[&'a RepairCandidate],
    text: &str,
    lexicon: &Lexicon,
    language: &Language,
    titles: &Titles<'_>,
) -> Vec<OfferedRepair<'a>> {
    let class = |candidate: &RepairCandidate| candidate.class(text, lexicon);
    let shares = |class: RepairClass| language.repairs.classes.get(class.name());
    let mut offered: Vec<(&RepairCandidate, RepairClass)> =
        found.iter().map(|candidate| (*candidate, class(candidate))).collect();
    // Where something put mends the file, nothing that was written has to go.
    if offered.first().is_some_and(|(_, class)| class.only_adds()) {
        offered.retain(|(_, class)| class.loss() < Loss::Words && *class != RepairClass::BracketToMark);
    }
    // Two that differ in white space only would look like the same one twice.
    let mut seen = HashSet::new();
    let titled = offered.into_iter().map(|(candidate, class)| (candidate, class, titles.of(candidate)));
    let mut offered: Vec<_> = titled.filter(|(_, _, title)| seen.insert(title.clone())).collect();
    let sure = offered.first().is_some_and(|(first, class, _)| {
        let next = offered.get(1).map_or(f32::NEG_INFINITY, |(next, _, _)| next.score);
        !first.doubtful && is_sure(shares(*class), first.score - next)
    });
    offered.truncate(if sure { 1 } else { OFFERS });
    let choice = |(number, offer): (usize, (&'a RepairCandidate, RepairClass, String))| {
        let (candidate, class, title) = offer;
        // What comes second was not measured.
        let shares = shares(class).filter(|_| number == 0);
        let exact_share = shares.and_then(|shares| if sure { shares.sure } else { Some(shares.share) });
        OfferedRepair { candidate, title, preferred: sure, exact_share }
    };
    offered.into_iter().enumerate().map(choice).collect()
}

/// Whether a repair that is so far ahead of the next one is right as good as always.
fn is_sure(shares: Option<&RepairShares>, lead: f32) -> bool {
    shares.and_then(|shares| shares.lead).is_some_and(|least| lead > least)
}
