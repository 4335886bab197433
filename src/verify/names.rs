//! Finds the names in a new text that nothing in the file accounts for, and the new names that hide a builtin. It looks at
//! this one file only; where another file may define a name, it reports nothing.
//!
//! What the captures of `names.scm` mean is said in `grammars/python/names.scm`.

mod inline;
pub mod members;
mod rename;
mod visible;

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::{Node, Tree};

pub use rename::renamed;
pub use visible::{Visible, visible};

use crate::document::{Snapshot, tree};
use crate::language::Language;

/// Leaves of these kinds are names; fields have kinds of their own where a grammar tells them apart.
const NAMES: [&str; 3] = ["identifier", TYPE, "shorthand_field_identifier"];
const TYPE: &str = "type_identifier";

/// So many places where a name stands are looked at by themselves, before the whole file is: the nearest ones above, where
/// most names come from, and the first ones of the file, where imports are. A place costs some microseconds, the whole file
/// about 2.5 ms for a thousand lines; half of all lines of real files are done in 0.03 ms.
const NEAR: usize = 16;

/// What is to be said of the names in a new text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Used, but neither defined nor imported where they are used, nor builtin; in order, each once.
    pub unknown: Vec<String>,
    /// Where each of these is used first, in bytes of the snapshot.
    pub unknown_at: Vec<Range<usize>>,
    /// Defined by the suggestion although the language has something else by that name.
    pub shadowing: Vec<String>,
    /// Where the first name ends, in bytes of the snapshot, that is defined only where it cannot be seen: in another function.
    pub foreign_end: Option<usize>,
}

/// Look at the names in the bytes `inserted` of `snapshot`, a text with the suggestion in it; `tree` is its tree.
pub fn check(snapshot: &Snapshot, tree: &Tree, inserted: Range<usize>) -> Names {
    let Some(language) = snapshot.language.as_deref() else { return Names::default() };
    let inserted = inserted.start..inserted.end.min(snapshot.len());
    if language.queries.names.pattern_count() == 0 || inserted.is_empty() {
        return Names::default();
    }
    // One copy: a name is looked at many times, and a rope is slow at that.
    let text = snapshot.text.to_string();
    let file = File { language, tree, text: &text };
    // First in the inserted bytes only: most suggestions use nothing but builtins and what they define.
    let new = file.facts(inserted.clone());
    let mut uses: Vec<Use> = file.uses(&new, &inserted);
    uses.retain(|used| !file.is_near(used, &new));
    let hiding: Vec<&Definition> = new.definitions.iter().filter(|it| file.hides(it, &inserted)).collect();
    if uses.is_empty() && hiding.is_empty() {
        return Names::default();
    }
    let all = file.facts(0..text.len());
    let mut names = Names::default();
    for used in uses.iter().filter(|used| !file.is_known(used, &all)) {
        if !used.is_loose && !names.unknown.iter().any(|name| name == used.name) {
            names.unknown.push(used.name.to_owned());
            names.unknown_at.push(used.range.clone());
        }
        if names.foreign_end.is_none() && file.is_foreign(used, &all) {
            names.foreign_end = Some(used.range.end);
        }
    }
    for definition in hiding {
        let name = &text[definition.range.clone()];
        if !names.shadowing.iter().any(|known| known == name) && file.is_new(definition, &all, &inserted) {
            names.shadowing.push(name.to_owned());
        }
    }
    names
}

