//! Runs strict parsers, which reject what their language rejects where tree-sitter is lenient. A text is compared only with
//! an older one ([`Faults::worse_than`]): the file being typed is usually broken already.

mod depth;
mod python;
mod rules;
mod rust;

use std::borrow::Cow;
use std::ops::Range;

use super::Cells;
use crate::text::{BOM, common_affixes, with_rows};
use depth::bounded;
use rules::Rules;
pub use rules::{Faults, SyntaxError};

/// The strict parsers by the name of their language: the second, optional row of a new language.
const PARSERS: [(&str, &dyn Rules); 2] =
    [("python", &python::Ruff { in_cells: false }), ("rust", &rust::RustAnalyzer)];

/// The same for the cells of a notebook, where that makes a difference.
const CELL_PARSERS: [(&str, &dyn Rules); 1] = [("python", &python::Ruff { in_cells: true })];

/// The strict parser of one language.
#[derive(Debug, Clone, Copy)]
pub struct StrictParser {
    language: &'static str,
    rules: &'static dyn Rules,
    /// What it reads as a statement, in the cells of a notebook.
    cells: Option<&'static Cells>,
}

/// A text with the faults that the strict parser of its language, if there is one, finds in it.
#[derive(Debug, Clone)]
pub struct StrictReport {
    text: String,
    parser: Option<StrictParser>,
    /// None without a parser.
    pub faults: Faults,
}

impl StrictReport {
    /// The faults of a whole file.
    pub fn whole(parser: Option<StrictParser>, text: String) -> Self {
        let text = with_rows(text);
        let faults = parser.map_or(Faults::default(), |parser| parser.judge(&text));
        Self { text, parser, faults }
    }

    /// The faults of a text that is not the beginning of its file.
    pub fn inside(parser: Option<StrictParser>, text: String) -> Self {
        let text = with_rows(text);
        let faults = parser.map_or(Faults::default(), |parser| parser.judge_inside(&text));
        Self { text, parser, faults }
    }

    /// Whether this text must not replace `before`: [`Faults::worse_than`], but for newer syntax that stood in `before` too,
    /// where an error (an open quotation, say) hid it.
    pub fn worse_than(&self, before: &Self) -> bool {
        let mut faults = self.faults;
        if faults.min_version > before.faults.min_version && before.faults.syntax > 0 {
            let (head, tail) = common_affixes(&before.text, &self.text);
            let changed = head..self.text.len() - tail;
            faults.min_version = self.parser.map_or(0, |parser| parser.min_version(&self.text, &changed));
        }
        faults.worse_than(&before.faults)
    }
}

impl StrictParser {
    /// The strict parser of the language called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        let (language, rules) = PARSERS.into_iter().find(|(language, _)| *language == name)?;
        Some(Self { language, rules, cells: None })
    }

    /// The same for the cells of a notebook.
    pub fn in_cells(self, cells: &'static Cells) -> Self {
        let own = CELL_PARSERS.into_iter().find(|(language, _)| *language == self.language);
        Self { rules: own.map_or(self.rules, |(_, rules)| rules), cells: Some(cells), ..self }
    }

    /// `text` as the parser reads it, and how many bytes are missing before it.
    fn read(self, text: &str) -> (Cow<'_, str>, usize) {
        let read = text.strip_prefix(BOM).unwrap_or(text);
        let masked = self.cells.map_or(Cow::Borrowed(read), |cells| cells.masked(read));
        (masked, text.len() - read.len())
    }

    /// The name of its language.
    pub fn language(self) -> &'static str {
        self.language
    }

    pub fn name(self) -> &'static str {
        self.rules.name()
    }

    /// All faults of `text`. About 1 ms for 1000 lines of Python, 5 to 8 for Rust: pass the enclosing definition when the
    /// file is long.
    pub fn judge(self, text: &str) -> Faults {
        let unjudged = Faults { unjudged: true, ..Faults::default() };
        let (text, _) = self.read(text);
        bounded(self.rules.depth(&text), || self.rules.faults(&text)).unwrap_or(unjudged)
    }

    /// The faults of a text that is not the beginning of its file: what must come first is a fault in it.
    pub fn judge_inside(self, text: &str) -> Faults {
        self.judge(&format!("{}{text}", self.rules.preamble()))
    }

    /// The newest version of the language ([`Faults::min_version`]) whose syntax touches the bytes `range` of `text`.
    fn min_version(self, text: &str, range: &Range<usize>) -> u8 {
        let (text, before) = self.read(text);
        let range = range.start.saturating_sub(before)..range.end.saturating_sub(before);
        bounded(self.rules.depth(&text), || self.rules.min_version(&text, &range)).unwrap_or(0)
    }

    /// Whether `text` has no fault at all: quicker than [`StrictParser::judge`] where it has one.
    pub fn accepts(self, text: &str) -> bool {
        let (text, _) = self.read(text);
        bounded(self.rules.depth(&text), || self.rules.accepts(&text)).unwrap_or(false)
    }

    /// The faults of `text` that have a place, in its order. None for one that is nested too deeply. (`syn` gives no places.)
    pub fn syntax_errors(self, text: &str) -> Vec<SyntaxError> {
        let (text, before) = self.read(text);
        let mut found =
            bounded(self.rules.depth(&text), || self.rules.syntax_errors(&text)).unwrap_or_default();
        for error in &mut found {
            error.range = error.range.start + before..error.range.end + before;
        }
        found.sort_by_key(|error| error.range.start);
        found
    }

    /// The number of faults in `text`.
    pub fn errors(self, text: &str) -> usize {
        self.judge(text).total()
    }
}

#[cfg(test)]
mod tests;
