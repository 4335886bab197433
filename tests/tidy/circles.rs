//! Finds import circles: files of which each uses, directly or by a longer way, what is defined in the others.
//!
//! A file may use what a file above it defines (`super::Session` in `session/feedback.rs`), as its parent may use the child: the
//! two are one subject. Between siblings, cousins and other modules, uses must go one way. Re-exports are followed to the file
//! that defines the item.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, in_name, list_items};

/// File by file, what it uses.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// The groups of files that use one another in a circle.
pub fn circles(graph: &Graph) -> Vec<Vec<&str>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|from| (from.as_str(), reachable(graph, from))).collect();
    let mut found: Vec<Vec<&str>> = Vec::new();
    for (file, reached) in &reach {
        if reached.contains(file) && !found.iter().any(|circle| circle.contains(file)) {
            found.push(reached.iter().copied().filter(|other| reach[other].contains(file)).collect());
        }
    }
    found
}

fn reachable<'a>(graph: &'a Graph, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(file) = open.pop() {
        let next = graph.get(file).into_iter().flatten();
        open.extend(next.map(String::as_str).filter(|next| reached.insert(*next)));
    }
    reached
}

/// A module of the crate, by the path of its file: what it names, as paths from the root of the crate.
#[derive(Default)]
struct Module {
    used: Vec<String>,
    /// What others can take from here although it is defined elsewhere.
    exported: BTreeMap<String, String>,
}

/// The uses among Rust files; the paths are those of modules, `session::feedback`.
pub fn of_rust(sources: &[Source]) -> Graph {
    let path =
        |source: &Source| source.path.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::");
    let names: BTreeSet<String> = sources.iter().map(path).collect();
    let modules: BTreeMap<String, Module> =
        sources.iter().map(|source| (path(source), Module::read(&path(source), source, &names))).collect();
    let of_one = |(name, module): (&String, &Module)| {
        let found = module.used.iter().filter_map(|used| definer(used, &modules));
        let is_above = |other: &str| format!("{name}::").starts_with(&format!("{other}::"));
        (name.clone(), found.filter(|other| !is_above(other)).collect())
    };
    modules.iter().map(of_one).collect()
}

/// The module that defines what a path names; none for a path that names a module.
fn definer(path: &str, modules: &BTreeMap<String, Module>) -> Option<String> {
    let ends = path.match_indices("::").map(|(at, _)| at);
    let (module, at) =
        ends.collect::<Vec<_>>().into_iter().rev().find_map(|at| Some((modules.get(&path[..at])?, at)))?;
    let (item, rest) = path[at + 2..].split_once("::").unwrap_or((&path[at + 2..], ""));
    match module.exported.get(item) {
        _ if modules.contains_key(path) => None,
        Some(target) => definer(format!("{target}::{rest}").trim_end_matches(':'), modules),
        None => Some(path[..at].to_owned()),
    }
}

impl Module {
    fn read(own: &str, source: &Source, names: &BTreeSet<String>) -> Self {
        let mut module = Self::default();
        let mut imported = BTreeMap::new();
        let (uses, rest) = statements(source);
        for (public, path) in uses.iter().flat_map(|(public, tree)| expand(tree).map(|path| (*public, path)))
        {
            let Some(path) = absolute(own, &path, names, &imported) else { continue };
            let item = path.rsplit("::").next().unwrap_or_default().to_owned();
            if names.contains(&path) {
                imported.insert(item.clone(), path.clone());
            }
            let in_use = || rest.split(|c| !in_name(c)).any(|word| word == item);
            if !public || in_use() {
                module.used.push(path.clone());
            }
            if public {
                module.exported.insert(item, path);
            }
        }
        let inline = rest.split(|c| !in_name(c) && c != ':').filter(|path| path.contains("::"));
        module.used.extend(inline.filter_map(|path| absolute(own, path.trim_matches(':'), names, &imported)));
        module
    }
}

