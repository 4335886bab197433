//! Places an import and writes it: into a list of names of the same module, else into the block of imports in alphabetic order,
//! else above the code.

use std::ops::Range;

use tree_sitter::Node;

use super::site::SourceView;
use crate::document::{Edit, tree};
use crate::language::Imports;
use crate::symbols::{Import, ImportSource, stdlib};

/// Lines longer than this are not made by adding to a list: most formatters would break them.
const WIDE: usize = 99;

/// "Import `Path` from `pathlib`".
pub fn title(site: &SourceView<'_>, source: &ImportSource) -> String {
    let alias = source.alias.as_ref().map_or(String::new(), |alias| format!(" as `{alias}`"));
    match source.name.as_str() {
        "" => format!("Import `{}`{alias}", source.module),
        name if site.language.repairs.imports.whole.is_empty() => {
            format!("Import `{}{}{name}`{alias}", source.module, site.language.repairs.imports.separator)
        }
        name => format!("Import `{name}` from `{}`{alias}", source.module),
    }
}

/// The edits that import `source` for the place `at`; None when there is no place for it.
pub fn edits(site: &SourceView<'_>, at: &Range<usize>, source: &ImportSource) -> Option<Vec<Edit>> {
    let imports: Vec<&Import> =
        site.imports.iter().filter(|import| site.is_at_top(&import.statement, at)).collect();
    let same = |import: &&&Import| import.module == source.module && import.name == source.name;
    if imports.iter().find(same).is_some_and(|import| import.alias == source.alias) {
        // It is there already: what is wrong is something else.
        return None;
    }
    if !source.name.is_empty() {
        // One under a condition (`#[cfg(test)] use a::B;`) takes in nothing else.
        let free = |import: &&Import| attached_start(site, import) == import.statement.start;
        let free: Vec<&Import> = imports.iter().copied().filter(free).collect();
        let joined = join_list(site, &free, source).or_else(|| wrap_single(site, &free, source));
        if joined.is_some() {
            return joined;
        }
    }
    Some(vec![statement(site, at, &imports, source)?])
}

/// The name with its alias.
fn item(source: &ImportSource) -> String {
    source.alias.as_ref().map_or_else(|| source.name.clone(), |alias| format!("{} as {alias}", source.name))
}

/// Into a list of names of the same module.
fn join_list(site: &SourceView<'_>, imports: &[&Import], source: &ImportSource) -> Option<Vec<Edit>> {
    let brackets = &site.language.repairs.imports.brackets.0;
    let listed =
        |import: &&&Import| import.module == source.module && import.plain && !import.name.is_empty();
    let first = imports.iter().find(listed)?;
    let list: Vec<&&Import> =
        imports.iter().filter(|import| import.list == first.list && import.plain).collect();
    // A name alone without brackets is no list where lists have some.
    let before = site.text[..list[0].item.start].trim_end();
    if !brackets.is_empty() && !before.ends_with(brackets.as_str()) {
        return None;
    }
    let new = item(source);
    let place = place_in(&list.iter().map(|import| import.name.as_str()).collect::<Vec<_>>(), &source.name);
    let between = separator_of(site, &list);
    if !between.contains('\n') {
        let line = site.snapshot.line_start(list[0].item.start)..site.snapshot.line_end(list[0].item.start);
        if line.len() + new.len() + 2 > WIDE {
            return None;
        }
    }
    Some(vec![match list.get(place) {
        Some(next) => Edit::insert(next.item.start, format!("{new}{between}")),
        None => Edit::insert(list[place - 1].item.end, format!("{between}{new}")),
    }])
}

/// What is between two names of a list.
fn separator_of(site: &SourceView<'_>, list: &[&&Import]) -> String {
    let plain = |text: &str| text.chars().all(|c| c == ',' || c.is_whitespace()) && text.contains(',');
    let between = list.windows(2).map(|two| &site.text[two[0].item.end..two[1].item.start]);
    if let Some(between) = between.into_iter().rfind(|text| plain(text)) {
        return between.to_owned();
    }
    let before = &site.text[..list[0].item.start];
    let space = &before[before.trim_end().len()..];
    if space.contains('\n') { format!(",{space}") } else { ", ".to_owned() }
}