/// The names that the bytes `inserted` of `snapshot` read: no fields, no keywords of calls, nothing that they only define.
pub fn read(snapshot: &Snapshot, tree: &Tree, inserted: &Range<usize>) -> HashSet<String> {
    let Some(language) = snapshot.language.as_deref() else { return HashSet::new() };
    let text = snapshot.text.to_string();
    let file = File { language, tree, text: &text };
    let new = file.facts(inserted.clone());
    let mut read = HashSet::new();
    file.names_in(inserted, |_, range| {
        let defines = |it: &Definition| contains(&it.range, &range) && !new.uses.contains(&range.start);
        if !new.skips.contains(&range.start) && !new.definitions.iter().any(defines) {
            read.insert(text[range].to_owned());
        }
    });
    let formats = new.loose.iter().map(|range| range.start.max(inserted.start)..range.end.min(inserted.end));
    read.extend(
        formats.flat_map(|range| inline::arguments(text.get(range).unwrap_or_default())).map(str::to_owned),
    );
    read
}

/// A document to be looked at.
struct File<'a> {
    language: &'a Language,
    tree: &'a Tree,
    text: &'a str,
}

/// A name that is used.
#[derive(Debug)]
struct Use<'a> {
    name: &'a str,
    range: Range<usize>,
    /// Called as a function, or named as a type.
    called: bool,
    /// It may be no use at all.
    is_loose: bool,
}

/// Where names are seen.
#[derive(Debug)]
struct NameScope {
    range: Range<usize>,
    kind: ScopeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScopeKind {
    Plain,
    Members,
    Inline,
}

/// One or more names that are defined: all that stand in `range`.
#[derive(Debug)]
struct Definition {
    range: Range<usize>,
    reach: Reach,
    /// A single identifier.
    single: bool,
}

/// In which scope a name is seen, counted from the one it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Here,
    /// Here, too; defined elsewhere by this name.
    Import,
    /// Here, from its end on.
    After,
    Outer,
    /// In the next one that is not inline.
    Far,
    Root,
}

/// What the query found, in bytes.
#[derive(Debug, Default)]
struct Facts {
    scopes: Vec<NameScope>,
    walls: Vec<Range<usize>>,
    definitions: Vec<Definition>,
    skipped: Vec<Range<usize>>,
    unclear: Vec<Range<usize>>,
    loose: Vec<Range<usize>>,
    /// Starts of single identifiers.
    skips: HashSet<usize>,
    uses: HashSet<usize>,
    calls: HashSet<usize>,
    some: bool,
    everything: bool,
}

impl<'a> File<'a> {
    /// What the query finds in `range`.
    fn facts(&self, range: Range<usize>) -> Facts {
        let query = &self.language.queries.names;
        let mut facts = Facts::default();
        for (name, node) in tree::captures(query, self.tree.root_node(), self.text.as_bytes(), range) {
            self.note(&mut facts, name, node);
        }
        facts
    }

    fn note(&self, facts: &mut Facts, capture: &str, node: Node<'_>) {
        let range = node.byte_range();
        let mut define =
            |reach, single| facts.definitions.push(Definition { range: range.clone(), reach, single });
        match capture {
            "scope" => facts.scopes.push(NameScope { range, kind: ScopeKind::Plain }),
            "scope.members" => facts.scopes.push(NameScope { range, kind: ScopeKind::Members }),
            "scope.inline" => facts.scopes.push(NameScope { range, kind: ScopeKind::Inline }),
            "wall" => facts.walls.push(range),
            "define" => define(Reach::Here, true),
            "define.in" => define(Reach::Here, false),
            "define.after" => define(Reach::After, false),
            "define.import" => define(Reach::Import, true),
            "define.outer" => define(Reach::Outer, true),
            "define.far" => define(Reach::Far, true),
            "define.root" => define(Reach::Root, true),
            "skip" => drop(facts.skips.insert(range.start)),
            "skip.lower" if self.text[range.clone()].starts_with(char::is_lowercase) => {
                facts.skips.insert(range.start);
            }
            "skip.in" => facts.skipped.push(range),
            "unclear" => facts.unclear.push(range),
            "loose" => facts.loose.push(range),
            "use" => drop(facts.uses.insert(range.start)),
            "call" => drop(facts.calls.insert(range.start)),
            "some" => facts.some = true,
            "everything" => facts.everything = true,
            _ => {}
        }
    }

