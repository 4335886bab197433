//! Keeps an open document: its text as a rope, its language, and a syntax tree that edits keep in step. An edit never parses:
//! the tree of a version is made when a request needs it.

pub(crate) mod edit;
mod notebook;
mod other_cells;
mod part;
pub mod position;
pub(crate) mod snapshot;
mod span;
pub(crate) mod syntax;
pub mod tree;
pub(crate) mod uri;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use tree_sitter::InputEdit;
/// A finished parse, for those who only pass one on.
pub use tree_sitter::Tree;

use crate::language::Language;

pub use edit::{Change, Edit, with_line_ends, with_line_feeds};
pub use notebook::Joined;
pub use other_cells::OtherCells;
pub use part::Part;
pub use position::Encoding;
pub use snapshot::Snapshot;
pub use span::ChangedSpan;
pub use syntax::Unparsed;

pub use crate::text::BOM;

/// How many edits a parse may lag behind and still be of use: some seconds of typing.
const LOG: usize = 64;

/// A document as the editor last told us.
#[derive(Debug)]
pub struct Document {
    uri: Arc<str>,
    version: i32,
    text: edit::Text,
    language: Option<Arc<Language>>,
    known: Known,
    /// The version that `known` was parsed at.
    parsed: Option<i32>,
    /// The last edits with the version each led to, so that the tree of a past version can be brought up to date.
    log: VecDeque<(i32, InputEdit)>,
    /// The newest version whose edits are no longer all in `log`.
    forgotten: i32,
    /// Whether a version came twice or fell: then versions do not order texts, and no late tree is taken back.
    disordered: bool,
    /// What the last change replaced; none when it had no edit.
    span: Option<ChangedSpan>,
}

/// Whether a change's version followed the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionOrder {
    /// It was larger.
    Kept,
    /// It was not. The change was applied all the same: the client's text is the truth, and arrival is its order.
    Broken {
        /// The version before it.
        before: i32,
    },
}

/// What is known of the tree of a text.
#[derive(Debug, Clone)]
enum Known {
    /// Nothing: a parse starts afresh.
    Nothing,
    /// A tree of an older text that was told of the edits since: a start for a parse. It may be read outside the bytes that
    /// all of them lie in.
    Edited(Tree, Range<usize>),
    /// The tree of exactly this text.
    Exact(Tree),
}

impl Known {
    fn edit(&mut self, edit: &InputEdit) {
        *self = match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => Self::Nothing,
            Self::Edited(mut tree, edited) => {
                tree.edit(edit);
                Self::Edited(tree, widen(&edited, edit))
            }
            Self::Exact(mut tree) => {
                tree.edit(edit);
                Self::Edited(tree, edit.start_byte..edit.new_end_byte)
            }
        };
    }
}

/// The bytes `edited`, moved by one more edit, and its own.
fn widen(edited: &Range<usize>, edit: &InputEdit) -> Range<usize> {
    let end = match edited.end {
        end if end >= edit.old_end_byte => end - edit.old_end_byte + edit.new_end_byte,
        end => end.max(edit.new_end_byte),
    };
    edited.start.min(edit.start_byte)..end
}

impl Document {
    /// A newly opened document.
    pub fn new(uri: &str, version: i32, text: &str, language: Option<Arc<Language>>) -> Self {
        Self {
            uri: uri.into(),
            version,
            text: edit::Text::new(text),
            language,
            known: Known::Nothing,
            parsed: None,
            log: VecDeque::new(),
            forgotten: version,
            disordered: false,
            span: None,
        }
    }

    /// Applies edits one after another and takes the new version. Under a millisecond: no parse.
    pub fn apply(&mut self, version: i32, edits: &[Edit]) -> VersionOrder {
        let order = self.begin(version);
        edits.iter().for_each(|edit| self.edit(edit));
        order
    }

    /// Applies an editor's changes one after another, each in the coordinates left by the one before.
    pub fn change(&mut self, version: i32, changes: &[Change], encoding: Encoding) -> VersionOrder {
        let order = self.begin(version);
        for change in changes {
            self.edit(&change.resolve(self.text(), encoding));
        }
        order
    }

    /// Takes the new version; its edits follow.
    fn begin(&mut self, version: i32) -> VersionOrder {
        self.span = None;
        let before = std::mem::replace(&mut self.version, version);
        if version > before {
            return VersionOrder::Kept;
        }
        self.disordered = true;
        VersionOrder::Broken { before }
    }

