//! Imports a name that is defined elsewhere: `Path(x)` → `from pathlib import Path`. The compiler's own proposal, the other files
//! of the workspace and a table of the standard library tell where it comes from.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use super::repair::{FixContext, Repair};
use crate::document::Snapshot;
use crate::imports::insertion;
use crate::imports::site::{SourceView, words};
use crate::language::DiagnosticKind;
use crate::symbols::{Import, ImportSource, Importable, Importer, ModulePath, stdlib};
use crate::verify::names;

/// What a source weighs: a compiler's proposal, a file that imports it, a file of the package and one of another that defines
/// it, the standard library.
const PROPOSED: f32 = 6.0;
const IMPORTED: f32 = 3.0;
const DEFINED: f32 = 4.0;
const FAR: f32 = 2.5;
const STANDARD: f32 = 1.0;
/// The file takes something else from there.
const KNOWN: f32 = 2.0;
/// A use that fits a module (`os.path`) or does not (`os(1)`).
const FITS: f32 = 4.0;
/// One is sure when it leads the next by this much.
const CLEAR: f32 = 1.5;
/// A repair with much behind it, and one with little: names of the standard library that hardly anybody imports.
const STRONG: f32 = 88.0;
const WEAK: f32 = 70.0;
/// Sources that are offered.
const MOST: usize = 3;

/// `Path(x)` → `from pathlib import Path`, where imports go.
pub fn repairs(context: &FixContext<'_>) -> Vec<Repair> {
    if !context.is(DiagnosticKind::UnknownName) || context.name.is_empty() {
        return Vec::new();
    }
    let mut weights: HashMap<ImportSource, f32> = HashMap::new();
    proposed(context, &mut weights);
    let far = indexed(context, &mut weights).unwrap_or_else(|| elsewhere(context, &mut weights));
    standard(context, &mut weights);
    for (source, weight) in &mut weights {
        let known = |import: &Import| import.module == source.module && !import.name.is_empty();
        if !source.name.is_empty() && context.site.imports.iter().any(known) {
            *weight += KNOWN;
        }
    }
    let mut sources: Vec<(ImportSource, f32)> = weights.into_iter().collect();
    let order = |source: &ImportSource| (source.module.len(), source.module.clone(), source.name.clone());
    sources.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| order(&a.0).cmp(&order(&b.0))));
    let clear =
        sources.first().is_some_and(|first| sources.get(1).is_none_or(|next| first.1 - next.1 >= CLEAR));
    let mut repairs = Vec::new();
    for (number, (source, weight)) in sources.into_iter().take(MOST).enumerate() {
        let Some(edits) = insertion::edits(context.site, &context.at, &source) else { continue };
        let repair = Repair {
            title: insertion::title(context.site, &source),
            edits,
            score: WEAK + (STRONG - WEAK) * (weight / (weight + 1.0)) + weight.min(10.0) * 0.05,
            sure: number == 0 && clear && !far.contains(&source),
            settles: Some(context.at.clone()),
            ..Repair::default()
        };
        repairs.push(repair);
    }
    repairs
}

/// The imports in a text that is nothing but imports; none for any other.
pub fn paths_in(site: &SourceView<'_>, text: &str) -> Vec<ImportSource> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Vec::new();
    }
    let snapshot = Snapshot::of_text("", trimmed, Some(Arc::clone(site.language)));
    let Some(tree) = snapshot.parse() else { return Vec::new() };
    let only = SourceView::new(&snapshot, site.language, &tree, trimmed);
    let root = tree.root_node();
    let all = crate::document::tree::children(root).iter().all(|node| only.all("import").contains(node));
    if !all || root.has_error() {
        return Vec::new();
    }
    let source = |import: &Import| ImportSource {
        module: import.module.clone(),
        name: import.name.clone(),
        alias: import.alias.clone(),
    };
    only.imports.iter().map(source).collect()
}

/// What the suggestions of the diagnostic import.
fn proposed(context: &FixContext<'_>, weights: &mut HashMap<ImportSource, f32>) {
    for suggestion in &context.diagnostic.suggestions {
        for edit in &suggestion.edits {
            for source in paths_in(context.site, &edit.text) {
                weights.entry(source).or_insert(PROPOSED);
            }
        }
    }
}

