//! Names the reasons why a file of a workspace is not read, and finds the files that ignore files leave out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Why a file, or a folder with all that is in it, is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// An ignore file of the project, or the user's own, names it.
    Ignored,
    /// Files of this name hold secrets.
    Private,
    /// The settings, or a switch, turn suggestions off there.
    Disabled,
    TooLarge,
    /// A program wrote it: its first lines say so, or it is in a folder for such files.
    Generated,
    /// Its lines are too long for a person.
    Minified,
    /// No UTF-8, or with zeros.
    Binary,
    /// It could not be opened.
    Unreadable,
    /// There are too many files, or too much text.
    Budget,
}

impl LeftOut {
    /// Why, in words that follow a number of files.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Ignored => "ignored: .gitignore, .aiignore and their like",
            Self::Private => "private: names of files with secrets",
            Self::Disabled => "off: disable.paths, disable.languages",
            Self::TooLarge => "too large: above 1 MB",
            Self::Generated => "generated: the first lines say so, or folders such as node_modules",
            Self::Minified => "minified: very long lines",
            Self::Binary => "binary: no UTF-8",
            Self::Unreadable => "unreadable",
            Self::Budget => "over the limit: workspace.max_mb, or 20 000 files",
        }
    }
}

/// What a walk has met, to find out what it was kept from.
#[derive(Debug, Default)]
pub struct Met {
    folders: Vec<PathBuf>,
    all: HashSet<PathBuf>,
}

impl Met {
    /// The walk has come to this file, or to this folder and goes into it.
    pub fn add(&mut self, path: &Path, is_folder: bool) {
        self.all.insert(path.to_path_buf());
        if is_folder {
            self.folders.push(path.to_path_buf());
        }
    }

    /// What is in the folders and was not met: an ignored folder counts once. Hidden files and links do not count, nor does what
    /// does not `matter`. Looks at the disk.
    pub fn ignored(&self, matters: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in &self.folders {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                let Ok(kind) = entry.file_type() else { continue };
                let counts = kind.is_dir() || kind.is_file() && matters(&path);
                if counts && !is_hidden && !self.all.contains(&path) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}
