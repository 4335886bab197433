//! Validates candidates for the cursor by what `verify` says of them, and tells what speaks against those that pass.

use tree_sitter::Tree;

use super::import;
use super::outcome::Reason;
use super::project::KnownProject;
use super::suggestion::CheckLevel;
use super::trim::Insertion;
use crate::context::{CursorContext, CursorIn};
use crate::document::{Edit, Part, Snapshot, with_line_ends};
use crate::symbols::ImportSource;
use crate::verify::names::{self, Names};
pub use crate::verify::nearby::Fit;
use crate::verify::nearby::Nearby;
use crate::verify::{Applied, NAMES_LINES, delimiters, doubles, risks};

/// A candidate that passed the quick half, and the document with it.
pub struct Trial {
    /// How it compares.
    pub fit: Fit,
    applied: Applied,
    /// For [`Fit::Opens`]: the same with that block closed.
    closed: Option<Box<Trial>>,
}

/// What speaks against a candidate that breaks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Warnings {
    /// Names it uses that nothing in the file accounts for.
    pub unknown: usize,
    /// Names it defines that hide a builtin.
    pub shadowing: usize,
    /// Whether it adds a risk ([`risks`]).
    pub risky: bool,
}

/// Validates candidates for one cursor.
pub struct Validator<'a> {
    nearby: Nearby<'a>,
    context: &'a CursorContext,
    project: &'a KnownProject,
    /// The cursor, in bytes of what is read of the document.
    offset: usize,
    is_part: bool,
    strict: bool,
}

impl<'a> Validator<'a> {
    /// Validates for the cursor in `context`. `tree` is the tree of `part`, where only a part of the document was read, else
    /// of `snapshot`.
    pub fn new(
        snapshot: &Snapshot,
        part: Option<&'a Part>,
        tree: &Tree,
        context: &'a CursorContext,
        project: &'a KnownProject,
    ) -> Self {
        let offset = context.offset - part.map_or(0, |part| part.range.start);
        let snapshot = part.map_or(snapshot, |part| &part.snapshot);
        let strict = snapshot.language.as_ref().is_some_and(|language| language.strict.is_some());
        let nearby = Nearby::new(snapshot, tree, offset, part);
        Self { nearby, context, project, offset, is_part: part.is_some(), strict }
    }

    /// What a passed candidate may call itself.
    pub fn check_level(&self) -> CheckLevel {
        if self.strict { CheckLevel::Strict } else { CheckLevel::Tree }
    }

    /// Compares the document with `candidate` with the document as it is: the quick half, for many candidates. None when it
    /// breaks something, or nothing can be said: never shown.
    pub fn fit(&self, candidate: &Insertion) -> Option<Trial> {
        let text = with_line_ends(&candidate.text, self.context.line_ending);
        let edit = Edit::replace(self.offset..self.offset + candidate.replaces, text);
        let (fit, applied) = self.nearby.fit(&edit).ok()?;
        let closed = if fit == Fit::Whole { None } else { self.closed(candidate) };
        let fit = if closed.is_some() { Fit::Opens } else { fit };
        Some(Trial { fit, applied, closed })
    }

    /// A candidate that opens a block at the end of its line, with that block closed, where this makes the place whole: then
    /// the odd brace is all that is wrong with it, and rustc reports that as one error.
    fn closed(&self, candidate: &Insertion) -> Option<Box<Trial>> {
        let alone =
            self.context.line.after.get(candidate.replaces..).is_some_and(|right| right.trim().is_empty());
        let opener = self.context.block_opener.as_str();
        let opens = !opener.is_empty() && candidate.text.ends_with(opener) && alone;
        let text = opens.then(|| self.with_block(&candidate.text))?;
        let trial = self.fit(&Insertion { text, replaces: candidate.replaces })?;
        (trial.fit == Fit::Whole && delimiters::are_even(&trial.applied.tree)).then(|| Box::new(trial))
    }

    /// A text that ends with a header, and the least block behind it.
    fn with_block(&self, text: &str) -> String {
        let CursorContext { empty_block, line, indent, .. } = self.context;
        if empty_block.is_empty() {
            return format!("{text}\n}}");
        }
        let header = format!("{}{text}", line.before);
        let header = header.rsplit('\n').next().unwrap_or_default();
        let blank = &header[..header.len() - header.trim_start().len()];
        format!("{text}\n{blank}{}{empty_block}", indent.text())
    }

    /// The thorough half, for a candidate about to be shown: by the whole file.
    pub fn confirm(&self, Trial { fit, applied, closed }: &Trial) -> bool {
        let in_comment = self.context.cursor_in == CursorIn::Comment;
        closed.as_ref().is_none_or(|closed| self.confirm(closed))
            && self.nearby.confirm(*fit, applied, in_comment).is_ok()
    }

    /// The names of a candidate that passed.
    pub fn names(&self, Trial { applied, .. }: &Trial) -> Names {
        match self.is_part || applied.after.lines() > NAMES_LINES {
            true => Names::default(),
            false => names::check(&applied.after, &applied.tree, applied.inserted()),
        }
    }

    /// A candidate that passed, with other names for those of builtins that it defines, if it does and can.
    pub fn renamed(&self, trial: &Trial, candidate: &Insertion, shadowing: &[String]) -> Option<Insertion> {
        let Applied { after, tree, .. } = &trial.applied;
        let text = (!shadowing.is_empty())
            .then(|| names::renamed(after, tree, &trial.applied.inserted(), shadowing))??;
        Some(Insertion { text: text.replace(self.context.line_ending, "\n"), replaces: candidate.replaces })
    }

    /// Where the first part of a candidate that passed ends, in bytes of its text, which must not be shown although it fits: a
    /// name of another function, or what is said twice. And what to call that.
    pub fn objection(&self, trial: &Trial, names: &Names) -> Option<(usize, Reason)> {
        let Applied { after, tree, .. } = &trial.applied;
        let inserted = trial.applied.inserted();
        let foreign = names.foreign_end.map(|end| (end.min(inserted.end), Reason::Invalid));
        let double = doubles::first_end(after, tree, &inserted).map(|end| (end, Reason::Repetition));
        let (end, reason) = foreign.into_iter().chain(double).min_by_key(|(end, _)| *end)?;
        let part = after.slice(inserted.start..end);
        Some((part.replace(self.context.line_ending, "\n").len(), reason))
    }

    /// Where the unknown `names` of a candidate that passed come from; nothing where that is not certain of each.
    pub fn needs(&self, trial: &Trial, names: &Names) -> Vec<ImportSource> {
        let Applied { after, tree, .. } = &trial.applied;
        import::needs(after, tree, names, self.project)
    }

    fn unknown_members(&self, Trial { applied, .. }: &Trial) -> usize {
        match self.is_part {
            true => 0,
            false => names::members::unknown(&applied.after, &applied.tree, &applied.inserted()),
        }
    }

    /// What speaks against a candidate that passed.
    pub fn warnings(&self, trial: &Trial, names: &Names) -> Warnings {
        let Applied { before, after, .. } = &trial.applied;
        let risks = risks::added(before, after, &trial.applied.inserted());
        Warnings {
            unknown: names.unknown.len() + self.unknown_members(trial),
            shadowing: names.shadowing.len(),
            risky: risks.is_some_and(|risks| !risks.is_empty()),
        }
    }
}