/// What the index of the project says that other files define by that name. None when it knows none in the package: then the files
/// themselves may say what they import by that name. Returns as below.
fn indexed(
    context: &FixContext<'_>,
    weights: &mut HashMap<ImportSource, f32>,
) -> Option<HashSet<ImportSource>> {
    let (site, workspace) = (context.site, &context.request.workspace);
    let path = workspace.path.as_deref().filter(|_| !workspace.symbols.is_empty())?;
    let (module, language) = (ModulePath::of(path, site.language), site.language);
    let (imports, roots) = (&site.imports, &workspace.roots);
    let importer = Importer { path, module: &module, language, imports, roots };
    let found = workspace.symbols.importable(context.name, &importer);
    if !found.iter().any(|found| found.is_own) {
        return None;
    }
    let mut far = HashSet::new();
    for Importable { source, is_own, .. } in found {
        if !is_own {
            far.insert(source.clone());
        }
        *weights.entry(source).or_default() += if is_own { DEFINED } else { FAR };
    }
    Some(far)
}

/// What other files import or define by that name. Returns what only a file of another package defines: whether that can be
/// reached depends on how the program is run.
fn elsewhere(context: &FixContext<'_>, weights: &mut HashMap<ImportSource, f32>) -> HashSet<ImportSource> {
    let mut far = HashSet::new();
    let (site, workspace) = (context.site, &context.request.workspace);
    let rules = &site.language.repairs.imports;
    let own = workspace.path.as_deref().map(|path| ModulePath::of(path, site.language));
    let says = |text: &str| words(text, context.name).next().is_some();
    let start = Instant::now();
    for found in workspace.files(site.language, context.request.time / 2, says) {
        // An editor's menu waits: the nearest files have been looked at.
        if start.elapsed() > context.request.time {
            break;
        }
        let Some(tree) = found.snapshot.parse() else { continue };
        let text = found.snapshot.text.to_string();
        let other = SourceView::new(&found.snapshot, site.language, &tree, &text);
        let module = ModulePath::of(&found.path, site.language);
        for import in other.imports.iter().filter(|import| import.binds(&rules.separator) == context.name) {
            let Some(path) = module.resolve(&import.module, own.as_ref(), rules) else { continue };
            let path = own.as_ref().map_or(path.clone(), |own| own.spell(&path, &site.imports, rules));
            let source =
                ImportSource { module: path, name: import.name.clone(), alias: import.alias.clone() };
            far.remove(&source);
            *weights.entry(source).or_default() += IMPORTED;
        }
        let own = own.as_ref().filter(|own| own.shares_package(&module));
        if own.is_none() && !module.is_in_root(&workspace.roots, rules) {
            continue;
        }
        let end = text.len()..text.len();
        let defined = names::visible(&found.snapshot, &tree, &end).into_iter().any(|it| {
            let imported = other.imports.iter().any(|import| import.statement.contains(&it.range.start));
            it.name == context.name && !imported
        });
        if defined {
            let path = own.map_or(module.path.clone(), |own| own.spell(&module.path, &site.imports, rules));
            let source = ImportSource { module: path, name: context.name.to_owned(), alias: None };
            if own.is_none() && !weights.contains_key(&source) {
                far.insert(source.clone());
            }
            *weights.entry(source).or_default() += if own.is_some() { DEFINED } else { FAR };
        }
    }
    far
}

