//! Decides whether a file may be read: by settings, switches, names and ignore files, as it is decided where suggestions are made.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use super::contents;
use super::left_out::LeftOut;
use crate::config::Disabled;
use crate::document::uri;
use crate::privacy::{self, Exclusion};
use crate::session::{Switches, WorkspaceView};

/// What holds for the files of a workspace at one moment.
#[derive(Debug, Clone)]
pub struct ReadRules {
    disabled: Disabled,
    switches: Switches,
    /// Files that were switched off by hand, by their [normal](uri::normal) addresses.
    files_off: HashSet<String>,
}

impl ReadRules {
    /// The rules without switches: those are of a session.
    pub fn new(disabled: Disabled) -> Self {
        Self { disabled, switches: Switches::default(), files_off: HashSet::new() }
    }

    /// The rules of a session.
    pub fn of(view: &WorkspaceView) -> Self {
        let files_off = view.switches.files_off().map(uri::normal).collect();
        Self { disabled: view.disabled.clone(), switches: view.switches.clone(), files_off }
    }

    /// Why a file at a [normal](uri::normal) address may not be read, as far as its name says it.
    pub fn by_name(&self, path: &Path, normal: &str, language: &str) -> Option<LeftOut> {
        let off = self.switches.is_language_off(language) || self.files_off.contains(normal);
        if off || self.disabled.matches(language, Some(path)) {
            return Some(LeftOut::Disabled);
        }
        self.disabled.screen().by_name(path).map(|_| LeftOut::Private)
    }

    /// Why a file may not be read, its project's ignore files considered. Looks at the disk.
    pub fn excludes(&self, path: &Path) -> Option<LeftOut> {
        Some(match self.disabled.screen().excludes(path)? {
            Exclusion::Secret { .. } => LeftOut::Private,
            Exclusion::Ignored(_) => LeftOut::Ignored,
        })
    }

    /// The text of a file with line feeds only, keys masked. Looks at the ignore files once more: they may have changed since the
    /// file was found.
    ///
    /// # Errors
    /// Why it may not be read, or is no text of a person.
    pub fn read(&self, path: &Path) -> Result<String, LeftOut> {
        if let Some(left_out) = self.excludes(path) {
            return Err(left_out);
        }
        contents::text(path).map(masked)
    }
}

/// A text without its keys.
pub fn masked(text: String) -> String {
    match privacy::masked(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(masked) => masked,
    }
}
