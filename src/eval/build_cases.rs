//! Builds cases from real source trees: chooses files, holes of each kind, and the damage. `places` finds the holes, `repository`
//! reads the files beside them.

mod places;
mod repository;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};

use self::repository::Neighbours;
use super::case::{CaseSet, EvalCase, HoleKind, SourceFile};
use crate::document::Snapshot;
use crate::language::{Language, Registry};
use crate::text::tokens;

#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// How many of each kind and language.
    pub each: usize,
    /// Share of cases in files that are broken elsewhere, 0 ..= 1.
    pub broken: f64,
    /// The same seed and files give the same cases.
    pub seed: u64,
    /// Files above this size are left out, bytes.
    pub largest: usize,
    /// Only these kinds; none: all.
    pub kinds: Vec<HoleKind>,
    /// Most cases from one file.
    pub per_file: usize,
    /// Only this language.
    pub language: Option<String>,
    /// Whether the set carries the other files of each package, and no hole whose text stands in one of them.
    pub repository: bool,
}

/// Fewer lines than this say too little around a hole.
const SHORTEST: usize = 20;
/// Damage stays this many lines away from the hole: nearer, it would be the hole's own line that is broken.
const DISTANCE: usize = 15;
/// How often a token is drawn whose loss breaks the file.
const TRIES: usize = 40;

/// A file that cases may be made of.
struct Fit {
    source: SourceFile,
    language: Arc<Language>,
    places: Vec<(HoleKind, Range<usize>)>,
}

/// Cases from the files under `folders`.
pub fn build(
    folders: &[impl AsRef<Path>],
    registry: &Registry,
    options: &BuildOptions,
    progress: &dyn Fn(usize, usize),
) -> anyhow::Result<CaseSet> {
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut paths = Vec::new();
    for folder in folders {
        paths.extend(files(folder.as_ref(), registry)?);
    }
    paths.shuffle(&mut random);
    let kinds = if options.kinds.is_empty() { HoleKind::ALL.to_vec() } else { options.kinds.clone() };
    let mut set = CaseSet::default();
    let mut made: BTreeMap<(String, HoleKind), usize> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut known = HashSet::new();
    let (mut neighbours, mut folders) = (Neighbours::default(), Vec::new());
    for (number, found) in paths.iter().enumerate() {
        progress(number, paths.len());
        let language = &found.language;
        let full = |kind: HoleKind| {
            made.get(&(language.name().to_owned(), kind)).is_some_and(|made| *made >= options.each)
        };
        if options.language.as_ref().is_some_and(|wanted| wanted != language.name())
            || kinds.iter().all(|kind| full(*kind))
        {
            continue;
        }
        let Some(mut fit) = fit(found, options, &mut random) else { continue };
        if !known.insert(fit.source.text.clone()) {
            continue;
        }
        fit.places.retain(|(kind, _)| kinds.contains(kind));
        fit.places.shuffle(&mut random);
        let mut taken = 0;
        let at = set.sources.len();
        for (kind, hole) in fit.places {
            let made = made.entry((language.name().to_owned(), kind)).or_default();
            // At most a third of a file's cases are of one kind, so that few files do not give all of the commonest.
            let of_kind = set.cases.iter().filter(|case| case.source == at && case.kind == kind).count();
            let middle = fit.source.text[hole.clone()].trim().to_owned();
            if *made >= options.each
                || of_kind >= options.per_file.div_ceil(3)
                || !seen.insert((kind, middle))
            {
                continue;
            }
            let damage = match random.random_bool(options.broken) {
                true => match damage_to(&fit.source.text, &fit.language, &hole, &mut random) {
                    Some(damage) => Some(damage),
                    None => continue,
                },
                false => None,
            };
            let text = &fit.source.text[hole.clone()];
            if options.repository && neighbours.know(&paths, found, &fit.source.path, text) {
                set.leaks += 1;
                continue;
            }
            set.cases.push(EvalCase::new(at, &fit.source, kind, hole, damage));
            *made += 1;
            taken += 1;
            if taken >= options.per_file {
                break;
            }
        }
        if taken > 0 {
            set.sources.push(fit.source);
            folders.push(Arc::clone(&found.folder));
        }
    }
    progress(paths.len(), paths.len());
    if set.cases.is_empty() {
        bail!("no case could be made: is there source code of at least {SHORTEST} lines in these folders?");
    }
    if options.repository {
        set = neighbours.join(set, &paths, &folders);
    }
    set.cases.sort_by_key(|case| (case.source, case.hole.start, case.kind));
    Ok(set)
}

/// A file, and the folder whose name is the package's.
struct Found {
    folder: Arc<Path>,
    path: PathBuf,
    language: Arc<Language>,
}

/// The files of known languages in a folder, in the order of their names.
fn files(folder: &Path, registry: &Registry) -> anyhow::Result<Vec<Found>> {
    let folder: Arc<Path> =
        folder.canonicalize().with_context(|| format!("cannot read the folder {}", folder.display()))?.into();
    let entries = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let found: Vec<Found> = entries
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let language = registry.by_path(entry.path())?;
            Some(Found { folder: Arc::clone(&folder), path: entry.into_path(), language })
        })
        .collect();
    if found.is_empty() {
        bail!("no file of a known language in {}", folder.display());
    }
    Ok(found)
}

