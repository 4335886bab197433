//! Reads what a standard library offers from `grammars/<lang>/stdlib.txt` (made by `scripts/stdlib.py`).

use crate::language::Language;

/// A module of the standard library, as a line of the table.
#[derive(Debug, Clone, Copy)]
pub struct StdlibModule<'a> {
    /// Its path.
    pub path: &'a str,
    /// How often it was imported as a whole.
    pub count: u32,
    names: &'a str,
}

/// The modules of the language's standard library.
pub fn modules(language: &Language) -> impl Iterator<Item = StdlibModule<'static>> {
    let table = language.table("stdlib.txt").unwrap_or_default();
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (path, rest) = line.split_once(' ')?;
        let (count, names) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(StdlibModule { path, count: count.parse().ok()?, names })
    })
}

impl<'a> StdlibModule<'a> {
    /// Its public names, with how often each was imported.
    pub fn names(self) -> impl Iterator<Item = (&'a str, u32)> {
        self.names.split(' ').filter(|name| !name.is_empty()).map(|name| match name.split_once(':') {
            Some((name, count)) => (name, count.parse().unwrap_or(0)),
            None => (name, 0),
        })
    }

    /// How often `name` was imported from it; None when it has no such name.
    pub fn has(self, name: &str) -> Option<u32> {
        self.names
            .contains(name)
            .then(|| self.names().find(|(own, _)| *own == name))
            .flatten()
            .map(|(_, count)| count)
    }
}
