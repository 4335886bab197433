//! Validates bodies for a stub: whether one may be put into its place, how much of it, and how good it looks.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::chance::BodyFacts;
use super::stub::{self, DocSource, Stub};
use crate::completion::generate::Draft;
use crate::document::{Edit, Snapshot};
use crate::text::is_word;
use crate::verify::sense::{FileSense, Written};
use crate::verify::{Applied, Verifier, names, policy};

/// What a look at a body adds to its mean log-probability (about -0.3 to -2 for texts worth a look). Chosen by what a
/// reader minds most, not fitted: there are too few real acceptances to fit to.
const ANSWERS: f32 = 3.0;
const USES: f32 = 2.0;
const UNKNOWN: f32 = -1.0;
const SHADOWS: f32 = -0.5;
const CUT: f32 = -0.5;

/// A body that may be put into its place.
#[derive(Debug, Clone)]
pub struct Body {
    /// The whole change.
    pub edit: Edit,
    /// Higher is better.
    pub score: f32,
    /// It does what the signature asks for: gives back a value, and knows no name that is not there.
    pub good: bool,
    /// Its text.
    pub text: String,
    /// What its chance follows from; how it compares with others is not known yet.
    pub facts: BodyFacts,
}

impl Body {
    /// Best last.
    pub fn order(&self, other: &Self) -> Ordering {
        self.good.cmp(&other.good).then(self.score.total_cmp(&other.score))
    }
}

/// Validates bodies of one stub.
pub struct BodyValidator {
    verifier: Verifier,
    sense: Option<FileSense>,
    stub: Stub,
}

/// A text in its place, with nothing else moved.
struct Placed {
    applied: Applied,
    edit: Edit,
    inserted: Range<usize>,
    definition: Range<usize>,
}

impl BodyValidator {
    /// Validates bodies for `stub` of `snapshot`; None when its text cannot be judged.
    pub fn new(snapshot: &Snapshot, stub: Stub) -> Option<Self> {
        let verifier = Verifier::new(snapshot)?;
        let sense = FileSense::new(verifier.snapshot(), verifier.tree());
        Some(Self { verifier, sense, stub })
    }

    /// The longest part of `written` that is a body: it parses strictly, moves nothing, ends where the function ends, has
    /// a statement, uses a parameter if there is one, adds no risk and holds no nonsense. None when no part is.
    pub fn body(&self, written: &Draft) -> Option<Body> {
        let text = without_echo(&written.text);
        let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        ends.push(text.len());
        for end in ends.into_iter().rev() {
            let Some(placed) = self.place(text[..end].trim_end()) else { continue };
            let placed = self.without_what_never_runs(&placed, text).unwrap_or(placed);
            let used = self.used(&placed);
            if used.is_empty() && !self.stub.parameters.is_empty() || !self.is_sound(&placed) {
                continue;
            }
            let whole = end == written.text.len();
            return Some(self.ranked(placed, used.len(), written, !whole));
        }
        None
    }

    /// `text` in its place, if the tree says that nothing else changed: the quick part.
    fn place(&self, text: &str) -> Option<Placed> {
        if text.trim().is_empty() {
            return None;
        }
        let snapshot = self.verifier.snapshot();
        let edit = self.stub.edit(snapshot, text);
        let inserted = self.stub.inserted(snapshot, text);
        let applied = self.verifier.apply(std::slice::from_ref(&edit)).ok()?;
        self.verifier.verify_structure(&applied, &policy::BODY, Some(&self.stub.hole)).ok()?;
        let old = self.stub.definition.clone();
        let definition = old.start..old.end + applied.after.len() - snapshot.len();
        // A docstring's function ends with its docstring, before what may be said of it on the same line.
        let definition = definition.start..definition.end.max(inserted.end);
        let is_sound = !node_at(&applied.tree, &definition)?.has_error();
        let is_stub = stub::find(&applied.after, &applied.tree, &(old.start..old.start))
            .is_some_and(|stub| stub.definition.start == old.start);
        (is_sound && !is_stub).then_some(Placed { edit, inserted, definition, applied })
    }

    /// The same without the statements behind one that leaves the function.
    fn without_what_never_runs(&self, placed: &Placed, text: &str) -> Option<Placed> {
        let end = self.captured(placed, "stub.end").into_iter().map(|node| node.end_byte()).min()?;
        let kept = crate::document::with_line_ends(text, placed.applied.after.line_ending());
        let kept = kept.get(..end.checked_sub(placed.inserted.start)?)?.replace("\r\n", "\n");
        (end < placed.inserted.end).then(|| self.place(&kept)).flatten()
    }

