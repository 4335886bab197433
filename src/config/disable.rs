//! Decides where nothing is suggested: by language and path patterns, compiled once. The session switches off for a while.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::DisableSection;

/// The off switches of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Disabled {
    everywhere: bool,
    languages: Vec<String>,
    paths: GlobSet,
}

impl Disabled {
    /// Patterns that do not compile are left out: they were reported when the configuration was read.
    pub(super) fn new(enabled: bool, disable: &DisableSection) -> Self {
        let mut paths = GlobSetBuilder::new();
        for glob in disable.paths.iter().filter_map(|pattern| glob(pattern).ok()) {
            paths.add(glob);
        }
        Self {
            everywhere: !enabled,
            languages: disable.languages.clone(),
            paths: paths.build().unwrap_or_default(),
        }
    }

    /// Whether nothing is suggested in a document of this language (the editor's identifier) at this path.
    pub fn matches(&self, language: &str, path: Option<&Path>) -> bool {
        self.everywhere
            || self.languages.iter().any(|name| name.eq_ignore_ascii_case(language))
            || path.is_some_and(|path| self.paths.is_match(path))
    }
}

/// A pattern without a slash matches a file's name in any folder, as in `.gitignore`; one with a slash the whole path.
pub(super) fn glob(pattern: &str) -> Result<globset::Glob, globset::Error> {
    let anywhere = !pattern.contains('/');
    let pattern = if anywhere { format!("**/{pattern}") } else { pattern.to_owned() };
    GlobBuilder::new(&pattern).literal_separator(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disabled(languages: &[&str], paths: &[&str]) -> Disabled {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Disabled::new(true, &DisableSection { languages: owned(languages), paths: owned(paths) })
    }

    #[test]
    fn by_language_name_and_path() {
        let off = disabled(&["Markdown"], &["*.env", "**/secrets/**", "/srv/*/x.py", "{broken"]);
        assert!(off.matches("markdown", None));
        assert!(!off.matches("python", None));
        assert!(off.matches("x", Some(Path::new("/a/b/prod.env"))));
        assert!(off.matches("x", Some(Path::new("/a/secrets/deep/er.py"))));
        assert!(off.matches("x", Some(Path::new("/srv/one/x.py"))));
        assert!(!off.matches("x", Some(Path::new("/srv/one/two/x.py"))));
        assert!(!off.matches("x", Some(Path::new("/a/environment.py"))));
        assert!(Disabled::new(false, &DisableSection::default()).matches("rust", None));
    }
}