impl Found {
    /// Its text, if it is one.
    fn source(&self) -> Option<SourceFile> {
        let text = String::from_utf8(std::fs::read(&self.path).ok()?).ok()?.replace("\r\n", "\n");
        let path = self.path.strip_prefix(&self.folder).ok()?.to_string_lossy().replace('\\', "/");
        let package = self.folder.file_name()?.to_string_lossy().into_owned();
        Some(SourceFile { package, path, language: self.language.name().to_owned(), text })
    }
}

fn fit(found: &Found, options: &BuildOptions, random: &mut StdRng) -> Option<Fit> {
    let language = &found.language;
    let source = found.source().filter(|source| source.text.len() <= options.largest)?;
    let text = &source.text;
    if text.lines().count() < SHORTEST {
        return None;
    }
    let snapshot = Snapshot::of_text("", text, Some(Arc::clone(language)));
    let tree = snapshot.parse().filter(|tree| !tree.root_node().has_error())?;
    if language.strict.is_some_and(|parser| parser.errors(text) > 0) {
        return None;
    }
    let places = places::find(&snapshot, &tree, random);
    Some(Fit { source, language: Arc::clone(language), places })
}

/// A token, some lines away from the hole, without which the file is broken.
fn damage_to(
    text: &str,
    language: &Language,
    hole: &Range<usize>,
    random: &mut StdRng,
) -> Option<Range<usize>> {
    let parser = language.strict?;
    let row = |at: usize| text[..at].matches('\n').count();
    let (first, last) = (row(hole.start), row(hole.end));
    let tokens = tokens(text);
    for _ in 0..TRIES {
        let token = tokens.choose(random)?.clone();
        let at = row(token.start);
        if at + DISTANCE > first && at < last + DISTANCE {
            continue;
        }
        let broken = format!("{}{}", &text[..token.start], &text[token.end..]);
        if parser.errors(&broken) > 0 {
            return Some(token);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> BuildOptions {
        BuildOptions {
            each: 3,
            broken: 0.5,
            seed: 1,
            largest: 100_000,
            kinds: Vec::new(),
            per_file: 40,
            language: None,
            repository: false,
        }
    }

    #[test]
    fn a_seed_repeats_its_cases() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        let registry = crate::testing::registry();
        let make =
            |seed| build(&[&folder], &registry, &BuildOptions { seed, ..options() }, &|_, _| {}).unwrap();
        let set = make(1);
        assert_eq!(set, make(1));
        assert_ne!(set.cases, make(2).cases);
        for case in &set.cases {
            let (source, hole) = (set.source(case), set.hole(case));
            assert!(!hole.middle.trim().is_empty());
            let whole = format!("{}{}{}", hole.before, hole.middle, hole.after);
            assert_eq!(case.damage.is_none(), whole == source.text);
        }
        assert!(set.cases.iter().any(|case| case.damage.is_some()));
    }

    #[test]
    fn a_set_carries_its_packages_and_no_hole_that_another_file_tells() {
        let folder = tempfile::tempdir().unwrap();
        let lines = |name: &str| {
            let line =
                |at: usize| format!("    {name}_{at} = compute_the_{name}_of({at}, {at} + 1, '{name}')\n");
            format!("def make():\n{}", (0..20).map(line).collect::<String>())
        };
        let root = folder.path().join("pack-1.0");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        std::fs::write(root.join("a.py"), lines("apple")).unwrap();
        std::fs::write(root.join("b.py"), lines("berry")).unwrap();
        // A copy of what is in one of them, deeper, and a short file of which no case is made.
        let copy = lines("berry").replace("\n", "\n    ");
        std::fs::write(root.join("sub/copy.py"), format!("class C:\n    {}\n", copy.trim_end())).unwrap();
        std::fs::write(root.join("sub/small.py"), "SMALL = 1\n").unwrap();
        let registry = crate::testing::registry();
        let wanted = BuildOptions {
            kinds: vec![HoleKind::SingleLine, HoleKind::MultiLine],
            each: 12,
            repository: true,
            ..options()
        };
        let set = build(&[&root], &registry, &wanted, &|_, _| {}).unwrap();
        assert!(set.leaks > 0, "lines of b.py stand in sub/copy.py");
        assert!(set.cases.iter().all(|case| set.source(case).path == "a.py"), "{:?}", set.cases);
        let repository = set.cases[0].repository.clone().unwrap();
        let mut paths: Vec<&str> = set.sources[repository].iter().map(|source| &*source.path).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["a.py", "b.py", "sub/copy.py", "sub/small.py"]);
        let mut again = set.clone();
        again.drop_leaks();
        assert_eq!(again, set, "what was made is what is read");
    }

    #[test]
    fn tokens_of_a_line() {
        let text = "f(a_1, 'é')";
        let found: Vec<&str> = tokens(text).into_iter().map(|token| &text[token]).collect();
        assert_eq!(found, ["f", "(", "a_1", ",", "'", "é", "'", ")"]);
    }
}
