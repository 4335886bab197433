//! Decides where nothing is suggested: by language and path patterns, compiled once. The session switches off for a while.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DisableSection;
use crate::completion::Reason;
use crate::privacy::{PathPatterns, Screen, ScreenOptions};

/// The off switches of a configuration.
#[derive(Debug, Clone)]
pub struct Disabled {
    everywhere: bool,
    languages: Vec<String>,
    paths: PathPatterns,
    screen: Arc<Screen>,
}

impl Disabled {
    /// For an editor that works in `roots`. Patterns that match nothing were reported when the configuration was read.
    pub(super) fn new(enabled: bool, disable: &DisableSection, roots: &[PathBuf]) -> Self {
        let &DisableSection { secrets, ignored, .. } = disable;
        let screen = ScreenOptions { secrets, ignored, except: disable.except.clone() };
        Self {
            everywhere: !enabled,
            languages: disable.languages.clone(),
            paths: PathPatterns::new(&disable.paths, roots),
            screen: Arc::new(Screen::new(&screen, roots)),
        }
    }

    /// Whether nothing is suggested in a document of this language (the editor's identifier) at this path.
    pub fn matches(&self, language: &str, path: Option<&Path>) -> bool {
        self.setting(language, path).is_some()
    }

    /// The setting by which nothing is suggested in such a document.
    pub fn setting(&self, language: &str, path: Option<&Path>) -> Option<&'static str> {
        if self.everywhere {
            Some("completion.enabled")
        } else if self.languages.iter().any(|name| name.eq_ignore_ascii_case(language)) {
            Some("disable.languages")
        } else {
            path.is_some_and(|path| self.paths.matches(path)).then_some("disable.paths")
        }
    }

    /// Why nothing may be suggested in the file at `path`, if so. Looks at the disk.
    pub fn reason(&self, language: &str, path: &Path) -> Option<Reason> {
        let off = self.matches(language, Some(path)).then_some(Reason::Disabled);
        off.or_else(|| self.screen.excludes(path).map(Reason::from))
    }

    /// Which files are private.
    pub fn screen(&self) -> &Arc<Screen> {
        &self.screen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disabled(languages: &[&str], paths: &[&str]) -> Disabled {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let section =
            DisableSection { languages: owned(languages), paths: owned(paths), ..DisableSection::default() };
        Disabled::new(true, &section, &[])
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
        let setting = |language, path| off.setting(language, Some(Path::new(path)));
        assert_eq!(setting("markdown", "/a.md"), Some("disable.languages"));
        assert_eq!(setting("x", "/a/b/prod.env"), Some("disable.paths"));
        let nowhere = Disabled::new(false, &DisableSection::default(), &[]);
        assert_eq!(nowhere.setting("rust", None), Some("completion.enabled"));
    }
}
