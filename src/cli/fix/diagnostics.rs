//! Reads diagnostics from a file, as a language server sends them, and picks fixes that go together.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::actions::{Fix, Workspace};
use crate::cli::change::FileLine;
use crate::diagnostics::{self, Diagnostic};
use crate::document::{Encoding, Snapshot};
use crate::verify::{Verifier, policy};

/// The diagnostics in a file, or in the input: a list of them, or an object with one, as
/// `textDocument/publishDiagnostics` has it. Positions count UTF-16 units, as they do unless client and server agree otherwise.
pub fn read(file: &Path, snapshot: &Snapshot) -> anyhow::Result<Vec<Diagnostic>> {
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
    list.iter().enumerate().map(read).collect()
}

/// What surrounds a file of the command line: the folder one works in, when the file is in it, else its own.
pub fn workspace(target: &FileLine) -> Workspace {
    let Ok(path) = std::fs::canonicalize(&target.file) else { return Workspace::default() };
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    let root = here.filter(|here| path.starts_with(here)).or_else(|| path.parent().map(Path::to_owned));
    Workspace { path: Some(path), roots: root.into_iter().collect(), open: Vec::new() }
}

/// The first offer for each diagnostic, as far as they do not touch each other and go together.
pub fn together(snapshot: &Snapshot, offers: Vec<Fix>) -> Vec<Fix> {
    let Some(verifier) = Verifier::new(snapshot) else { return Vec::new() };
    let mut taken: Vec<Fix> = Vec::new();
    for offer in offers {
        let fixed = |number: &usize| taken.iter().any(|other| other.fixes.contains(number));
        let touched = |other: &Fix| {
            let pairs =
                other.edits.iter().flat_map(|a| offer.edits.iter().map(move |b| (&a.range, &b.range)));
            pairs.into_iter().any(|(a, b)| a.start <= b.end && b.start <= a.end)
        };
        if offer.fixes.iter().any(fixed) || taken.iter().any(touched) {
            continue;
        }
        let edits: Vec<_> = taken.iter().chain([&offer]).flat_map(|offer| offer.edits.clone()).collect();
        if verifier.allows(&edits, &policy::VERIFIED_APART) {
            taken.push(offer);
        }
    }
    taken
}