    /// The captures of that name in the new body.
    fn captured<'a>(&self, placed: &'a Placed, wanted: &str) -> Vec<Node<'a>> {
        let (Some(function), Some(language)) =
            (node_at(&placed.applied.tree, &placed.definition), placed.applied.after.language.as_deref())
        else {
            return Vec::new();
        };
        let within = |node: &Node<'_>| {
            placed.inserted.start <= node.start_byte() && node.end_byte() <= placed.inserted.end
        };
        let found = stub::signature(&placed.applied.after, language, function);
        let found = found.into_iter().filter(|(name, _)| *name == wanted).map(|(_, node)| node);
        found.filter(within).collect()
    }

    /// The thorough part: the whole file by the strict parser, and by a fresh parse where it has errors; what needs a second
    /// look; and what nobody means.
    fn is_sound(&self, placed: &Placed) -> bool {
        self.verifier.verify(&placed.applied, &policy::BODY, Some(&self.stub.hole)).is_ok()
            && !self.is_nonsense(placed)
    }

    fn is_nonsense(&self, placed: &Placed) -> bool {
        let Some((sense, function)) =
            self.sense.as_ref().zip(node_at(&placed.applied.tree, &placed.definition))
        else {
            return false;
        };
        let written = Written { function, name: &self.stub.name, parameters: &self.stub.parameters };
        let applied = &placed.applied;
        let found = sense.nonsense(&applied.after, &applied.tree, written, &placed.inserted);
        if let Some(found) = found {
            tracing::debug!(?found, "a body is refused");
        }
        found.is_some()
    }

    /// The parameters that the body reads.
    fn used(&self, placed: &Placed) -> HashSet<String> {
        let read = names::read(&placed.applied.after, &placed.applied.tree, &placed.inserted);
        self.stub.parameters.iter().filter(|name| read.contains(*name)).cloned().collect()
    }

    /// The share of the words of a body that its function's signature and documentation have, too.
    fn known_words(&self, body: &str) -> f32 {
        let stub = self.verifier.snapshot().slice(self.stub.whole.clone()).to_lowercase();
        let known: HashSet<&str> = words(&stub).collect();
        let body = body.to_lowercase();
        let shared = words(&body).filter(|word| known.contains(word)).count();
        shared as f32 / words(&body).count().max(1) as f32
    }

    fn ranked(&self, placed: Placed, used: usize, written: &Draft, is_cut: bool) -> Body {
        let asked = self.stub.parameters.len();
        let has = |capture: &str| !self.captured(&placed, capture).is_empty();
        let answers = !self.stub.returns || has("stub.answer") || has("stub.last");
        let found = names::check(&placed.applied.after, &placed.applied.tree, placed.inserted.clone());
        let count = |names: &[String]| names.len().min(3) as f32;
        let share = if asked == 0 { 1.0 } else { used as f32 / asked as f32 };
        let score = written.mean_logprob
            + if is_cut { CUT } else { 0.0 }
            + if answers { ANSWERS } else { 0.0 }
            + USES * share
            + UNKNOWN * count(&found.unknown)
            + SHADOWS * count(&found.shadowing);
        let text = placed.applied.after.slice(placed.inserted.clone());
        let facts = BodyFacts {
            mean_logprob: written.mean_logprob,
            least_logprob: written.least_logprob,
            sum_logprob: written.sum_logprob,
            characters: text.chars().count(),
            unknown_names: found.unknown.len(),
            shadowing: found.shadowing.len(),
            is_cut,
            unused: 1.0 - share,
            is_undocumented: self.stub.doc_source == DocSource::Nothing,
            known_words: self.known_words(&text),
            ..BodyFacts::default()
        };
        Body { edit: placed.edit, score, good: answers && found.unknown.is_empty(), text, facts }
    }
}

/// The words of a text that say something.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| word.len() > 2)
}

/// The text up to where it says again what it has just said: some lines, twice in a row. Small models do that.
fn without_echo(text: &str) -> &str {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    for first in 0..lines.len() {
        for count in 1..=(lines.len() - first) / 2 {
            let (said, again) = lines[first..first + 2 * count].split_at(count);
            let telling = said.iter().any(|line| line.chars().any(char::is_alphanumeric));
            // The first line of all has no indentation yet.
            let same = said[1..] == again[1..]
                && if first == 0 { said[0].trim() == again[0].trim() } else { said[0] == again[0] };
            if telling && same {
                return text[..starts[first + count]].trim_end();
            }
        }
    }
    text
}

/// The innermost node of exactly these bytes: a class body may be as long as its one method.
fn node_at<'t>(tree: &'t Tree, range: &Range<usize>) -> Option<Node<'t>> {
    let mut node = tree.root_node().descendant_for_byte_range(range.start, range.end)?;
    while node.byte_range() != *range {
        node = node.parent().filter(|parent| parent.start_byte() >= range.start)?;
    }
    Some(node)
}
