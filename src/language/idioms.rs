//! Defines the shape of `grammars/<name>/idioms.toml`: habits of other languages with their cures, and words that stand for
//! a keyword. `docs/src/idioms.md` says how a row is written.

mod pattern;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use regex::Regex;
use serde::Deserialize;

pub(crate) use pattern::{CaptureKind, CurePiece, PatternItem};

/// What `idioms.toml` says about a language.
#[derive(Debug, Clone, Default)]
pub struct Idioms {
    /// The habits, in the order in which they are tried.
    pub(crate) rows: Vec<Idiom>,
    /// Tokens after which an expression begins.
    pub(crate) before_expression: HashSet<String>,
    /// Words that other languages write for a keyword, and the keyword.
    pub(crate) foreign_keywords: Vec<(String, String)>,
}

/// One habit: what is written, and what this language writes for it.
#[derive(Debug, Clone)]
pub(crate) struct Idiom {
    /// Its name, the same in every release.
    pub id: String,
    /// What is written; each pattern is tried.
    pub patterns: Vec<Vec<PatternItem>>,
    /// What takes its place.
    pub cure: Vec<CurePiece>,
    /// What captures have to look like.
    pub conditions: Vec<Condition>,
    /// The title of the repair.
    pub title: String,
    /// The row without which this one is not applied; empty for most.
    pub with: String,
    /// Words, one of which stands in the line that opens the innermost braces; none where the place makes no difference.
    pub inside: Vec<String>,
    /// When it is offered in code that parses.
    pub accepted: Accepted,
    /// The example, and the same cured.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "tests run the examples; loading checks that there is one")
    )]
    pub example: (String, String),
}

impl Idiom {
    /// The words that its patterns begin with.
    pub fn first_words(&self) -> impl Iterator<Item = &str> {
        let first =
            |pattern: &'_ Vec<PatternItem>| pattern.iter().position(|item| *item != PatternItem::LineStart);
        self.patterns
            .iter()
            .flat_map(move |pattern| first(pattern).map_or(&[][..], |at| pattern[at].words()))
            .map(String::as_str)
    }

    /// Whether a text holds what some pattern needs: this alone rules out most idioms.
    pub fn may_be_in(&self, text: &str) -> bool {
        let holds = |item: &PatternItem| match item {
            PatternItem::Text { any, optional: false } => any.iter().any(|word| text.contains(word.as_str())),
            _ => true,
        };
        self.patterns.iter().any(|pattern| pattern.iter().all(holds))
    }
}

/// When a habit is cured in code that the parser accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Accepted {
    /// It breaks the syntax: there is no such code.
    #[default]
    Never,
    /// Nobody means what it says.
    Always,
    /// It holds a name that nothing in the file accounts for.
    UnknownName,
}

/// What a capture has to look like.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The capture.
    pub capture: String,
    pattern: Regex,
}

impl Condition {
    /// The named groups of the regular expression, in bytes of `text`; none where it does not match.
    pub fn parts(&self, text: &str) -> Option<Vec<(&str, Range<usize>)>> {
        let found = self.pattern.captures(text)?;
        let names = self.pattern.capture_names().flatten();
        Some(names.filter_map(|name| Some((name, found.name(name)?.range()))).collect())
    }

