//! Holds a vocabulary that was read from a file without weights, for an engine whose model runs elsewhere.

use super::TokenId;
use super::family::Layout;
use super::heal::Pieces;

/// Makes tokens of a text.
pub type Tokenize = Box<dyn Fn(&str) -> Vec<TokenId> + Send>;

/// A vocabulary that was read from a file, without weights.
pub struct FileVocabulary {
    /// Text of every ordinary token.
    pub pieces: Pieces,
    /// By token id: ends the text.
    pub ends: Vec<bool>,
    /// How prompts are built.
    pub layout: Layout,
    /// The tokens of a text as it stands in the middle of a document, none of them special.
    pub tokenize: Tokenize,
}
