//! Defines a suggestion: what it changes, how far it was checked, how likely it is, and what it continues.

use std::hash::Hasher as _;
use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use crate::calibration::Correction;
use crate::document::Edit;
use crate::symbols::ImportSource;

/// How far a suggestion was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CheckLevel {
    /// tree-sitter's rule and the language's strict parser agree that it fits.
    Strict,
    /// Only tree-sitter's rule: the language has no strict parser here.
    Tree,
    /// Not checked: the language is unknown or the document is too large to parse.
    Unvalidated,
}

/// How likely a suggestion is what the user wants, and from which features that follows. [`super::rank`] computes it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Rank {
    /// The fitted probability that the text is right, from 0 to 1.
    #[serde(alias = "chance")]
    pub probability: f32,
    /// The features, in the order of [`super::rank::NAMES`]; empty where nothing was ranked.
    pub features: Vec<f32>,
    /// For each token of the text: the byte of the text where it ends, and its log-probability.
    #[serde(skip)]
    pub tokens: Vec<(usize, f32)>,
    /// What the features do not know, in logits: the user's habits, and warnings.
    #[serde(skip)]
    pub(super) prior_logit: f32,
    /// What makes a probability of the score of this model.
    #[serde(skip)]
    pub(super) correction: Correction,
}

/// A suggestion that may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The changes that it makes, in bytes of the snapshot it was asked for and with that document's line ends. Today
    /// there is one, at the cursor.
    pub edits: Vec<Edit>,
    /// What its text uses and the document does not import yet. Where that goes is found when it is needed, because the document
    /// goes on changing above the place ([`super::import`]).
    pub imports: Arc<[ImportSource]>,
    /// How far it was checked.
    pub check_level: CheckLevel,
    /// How likely it is what the user wants.
    pub rank: Rank,
    /// Tokens that the model generated for it; 0 when it was answered without the model.
    pub tokens: usize,
    /// Tokens of the prompt, and how many of them the KV cache already held.
    pub prompt_tokens: (usize, usize),
    /// What was around the place of the whole suggestion when it was generated.
    pub anchor: Anchor,
    /// The suggestion that this one is the rest of, where the user has typed its beginning.
    pub continues: Option<Box<Suggestion>>,
}

/// The document around the place of a suggestion: enough to know the place again while the user types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Fingerprint of the document before the place.
    pub before: u64,
    /// Fingerprint of the document after what is replaced.
    pub after: u64,
    /// Length in bytes of the document after what is replaced.
    pub after_len: usize,
}

/// A suggestion that a session remembers for a document, to continue it while the user types it.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// The suggestion.
    pub suggestion: Suggestion,
    /// Whether the user saw it: what was seen stays on the screen while it is typed, whatever else is found.
    pub seen: bool,
}

impl Suggestion {
    /// Whether it would put the same text into the same place, as likely and as well checked: what it cost does not count.
    pub fn is_same_text(&self, other: &Self) -> bool {
        self.edits == other.edits
            && self.anchor == other.anchor
            && (self.check_level, &self.rank) == (other.check_level, &other.rank)
    }

    /// The text that the first edit inserts.
    pub fn text(&self) -> &str {
        self.edits.first().map_or("", |edit| edit.text.as_str())
    }

    /// The bytes that the first edit replaces, of the snapshot the suggestion was asked for.
    pub fn range(&self) -> Range<usize> {
        self.edits.first().map_or(0..0, |edit| edit.range.clone())
    }

    /// The suggestion as it was generated: the one that this one continues, else itself.
    pub fn whole(&self) -> &Self {
        self.continues.as_deref().unwrap_or(self)
    }

    /// Whether the user has typed the beginning of the whole.
    pub fn is_begun(&self) -> bool {
        self.range().start > self.whole().range().start
    }

    /// The same in the text after a change above its place; None when it is not of the text before.
    pub fn moved(&self, by: &Moved) -> Option<Self> {
        let whole = self.whole();
        let (start, mut anchor) = (whole.range().start, whole.anchor);
        if start > by.before.len_bytes() || fingerprint(&by.before, 0..start) != anchor.before {
            return None;
        }
        anchor.before = fingerprint(&by.after, 0..by.byte(start)?);
        let edit = |edit: &Edit| {
            Some(Edit {
                range: by.byte(edit.range.start)?..by.byte(edit.range.end)?,
                text: edit.text.clone(),
            })
        };
        let moved = |one: &Self| {
            let edits = one.edits.iter().map(edit).collect::<Option<Vec<Edit>>>()?;
            Some(Self { edits, anchor, continues: None, ..one.clone() })
        };
        let continues = match &self.continues {
            Some(whole) => Some(Box::new(moved(whole)?)),
            None => None,
        };
        Some(Self { continues, ..moved(self)? })
    }

    /// What is left of it when `edit` of a newer document does the rest.
    pub fn continued(&self, edit: Edit) -> Self {
        Self { edits: vec![edit], continues: Some(Box::new(self.whole().clone())), ..self.clone() }
    }
}

/// A change of a document that was made for a suggestion and not by the user's hand: the imports that came with it.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The text before it.
    pub before: Rope,
    /// The text after it.
    pub after: Rope,
    /// What it changed ends here, in bytes of `before`.
    pub end: usize,
}

impl Moved {
    /// The change that `edits` make of `before`.
    pub fn new(before: &Rope, after: &Rope, edits: &[Edit]) -> Self {
        let end = edits.iter().map(|edit| edit.range.end).max().unwrap_or_default();
        Self { before: before.clone(), after: after.clone(), end }
    }

    /// Where a byte of the text before is in the text after; None above the end of what was changed.
    pub fn byte(&self, byte: usize) -> Option<usize> {
        if byte < self.end {
            None
        } else {
            (byte + self.after.len_bytes()).checked_sub(self.before.len_bytes())
        }
    }
}

impl Remembered {
    /// The same behind a change; as it was where it has nothing to do with it.
    pub fn moved(self, by: &Moved) -> Self {
        let suggestion = self.suggestion.moved(by).unwrap_or(self.suggestion);
        Self { suggestion, ..self }
    }

    /// Whether it is on the screen and being typed.
    pub fn goes_on(&self) -> bool {
        self.seen && self.suggestion.is_begun()
    }

    /// The same, as it was generated.
    pub fn whole(&self) -> Self {
        Self { suggestion: self.suggestion.whole().clone(), seen: self.seen }
    }
}

impl Anchor {
    /// The surroundings of the bytes `range` of `document`.
    pub fn of(document: &Rope, range: &Range<usize>) -> Self {
        let length = document.len_bytes();
        Self {
            before: fingerprint(document, 0..range.start),
            after: fingerprint(document, range.end..length),
            after_len: length - range.end,
        }
    }
}

/// A fingerprint of the bytes alone, however the rope is cut into chunks (which `std`'s hashers do not promise).
pub fn fingerprint(text: &Rope, range: Range<usize>) -> u64 {
    let mut hasher = XxHash64::default();
    text.byte_slice(range).chunks().for_each(|chunk| hasher.write(chunk.as_bytes()));
    hasher.finish()
}
