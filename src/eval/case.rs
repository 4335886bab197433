//! Reads and writes cases: source files, and places in them where text was taken out. One JSON object a line, sources
//! first, so that a set is one file that needs nothing else.

use std::collections::HashMap;
use std::hash::Hasher as _;
use std::io::{BufRead as _, Write as _};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use super::leaks::BareLines;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleKind {
    /// From some column to the end of the line.
    RestOfLine,
    /// All of a line but its indentation.
    SingleLine,
    /// Whole statements that follow one another, two to six lines.
    MultiLine,
    /// The body of a function, loop or branch.
    Block,
    /// What a branch or loop decides by.
    Condition,
    /// What stands between the parentheses of a call.
    Arguments,
    /// From some character to another one, within three lines (Bavarian et al. 2022).
    RandomSpan,
    /// The body of a function that has documentation.
    DocToBody,
    /// Statements to be typed character by character.
    Typed,
}

impl HoleKind {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::RestOfLine,
        Self::SingleLine,
        Self::MultiLine,
        Self::Block,
        Self::Condition,
        Self::Arguments,
        Self::RandomSpan,
        Self::DocToBody,
        Self::Typed,
    ];

    /// Its name, as in the files.
    pub fn name(self) -> &'static str {
        match self {
            Self::RestOfLine => "rest_of_line",
            Self::SingleLine => "single_line",
            Self::MultiLine => "multi_line",
            Self::Block => "block",
            Self::Condition => "condition",
            Self::Arguments => "arguments",
            Self::RandomSpan => "random_span",
            Self::DocToBody => "doc_to_body",
            Self::Typed => "typed",
        }
    }

    /// Whether one line is wanted, so that of a longer answer the first line counts.
    pub fn is_line(self) -> bool {
        matches!(self, Self::RestOfLine | Self::SingleLine | Self::Condition | Self::Arguments)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// The folder it came from: package and version.
    pub package: String,
    pub path: String,
    pub language: String,
    /// The whole text, LF line ends.
    pub text: String,
}

/// A place in a source. All numbers are bytes of the source's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvalCase {
    /// The same place has the same one in every set.
    pub id: String,
    pub source: usize,
    pub kind: HoleKind,
    pub hole: Range<usize>,
    /// A token that was taken out elsewhere: while one types, files are usually broken.
    pub damage: Option<Range<usize>>,
    /// The numbers of the sources that are all of its package, its own among them: on a run they may lie beside it. None: only
    /// its own is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Range<usize>>,
}

impl EvalCase {
    /// A case with its identity.
    pub fn new(
        number: usize,
        source: &SourceFile,
        kind: HoleKind,
        hole: Range<usize>,
        damage: Option<Range<usize>>,
    ) -> Self {
        let mut hasher = XxHash64::default();
        for part in [&source.package, &source.path, kind.name(), &format!("{hole:?} {damage:?}")] {
            hasher.write(part.as_bytes());
            hasher.write_u8(0);
        }
        Self { id: format!("{:016x}", hasher.finish()), source: number, kind, hole, damage, repository: None }
    }
}

/// What an editor would have: the text around the cursor, and what belongs between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole<'a> {
    pub before: String,
    pub middle: &'a str,
    pub after: String,
}

/// Sources and the cases in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseSet {
    pub sources: Vec<SourceFile>,
    pub cases: Vec<EvalCase>,
    /// How many cases were left out, because the text of their hole stands in another file of their package.
    pub leaks: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Row {
    Source(SourceFile),
    Case(EvalCase),
}

impl CaseSet {
    /// The sets in some files, as one. Cases that [leak](Self::drop_leaks) are left out. Errors name the file and the line.
    pub fn load(paths: &[impl AsRef<Path>]) -> anyhow::Result<Self> {
        let mut set = Self::default();
        for path in paths {
            let shown = path.as_ref().display();
            let file = std::fs::File::open(path.as_ref()).with_context(|| format!("cannot read {shown}"))?;
            let first = set.sources.len();
            for (number, line) in std::io::BufReader::new(file).lines().enumerate() {
                let line = line.with_context(|| format!("cannot read {shown}"))?;
                let row = serde_json::from_str(&line)
                    .with_context(|| format!("{shown}, line {}: not a row of a case file", number + 1))?;
                match row {
                    Row::Source(source) => set.sources.push(source),
                    Row::Case(mut case) => {
                        case.source += first;
                        if let Some(sources) = &mut case.repository {
                            *sources = sources.start + first..sources.end + first;
                        }
                        if !set.is_sound(&case) {
                            bail!("{shown}, line {}: the place is not in its source", number + 1);
                        }
                        set.cases.push(case);
                    }
                }
            }
        }
        set.drop_leaks();
        Ok(set)
    }

