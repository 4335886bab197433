//! Finds the imports that a suggestion needs: which names it uses that the document does not know but that come from one place
//! only, and where the import of each goes. Nothing comes with a suggestion that `verify` does not allow together with it.

use std::ops::Range;

use tree_sitter::Tree;

use super::project::{self, KnownProject};
use super::surroundings::Surroundings;
use crate::document::{Edit, Snapshot};
use crate::imports::insertion;
use crate::imports::site::{SourceView, words};
use crate::imports::unique::{self, ProjectFiles};
use crate::symbols::ImportSource;
use crate::verify::names::Names;
use crate::verify::{Applied, Verifier, policy, unknown};

/// A suggestion that needs more than this is a guess.
const MOST: usize = 3;
/// Places of a name that are looked at, nearest first: each costs up to some milliseconds.
const PLACES: usize = 24;

/// Where the unknown `names` of a suggestion come from, `after` being the document with it; nothing where that is not certain of
/// each of them.
pub fn needs(after: &Snapshot, tree: &Tree, names: &Names, project: &KnownProject) -> Vec<ImportSource> {
    let Some(language) = after.language.as_ref().filter(|_| (1..=MOST).contains(&names.unknown.len())) else {
        return Vec::new();
    };
    let text = after.text.to_string();
    let site = SourceView::new(after, language, tree, &text);
    let path = project::file_path(&after.uri).filter(|_| !project.symbols.is_empty());
    let files = path.as_deref().map(|path| ProjectFiles { index: &project.symbols, path });
    let sources: Option<Vec<ImportSource>> =
        names.unknown_at.iter().map(|at| unique::source(&site, at, files)).collect();
    sources.unwrap_or_default()
}

/// The imports that come with what `edit` puts into the document: all that it `needs`, if they have a place there; else none.
pub fn allowed(around: &Surroundings, edit: &Edit, needs: Vec<ImportSource>) -> Vec<ImportSource> {
    if needs.is_empty() {
        return Vec::new();
    }
    let document = match around.tree_of_document() {
        Some((document, tree)) => document.with_tree(tree),
        None => around.target.document.clone(),
    };
    if edits_beside(&document, edit, &needs).is_some() { needs } else { Vec::new() }
}

/// The edits that import `sources` for a suggestion that `edit` puts into `document`, in bytes of `document` without it and above
/// the place. None when there is no place for one of them, or when `verify` does not allow all of it together. Blocks.
pub fn edits_beside(document: &Snapshot, edit: &Edit, sources: &[ImportSource]) -> Option<Vec<Edit>> {
    let verifier = Verifier::new(document)?;
    let with = verifier.apply(std::slice::from_ref(edit)).ok()?;
    let used = |snapshot: &Snapshot, tree: &Tree, name: &str| {
        let tail = document.len() - edit.range.end;
        let inserted = snapshot.len() - tail - edit.text.len()..snapshot.len() - tail;
        uses(snapshot, tree, name, inserted.start, &inserted).into_iter().next()
    };
    let edits = edits(&with.after, sources, used)?;
    // What a name needs must stand above it.
    if edits.iter().any(|import| import.range.end > edit.range.start) {
        return None;
    }
    let own = Verifier::with_tree(&with.after, with.tree);
    let applied = own.apply(&edits).ok()?;
    own.verify_structure(&applied, &policy::IMPORTS, None).ok()?;
    let all: Vec<Edit> = edits.iter().chain([edit]).cloned().collect();
    let applied = verifier.apply(&all).ok()?;
    verifier.verify(&applied, &policy::WITH_IMPORTS, None).ok()?;
    settles(&applied, sources).then_some(edits)
}

