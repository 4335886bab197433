//! Finds the one source of a name that a file uses and does not know. Where there are several, there is none: a wrong import is
//! worse than none.

use std::ops::Range;

use super::site::SourceView;
use crate::symbols::{Import, ImportSource, stdlib};
use crate::text::is_word;

/// A source leads when it is imported so many times as often as all others together.
const LEAD: u32 = 10;

/// How often a source must have been imported at least, by how the name is used. A name in small letters may be a variable that the
/// text before forgot to define, above all when something is asked of it.
const MODULE: u32 = 20;
const TYPE: u32 = 10;
const CONSTANT: u32 = 100;
const FUNCTION: u32 = 40;
const OBJECT: u32 = 300;

/// A source and how often it was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    source: ImportSource,
    count: u32,
}

/// What the text around a name says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use<'a> {
    /// This is asked of it: `os.path`.
    Member(&'a str),
    /// It is called, or decorates.
    Called,
    /// Something else.
    Plain,
}

/// Where the name at the bytes `at` of a file comes from, which nothing in the file defines; None when that is not certain enough.
pub fn source(site: &SourceView<'_>, at: &Range<usize>) -> Option<ImportSource> {
    let (name, rules) = (&site.text[at.clone()], &site.language.repairs.imports);
    let is_bare = || rules.without_standard.as_ref().is_some_and(|bare| bare.is_in(site.text));
    if name.chars().count() < 2 || is_bare() {
        return None;
    }
    let used = used(site, at);
    let found = match used {
        Use::Member(asked) => module(site, name, asked).or_else(|| item(site, name, used)),
        _ => item(site, name, used),
    }?;
    let known = |import: &Import| {
        // Under another name, or as a module of which this would be a member: the file has its own way to say it.
        import.module == found.module && (import.name == found.name || import.name.is_empty())
    };
    (!site.imports.iter().any(known)).then_some(found)
}

fn used<'a>(site: &'a SourceView<'_>, at: &Range<usize>) -> Use<'a> {
    let (before, behind) = (site.text[..at.start].trim_end(), &site.text[at.end..]);
    let separators =
        [site.language.repairs.member.as_str(), site.language.repairs.imports.separator.as_str()];
    let asked = separators.iter().filter(|separator| !separator.is_empty());
    if let Some(rest) = asked.into_iter().find_map(|separator| behind.strip_prefix(separator)) {
        return Use::Member(&rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]);
    }
    let is_called = behind.starts_with('(') || before.ends_with('@');
    if is_called { Use::Called } else { Use::Plain }
}

/// The module `name` as a whole, if it has `asked`, where modules are imported as a whole.
fn module(site: &SourceView<'_>, name: &str, asked: &str) -> Option<ImportSource> {
    if site.language.repairs.imports.whole.is_empty() {
        return None;
    }
    let mut modules = stdlib::modules(site.language);
    let own = modules.find(|module| module.path == name).filter(|module| module.count >= MODULE)?;
    // A module inside of another one is not there with it.
    let inner = format!("{name}{}{asked}", site.language.repairs.imports.separator);
    let is_inner = stdlib::modules(site.language).any(|other| other.path == inner);
    let has = own.has(asked).is_some() && !is_inner;
    has.then(|| ImportSource { module: name.to_owned(), name: String::new(), alias: None })
}

/// The thing `name` of one module.
fn item(site: &SourceView<'_>, name: &str, used: Use<'_>) -> Option<ImportSource> {
    let capital = name.starts_with(char::is_uppercase);
    let least = match used {
        _ if capital && name.chars().any(char::is_lowercase) => TYPE,
        _ if capital => CONSTANT,
        Use::Called => FUNCTION,
        Use::Member(_) => OBJECT,
        Use::Plain => return None,
    };
    let counted = |module: stdlib::StdlibModule<'_>| {
        let source = ImportSource { module: module.path.to_owned(), name: name.to_owned(), alias: None };
        Some(Counted { source, count: module.has(name)? })
    };
    leading(site, stdlib::modules(site.language).filter_map(counted).collect())
        .filter(|best| best.count >= least)
        .map(|best| best.source)
}

/// The one that is imported far more often than the others; of several, the one from whose module the file takes other names.
fn leading(site: &SourceView<'_>, mut found: Vec<Counted>) -> Option<Counted> {
    found.sort_by_key(|one| std::cmp::Reverse(one.count));
    let (best, others) = found.split_first()?;
    let others: u32 = others.iter().map(|other| other.count).sum();
    if best.count >= LEAD.saturating_mul(others) {
        return Some(best.clone());
    }
    let takes = |one: &&Counted| {
        site.imports.iter().any(|import| import.module == one.source.module && !import.name.is_empty())
    };
    let mut taken = found.iter().filter(takes);
    let one = taken.next().filter(|_| taken.next().is_none())?;
    // A rare name of a module that is used for another one says nothing.
    (one.count.saturating_mul(4) >= best.count).then(|| one.clone())
}
