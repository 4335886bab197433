//! Replaces a name by a visible one that is spelled almost like it: `itmes` → `items`.

use std::collections::HashMap;

use super::member;
use super::repair::{FixContext, Repair};
use crate::actions::Workspace;
use crate::document::Edit;
use crate::language::DiagnosticKind;
use crate::symbols::{ModulePath, Resolved, stdlib};
use crate::verify::names;

/// One slip of the fingers, and what each further one costs.
const ONE: f32 = 82.0;
const FURTHER: f32 = 12.0;
/// One is sure when it leads the next by this much.
const CLEAR: f32 = 4.0;
/// Names that are offered.
const MOST: usize = 3;

/// `len(itmes)` → `len(items)`.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    if context.name.is_empty() {
        return Vec::new();
    }
    let names = match context.diagnostic_kind {
        Some(DiagnosticKind::UnknownName) => visible(context),
        Some(DiagnosticKind::UnknownMember) => attributes(context),
        Some(DiagnosticKind::UnknownExport) => exports(context),
        _ => return Vec::new(),
    };
    let mut near: Vec<(f32, String)> = names
        .into_iter()
        .filter(|(name, _)| name != context.name)
        .filter_map(|(name, bonus)| Some((likeness(context.name, &name)? + bonus, name)))
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    let clear = near.first().is_some_and(|first| near.get(1).is_none_or(|next| first.0 - next.0 >= CLEAR));
    let repair = |(number, (score, name)): (usize, (f32, String))| Repair {
        title: format!("Replace `{}` by `{name}`", context.name),
        edits: vec![Edit::replace(context.at.clone(), name)],
        score,
        sure: number == 0 && clear,
        ..Repair::default()
    };
    near.into_iter().take(MOST).enumerate().map(repair).collect()
}

