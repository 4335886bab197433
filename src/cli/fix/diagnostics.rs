//! Reads diagnostics from a file, as a language server sends them, and keeps them in step with the repairs of the text.

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::actions::{Fix, Workspace, fix_diagnostic};
use crate::cli::{self, change::FileLine};
use crate::diagnostics::{self, Diagnostic, SuggestedFix};
use crate::document::{Edit, Encoding, Snapshot};
use crate::language::DiagnosticKind;
use crate::verify::unknown;

/// Diagnostics of one name that are asked about at once.
pub const ALIKE: usize = 8;

/// The diagnostics in a file, or in the input: a list of them, or an object with one, as
/// `textDocument/publishDiagnostics` has it, without those that do not fit the text. Positions count UTF-16 units, as they do unless client and server agree otherwise.
pub fn read(file: &Path, snapshot: &Snapshot) -> anyhow::Result<Vec<Reported>> {
    let shown = file.display();
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("cannot read the diagnostics from the input")?;
    } else {
        text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the diagnostics in {shown}"))?;
    }
    let value: Value = serde_json::from_str(&text).with_context(|| format!("{shown} is not JSON"))?;
    let list = [&value, &value["diagnostics"], &value["params"]["diagnostics"]];
    let list = list.into_iter().find_map(Value::as_array).with_context(|| {
        format!("{shown}: expected a list of diagnostics, as a language server sends them")
    })?;
    let read = |(number, value): (usize, &Value)| {
        diagnostics::read(snapshot, value, Encoding::Utf16)
            .with_context(|| format!("{shown}: diagnostic {number} has no range"))
    };
    let list: Vec<Diagnostic> = list.iter().enumerate().map(read).collect::<anyhow::Result<_>>()?;
    let text = snapshot.text.to_string();
    let mut reported = Vec::new();
    for mut diagnostic in list {
        // A version of an editor's document says nothing of a file.
        diagnostic.version = None;
        if fix_diagnostic::fits(snapshot, &text, &diagnostic, |_, _| false) {
            reported.push(Reported { diagnostic });
        } else {
            let message = diagnostic.message.lines().next().unwrap_or_default();
            cli::tell(&format!("{shown}: left out, it is about another text: {message}"));
        }
    }
    Ok(reported)
}

/// What surrounds a file of the command line: the folder one works in, when the file is in it, else its own.
pub fn workspace(target: &FileLine) -> Workspace {
    let Ok(path) = std::fs::canonicalize(&target.file) else { return Workspace::default() };
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    let root = here.filter(|here| path.starts_with(here)).or_else(|| path.parent().map(Path::to_owned));
    Workspace { path: Some(path), roots: root.into_iter().collect(), ..Workspace::default() }
}

/// A diagnostic, in bytes of the text as it is by then.
#[derive(Debug, Clone)]
pub struct Reported {
    pub diagnostic: Diagnostic,
}

impl Reported {
    /// What it is about, and the name that it is about.
    pub fn name(&self, now: &Snapshot) -> Option<(DiagnosticKind, String)> {
        let place = fix_diagnostic::place(now, &now.text.to_string(), &self.diagnostic);
        Some((place.kind?, now.slice(place.at)))
    }

    /// Where it is after `edits`, in order.
    fn shift(&mut self, edits: &[Edit]) {
        let diagnostic = &mut self.diagnostic;
        diagnostic.range = shifted(&diagnostic.range, edits);
        for related in &mut diagnostic.related {
            related.range = shifted(&related.range, edits);
        }
        // What comes with it was made for a text that is no more where that has changed.
        let apart = |a: &Edit, b: &Edit| a.range.end <= b.range.start || b.range.end <= a.range.start;
        let stays = |suggestion: &SuggestedFix| {
            suggestion.edits.iter().all(|edit| edits.iter().all(|other| apart(edit, other)))
        };
        diagnostic.suggestions.retain(stays);
        for edit in diagnostic.suggestions.iter_mut().flat_map(|suggestion| &mut suggestion.edits) {
            edit.range = shifted(&edit.range, edits);
        }
    }
}

/// The bytes that `range` became.
fn shifted(range: &Range<usize>, edits: &[Edit]) -> Range<usize> {
    let shift = |byte: usize| {
        let before = edits.iter().filter(|edit| edit.range.end <= byte);
        before.fold(byte, |at, edit| at + edit.text.len() - edit.range.len())
    };
    let start = shift(range.start);
    start..shift(range.end).max(start)
}

/// Takes what `offer` fixes out of the list, and moves the others to where they are with its edits. Returns the names that
/// were reported.
pub fn apply(reported: &mut Vec<Reported>, now: &Snapshot, offer: &Fix) -> Vec<String> {
    let names = offer.fixes.iter().filter_map(|number| reported.get(*number)?.name(now));
    let names =
        names.filter(|(kind, _)| *kind == DiagnosticKind::UnknownName).map(|(_, name)| name).collect();
    let mut number = 0;
    reported.retain(|_| {
        number += 1;
        !offer.fixes.contains(&(number - 1))
    });
    reported.iter_mut().for_each(|one| one.shift(&offer.edits));
    names
}

/// Takes out of the list what says of one of `names`, which was unknown elsewhere too, that it is unknown, where it is known now.
pub fn drop_settled(reported: &mut Vec<Reported>, names: &[String], now: &Snapshot) {
    let Some(tree) = now.parse().filter(|_| !names.is_empty()) else { return };
    reported.retain(|one| {
        let Some((DiagnosticKind::UnknownName, name)) = one.name(now) else { return true };
        !names.contains(&name) || unknown(now, &tree, one.diagnostic.range.clone()).contains(&name)
    });
}
