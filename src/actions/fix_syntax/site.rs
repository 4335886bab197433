//! Describes the place of an error: its tokens, where the error is reported, and how usual a change would be.

use std::cell::RefCell;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::lexer::{Lexicon, Token, TokenKind};
use super::ngram::{Ngrams, TokenClass, gap};
use super::region::LineTable;
use crate::document::Edit;

/// Tokens on either side of an error whose ngrams are the file's.
const NEAR: usize = 4_000;
/// What an open quotation costs where one is not closed, and each token that a quotation hides, up to so many.
const OPEN: f32 = -10.0;
const HIDDEN_TOKEN: f32 = -10.0;
const HIDDEN: usize = 60;
/// Tokens behind a change that it makes more or less likely.
const AFTER: usize = 4;

/// What a repair does, for its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairKind {
    /// Something new.
    Insert,
    /// Something less.
    Delete,
    /// Something else.
    Replace,
    /// Two neighbours change places.
    Swap,
    /// A line is indented otherwise.
    Indent,
    /// A line goes on.
    Join,
    /// A line ends earlier.
    Split,
    /// A habit from another language, or from an older version of this one, becomes what this one says.
    Idiom,
    /// A misspelt keyword.
    Spelling,
    /// A block without a body gets an empty one.
    Body,
}

impl RepairKind {
    const ALL: [Self; 10] = [
        Self::Insert,
        Self::Delete,
        Self::Replace,
        Self::Swap,
        Self::Indent,
        Self::Join,
        Self::Split,
        Self::Idiom,
        Self::Spelling,
        Self::Body,
    ];

    /// The kind of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name, the same in every release.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Swap => "swap",
            Self::Indent => "indent",
            Self::Join => "join",
            Self::Split => "split",
            Self::Idiom => "idiom",
            Self::Spelling => "spelling",
            Self::Body => "body",
        }
    }
}

/// A possible repair.
#[derive(Debug, Clone)]
pub struct RepairCandidate {
    /// The change.
    pub edit: Edit,
    /// What it does.
    pub what: RepairKind,
    /// Natural logarithm of how plausible it is, up to a constant.
    pub score: f32,
    /// Its title, where it is not made from the edit.
    pub title: Option<String>,
    /// Whether an error stays where it is, or the time did not suffice to look for better ones.
    pub doubtful: bool,
}

impl RepairCandidate {
    /// A repair whose title is made from its edit.
    pub fn new(edit: Edit, what: RepairKind, score: f32) -> Self {
        Self { edit, what, score, title: None, doubtful: false }
    }
}

/// A broken file and where the error shows.
pub struct ErrorSite<'a> {
    /// The file.
    pub text: &'a str,
    /// Its lines.
    pub lines: &'a LineTable<'a>,
    /// The language's fixed tokens.
    pub lexicon: &'a Lexicon,
    /// The file's tokens.
    pub tokens: Vec<Token>,
    /// Tokens at which something is noticed, most telling first.
    pub anchors: Vec<usize>,
    /// How new lines end.
    pub line_end: &'static str,
    /// Whether a quotation is not closed.
    torn: bool,
    classes: Vec<Option<TokenClass>>,
    ngrams: Ngrams,
    /// The classes without gaps, and where each token's is.
    flat: Vec<TokenClass>,
    flat_at: Vec<usize>,
    /// How likely some lines are as they are.
    weights: RefCell<FxHashMap<Range<usize>, f32>>,
}

/// Tokens in whose place others are tried, one after another.
pub struct TokenPlace<'a> {
    ngrams: &'a Ngrams,
    before: &'a [TokenClass],
    after: &'a [TokenClass],
    old: f32,
    /// What was found for one class: many tokens share one.
    known: RefCell<FxHashMap<TokenClass, f32>>,
}

impl TokenPlace<'_> {
    /// How much likelier the code becomes with `new` there, spaces not counted.
    pub fn delta(&self, new: &[TokenClass]) -> f32 {
        let find = || {
            let changed = [self.before, new, self.after].concat();
            self.ngrams.sequence(&changed, self.before.len()) - self.old
        };
        match new {
            [class] => *self.known.borrow_mut().entry(*class).or_insert_with(find),
            _ => find(),
        }
    }
}

