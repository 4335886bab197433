//! Finds the signatures of other files that say most at a cursor: of what the file imports, and of names near the cursor.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::document::{Snapshot, Tree};
use crate::language::Language;
use crate::symbols::{
    Definition, DefinitionKind, FileSymbols, Import, ModulePath, Resolved, SymbolIndex, imports_in,
};

/// Lines above and below the cursor whose names are looked up.
const NEAR: usize = 40;
/// Names that are looked up at most, nearest first.
const NAMES: usize = 200;
/// A name that more files define says too little.
const DEFINERS: usize = 2;
/// A member is looked up by its name alone, so a short one is most often another's.
const SHORT_MEMBER: usize = 5;
/// Members of one type that are shown at most.
const MEMBERS: usize = 8;

/// Why a signature is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureReason {
    /// The file imports it, and it is named near the cursor.
    ImportedAndNear,
    /// A name near the cursor is defined there, and nowhere else.
    Near,
    /// The file imports it.
    Imported,
}

impl SignatureReason {
    /// For people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::ImportedAndNear => "imported, and named near the cursor",
            Self::Near => "named near the cursor",
            Self::Imported => "imported",
        }
    }
}

/// Signatures of one definition and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSignature {
    /// Its file's path inside of its package or folder, with `/`.
    pub path: String,
    /// The line where it begins, from 0.
    pub line: usize,
    /// What it is called.
    pub name: String,
    /// One or more lines, each with its line feed.
    pub text: String,
    /// Why it is shown.
    pub why: SignatureReason,
}

/// A place in a file, to find signatures for.
#[derive(Debug)]
pub struct SignaturePlace<'a> {
    /// The file.
    pub path: &'a Path,
    /// What it says.
    pub snapshot: &'a Snapshot,
    /// Its tree, or that of an older version.
    pub tree: Option<&'a Tree>,
    /// The cursor's line.
    pub line: usize,
}

/// The signatures for a place that take `bytes` together at most, by file and line.
pub fn find(index: &SymbolIndex, place: &SignaturePlace<'_>, bytes: usize) -> Vec<ShownSignature> {
    let Some(language) = place.snapshot.language.as_ref().filter(|_| !index.is_empty()) else {
        return Vec::new();
    };
    let search = Search::new(index, place, language);
    let mut found = search.imported();
    found.extend(search.near());
    // What says most, first; of that, what is nearest.
    found.sort_by_key(|(why, distance, _)| (*why, *distance));
    let (mut shown, mut left): (Vec<ShownSignature>, usize) = (Vec::new(), bytes);
    let mut files: HashSet<String> = HashSet::new();
    for (why, _, definition) in found {
        let path = short_path(definition.file());
        let text = search.text(&definition, why);
        let is_known = shown.iter().any(|other| other.path == path && other.text.contains(text.as_str()));
        let takes = text.len() + if files.contains(&path) { 0 } else { path.len() + 2 };
        if is_known || takes > left {
            continue;
        }
        left -= takes;
        files.insert(path.clone());
        shown.push(ShownSignature {
            path,
            line: definition.line(),
            name: definition.name().to_owned(),
            text,
            why,
        });
    }
    shown.sort_by(|a, b| (&a.path, a.line, &a.name).cmp(&(&b.path, b.line, &b.name)));
    shown
}

/// A definition, why it would be shown, and how many lines away it is named.
type FoundDefinition = (SignatureReason, usize, Definition);

struct Search<'a> {
    index: &'a SymbolIndex,
    path: &'a Path,
    language: &'a Arc<Language>,
    own: ModulePath,
    imports: Vec<Import>,
    /// Names near the cursor, with their least distance in lines.
    names: HashMap<String, usize>,
}

impl<'a> Search<'a> {
    fn new(index: &'a SymbolIndex, place: &SignaturePlace<'a>, language: &'a Arc<Language>) -> Self {
        let known = index.file(place.path).map(|file| file.module.clone());
        let own = known.unwrap_or_else(|| ModulePath::of(place.path, language));
        let imports = match place.tree {
            Some(tree) => imports_in(language, tree, &place.snapshot.text.to_string()),
            None => Vec::new(),
        };
        let names = names_near(place.snapshot, place.line);
        Self { index, path: place.path, language, own, imports, names }
    }

