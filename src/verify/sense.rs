//! Finds what nobody means in a function's body: values that contradict its signature, members that a parameter's type has not,
//! parameters that are set before they are read, a call of itself with the same arguments, code that says the same twice.
//!
//! It reports only what is certain by this one file. `grammars/<lang>/sense.scm` and `types.toml` describe the languages.

mod given;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use super::{doubles, names};
use crate::document::Snapshot;
use crate::document::tree::{Match, matches, named_children, rope_text, walk};
use crate::language::Language;

/// Expressions are looked into so deep.
const DEPTH: usize = 16;

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nonsense {
    /// It gives back what the annotation excludes.
    WrongType,
    /// It gives nothing back, or not on each way, where a value is asked for.
    GivesNothing,
    /// It says the same on both of its sides.
    SaysTwice,
    /// A parameter is set before it is read.
    Overwrites,
    /// A value has no such member.
    NoSuchMember,
    /// It calls itself with the arguments that it got.
    CallsItself,
}

/// What is known of a file before a body is put into it.
pub struct FileSense {
    language: Arc<Language>,
    classes: Vec<String>,
    /// Something in the file may give types further members.
    is_unclear: bool,
}

/// A function with its body.
#[derive(Debug, Clone, Copy)]
pub struct Written<'t> {
    /// The function's node.
    pub function: Node<'t>,
    /// Its name.
    pub name: &'t str,
    /// The names of its parameters, in order; no receiver.
    pub parameters: &'t [String],
}

impl FileSense {
    /// Reads `snapshot`, whose tree is `tree`; None when its language says nothing of sense.
    pub fn new(snapshot: &Snapshot, tree: &Tree) -> Option<Self> {
        let language = snapshot.language.clone()?;
        let query = &language.queries.sense;
        if query.pattern_count() == 0 {
            return None;
        }
        let found = matches(query, tree.root_node(), rope_text(&snapshot.text), 0..snapshot.len());
        let classes = found.iter().filter_map(|one| one.node("class"));
        let classes = classes.map(|node| snapshot.slice(node.byte_range())).collect();
        let is_unclear = found.iter().any(|one| one.node("unclear").is_some());
        Some(Self { language, classes, is_unclear })
    }

    /// The first thing that is wrong with the body `inserted` of `written`, in `snapshot` with the tree `tree`.
    pub fn nonsense(
        &self,
        snapshot: &Snapshot,
        tree: &Tree,
        written: Written<'_>,
        inserted: &Range<usize>,
    ) -> Option<Nonsense> {
        let body = Body::read(self, snapshot, tree, written, inserted);
        let twice = doubles::first_end(snapshot, tree, inserted).is_some();
        if twice || body.own("same").next().is_some() {
            return Some(Nonsense::SaysTwice);
        }
        if body.overwrites(tree) {
            return Some(Nonsense::Overwrites);
        }
        if body.calls_itself() {
            return Some(Nonsense::CallsItself);
        }
        if body.lacks_member() {
            return Some(Nonsense::NoSuchMember);
        }
        body.given()
    }
}

/// A body, read.
struct Body<'a, 't> {
    file: &'a FileSense,
    snapshot: &'a Snapshot,
    written: Written<'t>,
    inserted: &'a Range<usize>,
    /// All matches that touch the function.
    found: Vec<Match<'t>>,
    /// Of each capture, the nodes that belong to no inner function.
    own: HashMap<&'t str, HashSet<usize>>,
    /// The types of expressions, by node.
    values: HashMap<usize, &'a str>,
    /// The annotations of parameters that keep their type.
    annotated: HashMap<String, String>,
}

