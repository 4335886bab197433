//! Validates texts for a gap: whether one may take the place of what was taken out, and how much of it.

use std::collections::HashSet;

use tree_sitter::Tree;

use super::span::Span;
use crate::completion::joins;
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::text::{is_word, tokens};
use crate::verify::{Applied, Policy, Verifier, policy};

/// Parts of one text that are tried: a text that fits nowhere in that many is not worth the time.
const CUTS: usize = 48;

/// Validates texts for one gap.
pub struct FillingValidator {
    verifier: Verifier,
    span: Span,
    old: String,
    unknown: Option<String>,
}

impl FillingValidator {
    /// Validates texts for `span` of `snapshot`, whose tree is `tree`; `unknown` must not be there any more.
    pub fn new(snapshot: &Snapshot, tree: Tree, span: Span, unknown: Option<String>) -> Self {
        let old = snapshot.slice(span.range.clone()).replace("\r\n", "\n");
        Self { verifier: Verifier::with_tree(snapshot, tree), span, old, unknown }
    }

    /// The longest part of `text` (LF line ends) that may stand in the gap and is none of `known`.
    pub fn part(&self, text: &str, context: &CursorContext, known: &[&str]) -> Option<String> {
        let whole = joins(text, context).into_iter().filter(|one| one.replaces == 0).map(|one| one.text);
        let cuts = cuts(text).into_iter().map(|end| text[..end].to_owned());
        let mut tried = HashSet::new();
        for part in whole.chain(cuts).map(|part| part.trim().to_owned()) {
            if !tried.insert(part.clone()) || !self.is_new(&part) {
                continue;
            }
            let Some(applied) = self.place(&part) else { continue };
            // Of two texts with the same beginning one is enough.
            if known.contains(&part.as_str()) {
                return None;
            }
            if self.verifier.verify(&applied, self.policy(), None).is_ok() {
                return Some(part);
            }
        }
        None
    }

    /// Whether it says something else than what was there, without the name that nobody knows.
    fn is_new(&self, part: &str) -> bool {
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let word = |name: &String| part.split(|c| !is_word(c)).any(|word| word == name);
        !part.is_empty() && squeezed(part) != squeezed(&self.old) && !self.unknown.as_ref().is_some_and(word)
    }

    /// `part` in its place, if nothing else changed and the gap holds what it held: the quick half.
    fn place(&self, part: &str) -> Option<Applied> {
        let new = with_line_ends(part, self.verifier.snapshot().line_ending());
        let applied = self.verifier.apply(&[Edit::replace(self.span.range.clone(), new)]).ok()?;
        self.verifier.verify_structure(&applied, self.policy(), None).is_ok().then_some(applied)
    }

    fn policy(&self) -> &'static Policy {
        if self.span.statement { &policy::STATEMENTS } else { &policy::ONE_NODE }
    }
}

/// Where a text may be cut, longest first: at the ends of its words and marks.
fn cuts(text: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = tokens(text).into_iter().map(|token| token.end).collect();
    ends.reverse();
    // A text that runs on is right at its beginning, if anywhere.
    let spare = ends.len().saturating_sub(CUTS);
    ends.split_off(spare)
}
