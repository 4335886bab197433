//! Defines what is known of a definition and of a file's definitions: one text and rows of numbers, about 100 bytes a definition.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::module_path::ModulePath;

/// What a definition is. `#set! kind` of `outline.scm` and `symbols.scm` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// A function or a method.
    Function,
    /// A class, a struct, an enum, a trait, an alias.
    Type,
    /// A constant, a variable, a field.
    Value,
    /// A macro.
    Macro,
    /// A module that is declared or written inside of another.
    Module,
    /// A block of further members of a type: no definition by itself.
    Members,
}

impl DefinitionKind {
    /// The kind that a query names; what names none is a value.
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("function") => Self::Function,
            Some("type") => Self::Type,
            Some("macro") => Self::Macro,
            Some("module") => Self::Module,
            Some("members") => Self::Members,
            _ => Self::Value,
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Type => "type",
            Self::Value => "value",
            Self::Macro => "macro",
            Self::Module => "module",
            Self::Members => "members",
        }
    }
}

/// A part of [`FileSymbols::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextSpan {
    pub start: u32,
    pub len: u16,
}

impl TextSpan {
    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + usize::from(self.len)
    }
}

/// One definition of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefinitionRow {
    pub name: TextSpan,
    /// Empty: it is at the top level of the file.
    pub owner: TextSpan,
    pub signature: TextSpan,
    /// The documentation's first line stands right behind the signature.
    pub doc: u16,
    pub kind: DefinitionKind,
    pub is_public: bool,
    pub line: u32,
}

/// A name that a file offers and defines elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// What it is called here; `*`: everything of the module.
    pub name: Box<str>,
    /// The module it comes from, as this file writes it.
    pub module: Box<str>,
    /// What it is called there; empty for the module itself.
    pub source: Box<str>,
}

/// What one file defines.
#[derive(Debug, PartialEq, Eq)]
pub struct FileSymbols {
    /// Where the file is.
    pub path: Arc<Path>,
    /// The name of its language.
    pub language: Arc<str>,
    /// What it is as a module.
    pub module: ModulePath,
    /// What other packages call the package that begins in this file.
    pub(super) package: Option<Box<str>>,
    /// Whether paths in its language begin at the package.
    pub(super) is_rooted: bool,
    pub(super) text: Box<str>,
    /// In order of the file.
    pub(super) rows: Box<[DefinitionRow]>,
    pub(super) exports: Box<[PassedOn]>,
}

impl FileSymbols {
    /// Its definitions, in order of the file.
    pub fn definitions(self: &Arc<Self>) -> impl Iterator<Item = Definition> + '_ {
        (0..self.rows.len()).map(|row| Definition { file: Arc::clone(self), row })
    }

    /// Its definitions by that name at the top level.
    pub fn top_level<'a>(self: &'a Arc<Self>, name: &'a str) -> impl Iterator<Item = Definition> + 'a {
        let is = move |row: &DefinitionRow| row.owner.len == 0 && self.part(row.name) == name;
        let rows = self.rows.iter().enumerate().filter(move |(_, row)| is(row));
        rows.map(|(row, _)| Definition { file: Arc::clone(self), row })
    }

    /// The members of what is called `owner`, in order of the file.
    pub fn members<'a>(self: &'a Arc<Self>, owner: &'a str) -> impl Iterator<Item = Definition> + 'a {
        let is = move |row: &DefinitionRow| row.owner.len > 0 && self.part(row.owner) == owner;
        let rows = self.rows.iter().enumerate().filter(move |(_, row)| is(row));
        rows.map(|(row, _)| Definition { file: Arc::clone(self), row })
    }

    /// How many definitions.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it defines nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        let exports = |export: &PassedOn| export.name.len() + export.module.len() + export.source.len();
        size_of::<Self>()
            + self.text.len()
            + size_of_val(&*self.rows)
            + size_of_val(&*self.exports)
            + self.exports.iter().map(exports).sum::<usize>()
            + self.path.as_os_str().len()
            + self.module.path.len()
            + self.module.root.as_os_str().len()
    }

    pub(super) fn part(&self, span: TextSpan) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

/// One definition of a file. Cheap to clone.
#[derive(Clone)]
pub struct Definition {
    pub(super) file: Arc<FileSymbols>,
    pub(super) row: usize,
}

impl Definition {
    fn row(&self) -> &DefinitionRow {
        &self.file.rows[self.row]
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.file.part(self.row().name)
    }

    /// The name of the type or inline module it is in; None at the top level of the file.
    pub fn owner(&self) -> Option<&str> {
        Some(self.file.part(self.row().owner)).filter(|owner| !owner.is_empty())
    }

    /// What it is.
    pub fn kind(&self) -> DefinitionKind {
        self.row().kind
    }

    /// Its text up to the body, on one line; long ones are cut.
    pub fn signature(&self) -> &str {
        self.file.part(self.row().signature)
    }

    /// The first line of its documentation; empty without any.
    pub fn doc(&self) -> &str {
        let row = self.row();
        let start = row.signature.start + u32::from(row.signature.len);
        self.file.part(TextSpan { start, len: row.doc })
    }

    /// Whether its text says that other modules may use it. In a language that does not say it, all is public.
    pub fn is_public(&self) -> bool {
        self.row().is_public
    }

    /// The line where it begins, from 0.
    pub fn line(&self) -> usize {
        self.row().line as usize
    }

    /// The file it is in.
    pub fn file(&self) -> &Arc<FileSymbols> {
        &self.file
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Its members, when it is a type: those in its own file.
    pub fn members(&self) -> impl Iterator<Item = Definition> + '_ {
        let is_type = self.kind() == DefinitionKind::Type && self.owner().is_none();
        let members = is_type.then(|| self.file.members(self.name()));
        members.into_iter().flatten()
    }
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row && (Arc::ptr_eq(&self.file, &other.file) || self.file == other.file)
    }
}

impl Eq for Definition {}

impl fmt::Debug for Definition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} in {}:{}", self.signature(), self.path().display(), self.line() + 1)
    }
}
