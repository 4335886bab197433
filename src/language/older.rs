//! Tells whether a text is of an older version of its language, which the parsers take for broken. `grammars/<name>/older.toml` says
//! how that is known.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::embedded;

/// Lines that must look older, of two kinds at least: one or two are slips.
const LINES: usize = 3;

struct OlderVersion {
    shebangs: Vec<String>,
    statements: Vec<Regex>,
    words: Vec<Regex>,
    newer: Vec<Regex>,
}

/// The shape of `older.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OlderFile {
    shebangs: Vec<String>,
    statements: Vec<String>,
    words: Vec<String>,
    newer: Vec<String>,
}

/// By the name of the language; read once.
static VERSIONS: LazyLock<HashMap<&'static str, OlderVersion>> =
    LazyLock::new(|| embedded::tables("older.toml", OlderVersion::parse));

/// Whether `text` is plainly of an older version of the language called `name`.
pub fn is_older(name: &str, text: &str) -> bool {
    VERSIONS.get(name).is_some_and(|version| version.has_written(text))
}

impl OlderVersion {
    fn parse(text: &str) -> Result<Self, String> {
        let file: OlderFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let all = |patterns: &[String]| {
            let regexes = patterns.iter().map(|pattern| Regex::new(pattern));
            regexes.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())
        };
        let (statements, words, newer) = (all(&file.statements)?, all(&file.words)?, all(&file.newer)?);
        Ok(Self { shebangs: file.shebangs, statements, words, newer })
    }

    fn has_written(&self, text: &str) -> bool {
        let first = text.lines().next().unwrap_or_default().trim_start_matches('\u{feff}');
        if let Some(command) = first.strip_prefix("#!") {
            let mut words = command.split(['/', ' ', '\t']);
            if words.any(|word| self.shebangs.iter().any(|shebang| shebang == word)) {
                return true;
            }
        }
        let (mut lines, mut statements, mut kinds) = (0, 0, HashSet::new());
        for line in text.lines() {
            if self.newer.iter().any(|sign| sign.is_match(line)) {
                return false;
            }
            let all = self.statements.iter().chain(&self.words);
            if let Some(kind) = all.enumerate().find(|(_, sign)| sign.is_match(line)).map(|(kind, _)| kind) {
                lines += 1;
                statements += usize::from(kind < self.statements.len());
                kinds.insert(kind);
            }
        }
        lines >= LINES && kinds.len() >= 2 && statements > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_2_is_known_by_shebang_or_by_several_lines() {
        OlderVersion::parse(include_str!("../../grammars/python/older.toml")).map(drop).unwrap();
        let check = |text: &str, expected: bool| assert_eq!(is_older("python", text), expected, "{text}");
        check("#!/usr/bin/env python2\nx = 1\n", true);
        check("#!/usr/bin/python2.7 -u\nx = 1\n", true);
        check("#!/usr/bin/env python3\nprint 1\n", false);
        let old = "import urllib2\n\ndef get(url):\n    try:\n        print \"from\", url\n        return urllib2.urlopen(url)\n    except IOError, error:\n        raise Lost, str(error)\n";
        check(old, true);
        check(&old.replace("print \"from\", url", "print(\"from\", url)"), false);
        check(&format!("{old}\nasync def f():\n    pass\n"), false);
        // Slips in a file of today.
        check("def f(x):\n    print x\n    print x + 1\n    print 'done'\n", false);
        check("try:\n    f()\nexcept (A, B):\n    pass\nexcept C as error:\n    raise D from error\n", false);
        check("print\nprinter = 1\nraise ValueError\nexecute = 2\n", false);
        assert!(!is_older("rust", old));
    }
}