    /// Whether a group is called so.
    fn names(&self, wanted: &str) -> bool {
        self.pattern.capture_names().flatten().any(|name| name == wanted)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdiomFile {
    #[serde(default)]
    before_expression: Vec<String>,
    #[serde(default)]
    foreign_keywords: BTreeMap<String, String>,
    #[serde(default, rename = "idiom")]
    idioms: Vec<IdiomRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdiomRow {
    id: String,
    pattern: OneOrMany,
    cure: String,
    #[serde(default, rename = "where")]
    conditions: BTreeMap<String, String>,
    title: String,
    #[serde(default)]
    with: String,
    #[serde(default)]
    inside: Vec<String>,
    #[serde(default)]
    accepted: Accepted,
    before: String,
    after: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Idioms {
    /// Read `idioms.toml`.
    ///
    /// # Errors
    /// The first row that cannot be used, and its field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: IdiomFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut rows: Vec<Idiom> = Vec::new();
        for (number, row) in file.idioms.into_iter().enumerate() {
            let name = format!("idiom {} ({:?})", number + 1, row.id);
            let row = compile(row).map_err(|(field, error)| format!("{name}, field `{field}`: {error}"))?;
            if rows.iter().any(|other| other.id == row.id) {
                return Err(format!("{name}, field `id`: another row has it"));
            }
            rows.push(row);
        }
        if let Some(row) =
            rows.iter().find(|row| !row.with.is_empty() && !rows.iter().any(|other| other.id == row.with))
        {
            return Err(format!("idiom {:?}, field `with`: no row is called {:?}", row.id, row.with));
        }
        let foreign_keywords = file.foreign_keywords.into_iter().collect();
        Ok(Self { rows, before_expression: file.before_expression.into_iter().collect(), foreign_keywords })
    }
}

/// The row as it is used, or the field that is wrong and why.
fn compile(row: IdiomRow) -> Result<Idiom, (&'static str, String)> {
    for (field, value) in [("id", &row.id), ("title", &row.title), ("before", &row.before)] {
        if value.trim().is_empty() {
            return Err((field, "it is empty".into()));
        }
    }
    if row.before == row.after {
        return Err(("after", "it is the same as `before`".into()));
    }
    let texts = match row.pattern {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    };
    let cure = pattern::cure(&row.cure).map_err(|error| ("cure", error))?;
    let mut conditions = Vec::new();
    for (capture, pattern) in row.conditions {
        let pattern = Regex::new(&pattern).map_err(|error| ("where", error.to_string()))?;
        conditions.push(Condition { capture, pattern });
    }
    let mut patterns = Vec::new();
    for text in texts {
        let items = pattern::items(&text).map_err(|error| ("pattern", error))?;
        let captured = |name: &str| items.iter().any(|item| item.captures(name));
        if let Some(missing) = conditions.iter().find(|condition| !captured(&condition.capture)) {
            return Err(("where", format!("`{}` is not in the pattern {text:?}", missing.capture)));
        }
        let has = |name: &str| captured(name) || conditions.iter().any(|condition| condition.names(name));
        let used = cure.iter().filter_map(CurePiece::name);
        if let Some(missing) = used.into_iter().find(|name| !has(name)) {
            return Err(("cure", format!("`${missing}` is not in the pattern {text:?}")));
        }
        patterns.push(items);
    }
    let example = (row.before, row.after);
    let (with, inside) = (row.with, row.inside);
    Ok(Idiom {
        id: row.id,
        patterns,
        cure,
        conditions,
        title: row.title,
        with,
        inside,
        accepted: row.accepted,
        example,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(row: &str) -> String {
        let row = format!("[[idiom]]\nid = 'a'\n{row}\nbefore = 'x'\nafter = 'y'\n",);
        Idioms::parse(&row).unwrap_err()
    }

    #[test]
    fn a_bad_row_is_named_with_its_field() {
        for (row, wanted) in [
            (
                "pattern = 'else if'\ncure = 'elif $c'\ntitle = 't'",
                r#"idiom 1 ("a"), field `cure`: `$c` is not in"#,
            ),
            (
                "pattern = '$x:expression'\ncure = ''\ntitle = 't'",
                "field `pattern`: `expression` is no kind of capture",
            ),
            ("pattern = ''\ncure = ''\ntitle = 't'", "field `pattern`: it is empty"),
            ("pattern = 'x'\ncure = ''\ntitle = ''", "field `title`: it is empty"),
            ("pattern = 'x'\ncure = ''\ntitle = 't'\nwith = 'b'", "field `with`: no row is called \"b\""),
            ("pattern = 'x'\ncure = ''\ntitle = 't'\ntext = 'b'", "unknown field `text`"),
        ] {
            let found = error(row);
            assert!(found.contains(wanted), "{wanted:?} is not in {found:?}");
        }
        let twice = "[[idiom]]\nid = 'a'\npattern = 'x'\ncure = ''\ntitle = 't'\nbefore = 'x'\nafter = 'y'\n"
            .repeat(2);
        assert!(Idioms::parse(&twice).unwrap_err().contains("idiom 2 (\"a\"), field `id`"));
    }
}