/// The edits that import those of `sources` that `document` uses and does not know, the uses near the byte `near` first. None when
/// there is nothing to do, or when `verify` does not allow it. Blocks.
pub fn edits_for(document: &Snapshot, near: usize, sources: &[ImportSource]) -> Option<Vec<Edit>> {
    let verifier = Verifier::new(document)?;
    let separator = &document.language.as_ref()?.repairs.imports.separator;
    // In a notebook, another cell may know it.
    let joined = document.joined();
    let tree = joined.as_ref().and_then(|joined| joined.snapshot.parse());
    let is_missed = |at: &Range<usize>, name: &str| match (&joined, &tree) {
        (Some(joined), Some(tree)) => unknown(&joined.snapshot, tree, joined.inside(at)).contains(name),
        _ => true,
    };
    let missing = |source: &&ImportSource| {
        let name = source.binds(separator);
        let found = uses(document, verifier.tree(), name, near, &(0..document.len()));
        found.into_iter().any(|at| is_missed(&at, name))
    };
    let sources: Vec<ImportSource> = sources.iter().take(MOST).filter(missing).cloned().collect();
    if sources.is_empty() {
        return None;
    }
    let used = |snapshot: &Snapshot, tree: &Tree, name: &str| {
        uses(snapshot, tree, name, near, &(0..snapshot.len())).into_iter().next()
    };
    let edits = edits(&document.with_tree(verifier.tree().clone()), &sources, used)?;
    let applied = verifier.apply(&edits).ok()?;
    verifier.verify(&applied, &policy::IMPORTS, None).ok()?;
    Some(edits)
}

/// The edits that import `sources` into `document`, one after another; `used` finds where a name is used.
fn edits(
    document: &Snapshot,
    sources: &[ImportSource],
    used: impl Fn(&Snapshot, &Tree, &str) -> Option<Range<usize>>,
) -> Option<Vec<Edit>> {
    let language = document.language.as_ref()?;
    let mut now = document.clone();
    let mut all: Vec<Edit> = Vec::new();
    for source in sources {
        let tree = now.parse()?;
        let text = now.text.to_string();
        let at = used(&now, &tree, source.binds(&language.repairs.imports.separator))?;
        let new = insertion::edits(&SourceView::new(&now, language, &tree, &text), &at, source)?;
        for edit in new.into_iter().rev() {
            now = now.with_edit(&edit);
            all = then(all, &edit)?;
        }
    }
    Some(all)
}

/// `edits` and then `next`, which is in bytes of the text that they make, as edits of the text before them. None when `next` only
/// partly changes what one of them makes.
fn then(mut edits: Vec<Edit>, next: &Edit) -> Option<Vec<Edit>> {
    // By how many bytes the text before `next` is longer than it was.
    let mut longer = 0_isize;
    for edit in &mut edits {
        let start = edit.range.start.checked_add_signed(longer)?;
        let new = start..start + edit.text.len();
        if new.start <= next.range.start && next.range.end <= new.end {
            edit.text.replace_range(next.range.start - start..next.range.end - start, &next.text);
            return Some(edits);
        }
        if next.range.end < new.start {
            break;
        }
        if next.range.start < new.end {
            return None;
        }
        longer += edit.text.len() as isize - edit.range.len() as isize;
    }
    let range = next.range.start.checked_add_signed(-longer)?..next.range.end.checked_add_signed(-longer)?;
    edits.push(Edit { range, text: next.text.clone() });
    edits.sort_by_key(|edit| edit.range.start);
    Some(edits)
}

/// Where `name` is used in the bytes `within` without being known, the nearest to `near` first.
fn uses(
    snapshot: &Snapshot,
    tree: &Tree,
    name: &str,
    near: usize,
    within: &Range<usize>,
) -> Vec<Range<usize>> {
    let text = snapshot.text.to_string();
    // A part of the word may have been typed.
    let touches = |at: &Range<usize>| at.start < within.end && within.start < at.end;
    let mut found: Vec<Range<usize>> = words(&text, name).filter(touches).collect();
    found.sort_by_key(|at| at.start.abs_diff(near));
    found.truncate(PLACES);
    found.retain(|at| unknown(snapshot, tree, at.clone()).contains(name));
    found
}

/// Whether none of the names of `sources` is unknown in what is new.
fn settles(applied: &Applied, sources: &[ImportSource]) -> bool {
    let Some(language) = applied.after.language.as_ref() else { return false };
    let separator = &language.repairs.imports.separator;
    let missed: Vec<String> = applied
        .changes
        .iter()
        .flat_map(|(_, new)| unknown(&applied.after, &applied.tree, new.clone()))
        .collect();
    sources.iter().all(|source| !missed.iter().any(|name| name == source.binds(separator)))
}

/// The statement that imports a source, as a user would write it: `from pathlib import Path`.
pub fn written(document: &Snapshot, source: &ImportSource) -> String {
    let language = document.language.as_ref();
    language.map_or_else(String::new, |language| insertion::written(&language.repairs.imports, source))
}
