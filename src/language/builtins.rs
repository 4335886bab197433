//! Reads the names that a language always has, from `builtins.txt`.

use std::collections::HashMap;

/// Builtin names, and which of them are missed when something hides them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Builtins(HashMap<String, bool>);

impl Builtins {
    /// Words, and comments from `#` to the end of a line. A `+` before a word: hiding it deserves no remark.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let words = lines.flat_map(str::split_whitespace);
        Self(
            words
                .map(|word| match word.strip_prefix('+') {
                    Some(word) => (word.to_owned(), false),
                    None => (word.to_owned(), true),
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
        self.0.get(name) == Some(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_comments_and_marks() {
        let builtins = Builtins::parse("# all # of them\nsum +_ # sum2\n\n len\n");
        assert!(builtins.is_known("sum") && builtins.is_missed("len"));
        assert!(builtins.is_known("_") && !builtins.is_missed("_"));
        assert!(!builtins.is_known("sum2") && !builtins.is_known("#") && !builtins.is_known("+_"));
    }
}
