//! Defines the shape of `grammars/<name>/repairs.toml`: the messages of servers and compilers, and how fixes are written.

use std::collections::BTreeMap;
use std::fmt;

use regex::{Captures, Regex};
use serde::Deserialize;

/// What a diagnostic is about, as far as there is a repair for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticKind {
    /// A name that nothing defines here.
    UnknownName,
    /// A member that the thing before it lacks.
    UnknownMember,
    /// An import of a name that its module lacks.
    UnknownExport,
    /// An import or a variable that nobody uses.
    Unused,
    /// A variable or a receiver that is changed and must not be.
    Immutable,
    /// A value where a reference is expected.
    NotBorrowed,
    /// A value where a reference that may change it is expected.
    NotMutablyBorrowed,
}

/// How imports are written. Empty texts stand for what a language does not have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Imports {
    /// Between the parts of a path.
    pub separator: String,
    /// A whole module, with `{path}`.
    pub whole: String,
    /// One name, with `{module}` and `{name}`.
    pub member: String,
    /// What stands around a list of names, when it needs something.
    pub brackets: (String, String),
    /// File names (without their ending) that stand for their folder.
    pub folder_files: Vec<String>,
    /// Folders that are no part of a path.
    pub source_folders: Vec<String>,
    /// What a path in the own package begins with; empty: the folders say it.
    pub package: String,
    /// The file that marks a folder as the package's, when `package` is set.
    pub package_file: String,
    /// How that file says what other packages call this one: the group `name`.
    pub package_name: Option<Pattern>,
    /// What the text of a definition begins with that other modules may use, and of an import that passes a name on; empty: all
    /// may be used, and the files in `folder_files` pass names on.
    pub public: String,
    /// What a relative path begins with, once for each folder up.
    pub relative: String,
    /// First parts of paths that are sorted behind all others, or in a group of their own.
    pub own: Vec<String>,
    /// First parts of paths that stand before all others.
    pub first: Vec<String>,
    /// What is at the start of a file and speaks to a tool, or of the whole file: imports go below it.
    pub head: Option<Pattern>,
    /// What a file says that does without the standard library.
    pub without_standard: Option<Pattern>,
    /// What a comment says whose whole block is of the file.
    pub licence: Option<Pattern>,
    /// What beside an unused import says that it is meant to be there.
    pub kept: Option<Pattern>,
}

/// What is known of a language's diagnostics and repairs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repairs {
    /// What is said, in the order in which it is tried.
    #[serde(rename = "diagnostics", alias = "said")]
    patterns: Vec<MessagePatterns>,
    /// How imports are written.
    pub imports: Imports,
    /// What begins the name of a variable that is not used on purpose.
    pub unused: String,
    /// What takes the place of the last statement of a block, when a block must not be empty.
    pub empty: String,
    /// The block without a statement, where blocks have brackets.
    pub empty_block: String,
    /// Words that begin what needs a block.
    pub block_words: Vec<String>,
    /// Words of the head of a block in which such things may go without theirs.
    pub declaration_words: Vec<String>,
    /// Words whose next one names what has parameters.
    pub definition_words: Vec<String>,
    /// How often repairs of the syntax were right, by their class.
    pub classes: BTreeMap<String, RepairShares>,
    /// What makes a variable one that may change, before its name.
    pub mutable: String,
    /// What borrows a value, and what borrows it to change it.
    pub borrow: (String, String),
    /// Between a thing and its member.
    pub member: String,
}

/// How often the repairs of one class gave the original back (`benches/repairs.py --classes`), as shares of 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepairShares {
    /// Of the first offers.
    pub share: f32,
    /// How far a first offer must be ahead of the next one to be sure, in nats. None: it never is.
    pub lead: Option<f32>,
    /// Of the sure ones.
    pub sure: Option<f32>,
}

/// Messages that mean the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagePatterns {
    #[serde(alias = "trouble")]
    kind: DiagnosticKind,
    /// Regular expressions; the group `name` is the name it is about.
    messages: Vec<Pattern>,
}

/// A compiled regular expression.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(Regex);

impl Pattern {
    /// Whether it is found in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// What its group `group` finds in `text` first.
    pub fn capture<'t>(&self, text: &'t str, group: &str) -> Option<&'t str> {
        Some(self.0.captures(text)?.name(group)?.as_str())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        Regex::new(&text).map(Self)
    }
}

impl Repairs {
    /// Read `repairs.toml`.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// What a message is about, and the name that it names, if it does.
    pub fn diagnostic_kind(&self, message: &str) -> Option<(DiagnosticKind, Option<String>)> {
        let name = |found: &Captures<'_>| found.name("name").map(|name| name.as_str().to_owned());
        self.patterns.iter().find_map(|patterns| {
            let found = patterns.messages.iter().find_map(|pattern| pattern.0.captures(message))?;
            Some((patterns.kind, name(&found)))
        })
    }
}
