//! Defines in which forms servers take prompts.

use serde_json::Value;

use crate::engine::TokenId;

/// A prompt as a server takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemotePrompt {
    /// Tokens, by their numbers.
    Ids(Vec<TokenId>),
    /// Text with the control tokens of the family spelled in it.
    Text(String),
    /// What is before the cursor and what is behind it, for a server that puts them together itself.
    Parts {
        /// Before the cursor.
        before: String,
        /// Behind it.
        behind: String,
    },
}

impl RemotePrompt {
    /// What most servers take under the name `prompt`.
    pub fn value(&self) -> Value {
        match self {
            Self::Ids(tokens) => tokens.as_slice().into(),
            Self::Text(text) | Self::Parts { before: text, .. } => text.as_str().into(),
        }
    }

    /// What is behind the cursor, where the server fills in by itself.
    pub fn behind(&self) -> Option<&str> {
        match self {
            Self::Parts { behind, .. } => Some(behind),
            Self::Ids(_) | Self::Text(_) => None,
        }
    }

    /// Characters of it; none where it is tokens.
    pub fn characters(&self) -> Option<usize> {
        match self {
            Self::Ids(_) => None,
            Self::Text(text) => Some(text.chars().count()),
            Self::Parts { before, behind } => Some(before.chars().count() + behind.chars().count()),
        }
    }
}
