//! Reads `grammars/<name>/types.toml`: the types that expressions of a known form have, and where each may be given back.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What `types.toml` says about a language; `grammars/python/types.toml` says what the keys mean.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypeTable {
    /// The type of what a function gives back that gives nothing back.
    pub nothing: String,
    /// Whether that fits no type that is not known.
    pub strict_nothing: bool,
    /// What stands in an annotation that may allow it all the same.
    pub anything: Vec<String>,
    /// Whether a type may be written as a string.
    pub quotes: bool,
    /// What stands between the types of which a value has one; empty where there is no such sign.
    pub alternatives: String,
    /// Whether types may begin with `&`.
    pub references: bool,
    /// Paths that may stand before the name of a type.
    pub prefixes: Vec<String>,
    /// Types that also take nothing, besides what is in their brackets.
    pub optional: Vec<String>,
    /// Types that take what any type in their brackets takes.
    pub union: Vec<String>,
    /// Types that are the first one in their brackets.
    pub first: Vec<String>,
    /// What may be given back for a class of the same file.
    pub classes_take: Vec<String>,
    /// What members begin with that are never looked at; empty where all are.
    pub dunder: String,
    /// The types by name.
    pub types: BTreeMap<String, KnownType>,
}

/// One type.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownType {
    /// The types of values that may be given back where this one is asked for.
    pub takes: Vec<String>,
    /// Its other names.
    pub also: Vec<String>,
    /// All members of its values, each with `:` and the type of its result where that is always the same; none: unknown.
    pub members: Vec<String>,
    /// The type whose members these are.
    pub like: String,
}

impl TypeTable {
    /// Reads `types.toml`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The types that a value annotated so may have, by their keys; None when one of them is not known. `classes` are the types that
    /// the file defines: they are named as they are written.
    pub fn keys(&self, annotation: &str, classes: &[String]) -> Option<Vec<String>> {
        let text = annotation.trim();
        let text = match self.quotes {
            true => text.trim_matches(['"', '\'']).trim(),
            false => text,
        };
        let parts = match self.alternatives.is_empty() {
            true => vec![text],
            false => split(text, &self.alternatives),
        };
        if parts.len() > 1 {
            let all: Option<Vec<_>> = parts.iter().map(|part| self.keys(part, classes)).collect();
            return all.map(|all| all.concat());
        }
        if let Some(key) = self.reference(text) {
            return Some(vec![key.to_owned()]);
        }
        let (name, inner) = text.split_once(['[', '<']).unwrap_or((text, ""));
        let inner = inner.trim_end_matches([']', '>']);
        let name = self.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str())).unwrap_or(name);
        let is_one_of = |names: &[String]| names.iter().any(|one| one == name);
        if classes.iter().any(|class| class == name) {
            return Some(vec![name.to_owned()]);
        }
        if is_one_of(&self.optional) {
            let mut keys = self.keys(inner, classes)?;
            keys.push(self.nothing.clone());
            return Some(keys);
        }
        if is_one_of(&self.union) {
            let all: Option<Vec<_>> = split(inner, ",").iter().map(|part| self.keys(part, classes)).collect();
            return all.map(|all| all.concat());
        }
        if is_one_of(&self.first) {
            return self.keys(split(inner, ",").first()?, classes);
        }
        let found = self.types.iter().find(|(key, known)| *key == name || is_one_of(&known.also));
        found.map(|(key, _)| vec![key.clone()])
    }

    /// The key of a type that begins with a sign.
    fn reference(&self, text: &str) -> Option<&'static str> {
        if !self.references {
            return None;
        }
        Some(match text.chars().next()? {
            '&' if is_text(text) => "&str",
            '&' => "&",
            '(' if text == "()" => "()",
            '(' => "(",
            '[' => "[",
            _ => return None,
        })
    }

    /// Whether a value of the type `value` may be given back where `key` (of [`Self::keys`]) is asked for.
    pub fn takes(&self, key: &str, value: &str) -> bool {
        let takes = self.types.get(key).map_or(&self.classes_take, |known| &known.takes);
        takes.iter().any(|taken| taken == value)
    }

    /// What a member of a value of this type gives when it is called: `Some(None)` where that is not known. None when it has no such
    /// member; `Some(None)` also where its members are not known.
    pub fn member(&self, of: &str, name: &str) -> Option<Option<&str>> {
        let Some(known) = self.types.get(of) else { return Some(None) };
        let like = self.types.get(&known.like).unwrap_or(known);
        let is_hidden = !self.dunder.is_empty() && name.starts_with(&self.dunder);
        if like.members.is_empty() || is_hidden {
            return Some(None);
        }
        like.members.iter().find_map(|member| {
            let (member, result) = member
                .split_once(':')
                .map_or((member.as_str(), None), |(member, result)| (member, Some(result)));
            (member == name).then_some(result)
        })
    }

    /// The type whose members a value annotated so has; None when it may have several, or one that is not known.
    pub fn only(&self, annotation: &str, classes: &[String]) -> Option<String> {
        let bare = match self.references && !is_text(annotation) {
            true => annotation.trim_start_matches('&').trim_start_matches("mut ").trim(),
            false => annotation,
        };
        let mut keys = self.keys(bare, classes)?;
        keys.dedup();
        (keys.len() == 1).then(|| keys.remove(0)).filter(|key| self.types.contains_key(key))
    }
}

