//! Describes one open document: its text, and what is remembered, shown and running for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ropey::Rope;
use tokio::time::Instant;

use super::tasks::Tasks;
use crate::actions::Fix;
use crate::completion::{ForeignText, Moved, Remembered};
use crate::document::{Document, Edit};
use crate::feedback::{DocumentFeedback, Judged};

/// After a pause of so long the start of a prompt may change: nobody waits for what is evaluated again.
const REST: Duration = Duration::from_secs(2);

pub struct OpenDocument {
    /// The text and its syntax tree.
    pub document: Document,
    /// The path in its URI, if it has one.
    pub path: Option<PathBuf>,
    /// The name of the language that was recognised, or the editor's language identifier.
    pub language: String,
    /// False for read-only views: they are kept in step but nothing is suggested in them.
    pub editable: bool,
    /// The suggestions found last, likeliest first: typing any of them needs no model.
    pub found: Vec<Remembered>,
    /// The suggestions prepared for the case that the user accepts what is shown.
    pub prefetched: Vec<Remembered>,
    /// For which version and at which byte a menu asked last.
    pub menu_asked: Option<(i32, usize)>,
    /// What becomes of suggestions and actions.
    pub feedback: DocumentFeedback,
    /// How likely the model finds its syntax fixes.
    pub ranked: RankedFixes,
    /// The imports that were made for it last.
    pub imports: ImportChange,
    /// What its prompts show of other files.
    pub foreign: Foreign,
    /// What runs for it.
    pub tasks: Tasks,
}

/// The imports that were made for a document last: what is expected, or what has come.
#[derive(Debug, Default)]
pub enum ImportChange {
    /// None.
    #[default]
    None,
    /// The editor was given them.
    Expected(Moved),
    /// They are in the document.
    Arrived(Moved),
}

/// What the prompts of a document show of other files, and whether that may change.
#[derive(Debug, Default)]
pub struct Foreign {
    pub text: Option<Arc<ForeignText>>,
    /// When a suggestion was asked for last.
    asked: Option<Instant>,
    /// Whether there was a pause before that, or before an earlier one that ended before its prompt was known.
    rested: bool,
}

impl Foreign {
    /// A suggestion is asked for. Whether its prompt may show something else than the last one.
    pub fn ask(&mut self, now: Instant) -> bool {
        let before = self.asked.replace(now);
        self.rested |= before.is_some_and(|before| now.duration_since(before) >= REST);
        self.rested
    }

    /// A prompt has shown this.
    pub fn show(&mut self, text: Arc<ForeignText>) {
        (self.text, self.rested) = (Some(text), false);
    }
}

/// How likely the model finds the syntax fixes of one version of a document. Edits and numbers only.
#[derive(Debug, Default)]
pub struct RankedFixes {
    /// The version that was asked about.
    pub version: Option<i32>,
    /// Edits, and the log-probability of the lines that they make.
    pub scores: Vec<(Vec<Edit>, f32)>,
}

impl OpenDocument {
    /// What the last change, of the text `before`, says about predictions in it. Costs nothing where there are none.
    pub fn judged(&mut self, before: &Rope) -> Vec<Judged> {
        match self.document.last_change().filter(|_| !self.feedback.predictions.is_empty()) {
            Some(span) => self.feedback.predictions.text_changed(before, self.document.text(), span),
            None => Vec::new(),
        }
    }

    /// The imports whose arrival made the text what it is now, if that is so. What was found and prepared goes on behind them.
    pub fn imports_arrived(&mut self) -> Option<Moved> {
        let is_it = |moved: &Moved| moved.after == *self.document.text();
        let ImportChange::Expected(moved) = &self.imports else { return None };
        let moved = Some(moved).filter(|moved| is_it(moved))?.clone();
        for found in self.found.iter_mut().chain(&mut self.prefetched) {
            *found = found.clone().moved(&moved);
        }
        self.imports = ImportChange::Arrived(moved.clone());
        Some(moved)
    }

    /// The imports that have come into the document since its text was `asked`, if they were all that changed then.
    pub fn moved_since(&self, asked: &Rope) -> Option<&Moved> {
        match &self.imports {
            ImportChange::Arrived(moved) if moved.before == *asked => Some(moved),
            _ => None,
        }
    }

    /// What was shown is not wanted: it counts as never seen, and so it does not go on while its letters are typed.
    pub fn forget_seen(&mut self) {
        self.found.iter_mut().for_each(|found| found.seen = false);
    }
}

impl RankedFixes {
    /// The score of each of the fixes; none while one of them has no score.
    pub fn of(&self, version: i32, fixes: &[Fix]) -> Option<Vec<f32>> {
        let score = |fix: &Fix| self.scores.iter().find(|(edits, _)| *edits == fix.edits).map(|it| it.1);
        if self.version == Some(version) { fixes.iter().map(score).collect() } else { None }
    }
}