impl<'a> ErrorSite<'a> {
    /// The site of errors at these bytes.
    pub fn new(
        text: &'a str,
        lines: &'a LineTable<'a>,
        lexicon: &'a Lexicon,
        mut ngrams: Ngrams,
        tokens: Vec<Token>,
        errors: &[usize],
    ) -> Self {
        let mut anchors: Vec<usize> = Vec::new();
        for error in errors {
            let at =
                tokens.partition_point(|token| token.range.end <= *error).min(tokens.len().saturating_sub(1));
            if !anchors.contains(&at) {
                anchors.push(at);
            }
        }
        let first = anchors.first().copied().unwrap_or(0);
        // The damaged line itself would teach its damage.
        let (from, to) = (first.saturating_sub(NEAR), (first + NEAR).min(tokens.len()));
        let row = |token: usize| tokens.get(token).map_or(0, |token| lines.of(token.range.start));
        let near = |token: usize| anchors.iter().any(|anchor| row(token).abs_diff(row(*anchor)) <= 1);
        let before = (from..first).rev().find(|token| !near(*token)).map_or(from, |token| token + 1);
        let after = (first..to).find(|token| !near(*token)).unwrap_or(to);
        ngrams.learn(text, &tokens[from..before]);
        ngrams.learn(text, &tokens[after.min(to)..to]);
        let classes = ngrams.classes(text, &tokens);
        let torn = lexicon.is_torn(text, &tokens);
        let (mut flat, mut flat_at) = (Vec::new(), Vec::new());
        for class in &classes {
            flat_at.push(flat.len());
            flat.extend(*class);
        }
        flat_at.push(flat.len());
        Self {
            text,
            lines,
            lexicon,
            tokens,
            anchors,
            line_end: if text.contains("\r\n") { "\r\n" } else { "\n" },
            torn,
            classes,
            ngrams,
            flat,
            flat_at,
            weights: RefCell::default(),
        }
    }