    /// The names used in `inserted`, without builtins. A name that the suggestion completes is looked at whole.
    fn uses(&self, new: &Facts, inserted: &Range<usize>) -> Vec<Use<'a>> {
        let inside = |ranges: &[Range<usize>], at: usize| ranges.iter().any(|range| range.contains(&at));
        let mut uses = Vec::new();
        self.names_in(inserted, |kind, range| {
            let at = range.start;
            let name = &self.text[range.clone()];
            let defines = |it: &Definition| {
                if it.single {
                    it.range.start == at
                } else {
                    it.range.contains(&at) && !new.uses.contains(&at)
                }
            };
            let skipped = new.skips.contains(&at) || inside(&new.skipped, at);
            let builtins = &self.language.builtins;
            let skip = name.is_empty()
                || builtins.is_known(name) && !builtins.is_old(name)
                || skipped && !(inside(&new.loose, at) && self.is_value(&range))
                || inside(&new.unclear, at)
                || new.definitions.iter().any(defines);
            if !skip {
                let called = kind == TYPE || new.calls.contains(&at);
                // `file` is a builtin of old programs only: here it may be meant for the variable of another function.
                let is_loose = skipped || builtins.is_old(name);
                uses.push(Use { name, range, called, is_loose });
            }
        });
        uses
    }

    /// Call `with` for every name that `range` touches, in order. Names in what could not be parsed are left out.
    fn names_in(&self, range: &Range<usize>, mut with: impl FnMut(&str, Range<usize>)) {
        tree::walk(self.tree.root_node(), |node| {
            let enter = node.start_byte() < range.end && range.start < node.end_byte() && !node.is_error();
            if enter && node.child_count() == 0 && NAMES.contains(&node.kind()) {
                with(node.kind(), node.byte_range());
            }
            enter
        });
    }

    /// Whether a definition is found where one usually is. `false` says nothing.
    fn is_near(&self, used: &Use<'_>, new: &Facts) -> bool {
        let word = |at: usize| {
            let word = at..at + used.name.len();
            is_whole_word(self.text, &word).then_some(word)
        };
        let above = || self.text[..used.range.start].rmatch_indices(used.name).map(|(at, _)| at);
        let first = self.text[..used.range.start].match_indices(used.name).map(|(at, _)| at);
        let places = above().filter_map(word).take(NEAR).chain(first.filter_map(word).take(NEAR));
        places.into_iter().any(|place| {
            let mut facts = self.facts(place);
            // Those around the use are what hides.
            facts.walls.clone_from(&new.walls);
            facts
                .definitions
                .iter()
                .any(|it| self.defines(it, used.name, &facts) && facts.sees(it, &used.range))
        })
    }

    fn is_known(&self, used: &Use<'_>, all: &Facts) -> bool {
        let capital = used.name.starts_with(char::is_uppercase);
        all.everything
            || all.some && (used.called || capital)
            || self.is_in(used.name, &all.unclear)
            || all.definitions.iter().any(|it| self.defines(it, used.name, all) && all.sees(it, &used.range))
            // Broken code defines names that the grammar does not see.
            || self.tree.root_node().has_error() && self.is_in(used.name, &self.errors())
    }

    /// Whether a name that is not known has definitions all the same, out of sight.
    fn is_foreign(&self, used: &Use<'_>, all: &Facts) -> bool {
        !self.tree.root_node().has_error()
            && all.definitions.iter().any(|it| self.defines(it, used.name, all))
    }

    /// Whether an identifier among bare tokens is most likely a value: no member, path, macro, argument's name or parameter.
    fn is_value(&self, range: &Range<usize>) -> bool {
        let (before, after) = (self.text[..range.start].trim_end(), self.text[range.end..].trim_start());
        let is_member = before.ends_with('.') && !before.ends_with("..");
        let line = before.rsplit(['\n', ';']).next().unwrap_or_default();
        let is_parameter = line.contains('|') && !line.contains("||") || line.contains("let ");
        let names = after.starts_with([':', '|']) && !after.starts_with("||")
            || after.starts_with(['=', '!']) && !after.starts_with("==") && !after.starts_with("!=");
        !is_member && !is_parameter && !names && !before.ends_with([':', '\'', '#', '$'])
    }

    /// Whether the definition is one of `name`.
    fn defines(&self, definition: &Definition, name: &str, all: &Facts) -> bool {
        let text = &self.text[definition.range.clone()];
        if definition.single {
            return text == name;
        }
        if !text.contains(name) {
            return false;
        }
        let mut found = false;
        self.names_in(&definition.range, |_, range| {
            found |= self.text[range.clone()] == *name && !all.uses.contains(&range.start);
        });
        found
    }

    /// Whether `name` stands in one of these ranges.
    fn is_in(&self, name: &str, ranges: &[Range<usize>]) -> bool {
        ranges.iter().any(|range| {
            let starts = self.text[range.clone()].match_indices(name).map(|(at, _)| range.start + at);
            starts.into_iter().any(|at| is_whole_word(self.text, &(at..at + name.len())))
        })
    }

    fn errors(&self) -> Vec<Range<usize>> {
        let mut errors = Vec::new();
        tree::walk(self.tree.root_node(), |node| {
            if node.is_error() {
                errors.push(node.byte_range());
            }
            node.has_error() && !node.is_error()
        });
        errors
    }

    /// Whether a definition in `inserted` is of a builtin's name that is missed when it is hidden.
    fn hides(&self, definition: &Definition, inserted: &Range<usize>) -> bool {
        definition.single
            && definition.reach != Reach::Import
            && definition.range.start < inserted.end
            && inserted.start < definition.range.end
            && self.language.builtins.is_missed(&self.text[definition.range.clone()])
    }

    /// Whether a definition is the first of its name: not one of a member, which hides nothing.
    fn is_new(&self, definition: &Definition, all: &Facts, inserted: &Range<usize>) -> bool {
        let name = &self.text[definition.range.clone()];
        let member = all.scope_of(definition).is_some_and(|scope| scope.kind == ScopeKind::Members);
        !member
            && !all.definitions.iter().any(|it| {
                (it.range.end <= inserted.start || inserted.end <= it.range.start)
                    && self.defines(it, name, all)
                    && all.sees(it, &definition.range)
            })
    }
}

