//! Tries the one law on random changes: no accepted change adds a fault or moves a node outside of its policy.

mod changes;
mod oracle;

use std::collections::BTreeMap;
use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use treefill::document::Edit;
use treefill::verify::nearby::Nearby;
use treefill::verify::policy::{self, Policy};
use treefill::verify::{Applied, Rejection, Verifier};

use crate::soak;
use crate::testing::registry;
use changes::{Change, Scene};
use oracle::Judgment;

const POLICIES: [(&str, Policy); 9] = [
    ("replaced span", policy::REPLACED_SPAN),
    ("body", policy::BODY),
    ("one node", policy::ONE_NODE),
    ("statements", policy::STATEMENTS),
    ("below a comment", policy::BELOW_COMMENT),
    ("comments", policy::COMMENTS),
    ("documentation", policy::DOCUMENTATION),
    ("syntax repair", policy::SYNTAX_REPAIR),
    ("diagnostic repair", policy::DIAGNOSTIC_REPAIR),
];

/// What became of the changes of one policy.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    /// Changes that a parse had no time for.
    skipped: usize,
}

impl Tally {
    fn count(&mut self, verdict: Result<Judgment, Rejection>) {
        match verdict {
            Ok(Judgment::Kept) => self.accepted += 1,
            Ok(Judgment::NotParsed) | Err(Rejection::NotJudged) => self.skipped += 1,
            Err(_) => self.rejected += 1,
        }
    }
}

#[test]
fn no_accepted_change_adds_a_fault_or_moves_a_node_outside_of_its_policy() {
    // For each policy and language. The seed is fixed, so that a failure comes again.
    let changes = soak::count(60, 3_000);
    for language in registry().iter() {
        let mut random = StdRng::seed_from_u64(17);
        let texts = texts(language.name());
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for number in 0..changes {
            let scene = Scene::new(&mut random, &texts[number % texts.len()], language, number % 3 == 0);
            let verifier = Verifier::with_tree(&scene.snapshot, scene.tree.clone());
            for (name, policy) in &POLICIES {
                let change = scene.change(&mut random, name);
                tallies.entry(name).or_default().count(judged(&verifier, &change, policy));
            }
            let edit = scene.insertion(&mut random);
            tallies.entry("insertion").or_default().count(inserted(&verifier, edit));
        }
        let accepted: usize = tallies.values().map(|tally| tally.accepted).sum();
        let name = language.name();
        soak::figure(25, format!("{name}: {accepted} changes of actions that were accepted: 0 new faults"));
        for (name, tally) in &tallies {
            let (tried, language) = (tally.accepted + tally.rejected + tally.skipped, language.name());
            assert!(tally.accepted > 0 && tally.rejected > 0, "{language}, {name}: {tally:?}");
            assert!(2 * tally.skipped < tried, "{language}, {name}: {tally:?}");
        }
    }
}

fn judged(verifier: &Verifier, change: &Change, policy: &Policy) -> Result<Judgment, Rejection> {
    let applied = verifier.apply(&change.edits)?;
    verifier.verify(&applied, policy, change.region.as_ref())?;
    Ok(oracle::check(&applied, policy, change.region.as_ref()))
}

fn inserted(verifier: &Verifier, edit: Edit) -> Result<Judgment, Rejection> {
    let nearby = Nearby::new(verifier.snapshot(), verifier.tree(), edit.range.start, None);
    let (fit, applied): (_, Applied) = nearby.fit(&edit)?;
    nearby.confirm(fit, &applied, false)?;
    Ok(oracle::check(&applied, &policy::INSERTION, None))
}

/// The samples of a language.
fn texts(language: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars").join(language).join("samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}