    /// The text of a token.
    pub fn word(&self, token: usize) -> &'a str {
        self.tokens.get(token).map_or("", |token| &self.text[token.range.clone()])
    }

    /// The kind of a token; a line end past either end.
    pub fn kind(&self, token: usize) -> TokenKind {
        self.tokens.get(token).map_or(TokenKind::LineEnd, |token| token.kind)
    }

    /// The class that a token would have.
    pub fn class(&self, kind: TokenKind, text: &str) -> TokenClass {
        self.ngrams.class(kind, text)
    }

    /// Whether the ngrams, or the file, know a token with this text.
    pub fn knows(&self, text: &str) -> bool {
        self.ngrams.knows(text)
    }

    /// How much likelier the code becomes with `new` in the place of these tokens, spaces not counted.
    pub fn delta(&self, tokens: Range<usize>, new: &[TokenClass]) -> f32 {
        self.place(tokens).delta(new)
    }

    /// Tokens in whose place others are tried.
    pub fn place(&self, tokens: Range<usize>) -> TokenPlace<'_> {
        let (start, end) = (self.flat_at[tokens.start], self.flat_at[tokens.end]);
        let from = start.saturating_sub(AFTER);
        let to = (end + AFTER).min(self.flat.len());
        let (before, after) = (&self.flat[from..start], &self.flat[end..to]);
        let old = self.ngrams.sequence(&self.flat[from..to], start - from);
        TokenPlace { ngrams: &self.ngrams, before, after, old, known: RefCell::default() }
    }

    /// How usual the space `between` two tokens is; nothing is said about line ends.
    pub fn space(&self, left: Option<TokenClass>, right: Option<TokenClass>, between: usize) -> f32 {
        match (left, right) {
            (Some(left), Some(right)) => self.ngrams.gap(left, right, between.min(2)),
            _ => 0.0,
        }
    }

    /// The class of a token for [`ErrorSite::space`]: none for a line end.
    pub fn side(&self, token: Option<usize>) -> Option<TokenClass> {
        let token = token.filter(|token| self.kind(*token) != TokenKind::LineEnd)?;
        self.classes.get(token).copied().flatten()
    }

    /// How likely a piece of text is by itself, spaces included.
    pub fn weigh(&self, text: &str) -> f32 {
        let tokens = match self.torn {
            true => self.lexicon.tokens_as(text, 0..text.len(), true),
            false => self.lexicon.tokens(text, 0..text.len()),
        };
        let classes = self.ngrams.classes(text, &tokens);
        let flat: Vec<TokenClass> = classes.iter().flatten().copied().collect();
        let mut weight = self.ngrams.sequence(&flat, 0);
        // What a quotation hides would cost something if it were code; else the longest one were always the likeliest.
        for token in tokens.iter().filter(|token| token.kind == TokenKind::String && self.torn) {
            let quotation = &text[token.range.clone()];
            let inside = quotation.trim_matches(['"', '\'']);
            // A word alone is a text.
            let hidden =
                self.lexicon.tokens_as(inside, 0..inside.len(), true).len().saturating_sub(1).min(HIDDEN);
            weight += HIDDEN_TOKEN * hidden as f32;
            weight += if self.lexicon.is_closed(quotation) { 0.0 } else { OPEN };
        }
        for (at, pair) in tokens.windows(2).enumerate() {
            if let [Some(left), Some(right)] = classes[at..at + 2]
                && pair.iter().all(|token| token.kind != TokenKind::LineEnd)
            {
                weight += self.ngrams.gap(left, right, gap(&text[pair[0].range.end..pair[1].range.start]));
            }
        }
        weight
    }

    /// How much likelier the lines around `edit` become by it: for changes that move the borders of tokens.
    pub fn change(&self, edit: &Edit) -> f32 {
        let first = self.lines.of(edit.range.start);
        let last = self.lines.of(edit.range.end);
        let first = self.lines.before(first).unwrap_or(first);
        let last = self.lines.after(last).unwrap_or(last);
        let around = self.lines.bytes(first..last + 1);
        let old = &self.text[around.clone()];
        let (start, end) = (edit.range.start - around.start, edit.range.end - around.start);
        let new = [&old[..start], &edit.text, &old[end..]].concat();
        let was = *self.weights.borrow_mut().entry(around).or_insert_with(|| self.weigh(old));
        self.weigh(&new) - was
    }

    /// How far a change before `token` is from where the error shows, as a logarithm: a parser notices late, seldom early.
    pub fn distance(&self, token: usize) -> f32 {
        let row = |token: usize| {
            self.tokens.get(token).map_or(self.lines.len(), |token| self.lines.of(token.range.start))
        };
        let from = |(number, anchor): (usize, &usize)| {
            let tokens = match token <= *anchor {
                true => 0.12 * (anchor - token) as f32,
                false => 0.9 * (token - anchor) as f32,
            };
            let rows = row(token).abs_diff(row(*anchor)).min(6) as f32;
            -(tokens.min(5.0) + 0.4 * rows + 0.7 * number as f32)
        };
        self.anchors.iter().enumerate().map(from).fold(f32::NEG_INFINITY, f32::max)
    }

    /// The tokens in which something may be wrong: around each anchor.
    pub fn window(&self, before: usize, after: usize) -> Vec<usize> {
        let around =
            |anchor: &usize| anchor.saturating_sub(before)..(anchor + after + 1).min(self.tokens.len());
        let mut tokens: Vec<usize> = self.anchors.iter().flat_map(around).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    /// The lines in which something may be wrong: those of the anchors, and the code before and behind each.
    pub fn rows(&self) -> Vec<usize> {
        let mut rows = Vec::new();
        for anchor in &self.anchors {
            let start = self.tokens.get(*anchor).map_or(self.text.len(), |token| token.range.start);
            let row = self.lines.of(start);
            let around = [Some(row), self.lines.before(row), self.lines.after(row)];
            rows.extend(around.into_iter().flatten());
        }
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| seen.insert(*row));
        rows
    }
}