/// What the standard library has by that name: things, and modules.
fn standard(context: &FixContext<'_>, weights: &mut HashMap<ImportSource, f32>) {
    let rules = &context.site.language.repairs.imports;
    // `os.path.join`: what is asked of the name tells a module.
    let asked = [context.site.language.repairs.member.as_str(), rules.separator.as_str()];
    let asked = asked.iter().find_map(|separator| context.behind().strip_prefix(separator));
    let asked =
        asked.map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default());
    for module in stdlib::modules(context.site.language) {
        if let Some(count) = module.has(context.name) {
            let source =
                ImportSource { module: module.path.to_owned(), name: context.name.to_owned(), alias: None };
            *weights.entry(source).or_default() += STANDARD * (1.0 + count as f32).ln();
        }
        let (head, last) = module.path.rsplit_once(rules.separator.as_str()).unwrap_or(("", module.path));
        if last != context.name || !rules.whole.is_empty() && !head.is_empty() {
            continue;
        }
        let Some(asked) = asked else { continue };
        let source = match rules.whole.is_empty() {
            true => ImportSource { module: head.to_owned(), name: last.to_owned(), alias: None },
            false => ImportSource { module: module.path.to_owned(), name: String::new(), alias: None },
        };
        let inner = format!("{}{}{asked}", module.path, rules.separator);
        let has = module.has(asked).is_some()
            || stdlib::modules(context.site.language).any(|other| other.path == inner);
        let fits = if has { FITS } else { 0.0 };
        *weights.entry(source).or_default() += STANDARD * (1.0 + module.count as f32).ln() + fits;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::{answer, check, nothing, request, undefined};
    use super::*;
    use crate::actions::Workspace;
    use crate::symbols::{FileSymbols, SymbolIndex};

    #[test]
    fn the_standard_library_is_known() {
        let said = undefined("python", "Path");
        check("python", "x = ⟦Path⟧('a')\n", &said, "from pathlib import Path\n\nx = Path('a')\n");
        check("python", "x = ⟦os⟧.path\n", &undefined("python", "os"), "import os\n\nx = os.path\n");
        let said = "cannot find module or crate `mem` in this scope\nuse of unresolved module or unlinked crate `mem`";
        check(
            "rust",
            "fn f() {\n    ⟦mem⟧::take(x)\n}\n",
            said,
            "use std::mem;\n\nfn f() {\n    mem::take(x)\n}\n",
        );
        nothing("python", "x = ⟦qqqqqq⟧\n", &undefined("python", "qqqqqq"));
    }

    #[test]
    fn the_index_of_the_project_is_asked_first() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let language = crate::testing::language("python").unwrap();
        let mut index = SymbolIndex::default();
        fs::create_dir_all(at("pkg")).unwrap();
        for (path, text) in [("pkg/__init__.py", ""), ("pkg/shapes.py", "class Square:\n    pass\n")] {
            fs::write(at(path), text).unwrap();
            index.insert(FileSymbols::read(&at(path), &language, text).unwrap());
        }
        let ask = |text: &str, said: &str| {
            let mut request = request("python", text, said);
            // Without a root, no file is looked for.
            let (path, symbols) = (Some(at("pkg/mine.py")), Arc::new(index.clone()));
            request.workspace = Workspace { path, symbols, ..Workspace::default() };
            answer(&request).1
        };
        let said = undefined("python", "Square");
        assert_eq!(ask("x = ⟦Square⟧()\n", &said), "from pkg.shapes import Square\n\nx = Square()\n");
        let said = "\"Sqaure\" is unknown import symbol";
        assert_eq!(ask("from .shapes import ⟦Sqaure⟧\n", said), "from .shapes import Square\n");
    }

    #[test]
    fn other_files_tell_where_a_name_comes_from() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("pkg/sub")).unwrap();
        for (path, text) in [
            ("pkg/__init__.py", ""),
            ("pkg/sub/__init__.py", ""),
            ("pkg/shapes.py", "import numpy as np\n\nclass Square:\n    pass\n\nLIMIT = np.pi\n"),
            ("pkg/sub/other.py", "from third.party import helper\n"),
            ("pkg/sub/mine.py", ""),
            ("pkg/.hidden.py", "class Hidden: pass\n"),
        ] {
            fs::write(at(path), text).unwrap();
        }
        let ask = |text: &str, name: &str| {
            let mut request = request("python", text, &undefined("python", name));
            request.workspace = Workspace {
                path: Some(at("pkg/sub/mine.py")),
                roots: vec![folder.path().to_owned()],
                ..Workspace::default()
            };
            answer(&request).1
        };
        assert_eq!(ask("x = ⟦Square⟧()\n", "Square"), "from pkg.shapes import Square\n\nx = Square()\n");
        let relative = "from . import other\n\nx = ⟦LIMIT⟧\n";
        assert_eq!(ask(relative, "LIMIT"), "from . import other\nfrom ..shapes import LIMIT\n\nx = LIMIT\n");
        assert_eq!(ask("x = ⟦np⟧.pi\n", "np"), "import numpy as np\n\nx = np.pi\n");
        assert_eq!(ask("⟦helper⟧()\n", "helper"), "from third.party import helper\n\nhelper()\n");
        assert_eq!(ask("x = ⟦Hidden⟧\n", "Hidden"), "x = Hidden\n");
    }
}
