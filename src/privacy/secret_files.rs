//! Knows files that hold secrets by their names: `secrets.toml`, with a reason for each.

use std::path::Path;
use std::sync::LazyLock;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;

use super::patterns::below_root;

/// `secrets.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretsFile {
    file: Vec<FileRow>,
    ignore: Vec<IgnoreRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    patterns: Vec<String>,
    why: String,
}

/// A file that says what may not be read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoreRow {
    /// Its path in the folder that it is about.
    pub name: String,
    /// Whether one without patterns excludes everything.
    #[serde(default)]
    empty: String,
}

impl IgnoreRow {
    /// Whether a file of this name excludes everything when it has no patterns.
    pub fn empty_is_everything(&self) -> bool {
        self.empty == "everything"
    }
}

/// The table, and its patterns compiled.
struct SecretFiles {
    table: SecretsFile,
    /// In the order of the table.
    rules: Gitignore,
}

static SECRET_FILES: LazyLock<SecretFiles> = LazyLock::new(|| {
    let table: SecretsFile = toml::from_str(include_str!("secrets.toml")).expect("a test reads this file");
    let mut rules = GitignoreBuilder::new("/");
    let _ = rules.case_insensitive(true);
    for pattern in table.file.iter().flat_map(|row| &row.patterns) {
        let _ = rules.add_line(None, &anywhere(pattern));
    }
    let rules = rules.build().expect("a test reads this file");
    SecretFiles { table, rules }
});

/// The pattern below any folder.
fn anywhere(pattern: &str) -> String {
    match pattern.strip_prefix('!') {
        Some(pattern) => format!("!**/{pattern}"),
        None => format!("**/{pattern}"),
    }
}

/// The pattern that says that a file of this name holds secrets, and why. The file itself is not looked at.
pub fn secret_file(path: &Path) -> Option<(&'static str, &'static str)> {
    let SecretFiles { table, rules } = &*SECRET_FILES;
    // Not the folders above: `credentials/` may be a module like others.
    let Match::Ignore(found) = rules.matched(below_root(path), false) else { return None };
    let mut rows = table.file.iter().flat_map(|row| row.patterns.iter().map(|pattern| (pattern, &row.why)));
    let (pattern, why) = rows.find(|(pattern, _)| anywhere(pattern) == found.original())?;
    Some((pattern, why))
}

/// The files that say what may not be read.
pub fn ignore_files() -> &'static [IgnoreRow] {
    &SECRET_FILES.table.ignore
}

/// Their paths in the folders that they are about.
pub fn ignore_file_names() -> impl Iterator<Item = &'static str> {
    ignore_files().iter().map(|row| row.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_is_used() {
        let patterns = SECRET_FILES.table.file.iter().map(|row| row.patterns.len()).sum::<usize>();
        assert_eq!(SECRET_FILES.rules.len(), patterns);
        assert!(SECRET_FILES.table.file.iter().all(|row| row.why.len() > 20));
    }

    #[test]
    fn secrets_are_known_by_name() {
        for path in [
            "/w/.env",
            "/w/app/.env.staging",
            "/w/.ENV",
            ".env.local",
            "prod.env",
            "/w/.dev.vars",
            "/w/tls/server.pem",
            "/w/server.KEY",
            "/home/me/.ssh/id_ed25519",
            "/home/me/.ssh/work",
            "/w/id_deploy",
            "/w/id_rsa.old",
            "/home/me/.netrc",
            "/w/.npmrc",
            "/home/me/.pypirc",
            "/w/credentials",
            "/w/credentials.yml.enc",
            "/home/me/.aws/credentials",
            "/home/me/.docker/config.json",
            "/w/prod.auto.tfvars",
            "/w/secrets.py",
            "/w/.streamlit/secrets.toml",
            "/w/store.jks",
            "/home/me/.kube/config",
            "/home/me/.bash_history",
        ] {
            assert!(secret_file(Path::new(path)).is_some(), "{path}");
        }
        for path in [
            "/w/environment.py",
            "/w/env.py",
            "/w/.env/lib/site.py",
            "/w/id_utils.py",
            "/w/keys.py",
            "/w/credentials/mod.rs",
            "/w/my_credentials.rs",
            "/w/secret_santa.py",
            "/home/me/.aws/config",
            "/w/config.json",
            "/w/config",
            "/w/token.rs",
            "/w/x.py",
        ] {
            assert_eq!(secret_file(Path::new(path)), None, "{path}");
        }
        let (pattern, why) = secret_file(Path::new("/w/.env.x")).unwrap();
        assert!(pattern == ".env*" && why.contains("passwords"));
    }
}