    /// Leaves out the cases whose text stands in another file of their package, where it would be found and not foretold.
    pub fn drop_leaks(&mut self) {
        let Self { sources, cases, leaks } = self;
        let mut bare: HashMap<usize, BareLines> = HashMap::new();
        cases.retain(|case| {
            let hole = BareLines::of(&sources[case.source].text[case.hole.clone()]);
            let others = case.repository.clone().unwrap_or_default().filter(|other| *other != case.source);
            let mut others = others.filter(|_| hole.is_telling());
            let leaks_out = others.any(|other| {
                let lines = bare.entry(other).or_insert_with(|| BareLines::of(&sources[other].text));
                lines.contain(&hole)
            });
            *leaks += usize::from(leaks_out);
            !leaks_out
        });
    }

    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = Vec::new();
        let sources = self.sources.iter().cloned().map(Row::Source);
        for row in sources.chain(self.cases.iter().cloned().map(Row::Case)) {
            serde_json::to_writer(&mut text, &row)?;
            text.push(b'\n');
        }
        let mut file =
            std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(&text).with_context(|| format!("cannot write {}", path.display()))
    }

    pub fn source(&self, case: &EvalCase) -> &SourceFile {
        &self.sources[case.source]
    }

    /// The text around a case's cursor.
    pub fn hole(&self, case: &EvalCase) -> Hole<'_> {
        let text = &self.source(case).text;
        let without = |range: Range<usize>| match &case.damage {
            Some(gap) if range.start <= gap.start && gap.end <= range.end => {
                format!("{}{}", &text[range.start..gap.start], &text[gap.end..range.end])
            }
            _ => text[range].to_owned(),
        };
        Hole {
            before: without(0..case.hole.start),
            middle: &text[case.hole.clone()],
            after: without(case.hole.end..text.len()),
        }
    }

    fn is_sound(&self, case: &EvalCase) -> bool {
        let Some(source) = self.sources.get(case.source) else { return false };
        let inside = |range: &Range<usize>| source.text.get(range.clone()).is_some();
        let beside = |range: &Range<usize>| range.end <= self.sources.len() && range.contains(&case.source);
        inside(&case.hole)
            && case.damage.as_ref().is_none_or(inside)
            && case.repository.as_ref().is_none_or(beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> CaseSet {
        let source = SourceFile {
            package: "p".into(),
            path: "a.py".into(),
            language: "python".into(),
            text: "a = 1\nb = 2\nc = 3\n".into(),
        };
        let case = EvalCase::new(0, &source, HoleKind::RestOfLine, 8..11, Some(12..13));
        CaseSet { sources: vec![source], cases: vec![case], leaks: 0 }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases.jsonl");
        set().save(&path).unwrap();
        assert_eq!(CaseSet::load(&[&path]).unwrap(), set());
        let twice = CaseSet::load(&[&path, &path]).unwrap();
        assert_eq!((twice.sources.len(), twice.cases[1].source), (2, 1));
        std::fs::write(&path, "{\"case\":").unwrap();
        assert!(CaseSet::load(&[&path]).unwrap_err().to_string().contains("cases.jsonl, line 1"));
    }

    #[test]
    fn the_damage_is_not_in_the_text() {
        let set = set();
        let hole = set.hole(&set.cases[0]);
        assert_eq!(
            (hole.before.as_str(), hole.middle, hole.after.as_str()),
            ("a = 1\nb ", "= 2", "\n = 3\n")
        );
    }

    /// A package of two files, and one hole of two lines in the first.
    fn package(other: &str) -> CaseSet {
        let source = |path: &str, text: &str| SourceFile {
            package: "p".into(),
            path: path.into(),
            language: "python".into(),
            text: text.into(),
        };
        let sources = vec![source("a.py", "def f(a):\n    b = a\n    return b\n"), source("b.py", other)];
        let mut case = EvalCase::new(0, &sources[0], HoleKind::MultiLine, 14..32, None);
        case.repository = Some(0..2);
        CaseSet { sources, cases: vec![case], leaks: 0 }
    }

    #[test]
    fn a_case_whose_text_stands_in_another_file_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases.jsonl");
        let loaded = |other: &str| {
            package(other).save(&path).unwrap();
            let set = CaseSet::load(&[&path, &path]).unwrap();
            (set.cases.len(), set.leaks, set.cases.last().and_then(|case| case.repository.clone()))
        };
        assert_eq!(loaded("def g(a):\n    return a\n"), (2, 0, Some(2..4)));
        assert_eq!(loaded("if x:\n    def g(a):\n        b = a\n        return b\n"), (0, 2, None));
    }

    #[test]
    fn a_package_that_is_not_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases.jsonl");
        for wrong in [1..2, 0..3] {
            let mut set = package("");
            set.cases[0].repository = Some(wrong);
            set.save(&path).unwrap();
            assert!(CaseSet::load(&[&path]).unwrap_err().to_string().contains("line 3"));
        }
    }

    #[test]
    fn sets_of_earlier_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases.jsonl");
        let old = r#"{"source":{"package":"p","path":"a.py","language":"python","text":"a = 1\nb = 2\n"}}
{"case":{"id":"1","source":0,"kind":"rest_of_line","hole":{"start":8,"end":11},"damage":null}}
"#;
        std::fs::write(&path, old).unwrap();
        let set = CaseSet::load(&[&path]).unwrap();
        assert_eq!((set.cases.len(), set.cases[0].repository.clone()), (1, None));
        set.save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), old);
    }
}
