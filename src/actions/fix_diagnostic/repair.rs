//! Defines a repair of what a diagnostic reports, and what its makers know: the diagnostic, its file and the name it is about.

use std::ops::Range;

use super::site::{SourceView, words};
use crate::actions::request::ActionRequest;
use crate::diagnostics::Diagnostic;
use crate::document::{Edit, Snapshot};
use crate::language::DiagnosticKind;

/// A possible repair.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// What it does.
    pub title: String,
    /// The change, in bytes of the snapshot.
    pub edits: Vec<Edit>,
    /// How likely it is meant; compared within one diagnostic only.
    pub score: f32,
    /// Whether it is right unless the diagnostic is wrong.
    pub sure: bool,
    /// The unknown name that is known afterwards.
    pub settles: Option<Range<usize>>,
    /// Names that are defined no more, and must not be missed.
    pub gone: Vec<String>,
    /// What its maker is called.
    pub kind: &'static str,
}

/// One diagnostic in its file.
pub struct FixContext<'a> {
    pub site: &'a SourceView<'a>,
    pub request: &'a ActionRequest,
    pub diagnostic: &'a Diagnostic,
    /// What it is about; None when only what came with it can help.
    pub diagnostic_kind: Option<DiagnosticKind>,
    /// The name it is about, where it is.
    pub name: &'a str,
    pub at: Range<usize>,
}

impl<'a> FixContext<'a> {
    /// Finds what the diagnostic is about.
    pub fn new(site: &'a SourceView<'a>, request: &'a ActionRequest, diagnostic: &'a Diagnostic) -> Self {
        let (diagnostic_kind, at) = place(site.snapshot, site.text, diagnostic);
        Self { site, request, diagnostic, diagnostic_kind, name: &site.text[at.clone()], at }
    }

    /// Whether it is about this.
    pub fn is(&self, diagnostic_kind: DiagnosticKind) -> bool {
        self.diagnostic_kind == Some(diagnostic_kind)
    }

    /// The text right behind the name.
    pub fn behind(&self) -> &str {
        &self.site.text[self.at.end..]
    }
}

/// What a diagnostic is about, and where: the name that it names, or its range. `text` is the snapshot's.
pub fn place(
    snapshot: &Snapshot,
    text: &str,
    diagnostic: &Diagnostic,
) -> (Option<DiagnosticKind>, Range<usize>) {
    let floor = |byte: usize| snapshot.floor(byte);
    let range = floor(diagnostic.range.start)..floor(diagnostic.range.end);
    let said =
        snapshot.language.as_ref().and_then(|language| language.repairs.diagnostic_kind(&diagnostic.message));
    let (diagnostic_kind, named) =
        said.map_or((None, None), |(diagnostic_kind, name)| (Some(diagnostic_kind), name));
    let mut at = range.clone();
    if let Some(named) = &named {
        let found = words(&text[range.clone()], named).next();
        // Some name the line only, or a statement that ends elsewhere.
        let line = snapshot.line_start(range.start)..snapshot.line_end(range.end);
        let in_line = || words(&text[line.clone()], named).next().map(|found| (line.start, found));
        if let Some((from, found)) = found.map(|found| (range.start, found)).or_else(in_line) {
            at = from + found.start..from + found.end;
        }
    }
    (diagnostic_kind, at)
}
