//! One open document: its text as a rope, its syntax tree kept in step by edits, its language. It does not know LSP.

pub mod position;

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use tree_sitter::Tree;

use crate::language::Language;

/// One replacement, in bytes of the text left by the edit before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced. Clamped to the text and to character boundaries when applied.
    pub range: Range<usize>,
    /// What takes its place.
    pub text: String,
}

/// A document as the editor last told us.
#[derive(Debug)]
pub struct Document {
    uri: String,
    version: i32,
    text: Rope,
    language: Option<Arc<Language>>,
    /// The last finished parse, edited along with the text since; `tree_version` is the version it was parsed at.
    tree: Option<Tree>,
}

/// An immutable view of a document at one version, for one request. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The client's own spelling of the address.
    pub uri: Arc<str>,
    /// The version the client gave it.
    pub version: i32,
    /// The text.
    pub text: Rope,
    /// The language, when known.
    pub language: Option<Arc<Language>>,
    /// An older tree with the edits since applied: input for an incremental parse, not for reading.
    stale_tree: Option<Tree>,
}

impl Document {
    /// A newly opened document.
    pub fn new(uri: &str, version: i32, text: &str, language: Option<Arc<Language>>) -> Self {
        Self { uri: uri.to_owned(), version, text: Rope::from_str(text), language, tree: None }
    }

    /// Apply edits one after another and take the new version. Under a millisecond: no parse.
    pub fn apply(&mut self, version: i32, edits: &[Edit]) {
        for edit in edits {
            let start = self.text.byte_to_char(edit.range.start.min(self.text.len_bytes()));
            let end = self.text.byte_to_char(edit.range.end.min(self.text.len_bytes()));
            self.text.remove(start..end);
            self.text.insert(start, &edit.text);
            self.tree = None;
        }
        self.version = version;
    }

    /// The text.
    pub fn text(&self) -> &Rope {
        &self.text
    }

    /// The version.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The view of this moment.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            uri: self.uri.as_str().into(),
            version: self.version,
            text: self.text.clone(),
            language: self.language.clone(),
            stale_tree: self.tree.clone(),
        }
    }

    /// Take back a tree parsed from `snapshot`, unless the document has moved on.
    pub fn store_tree(&mut self, version: i32, tree: Tree) {
        if version == self.version {
            self.tree = Some(tree);
        }
    }
}

impl Snapshot {
    /// A snapshot of loose text (command line, tests).
    pub fn of_text(uri: &str, text: &str, language: Option<Arc<Language>>) -> Self {
        Document::new(uri, 0, text, language).snapshot()
    }

    /// The tree of exactly this text: parsed incrementally, within a time budget and the size and depth limits.
    /// None when there is no language or a limit was hit. Blocks: call it on a blocking thread.
    pub fn parse(&self) -> Option<Tree> {
        let language = self.language.as_ref()?;
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&language.grammar).ok()?;
        parser.parse(self.text.to_string(), self.stale_tree.as_ref())
    }
}