impl<'a, 't> Body<'a, 't>
where
    'a: 't,
{
    fn read(
        file: &'a FileSense,
        snapshot: &'a Snapshot,
        tree: &'t Tree,
        written: Written<'t>,
        inserted: &'a Range<usize>,
    ) -> Self {
        let query = &file.language.queries.sense;
        let range = written.function.byte_range();
        let found = matches(query, tree.root_node(), rope_text(&snapshot.text), range);
        let functions: HashSet<usize> =
            found.iter().filter_map(|one| one.node("function")).map(|node| node.id()).collect();
        let mut own: HashMap<&str, HashSet<usize>> = HashMap::new();
        let mut values = HashMap::new();
        for one in &found {
            for (name, node) in &one.captures {
                let mut around = std::iter::successors(Some(*node), |node| node.parent());
                let holder =
                    around.find(|around| functions.contains(&around.id()) && around.id() != node.id());
                if *node == written.function || holder == Some(written.function) {
                    own.entry(name).or_default().insert(node.id());
                }
            }
            let kind = query.property_settings(one.pattern).iter().find(|set| &*set.key == "type");
            if let (Some(node), Some(kind)) = (one.node("value"), kind.and_then(|kind| kind.value.as_deref()))
            {
                values.insert(node.id(), kind);
            }
        }
        let mut body =
            Self { file, snapshot, written, inserted, found, own, values, annotated: HashMap::new() };
        body.annotated = body.annotations();
        body
    }

    fn text(&self, node: Node<'_>) -> String {
        self.snapshot.slice(node.byte_range())
    }

    fn is(&self, capture: &str, node: Node<'_>) -> bool {
        self.own.get(capture).is_some_and(|nodes| nodes.contains(&node.id()))
    }

    /// Whether the body has it, not an inner function.
    fn is_own(&self, capture: &str, node: Node<'_>) -> bool {
        let within = self.inserted.start <= node.start_byte() && node.end_byte() <= self.inserted.end;
        within && self.is(capture, node)
    }

    /// The nodes of that capture in the body.
    fn own(&self, capture: &'static str) -> impl Iterator<Item = Node<'t>> {
        self.matched(capture).map(|(_, node)| node)
    }

    /// The same, with their matches.
    fn matched(&self, capture: &'static str) -> impl Iterator<Item = (&Match<'t>, Node<'t>)> {
        let all = self.found.iter().flat_map(move |one| {
            one.captures.iter().filter(move |(name, _)| *name == capture).map(move |(_, node)| (one, *node))
        });
        all.filter(move |(_, node)| self.is_own(capture, *node))
    }

    fn annotations(&self) -> HashMap<String, String> {
        let mut annotated = HashMap::new();
        for one in &self.found {
            if let (Some(name), Some(kind)) = (one.node("parameter"), one.node("parameter.type"))
                && self.is("parameter", name)
            {
                annotated.insert(self.text(name), self.text(kind));
            }
        }
        let changed = self.retyped();
        annotated.retain(|name, _| !changed.contains(name));
        annotated
    }

    /// The variables that may hold something else than what was given.
    fn retyped(&self) -> HashSet<String> {
        let mut names = HashSet::new();
        for node in self.found.iter().filter_map(|one| one.node("retyped")) {
            walk(node, |leaf| {
                if leaf.child_count() == 0 {
                    names.insert(self.text(leaf));
                }
                true
            });
        }
        names
    }

    /// The type of a value, a key of the table; `of_members` also where only its members are those of the type.
    fn type_of(&self, node: Node<'t>, of_members: bool, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let types = &self.file.language.types;
        if let Some(kind) = self.values.get(&node.id()) {
            return Some((*kind).to_owned());
        }
        let part = |capture: &str, part: &str| {
            let one = self.found.iter().find(|one| one.node(capture).is_some_and(|it| it.id() == node.id()));
            one.and_then(|one| one.node(part))
        };
        if let Some(inner) = part("group", "group.inner") {
            return self.type_of(inner, of_members, depth);
        }
        if let (Some(left), Some(right)) =
            (part("operation", "operation.left"), part("operation", "operation.right"))
        {
            let [left, right] = [left, right].map(|side| self.type_of(side, false, depth));
            // Two of these make a number.
            return left.filter(|left| Some(left) == right.as_ref() && left != "bool");
        }
        if let (Some(object), Some(called)) =
            (part("member.call", "member.object"), part("member.call", "member.called"))
        {
            let of = self.type_of(object, true, depth)?;
            return types.member(&of, &self.text(called))??.to_owned().into();
        }
        let annotation = self.annotated.get(&self.text(node)).filter(|_| node.child_count() == 0)?;
        match of_members {
            true => types.only(annotation, &self.file.classes),
            false => {
                let mut keys = types.keys(annotation, &self.file.classes)?;
                keys.dedup();
                // A type that takes no other value of its own kind is no type of values.
                (keys.len() == 1).then(|| keys.remove(0)).filter(|key| types.takes(key, key))
            }
        }
    }

    /// Whether a parameter is set before anything reads it.
    fn overwrites(&self, tree: &Tree) -> bool {
        self.matched("overwrite").any(|(one, node)| {
            let name = self.text(node);
            let before = self.inserted.start..node.start_byte();
            let value = one.node("overwrite.value").map_or(before.clone(), |value| value.byte_range());
            let is_read = |range: &Range<usize>| {
                !range.is_empty() && names::read(self.snapshot, tree, range).contains(&name)
            };
            self.written.parameters.contains(&name) && !is_read(&before) && !is_read(&value)
        })
    }

    /// Whether it calls itself, or reads itself, with nothing changed.
    fn calls_itself(&self) -> bool {
        let function = self.written.function;
        let [is_method, is_other, is_accessor] = ["method", "method.other", "accessor"].map(|capture| {
            self.found.iter().any(|one| one.node(capture).is_some_and(|node| node.id() == function.id()))
        });
        let receivers = &self.file.language.config.lexical.receivers;
        let is_receiver = |node: Node<'_>| receivers.contains(&self.text(node));
        let reads = |(one, node): (&Match<'t>, Node<'t>)| {
            self.text(node) == self.written.name && one.node("member.object").is_some_and(is_receiver)
        };
        if is_accessor {
            return self.matched("member").any(reads);
        }
        self.matched("recall").any(|(one, node)| {
            let reaches = match one.node("recall.receiver") {
                Some(_) => is_method && !is_other,
                None => !is_method && !is_other,
            };
            self.text(node) == self.written.name
                && reaches
                && one.node("recall.arguments").is_some_and(|arguments| self.is_the_same(arguments))
        })
    }

    /// Whether these arguments are the parameters, as they were given.
    fn is_the_same(&self, arguments: Node<'_>) -> bool {
        let receivers = &self.file.language.config.lexical.receivers;
        let mut given: Vec<String> = named_children(arguments)
            .into_iter()
            .filter(|node| !node.is_extra())
            .map(|node| self.text(node))
            .collect();
        if given.first().is_some_and(|first| receivers.contains(first)) {
            given.remove(0);
        }
        let parameters = self.written.parameters;
        let changed = self.retyped();
        given.len() == parameters.len()
            && given.iter().zip(parameters).all(|(given, parameter)| {
                let bare = given.trim_start_matches(['&', '*']).trim_start_matches("mut ").trim();
                let is_it = match bare.split_once('=') {
                    Some((name, value)) => {
                        name.trim() == value.trim() && parameters.contains(&name.trim().to_owned())
                    }
                    None => bare == parameter,
                };
                is_it && !changed.contains(parameter)
            })
    }

    /// Whether it reaches a member that the value has not.
    fn lacks_member(&self) -> bool {
        !self.file.is_unclear
            && self.matched("member").any(|(one, node)| {
                let object = one.node("member.object");
                let of = object.and_then(|object| self.type_of(object, true, DEPTH));
                of.is_some_and(|of| self.file.language.types.member(&of, &self.text(node)).is_none())
            })
    }
}

#[cfg(test)]
mod tests;