/// Whether `range` is a word of `text`, not a part of one.
fn is_whole_word(text: &str, range: &Range<usize>) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    !text[..range.start].ends_with(in_word) && !text[range.end..].starts_with(in_word)
}

impl Facts {
    /// The scope that a definition is seen in; none is the file.
    fn scope_of(&self, definition: &Definition) -> Option<&NameScope> {
        let holds = |scope: &&NameScope| contains(&scope.range, &definition.range);
        let mut around: Vec<&NameScope> = self.scopes.iter().filter(holds).collect();
        // A class with one method has a body as long as the method: the body is around it.
        around.sort_by_key(|scope| (scope.range.len(), scope.kind == ScopeKind::Members));
        let mut around = around.into_iter();
        match definition.reach {
            Reach::Here | Reach::Import | Reach::After => around.next(),
            Reach::Outer => around.nth(1),
            Reach::Far => around.find(|scope| scope.kind != ScopeKind::Inline),
            Reach::Root => None,
        }
    }

    /// Whether a name defined there is seen at `at`.
    fn sees(&self, definition: &Definition, at: &Range<usize>) -> bool {
        if definition.reach == Reach::After && at.start < definition.range.end {
            return false;
        }
        let Some(scope) = self.scope_of(definition) else { return true };
        let hidden = |wall: &Range<usize>| contains(&scope.range, wall) && contains(wall, at);
        contains(&scope.range, at) && !(scope.kind == ScopeKind::Members && self.walls.iter().any(hidden))
    }
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests;
