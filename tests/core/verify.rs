//! Tries the one law on random changes: no accepted change adds a fault or moves a node outside of its policy. The faults are
//! counted and the nodes compared here by plain walks over fresh trees, not by the code under test.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use treefill::document::{Edit, Snapshot, Tree};
use treefill::verify::nearby::Nearby;
use treefill::verify::policy::{self, Kept, Policy};
use treefill::verify::{Applied, Verifier};

use crate::testing::registry;

/// Changes tried for each policy and language. The seed is fixed, so that a failure comes again.
const CHANGES: usize = 150;

/// What is put into texts besides their own words and lines.
const PIECES: &[&str] = &[
    "",
    "x",
    "1",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "\"\"\"",
    "\n",
    "\n    ",
    ",",
    ";",
    ":",
    " = 1",
    "x + 1",
    "f(x)",
    "pass",
    "return x",
    "return",
    "else:",
    "if x:",
    "x;",
    "let y = 1;",
    "}\n\nfn h() {",
    "# note",
    "// note",
    "/*",
];

const POLICIES: &[(&str, Policy)] = &[
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

#[test]
fn no_accepted_change_adds_a_fault_or_moves_a_node_outside_of_its_policy() {
    for language in registry().iter() {
        let mut random = StdRng::seed_from_u64(17);
        let texts = texts(language.name());
        let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
        for number in 0..CHANGES {
            let text = damaged(&mut random, &texts[number % texts.len()], number % 5 == 0);
            let before = Snapshot::of_text("", &text, Some(language.clone()));
            let Some(verifier) = Verifier::new(&before) else { continue };
            for (name, policy) in POLICIES {
                let edits = edits(&mut random, &before, policy, &language.config.line_comment);
                let Ok(applied) = verifier.apply(&edits) else { continue };
                if verifier.verify(&applied, policy, None).is_ok() {
                    *accepted.entry(name).or_default() += 1;
                    check(&applied, policy);
                }
            }
            let at = word_ends(&mut random, &text, 1).start;
            let edit = Edit::insert(at, random_text(&mut random, &text));
            let nearby = Nearby::new(&before, verifier.tree(), at, None);
            if let Ok((fit, applied)) = nearby.fit(&edit)
                && nearby.confirm(fit, &applied, false).is_ok()
            {
                *accepted.entry("insertion").or_default() += 1;
                check(&applied, &policy::INSERTION);
            }
        }
        assert_eq!(
            accepted.len(),
            POLICIES.len() + 1,
            "{}: some policy accepts nothing: {accepted:?}",
            language.name()
        );
    }
}

/// The samples of a language.
fn texts(language: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars").join(language).join("samples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

fn damaged(random: &mut StdRng, text: &str, damage: bool) -> String {
    let mut text = text.to_owned();
    if damage {
        let range = word_ends(random, &text, 2);
        text.replace_range(range, PIECES.choose(random).unwrap());
    }
    text
}

/// A range of at most so many words, spaces and marks.
fn word_ends(random: &mut StdRng, text: &str, most: usize) -> Range<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let pairs = chars.windows(2).filter(|pair| !is_word(pair[0].1) || !is_word(pair[1].1));
    let ends: Vec<usize> = pairs.map(|pair| pair[1].0).collect();
    let first = random.random_range(0..ends.len());
    ends[first]..ends[(first + random.random_range(0..most)).min(ends.len() - 1)]
}

fn random_text(random: &mut StdRng, text: &str) -> String {
    let own = text[word_ends(random, text, 6)].to_owned();
    match random.random_range(0..4) {
        0 => own,
        1 => format!("{own}{}", PIECES.choose(random).unwrap()),
        _ => (*PIECES.choose(random).unwrap()).to_owned(),
    }
}

/// Edits of the kind that a policy is for, spoiled now and then.
fn edits(random: &mut StdRng, before: &Snapshot, policy: &Policy, comment: &str) -> Vec<Edit> {
    let text = before.text.to_string();
    let row = random.random_range(0..before.lines());
    let line = before.line_range(row);
    let own = before.line_text(row);
    let indentation = own[..own.len() - own.trim_start().len()].to_owned();
    let noise = if random.random_bool(0.3) { *PIECES.choose(random).unwrap() } else { "" };
    if *policy == policy::COMMENTS || *policy == policy::DOCUMENTATION {
        return vec![Edit::insert(line.start, format!("{indentation}{comment} say{noise}\n"))];
    }
    if *policy == policy::BODY || *policy == policy::STATEMENTS || *policy == policy::BELOW_COMMENT {
        // A line again, with something behind it.
        let start = line.start + indentation.len();
        let other = before.line_text(random.random_range(0..before.lines()));
        let new = if random.random_bool(0.5) { own.trim() } else { other.trim() };
        return match *policy == policy::BELOW_COMMENT {
            true => vec![Edit::insert(line.end, format!("\n{indentation}{new}{noise}"))],
            false => vec![Edit::replace(start..line.end.max(start), format!("{new}{noise}"))],
        };
    }
    let count = if *policy == policy::DIAGNOSTIC_REPAIR { 2 } else { 1 };
    let mut edit = || {
        let range = word_ends(random, &text, 8);
        let was = &text[range.clone()];
        let new = match random.random_range(0..3) {
            0 => format!("{was}{noise}"),
            1 => was.replace('e', "a"),
            _ => random_text(random, &text),
        };
        Edit::replace(range, new)
    };
    (0..count).map(|_| edit()).collect()
}

/// Whether an accepted change keeps the promise, as a stranger finds out who has both texts.
fn check(applied: &Applied, policy: &Policy) {
    let (old, new) = (fresh(&applied.before), fresh(&applied.after));
    let said =
        || format!("{policy:?}\n{:?}\n{}\n==>\n{}", applied.changes, applied.before.text, applied.after.text);
    assert!(tree_faults(&new) <= tree_faults(&old), "{}", said());
    let mut was_sound = tree_faults(&old) == 0;
    if let Some(parser) = applied.before.language.as_ref().and_then(|language| language.strict) {
        let (was, is) =
            (parser.judge(&applied.before.text.to_string()), parser.judge(&applied.after.text.to_string()));
        assert!(was.unjudged || is.syntax <= was.syntax && is.semantic <= was.semantic, "{}", said());
        was_sound &= was.total() == 0;
    }
    // What error recovery makes of the same code is not always the same.
    if !was_sound || policy.kept == Kept::Definitions {
        return;
    }
    let kept = leaves_outside(&old, applied, policy, true);
    let found: HashSet<Leaf> = leaves_outside(&new, applied, policy, false).into_iter().collect();
    for leaf in &kept {
        assert!(found.contains(leaf), "{leaf:?} moved: {}", said());
    }
}

fn fresh(snapshot: &Snapshot) -> Tree {
    Snapshot::of_text("", &snapshot.text.to_string(), snapshot.language.clone()).parse().unwrap()
}

fn tree_faults(tree: &Tree) -> usize {
    let mut count = 0;
    nodes(tree, |node, _| count += usize::from(node.is_error() || node.is_missing()));
    count
}

/// Calls `visit` for every node with the kinds of the nodes that it is in and where they begin.
fn nodes(tree: &Tree, mut visit: impl FnMut(&tree_sitter::Node<'_>, &[(u16, Range<usize>)])) {
    let mut cursor = tree.walk();
    let mut above = Vec::new();
    loop {
        let node = cursor.node();
        visit(&node, &above);
        if cursor.goto_first_child() {
            above.push((node.kind_id(), node.byte_range()));
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            above.pop();
        }
    }
}

/// A leaf: its kind, its bytes in the text after, and the kinds of what it is in.
type Leaf = (u16, Range<usize>, Vec<u16>);

/// The leaves that the policy keeps, in the places that they have in the text after.
fn leaves_outside(tree: &Tree, applied: &Applied, policy: &Policy, is_old: bool) -> Vec<Leaf> {
    let zone = |(old, new): &(Range<usize>, Range<usize>)| if is_old { old.clone() } else { new.clone() };
    let zones: Vec<Range<usize>> = applied.changes.iter().map(zone).collect();
    let snapshot = if is_old { &applied.before } else { &applied.after };
    let (first, last) = (zones[0].start, zones[zones.len() - 1].end);
    let line = snapshot.line_start(first);
    let behind = snapshot.line_end(last) + 1;
    let mut leaves = Vec::new();
    nodes(tree, |node, above| {
        let range = node.byte_range();
        let text = !range.is_empty() && node.child_count() == 0 && !node.is_extra();
        let kept = match policy.kept {
            Kept::Behind => range.start >= behind,
            _ => zones.iter().all(|zone| range.end <= zone.start || range.start >= zone.end),
        };
        if !text || !kept {
            return;
        }
        // Only what begins before the lines of the change surely stays around what is behind.
        let mut around = above.to_vec();
        around.retain(|(_, range)| policy.kept != Kept::Behind || range.start < line);
        // A declaration becomes a definition.
        around.retain(|(_, range)| !policy.changes_kind || zones.iter().all(|zone| zone.end != range.end));
        let kinds = around.iter().map(|(kind, _)| *kind).collect();
        let start = if is_old { shifted(applied, range.start) } else { range.start };
        leaves.push((node.kind_id(), start..start + range.len(), kinds));
    });
    leaves
}

fn shifted(applied: &Applied, byte: usize) -> usize {
    let before = applied.changes.iter().filter(|(old, _)| old.end <= byte);
    before.fold(byte, |at, (old, new)| at + new.len() - old.len())
}
