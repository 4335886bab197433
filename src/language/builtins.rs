//! Reads the names that a language always has, from `builtins.txt`.

use std::collections::HashMap;

/// Builtin names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Builtins(HashMap<String, Standing>);

/// What a builtin name is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is missed when something hides it.
    Missed,
    /// Nobody misses it.
    Plain,
    /// Only old programs have it: where it is a variable, too, that is meant.
    Old,
}

impl Builtins {
    /// Words, and comments from `#` to the end of a line. A `+` before a word: hiding it deserves no remark. A `?`: that, and only
    /// old programs have it.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let words = lines.flat_map(str::split_whitespace);
        Self(
            words
                .map(|word| match (word.strip_prefix('+'), word.strip_prefix('?')) {
                    (Some(word), _) => (word.to_owned(), Standing::Plain),
                    (_, Some(word)) => (word.to_owned(), Standing::Old),
                    (None, None) => (word.to_owned(), Standing::Missed),
                })
                .collect(),
        )
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether the language has it.
    pub fn is_known(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether it is missed when something else takes its name.
    pub fn is_missed(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Standing::Missed)
    }

    /// Whether only old programs have it.
    pub fn is_old(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Standing::Old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_comments_and_marks() {
        let builtins = Builtins::parse("# all # of them\nsum +_ # sum2\n\n len ?file\n");
        assert!(builtins.is_known("file") && builtins.is_old("file") && !builtins.is_old("len"));
        assert!(builtins.is_known("sum") && builtins.is_missed("len"));
        assert!(builtins.is_known("_") && !builtins.is_missed("_"));
        assert!(!builtins.is_known("sum2") && !builtins.is_known("#") && !builtins.is_known("+_"));
    }
}