    /// One edit of the present version.
    fn edit(&mut self, edit: &Edit) {
        let whole = self.text.rope.len_bytes();
        let change = self.text.apply(edit);
        let (old, length) = (change.start_byte..change.old_end_byte, change.new_end_byte - change.start_byte);
        self.span = Some(match self.span {
            Some(span) => span.and(&old, length),
            None => ChangedSpan { start: old.start, old_end: old.end, new_end: change.new_end_byte },
        });
        if change.start_byte == 0 && change.old_end_byte == whole {
            // Nothing of the old tree is left to reuse.
            self.known = Known::Nothing;
        } else {
            self.known.edit(&change);
        }
        if self.log.len() == LOG {
            self.forgotten = self.log.pop_front().map_or(self.forgotten, |(version, _)| version);
        }
        self.log.push_back((self.version, change));
    }

    /// Take back the tree parsed from `snapshot`. When the document has moved on, the edits since are applied to it, and
    /// it serves as a start for the next parse; a tree too old for that, or older than the one known, is dropped.
    ///
    /// It asks for the snapshot and not for a version number, because versions start again when a file is closed and
    /// opened, and a hypothesis ([`Snapshot::with_edit`]) has the version of the text it came from.
    pub fn store_tree(&mut self, snapshot: &Snapshot, tree: Tree) {
        if snapshot.hypothesis || !Arc::ptr_eq(&snapshot.uri, &self.uri) {
            return;
        }
        let version = snapshot.version;
        if snapshot.text.is_instance(&self.text.rope) {
            (self.known, self.parsed) = (Known::Exact(tree), Some(version));
            return;
        }
        let old = version < self.forgotten || self.parsed.is_some_and(|parsed| parsed >= version);
        if old || self.disordered || version >= self.version {
            return;
        }
        let mut known = Known::Exact(tree);
        self.log.iter().filter(|(after, _)| *after > version).for_each(|(_, edit)| known.edit(edit));
        (self.known, self.parsed) = (known, Some(version));
    }

    /// Whether the bytes `range` of version `until` are what they were in version `since`, at the same place. False also when
    /// the edits between are no longer known.
    pub fn is_unchanged(&self, since: i32, until: i32, range: &Range<usize>) -> bool {
        if self.disordered || since < self.forgotten || since > until || until > self.version {
            return false;
        }
        let mut was = range.clone();
        let between = self.log.iter().rev().filter(|(after, _)| *after > since && *after <= until);
        for (_, edit) in between {
            if edit.start_byte >= was.end {
                continue;
            }
            if edit.new_end_byte > was.start {
                return false;
            }
            let back = |byte: usize| byte + edit.old_end_byte - edit.new_end_byte;
            was = back(was.start)..back(was.end);
        }
        was == *range
    }