/// The `use` statements of a file (whether they are public, and what they name), and the rest of its code.
fn statements(source: &Source) -> (Vec<(bool, String)>, String) {
    let (mut uses, mut rest) = (Vec::new(), String::new());
    let mut lines = source.production();
    while let Some(line) = lines.next() {
        let (public, bare) = match line.trim_start().split_once(' ') {
            Some((first, bare)) if first.starts_with("pub") => (true, bare),
            _ => (false, line.trim_start()),
        };
        match bare.strip_prefix("use ") {
            Some(tree) => {
                let mut tree = tree.to_owned();
                while !tree.contains(';') {
                    let Some(more) = lines.next() else { break };
                    tree += more.trim();
                }
                uses.push((public, tree.split(';').next().unwrap_or_default().to_owned()));
            }
            None => rest += &format!("{line}\n"),
        }
    }
    (uses, rest)
}

/// The paths of a `use`: `super::{a, b::C}` is `super::a` and `super::b::C`.
fn expand(tree: &str) -> impl Iterator<Item = String> {
    let Some((head, list)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.trim().to_owned()].into_iter();
    };
    let items = list_items(list).map(str::trim).filter(|item| !item.is_empty()).flat_map(expand);
    let whole = |item: String| match item.as_str() {
        "self" => head.trim().trim_end_matches("::").to_owned(),
        _ => format!("{}{item}", head.trim()),
    };
    items.map(whole).collect::<Vec<_>>().into_iter()
}

/// A path from the root of the crate; none for one that begins elsewhere, in another crate or with a name of the file's own.
fn absolute(
    own: &str,
    path: &str,
    names: &BTreeSet<String>,
    imported: &BTreeMap<String, String>,
) -> Option<String> {
    let (first, rest) = path.split_once("::")?;
    let mut from: Vec<&str> = own.split("::").collect();
    match first {
        "crate" | "treefill" => return Some(rest.to_owned()),
        "super" => {
            from.pop();
            let mut rest = rest;
            while let Some(up) = rest.strip_prefix("super::") {
                from.pop();
                rest = up;
            }
            return Some([&from[..], &[rest]].concat().join("::"));
        }
        "self" => return Some(format!("{own}::{rest}")),
        _ => {}
    }
    let child = format!("{own}::{first}");
    match imported.get(first) {
        Some(module) => Some(format!("{module}::{rest}")),
        None => names.contains(&child).then(|| format!("{child}::{rest}")),
    }
}

/// The imports among Python files of one package, wherever in a file they stand.
pub fn of_python(package: &str, files: &[(String, String)]) -> Graph {
    let module = |path: &str| path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    let names: BTreeSet<String> = files.iter().map(|(path, _)| module(path)).collect();
    let imports = |text: &str| {
        let lines = text.lines().map(str::trim_start);
        let from = lines.filter_map(|line| line.strip_prefix("from ")?.split_once(" import "));
        let inside = from.filter(|(from, _)| from.starts_with(package));
        let items = inside.flat_map(|(from, items)| {
            items.trim_matches(['(', ')']).split(',').map(move |item| {
                let item = item.split(" as ").next().unwrap_or_default().trim();
                [format!("{from}.{item}"), from.to_owned()]
            })
        });
        items.filter_map(|paths| paths.into_iter().find(|path| names.contains(path))).collect()
    };
    files.iter().map(|(path, text)| (module(path), imports(text))).collect()
}

#[test]
fn circles_are_found_and_children_may_use_their_parents() {
    let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    let graph = of_rust(&[
        source("src/a.rs", "mod b;\nmod c;\npub use b::B;\npub use c::{C, of};\npub struct A { b: B }\n"),
        source("src/a/b.rs", "use super::{\n    A,\n    C,\n};\npub struct B;\n"),
        source("src/a/c.rs", "use crate::a::A;\npub struct C;\npub fn of(b: &super::b::B) {}\n"),
        source("src/d.rs", "use crate::a::{self, of as other};\nfn f() { a::of() }\nmod tests {}\n"),
    ]);
    assert_eq!(circles(&graph), [["a::b", "a::c"]]);
    assert_eq!(graph["d"], BTreeSet::from(["a::c".to_owned()]));
}
