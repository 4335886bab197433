//! Defines a repair of what a diagnostic reports, and what its makers know: the diagnostic, its file and the name it is about.

use std::ops::Range;

use super::fit::DiagnosticPlace;
use crate::actions::request::ActionRequest;
use crate::diagnostics::Diagnostic;
use crate::document::Edit;
use crate::imports::site::SourceView;
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
    /// The diagnostic, which is about `place`.
    pub fn new(
        site: &'a SourceView<'a>,
        request: &'a ActionRequest,
        diagnostic: &'a Diagnostic,
        place: DiagnosticPlace,
    ) -> Self {
        let DiagnosticPlace { kind, at } = place;
        Self { site, request, diagnostic, diagnostic_kind: kind, name: &site.text[at.clone()], at }
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