    fn distance(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// What the imports mean.
    fn imported(&self) -> Vec<FoundDefinition> {
        let separator = self.language.repairs.imports.separator.as_str();
        let mut found = Vec::new();
        for import in &self.imports {
            match self.index.resolve(&self.own, self.language, import) {
                Some(Resolved::Definition(it)) if self.may_show(&it) => {
                    let near = self.distance(import.binds(separator));
                    found.push(reason(near, it));
                }
                // Of a whole module, what is named here.
                Some(Resolved::Module(file)) => {
                    let used = file.definitions().filter(|it| it.owner().is_none() && self.may_show(it));
                    let near = used.filter_map(|it| Some((self.distance(it.name())?, it)));
                    found.extend(near.map(|(distance, it)| reason(Some(distance), it)));
                }
                _ => {}
            }
        }
        found
    }

    /// What names near the cursor mean that are defined in one other file.
    fn near(&self) -> Vec<FoundDefinition> {
        let rules = &self.language.repairs.imports;
        let bound: HashSet<&str> = self.imports.iter().map(|import| import.binds(&rules.separator)).collect();
        let own = self.index.file(self.path);
        let is_own = |name: &str| own.is_some_and(|file| file.definitions().any(|it| it.name() == name));
        let mut names: Vec<(&String, &usize)> = self.names.iter().collect();
        names.sort_by_key(|(name, distance)| (**distance, *name));
        let mut found = Vec::new();
        for (name, distance) in names.into_iter().take(NAMES) {
            let count = self.index.definers(name);
            if count == 0 || count > DEFINERS || bound.contains(name.as_str()) || is_own(name) {
                continue;
            }
            let of_others = self.index.definitions(name).filter(|it| self.may_show(it));
            let clear = of_others.filter(|it| it.owner().is_none() || name.len() >= SHORT_MEMBER);
            found.extend(clear.map(|it| (SignatureReason::Near, *distance, it)));
        }
        found
    }

    /// Whether it is of another file in the same language, and says something.
    fn may_show(&self, definition: &Definition) -> bool {
        let file = definition.file();
        let is_declared = definition.kind() == DefinitionKind::Module;
        let is_hidden = definition.owner().is_none() && !definition.is_public();
        *file.path != *self.path && *file.language == *self.language.name() && !is_declared && !is_hidden
    }

    /// A definition with its members, or a member below what it belongs to.
    fn text(&self, definition: &Definition, why: SignatureReason) -> String {
        let indent = self.language.config.indent.as_str();
        if let Some(owner) = definition.owner() {
            let head = definition.file().top_level(owner).next();
            let head = head.map_or_else(|| owner.to_owned(), |head| head.signature().to_owned());
            return format!("{head}\n{indent}{}\n", definition.signature());
        }
        let mut text = format!("{}\n", definition.signature());
        if why == SignatureReason::Imported {
            return text;
        }
        let mut members: Vec<Definition> = definition
            .members()
            .filter(|it| it.kind() == DefinitionKind::Function || it.signature().contains(':'))
            .collect();
        // Those that are named here, then those in front.
        members.sort_by_key(|it| self.distance(it.name()).unwrap_or(usize::MAX));
        members.truncate(MEMBERS);
        members.sort_by_key(Definition::line);
        for member in members {
            text.push_str(&format!("{indent}{}\n", member.signature()));
        }
        text
    }
}

fn reason(near: Option<usize>, definition: Definition) -> FoundDefinition {
    match near {
        Some(distance) => (SignatureReason::ImportedAndNear, distance, definition),
        None => (SignatureReason::Imported, usize::MAX, definition),
    }
}

/// The path of a file inside of its package or folder.
fn short_path(file: &FileSymbols) -> String {
    let inside = file.path.strip_prefix(&file.module.root).unwrap_or(&file.path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The names in the lines around one, with their distance from it.
fn names_near(snapshot: &Snapshot, line: usize) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    let last = (line + NEAR + 1).min(snapshot.lines());
    for number in line.saturating_sub(NEAR)..last {
        let text = snapshot.line_text(number);
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        for word in words.filter(|word| word.len() > 2 && !word.starts_with(|c: char| c.is_numeric())) {
            let distance = number.abs_diff(line);
            let least = names.entry(word.to_owned()).or_insert(distance);
            *least = distance.min(*least);
        }
    }
    names
}