/// The place of `name` among `names`, by the order that they have; last when they have none.
fn place_in(names: &[&str], name: &str) -> usize {
    let kind = |name: &str| match name {
        _ if name.len() > 1 && name.chars().all(|c| !c.is_lowercase()) => 0,
        _ if name.starts_with(char::is_uppercase) => 1,
        _ => 2,
    };
    // isort's, without regard to case, and plain.
    let key = |order: usize, name: &str| match order {
        0 => (kind(name), name.to_owned()),
        1 => (0, name.to_lowercase()),
        _ => (0, name.to_owned()),
    };
    let order = (0..3).find(|order| names.is_sorted_by_key(|name| key(*order, name)));
    let Some(order) = order else { return names.len() };
    names.iter().position(|other| key(order, other) > key(order, name)).unwrap_or(names.len())
}

/// `use a::B;` → `use a::{B, C};`, where the file writes lists.
fn wrap_single(site: &SourceView<'_>, imports: &[&Import], source: &ImportSource) -> Option<Vec<Edit>> {
    let (open, close) = &site.language.repairs.imports.brackets;
    let same: Vec<&&Import> = imports.iter().filter(|import| import.module == source.module).collect();
    let lists = site.imports.iter().any(|import| import.plain);
    let [single] = same[..] else { return None };
    if open.is_empty() || !lists || single.name == "self" || single.name.is_empty() || single.plain {
        return None;
    }
    let own = &site.text[single.last.start..single.item.end];
    let new = item(source);
    let place = place_in(&[&single.name], &source.name);
    let names = if place == 0 { format!("{new}, {own}") } else { format!("{own}, {new}") };
    Some(vec![Edit::replace(single.last.start..single.item.end, format!("{open}{names}{close}"))])
}

/// The statement that imports `source` alone.
pub fn written(rules: &Imports, source: &ImportSource) -> String {
    let alias = source.alias.as_ref().map_or(String::new(), |alias| format!(" as {alias}"));
    match source.name.as_str() {
        "" => rules.whole.replace("{path}", &format!("{}{alias}", source.module)),
        name => rules.member.replace("{module}", &source.module).replace("{name}", &format!("{name}{alias}")),
    }
}

/// As a statement of its own; None where there is no line for it.
fn statement(
    site: &SourceView<'_>,
    at: &Range<usize>,
    imports: &[&Import],
    source: &ImportSource,
) -> Option<Edit> {
    let line = written(&site.language.repairs.imports, source);
    let end = site.snapshot.line_ending();
    let mut statements: Vec<&Import> = imports.to_vec();
    statements.dedup_by(|a, b| a.statement == b.statement);
    // Those below the first code are there for a reason of their own.
    let statements = leading(site, at, &statements);
    let Some((place, before)) = neighbour(site, &statements, source) else {
        let start = above_the_code(site, at);
        return Some(Edit::insert(start, format!("{line}{}{}", end.repeat(2), indent_at(site, start)?)));
    };
    let start = attached_start(site, place);
    let indent = indent_at(site, start)?;
    Some(match before {
        true => Edit::insert(start, format!("{line}{end}{indent}")),
        // Behind it, a comment at its end included.
        false => Edit::insert(site.snapshot.line_end(place.statement.end), format!("{end}{indent}{line}")),
    })
}

/// The indentation of what begins at `start`; None where it does not begin its line.
fn indent_at<'a>(site: &SourceView<'a>, start: usize) -> Option<&'a str> {
    let before = &site.text[site.line_start(start)..start];
    before.trim().is_empty().then_some(before)
}