    /// The view of this moment.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            uri: Arc::clone(&self.uri),
            version: self.version,
            text: self.text.rope.clone(),
            language: self.language.clone(),
            known: self.known.clone(),
            hypothesis: false,
            cells: None,
        }
    }

    /// The address, as the client spells it.
    pub fn uri(&self) -> Arc<str> {
        Arc::clone(&self.uri)
    }

    /// The text.
    pub fn text(&self) -> &Rope {
        &self.text.rope
    }

    /// What the last change replaced; none when it changed nothing.
    pub fn last_change(&self) -> Option<ChangedSpan> {
        self.span
    }

    /// The version.
    pub fn version(&self) -> i32 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(text: &str) -> Document {
        Document::new("file:///a.py", 1, text, crate::testing::language("python"))
    }

    fn sexp(snapshot: &Snapshot) -> String {
        snapshot.parse().unwrap().root_node().to_sexp()
    }

    #[test]
    fn an_edit_keeps_the_tree_as_a_start_and_the_next_parse_is_right() {
        let mut document = python("a = 1\n");
        let before = document.snapshot();
        document.store_tree(&before, before.parse().unwrap());
        assert!(matches!(document.known, Known::Exact(_)));
        document.apply(2, &[Edit::insert(5, "0"), Edit::insert(0, "b = ")]);
        assert!(matches!(document.known, Known::Edited(..)));
        assert_eq!(document.text().to_string(), "b = a = 10\n");
        assert_eq!(
            sexp(&document.snapshot()),
            sexp(&Snapshot::of_text("", "b = a = 10\n", document.language.clone()))
        );
        assert_eq!(before.text.to_string(), "a = 1\n");
    }

    #[test]
    fn a_late_tree_is_brought_up_to_date() {
        let mut document = python("a = 1\n");
        let before = document.snapshot();
        document.apply(2, &[Edit::insert(6, "b = 2\n")]);
        document.apply(3, &[Edit::insert(0, "def f():\n    ")]);
        document.store_tree(&before, before.parse().unwrap());
        assert!(matches!(document.known, Known::Edited(..)));
        let text = document.text().to_string();
        assert_eq!(
            sexp(&document.snapshot()),
            sexp(&Snapshot::of_text("", &text, document.language.clone()))
        );
    }

    #[test]
    fn each_change_is_in_the_coordinates_left_by_the_one_before() {
        let change = |from, to, text: &str| Change { range: Some((from, to)), text: text.into() };
        let mut document = Document::new("a", 1, "𝒳y\n", None);
        let changes =
            [change((0, 2), (0, 3), "z\n"), change((1, 0), (1, 0), "w"), change((9, 9), (0, 0), "all")];
        assert_eq!(document.change(2, &changes[..2], Encoding::Utf16), VersionOrder::Kept);
        assert_eq!(document.text().to_string(), "𝒳z\nw\n");
        assert_eq!(document.change(3, &changes[2..], Encoding::Utf16), VersionOrder::Kept);
        assert_eq!(document.text().to_string(), "all");
        document.change(4, &[Change { range: None, text: "new".into() }], Encoding::Utf16);
        assert_eq!(document.text().to_string(), "new");
    }

    #[test]
    fn a_version_that_does_not_rise_is_applied_and_reported() {
        let mut document = Document::new("a", 5, "", None);
        assert_eq!(document.apply(5, &[Edit::insert(0, "x")]), VersionOrder::Broken { before: 5 });
        assert_eq!(document.text().to_string(), "x");
    }

    #[test]
    fn a_tree_of_another_text_is_never_taken() {
        let closed = python("x = [\n");
        let mut document = python("a = 1\n");
        document.store_tree(&closed.snapshot(), closed.snapshot().parse().unwrap());
        assert!(matches!(document.known, Known::Nothing), "of the file before it was closed");

        let hypothesis = document.snapshot().with_edit(&Edit::insert(0, "("));
        document.apply(2, &[]);
        document.store_tree(&hypothesis, hypothesis.parse().unwrap());
        assert!(matches!(document.known, Known::Nothing), "of a hypothesis");

        let twice = document.snapshot();
        document.apply(2, &[Edit::insert(0, "b")]);
        document.apply(3, &[Edit::insert(0, "c")]);
        document.store_tree(&twice, twice.parse().unwrap());
        assert!(matches!(document.known, Known::Nothing), "of a version that came twice");

        let mut document = python("a = 1\n");
        let ancient = document.snapshot();
        for version in 2..100 {
            document.apply(version, &[Edit::insert(0, "#")]);
        }
        document.store_tree(&ancient, ancient.parse().unwrap());
        assert!(matches!(document.known, Known::Nothing), "older than the log");
    }

    #[test]
    fn what_edits_leave_alone_is_unchanged_at_the_same_place() {
        let mut document = python("one\ntwo\nthree\n");
        document.apply(2, &[Edit::replace(8..13, "3")]);
        document.apply(3, &[Edit::replace(0..3, "ONE")]);
        assert!(document.is_unchanged(1, 3, &(4..7)));
        assert!(!document.is_unchanged(1, 3, &(0..3)) && document.is_unchanged(1, 2, &(0..3)));
        assert!(
            !document.is_unchanged(0, 3, &(4..7)) && !document.is_unchanged(1, 4, &(4..7)),
            "no such versions"
        );
        document.apply(4, &[Edit::insert(0, "#")]);
        assert!(!document.is_unchanged(1, 4, &(5..8)), "it has moved");
    }

    #[test]
    fn a_replaced_text_starts_afresh() {
        let mut document = python("a = 1\n");
        let before = document.snapshot();
        document.store_tree(&before, before.parse().unwrap());
        document.apply(2, &[Edit::replace(0..6, "b = 2\n")]);
        assert!(matches!(document.known, Known::Nothing));
    }
}