/// Whether a type of Rust's kind is `&str`, with or without a lifetime.
fn is_text(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('&') else { return false };
    let rest = rest.trim();
    let rest = match rest.strip_prefix('\'') {
        Some(lifetime) => lifetime.split_once(' ').map_or("", |(_, rest)| rest.trim()),
        None => rest,
    };
    rest == "str"
}

/// The parts of a text between `mark`s that stand outside of all brackets.
fn split<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        depth += i32::from("[(<".contains(c)) - i32::from("])>".contains(c));
        if depth == 0 && text[at..].starts_with(mark) {
            parts.push(text[start..at].trim());
            start = at + mark.len();
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use crate::testing::language;

    #[track_caller]
    fn check(name: &str, rows: &[(&str, &str)]) {
        let language = language(name).unwrap();
        for (annotation, expected) in rows {
            let keys = language.types.keys(annotation, &["Own".to_owned()]);
            assert_eq!(keys.map_or("?".to_owned(), |keys| keys.join(" ")), *expected, "{annotation}");
        }
    }

    #[test]
    fn annotations() {
        check(
            "python",
            &[
                ("str", "str"),
                ("\"dict[str, int]\"", "dict"),
                ("Optional[List[str]]", "list None"),
                ("int | None", "int None"),
                ("Union[str, dict[str, Any], Own]", "str dict Own"),
                ("typing.Annotated[int, 3]", "int"),
                ("str | Foo", "?"),
                ("Any", "?"),
                ("np.int", "?"),
            ],
        );
        check(
            "rust",
            &[
                ("u32", "u32"),
                ("&'static str", "&str"),
                ("&mut [u8]", "&"),
                ("(u8, u8)", "("),
                ("()", "()"),
                ("std::io::Result<()>", "Result"),
                ("HashMap<String, u8>", "HashMap"),
                ("Own<T>", "Own"),
                ("T", "?"),
                ("impl Iterator<Item = u8>", "?"),
                ("Self::Item", "?"),
            ],
        );
    }

    #[test]
    fn members() {
        let types = |name: &str| language(name).unwrap().types.clone();
        let python = types("python");
        assert_eq!(python.member("str", "split"), Some(Some("list")));
        assert_eq!(python.member("str", "push"), None);
        assert_eq!(python.member("str", "__len__"), Some(None));
        assert_eq!(python.member("Foo", "push"), Some(None));
        let rust = types("rust");
        assert_eq!(rust.member("u8", "checked_add"), Some(Some("Option")));
        assert_eq!(rust.member("&str", "push"), None);
        assert_eq!(rust.only("&mut String", &[]).as_deref(), Some("String"));
        assert_eq!(rust.only("&str", &[]).as_deref(), Some("&str"));
        assert_eq!(rust.only("Vec<u8>", &[]).as_deref(), Some("Vec"));
    }
}