/// The imports of the first block of them.
fn leading<'a>(site: &SourceView<'_>, at: &Range<usize>, statements: &[&'a Import]) -> Vec<&'a Import> {
    let root = site.container(at);
    let is_import = |node: &Node<'_>| site.all("import").contains(node);
    let children = tree::named_children(root);
    let definition =
        |node: &&Node<'_>| site.language.config.definitions.iter().any(|kind| kind == node.kind());
    let first_import = children.iter().position(is_import).unwrap_or(0);
    let limit = children[first_import.min(children.len())..]
        .iter()
        .find(definition)
        .map_or(usize::MAX, Node::start_byte);
    let above = statements.iter().filter(|import| import.statement.start < limit);
    above.copied().collect()
}

/// The import that the new one is beside, and whether before it.
fn neighbour<'a>(
    site: &SourceView<'_>,
    statements: &[&'a Import],
    source: &ImportSource,
) -> Option<(&'a Import, bool)> {
    let rules = &site.language.repairs.imports;
    let first = |module: &str| module.split(rules.separator.as_str()).next().unwrap_or_default().to_owned();
    let standard: Vec<&str> = stdlib::modules(site.language).map(|module| module.path).collect();
    let class = |module: &str| {
        let head = first(module);
        let relative = !rules.relative.is_empty() && module.starts_with(&rules.relative);
        if rules.first.contains(&head) {
            0
        } else if relative || rules.own.contains(&head) {
            3
        } else if standard.iter().any(|path| first(path) == head) {
            1
        } else {
            2
        }
    };
    let wanted = class(&source.module);
    let whole = source.name.is_empty();
    let group: Vec<&&Import> = statements.iter().filter(|import| class(&import.module) == wanted).collect();
    if group.is_empty() {
        // Behind the groups that come before its own.
        let before = statements.iter().rfind(|import| class(&import.module) < wanted);
        return before.map(|import| (*import, false)).or_else(|| {
            statements.iter().find(|import| class(&import.module) > wanted).map(|import| (*import, true))
        });
    }
    let alike: Vec<&&&Import> = group.iter().filter(|import| import.name.is_empty() == whole).collect();
    let key = |module: &str| module.to_lowercase();
    // Mixed: `import` and `from` in one alphabet.
    let sorted = group.is_sorted_by_key(|import| key(&import.module));
    let mixed = sorted && group.windows(2).any(|two| !two[0].name.is_empty() && two[1].name.is_empty());
    let among: Vec<&&Import> =
        if mixed || alike.is_empty() { group.clone() } else { alike.iter().map(|import| **import).collect() };
    if alike.is_empty() && !mixed {
        // `import` comes before `from`.
        return Some(if whole { (group[0], true) } else { (group[group.len() - 1], false) });
    }
    let full =
        |module: &str, name: &str| format!("{}{}{}", key(module), rules.separator, name.to_lowercase());
    let new = full(&source.module, &source.name);
    match among.iter().find(|import| full(&import.module, &import.name) > new) {
        Some(next) => Some((next, true)),
        None => among.last().map(|last| (**last, false)),
    }
}

/// Where a statement begins with what is attached to it.
fn attached_start(site: &SourceView<'_>, import: &Import) -> usize {
    let node = site.tree.root_node().descendant_for_byte_range(import.statement.start, import.statement.end);
    let mut start = import.statement.start;
    let mut above = node.and_then(|node| node.prev_sibling());
    while let Some(attached) = above.filter(|node| site.all("attached").contains(node)) {
        start = attached.start_byte();
        above = attached.prev_sibling();
    }
    start
}

/// The first byte of the code below the head of a file: its comments, its docstring, its inner attributes.
fn above_the_code(site: &SourceView<'_>, at: &Range<usize>) -> usize {
    let root = site.container(at);
    let docs = tree::captures(&site.language.queries.docs, root, site.text.as_bytes(), 0..site.text.len());
    let docs: Vec<Range<usize>> =
        docs.filter(|(name, _)| *name == "doc").map(|(_, node)| node.byte_range()).collect();
    let children = tree::named_children(root);
    let rules = &site.language.repairs.imports;
    let of_file = |node: &Node<'_>| rules.head.as_ref().is_some_and(|head| head.is_in(site.of(*node)));
    let comment = |node: &Node<'_>| node.is_extra() && !site.is_foreign(node);
    let head = |node: &Node<'_>| {
        comment(node)
            || of_file(node)
            || site.is_foreign(node)
            || docs.iter().any(|doc| {
                *doc == node.byte_range()
                    && !site.language.config.definitions.iter().any(|kind| kind == node.kind())
            })
    };
    let code = children.iter().position(|node| !head(node)).unwrap_or(children.len());
    let apart = |above: &Node<'_>, below: &Node<'_>| {
        site.text[above.end_byte()..below.start_byte()].matches('\n').count() > 1
    };
    // Comments right above the code are the code's own, unless they are of the file.
    let mut first = code;
    while first > 0
        && first < children.len()
        && comment(&children[first - 1])
        && !apart(&children[first - 1], &children[first])
    {
        first -= 1;
    }
    let own = &children[first..code];
    if own.iter().any(|node| rules.licence.as_ref().is_some_and(|licence| licence.is_in(site.of(*node)))) {
        first = code;
    } else if let Some(last) = own.iter().rposition(of_file) {
        first += last + 1;
    }
    children.get(first).or(children.last()).map_or(root.start_byte(), Node::start_byte)
}
