//! Decides whether a file is private: by its name, and by what its project excludes.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ignore_files::{IgnoreFiles, IgnoreHit};
use super::patterns::PathPatterns;
use super::secret_files::secret_file;

/// What makes a file private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenOptions {
    /// Names that files with secrets have.
    pub secrets: bool,
    /// The ignore files of its project.
    pub ignored: bool,
    /// Patterns of files that neither makes private.
    pub except: Vec<String>,
}

/// Which files are private, for an editor that works in some folders. What it reads of the disk it keeps.
#[derive(Debug)]
pub struct Screen {
    secrets: bool,
    ignored: bool,
    except: PathPatterns,
    roots: Vec<PathBuf>,
    ignore_files: IgnoreFiles,
}

/// Why a file is private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusion {
    /// Files of this name hold secrets.
    Secret {
        /// The pattern that it matches.
        pattern: &'static str,
        /// What such files hold.
        why: &'static str,
    },
    /// Its project excludes it.
    Ignored(IgnoreHit),
}

impl Default for ScreenOptions {
    fn default() -> Self {
        Self { secrets: true, ignored: true, except: Vec::new() }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new(&ScreenOptions::default(), &[])
    }
}

impl Screen {
    /// For an editor that works in the folders `roots`.
    pub fn new(options: &ScreenOptions, roots: &[PathBuf]) -> Self {
        Self {
            secrets: options.secrets,
            ignored: options.ignored,
            except: PathPatterns::new(&options.except, roots),
            roots: roots.to_vec(),
            ignore_files: IgnoreFiles::default(),
        }
    }

    /// Why a file is private by its name alone. Does not look at the disk.
    pub fn by_name(&self, path: &Path) -> Option<Exclusion> {
        let (pattern, why) = secret_file(path).filter(|_| self.secrets && !self.except.matches(path))?;
        Some(Exclusion::Secret { pattern, why })
    }

    /// Why a file is private, its project's ignore files considered. Looks at the disk: not for a thread that may not wait.
    pub fn excludes(&self, path: &Path) -> Option<Exclusion> {
        if self.except.matches(path) {
            return None;
        }
        // A link may have another name than the file that it leads to.
        let real = || std::fs::canonicalize(path).ok();
        self.by_name(path).or_else(|| real().and_then(|real| self.by_name(&real))).or_else(|| {
            let hit = self.ignored.then(|| self.ignore_files.find(path, &self.roots)).flatten()?;
            Some(Exclusion::Ignored(hit))
        })
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { pattern, why } => {
                write!(out, "{why} ({pattern}); disable.except or disable.secrets in config.toml lets it in")
            }
            Self::Ignored(IgnoreHit { file, pattern }) => write!(
                out,
                "{file} excludes it ({pattern}); disable.except or disable.ignored in config.toml lets it in"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_secret_is_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "").unwrap();
        let link = folder.path().join("settings.txt");
        std::os::unix::fs::symlink(folder.path().join(".env"), &link).unwrap();
        let screen = Screen::default();
        assert!(screen.by_name(&link).is_none() && screen.excludes(&link).is_some());
    }

    #[test]
    fn exceptions_and_switches_let_files_in() {
        let folder = tempfile::tempdir().unwrap();
        let roots = [folder.path().to_path_buf()];
        std::fs::write(folder.path().join(".cursorignore"), "made/\n").unwrap();
        let [made, env] = ["made/a.py", ".env.example"].map(|name| folder.path().join(name));
        let excluded = |options: ScreenOptions| {
            let screen = Screen::new(&options, &roots);
            [&made, &env].map(|path| screen.excludes(path).is_some())
        };
        let all = ScreenOptions::default();
        assert_eq!(excluded(all.clone()), [true, true]);
        assert_eq!(excluded(ScreenOptions { secrets: false, ..all.clone() }), [true, false]);
        assert_eq!(excluded(ScreenOptions { ignored: false, ..all.clone() }), [false, true]);
        let except = vec!["made/".to_owned(), ".env.example".to_owned()];
        assert_eq!(excluded(ScreenOptions { except, ..all.clone() }), [false, false]);
        let told = Screen::new(&all, &roots).excludes(&made).unwrap().to_string();
        assert_eq!(
            told,
            ".cursorignore excludes it (made/); disable.except or disable.ignored in config.toml lets it in"
        );
    }
}
