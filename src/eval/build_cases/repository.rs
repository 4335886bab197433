//! Reads the other files of the packages that cases are made of, so that a set carries what an editor's folder would have.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::Found;
use crate::eval::case::{CaseSet, SourceFile};
use crate::eval::leaks::BareLines;

/// Files of a package, and bytes of them; what comes later by name is left out. A larger package makes a set that nobody keeps.
const FILES: usize = 600;
const BYTES: usize = 6 << 20;
/// A larger file is data.
const LARGEST: u64 = 400_000;

/// A file beside those that cases are made of.
struct Neighbour {
    source: SourceFile,
    lines: BareLines,
}

/// The files of packages, read when they are first asked for.
#[derive(Default)]
pub struct Neighbours {
    packages: HashMap<Arc<Path>, Vec<Neighbour>>,
}

impl Neighbours {
    /// Whether the text of a hole stands in another file of its package.
    pub fn know(&mut self, all: &[Found], found: &Found, own: &str, hole: &str) -> bool {
        let hole = BareLines::of(hole);
        hole.is_telling()
            && self
                .of(all, &found.folder)
                .iter()
                .any(|other| other.source.path != own && other.lines.contain(&hole))
    }

    fn of(&mut self, all: &[Found], folder: &Arc<Path>) -> &[Neighbour] {
        self.packages.entry(Arc::clone(folder)).or_insert_with(|| read(all, folder))
    }

    /// Puts all sources of each package together, and tells each case where they are. `folders` has a folder for each source.
    pub fn join(mut self, set: CaseSet, all: &[Found], folders: &[Arc<Path>]) -> CaseSet {
        let mut joined = CaseSet { leaks: set.leaks, ..CaseSet::default() };
        let mut cases = set.cases;
        let mut done: Vec<&Arc<Path>> = Vec::new();
        for folder in folders {
            if done.contains(&folder) {
                continue;
            }
            done.push(folder);
            let own: Vec<usize> = (0..folders.len()).filter(|number| folders[*number] == *folder).collect();
            let start = joined.sources.len();
            joined.sources.extend(own.iter().map(|number| set.sources[*number].clone()));
            let is_own =
                |other: &Neighbour| own.iter().any(|number| set.sources[*number].path == other.source.path);
            let others = self.of(all, folder).iter().filter(|other| !is_own(other));
            joined.sources.extend(others.map(|other| other.source.clone()));
            let all_of_it = start..joined.sources.len();
            for case in &mut cases {
                if let Some(at) = own.iter().position(|number| *number == case.source)
                    && case.repository.is_none()
                {
                    (case.source, case.repository) = (start + at, Some(all_of_it.clone()));
                }
            }
        }
        joined.cases = cases;
        joined
    }
}

fn read(all: &[Found], folder: &Arc<Path>) -> Vec<Neighbour> {
    let mut files: Vec<&Found> = all.iter().filter(|found| found.folder == *folder).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut bytes = 0;
    let mut neighbours = Vec::new();
    for found in files {
        let small = std::fs::metadata(&found.path).is_ok_and(|about| about.len() <= LARGEST);
        let Some(source) = small.then(|| found.source()).flatten() else { continue };
        bytes += source.text.len();
        if bytes > BYTES || neighbours.len() == FILES {
            break;
        }
        neighbours.push(Neighbour { lines: BareLines::of(&source.text), source });
    }
    neighbours
}
