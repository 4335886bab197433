//! Defines what a strict parser answers: the faults of a text, and where they are.

use std::fmt::Debug;
use std::ops::Range;

/// Faults that a strict parser finds in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    pub syntax: usize,
    /// Errors that the language's compiler finds in the tree: `return` outside a function, an argument given twice.
    pub semantic: usize,
    /// Whether a second parser, which stops at its first error, refuses the text.
    pub refused: bool,
    /// The newest version of the language whose syntax is used, as its minor number; 0 when it makes no difference.
    pub min_version: u8,
    /// Whether the text is nested too deeply to be parsed; then nothing else is known.
    pub unjudged: bool,
}

impl Faults {
    /// Whether a text with these faults must not replace one with the faults `reference`: it has more of some kind.
    ///
    /// Each kind counts for itself: fixing a syntax error does not pay for a second `return` outside a function. Two texts
    /// that are nested too deeply are equal, and the tree-sitter rule alone decides.
    pub fn worse_than(&self, reference: &Self) -> bool {
        if self.unjudged || reference.unjudged {
            return self.unjudged && !reference.unjudged;
        }
        self.syntax > reference.syntax
            || self.semantic > reference.semantic
            || self.refused && !reference.refused
            || self.min_version > reference.min_version
    }

    /// Faults of all kinds.
    pub fn total(&self) -> usize {
        self.syntax_total() + self.semantic
    }

    /// Faults for which the text does not parse: all but the semantic ones.
    pub fn syntax_total(&self) -> usize {
        self.syntax + usize::from(self.refused && self.syntax == 0) + usize::from(self.unjudged)
    }
}

/// One fault with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the parsed text.
    pub range: Range<usize>,
    pub message: String,
}

/// A parser that refuses what its language refuses. It may recurse: [`super::StrictParser`] bounds the depth first.
pub trait Rules: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// Code after which a text is no longer the beginning of a file.
    fn preamble(&self) -> &'static str;

    /// An upper bound of how deep the parser nests in `text`; see [`super::depth::Depth`].
    fn depth(&self, text: &str) -> usize;

    /// All faults of a file, or of a definition cut out of one.
    fn faults(&self, text: &str) -> Faults;

    /// The faults that have a place.
    fn syntax_errors(&self, text: &str) -> Vec<SyntaxError>;

    /// Whether `text` has no fault.
    fn accepts(&self, text: &str) -> bool {
        self.faults(text).total() == 0
    }

    /// The newest version ([`Faults::min_version`]) whose syntax touches the bytes `range` of `text`.
    fn min_version(&self, _text: &str, _range: &Range<usize>) -> u8 {
        0
    }
}