/// How much one name looks like a slip of the other; None when it does not. Short names have many neighbours.
fn likeness(name: &str, other: &str) -> Option<f32> {
    let (long, short) =
        (name.chars().count().max(other.chars().count()), name.chars().count().min(other.chars().count()));
    let slips = strsim::damerau_levenshtein(name, other);
    let allowed = match short {
        0..=1 => 0,
        2..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    if slips == 0 || slips > allowed {
        return None;
    }
    let same_start = name.chars().next() == other.chars().next();
    // Two slips and another first letter: `value` is no `false`.
    if slips > 1 && !same_start {
        return None;
    }
    let case_only = name.eq_ignore_ascii_case(other);
    let mut score = ONE - FURTHER * (slips as f32 - 1.0);
    score -= if same_start { 0.0 } else { 2.0 };
    // A type is seldom meant for a variable.
    let capital = |name: &str| name.starts_with(char::is_uppercase);
    score -= if capital(name) == capital(other) { 0.0 } else { 6.0 };
    score += if case_only { 3.0 } else { 0.0 };
    // Of two at the same distance the longer one has more in common.
    score += long as f32 * 0.05 - if short < 4 { 6.0 } else { 0.0 };
    Some(score)
}

/// The names that can be seen there, better when they are defined near and often used.
fn visible(context: &FixContext<'_>) -> HashMap<String, f32> {
    let site = context.site;
    let mut found: HashMap<String, f32> = HashMap::new();
    for visible in names::visible(site.snapshot, site.tree, &context.at) {
        let lines =
            site.snapshot.line_of(context.at.start).abs_diff(site.snapshot.line_of(visible.range.start));
        let near = 3.0 / (1.0 + lines as f32 / 20.0);
        let bonus = found.entry(visible.name).or_default();
        *bonus = bonus.max(near);
    }
    for (name, bonus) in &mut found {
        *bonus += (site.words(name).take(8).count() as f32) * 0.2;
    }
    let keywords = site.language.config.lexical.keywords.iter().map(String::as_str);
    for name in site.language.builtins.iter().chain(keywords) {
        found.entry(name.to_owned()).or_insert(0.5);
    }
    found
}

/// The members that something may have: the receiver's, else what the same thing is asked for elsewhere, else any.
fn attributes(context: &FixContext<'_>) -> HashMap<String, f32> {
    let site = context.site;
    let separator = site.language.repairs.member.as_str();
    let mut found: HashMap<String, f32> = HashMap::new();
    let before = site.text[..context.at.start].trim_end_matches(separator);
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let thing = &before[start..];
    if member::receiver(context) == Some(thing) {
        for node in member::members(context) {
            *found.entry(site.of(node).to_owned()).or_insert(4.0) += 0.2;
        }
    }
    for node in site.all("attribute").iter().filter(|node| node.byte_range() != context.at) {
        let of_same = !thing.is_empty()
            && site.text[..node.start_byte()]
                .strip_suffix(separator)
                .is_some_and(|before| before.ends_with(thing));
        let bonus = found.entry(site.of(*node).to_owned()).or_default();
        *bonus = bonus.max(if of_same { 3.0 } else { 0.0 }) + 0.1;
    }
    for node in site.all("member") {
        found.entry(site.of(*node).to_owned()).or_insert(1.0);
    }
    for module in stdlib::modules(site.language).filter(|module| module.path == thing) {
        for (name, count) in module.names() {
            found.insert(name.to_owned(), 3.0 + (1.0 + count as f32).ln() * 0.1);
        }
    }
    found
}

/// What the module that is imported from has: by the table of the standard library, or by the index of the project.
fn exports(context: &FixContext<'_>) -> HashMap<String, f32> {
    let site = context.site;
    let holds =
        |range: &std::ops::Range<usize>| range.start <= context.at.start && context.at.end <= range.end;
    let import = site.imports.iter().find(|import| holds(&import.item));
    let modules = stdlib::modules(site.language)
        .filter(|module| import.is_some_and(|import| import.module == module.path));
    let mut found: HashMap<String, f32> = modules
        .flat_map(stdlib::StdlibModule::names)
        .map(|(name, count)| (name.to_owned(), (1.0 + count as f32).ln()))
        .collect();
    let Workspace { path, symbols, .. } = &context.request.workspace;
    if let (Some(path), Some(import)) = (path, import) {
        let own = ModulePath::of(path, site.language);
        let module = symbols.resolve_name(&own, site.language, &import.module, "");
        let file =
            module.and_then(|found| if let Resolved::Module(file) = found { Some(file) } else { None });
        let definitions = file.iter().flat_map(|file| file.definitions());
        let open = definitions.filter(|it| it.owner().is_none() && it.is_public());
        found.extend(open.map(|it| (it.name().to_owned(), 1.0)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answer, check, nothing, request, undefined};

    #[test]
    fn a_slip_is_put_right() {
        check(
            "python",
            "items = []\nx = len(⟦itmes⟧)\n",
            &undefined("python", "itmes"),
            "items = []\nx = len(items)\n",
        );
        let code = |name: &str| format!("fn f(items: &[u8]) -> usize {{\n    {name}.len()\n}}\n");
        check("rust", &code("⟦item⟧"), &undefined("rust", "item"), &code("items"));
        let said = "cannot find function `compue` in this scope";
        check(
            "rust",
            "fn compute() {}\nfn f() {\n    ⟦compue⟧();\n}\n",
            said,
            "fn compute() {}\nfn f() {\n    compute();\n}\n",
        );
        check("python", "x = ⟦lenn⟧('a')\n", &undefined("python", "lenn"), "x = len('a')\n");
    }

    #[test]
    fn only_what_can_be_seen_there_is_meant() {
        let text = "def f():\n    items = []\n\ndef g():\n    return ⟦itmes⟧\n";
        nothing("python", text, &undefined("python", "itmes"));
        nothing("python", "completely = 1\nx = ⟦different⟧\n", &undefined("python", "different"));
    }

    #[test]
    fn members_are_those_of_the_same_thing() {
        let class = "class A:\n    def __init__(self):\n        self.value = 1\n        self.other = 2\n\n    def f(self):\n";
        let said = "Cannot access attribute \"valeu\" for class \"A*\"\n  Attribute \"valeu\" is unknown";
        check(
            "python",
            &format!("{class}        return self.⟦valeu⟧\n"),
            said,
            &format!("{class}        return self.value\n"),
        );
        let said = "Module \"typing\" has no attribute \"Lisst\"";
        check("python", "from typing import ⟦Lisst⟧\n", said, "from typing import List\n");
        let said = "\"Lisst\" is unknown import symbol";
        assert!(answer(&request("python", "from nowhere import ⟦Lisst⟧\n", said)).0.is_empty());
    }
}
