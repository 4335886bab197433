//! Cures habits of other languages, and of older versions of this one, by the rows of `grammars/<lang>/idioms.toml`: once, or
//! wherever they are in a statement or a definition.

mod matching;
mod place;
mod rendering;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::lexer::Lexicon;
use super::region::LineTable;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::actions::request::RequestedFile;
use crate::document::Edit;
use crate::language::{Accepted, Idiom, Language};
use crate::text::{common_affixes, is_word};
use crate::verify::{policy, unknown};
use matching::Matcher;
use place::IdiomMatch;
use rendering::WritingStyle;

/// How plausible a cure is: whoever writes a habit of another language means it.
const IDIOM: f32 = 1_000.0;
/// A cure of more places than one.
const WIDER: f32 = -2.0;
/// Lines that count as one statement: that of the error, and the one above.
const STATEMENT: usize = 2;
/// Rows of the file that a match may begin before an error.
const ABOVE: usize = 16;
/// Lines of a part in which all places are cured at once.
const LONGEST_PART: usize = 250;
/// Bytes of such a part: one line may be as long as a file.
const LARGEST_PART: usize = 32 * 1024;
/// Tokens near an error at which an idiom may begin; each costs a look for each idiom.
const MOST_TOKENS: usize = 2_000;
/// Cures of one text, one inside of the other or one after the other.
const ROUNDS: usize = 12;
/// Candidates in all: each costs a parse.
const MOST: usize = 14;

/// A text with its idioms cured.
struct CuredText<'r> {
    text: String,
    /// Rows, and how many places each cured.
    rows: Vec<(&'r Idiom, usize)>,
    /// Where the rows cured that others belong to.
    roots: Vec<Root<'r>>,
}

/// A place where a row was cured that others belong to.
#[derive(Clone)]
struct Root<'r> {
    idiom: &'r Idiom,
    start: usize,
}

/// A text while its idioms are cured.
struct Cure<'a> {
    language: &'a Language,
    lexicon: &'a Lexicon,
    layout: WritingStyle,
}

/// All repairs of this kind.
pub fn candidates(site: &ErrorSite<'_>, language: &Language) -> Vec<RepairCandidate> {
    let broken = |row: &&Idiom| row.accepted == Accepted::Never;
    let rows: Vec<&Idiom> = language.idioms.rows.iter().filter(broken).collect();
    let cure = Cure { language, lexicon: site.lexicon, layout: layout(site.text, language) };
    let mut found = cure.single(site, &rows);
    for (number, range) in scopes(site).into_iter().enumerate() {
        let score = IDIOM + WIDER * (number + 1) as f32;
        // What is wrong in one statement is cured together; elsewhere the smaller change comes first.
        let all = if site.text[range.clone()].matches('\n').count() <= STATEMENT {
            IDIOM + 1.0
        } else {
            score - 0.5
        };
        let Some((candidate, cured)) = cure.wide(site, &range, &rows, all) else { continue };
        found.push(candidate);
        for (idiom, _) in cured.iter().filter(|_| cured.len() > 1) {
            let own = |row: &&Idiom| row.id == idiom.id || row.with == idiom.id;
            let group: Vec<&Idiom> = rows.iter().copied().filter(own).collect();
            found.extend(cure.wide(site, &range, &group, score).map(|(candidate, _)| candidate));
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut seen = std::collections::HashSet::new();
    found.retain(|candidate| seen.insert((candidate.edit.range.clone(), candidate.edit.text.clone())));
    found.truncate(MOST);
    found
}

/// Cures in code that parses, in the lines of `range`.
pub fn accepted(
    file: &RequestedFile,
    lines: &LineTable<'_>,
    lexicon: &Lexicon,
    range: &Range<usize>,
) -> Vec<RepairCandidate> {
    let RequestedFile { language, text, verifier } = file;
    let rows: Vec<&Idiom> =
        language.idioms.rows.iter().filter(|row| row.accepted != Accepted::Never).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let cure = Cure { language, lexicon, layout: layout(text, language) };
    let lines = lines.bytes(lines.of(range.start)..lines.of(range.end) + 1);
    let tokens = lexicon.tokens(text, 0..lines.end);
    let matcher = cure.matcher(text, &tokens);
    let mut found = Vec::new();
    for token in (0..tokens.len()).filter(|token| tokens[*token].range.start >= lines.start) {
        for idiom in &rows {
            let Some(place) = matcher.at(idiom, token) else { continue };
            let unknown = || !unknown(verifier.snapshot(), verifier.tree(), place.range.clone()).is_empty();
            if idiom.accepted == Accepted::UnknownName && !unknown() {
                continue;
            }
            let (range, new) = rendering::cured(text, idiom, &place, &cure.layout);
            let cure = candidate(text, &range, &new, idiom.title.clone(), IDIOM);
            if verifier.allows(std::slice::from_ref(&cure.edit), &policy::DIAGNOSTIC_REPAIR) {
                found.push(cure);
            }
        }
    }
    found
}

/// How the file is written.
fn layout(text: &str, language: &Language) -> WritingStyle {
    let tabs = text.lines().filter(|line| line.starts_with('\t')).count();
    let spaces = text.lines().filter(|line| line.starts_with("  ")).count();
    WritingStyle {
        step: if tabs > spaces { "\t".into() } else { language.config.indent.clone() },
        line_end: if text.contains("\r\n") { "\r\n" } else { "\n" },
        comment: language.config.line_comment.clone(),
        empty: language.repairs.empty.clone(),
    }
}

/// The parts of the file where all places may be cured at once, the smallest first.
fn scopes(site: &ErrorSite<'_>) -> Vec<Range<usize>> {
    let mut scopes: Vec<Range<usize>> = Vec::new();
    let mut add = |range: Range<usize>| {
        let lines = site.text[range.clone()].matches('\n').count();
        let is_small = lines <= LONGEST_PART && range.len() <= LARGEST_PART;
        if is_small && !range.is_empty() && !scopes.contains(&range) {
            scopes.push(range);
        }
    };
    for row in anchor_rows(site) {
        let first = site.lines.before(row).unwrap_or(row);
        add(site.lines.bytes(first..row + 1));
        for region in site.lines.regions(first..row + 1) {
            add(region.part());
        }
    }
    scopes.sort_by_key(Range::len);
    scopes
}

/// The rows of the first errors.
fn anchor_rows(site: &ErrorSite<'_>) -> Vec<usize> {
    let start = |anchor: &usize| site.tokens.get(*anchor).map_or(site.text.len(), |token| token.range.start);
    let mut rows: Vec<usize> =
        site.anchors.iter().take(3).map(|anchor| site.lines.of(start(anchor))).collect();
    rows.dedup();
    rows
}

/// The change of `range` to `new`, without what stays at its ends; whole words only.
fn candidate(text: &str, range: &Range<usize>, new: &str, title: String, score: f32) -> RepairCandidate {
    let old = &text[range.clone()];
    let (head, tail) = common_affixes(old, new);
    let cut = |text: &str, at: usize| text[..at].ends_with(is_word) && text[at..].starts_with(is_word);
    let word_start = |at: usize| old[..at].trim_end_matches(is_word).len();
    let head = if cut(old, head) || cut(new, head) { word_start(head) } else { head };
    let kept = &old[old.len() - tail..];
    let split = cut(old, old.len() - tail) || cut(new, new.len() - tail);
    let tail = if split { kept.trim_start_matches(is_word).len() } else { tail };
    let edit = Edit::replace(range.start + head..range.end - tail, &new[head..new.len() - tail]);
    RepairCandidate { title: Some(title), ..RepairCandidate::new(edit, RepairKind::Idiom, score) }
}

/// What is cured, in words.
fn title(cured: &[(&Idiom, usize)]) -> String {
    let Some((first, count)) = cured.first() else { return String::new() };
    match (cured.len(), count) {
        (1, 1) => first.title.clone(),
        (1, count) => format!("{} ({count} times)", first.title),
        (2, _) => format!("{}; {}", first.title, cured[1].0.title),
        (more, _) => format!("{}, and {} more changes of this kind", first.title, more - 1),
    }
}

impl Cure<'_> {
    /// Each idiom at one place near an error.
    fn single(&self, site: &ErrorSite<'_>, rows: &[&Idiom]) -> Vec<RepairCandidate> {
        let matcher = self.matcher(site.text, &site.tokens);
        let mut found = Vec::new();
        for (number, row) in anchor_rows(site).into_iter().enumerate() {
            let first = site.lines.before(row).unwrap_or(row);
            let touched = site.lines.bytes(first..row + 2);
            let from = site.lines.bytes(row.saturating_sub(ABOVE)..row + 1).start;
            let from = site.tokens.partition_point(|token| token.range.start < from);
            let to = site.tokens.partition_point(|token| token.range.start < touched.end);
            for token in from..to.min(from + MOST_TOKENS) {
                for (order, idiom) in rows.iter().enumerate().filter(|(_, row)| row.with.is_empty()) {
                    let Some(place) = matcher.at(idiom, token) else { continue };
                    if place.range.end < touched.start {
                        continue;
                    }
                    let (range, new) = rendering::cured(site.text, idiom, &place, &self.layout);
                    let away = site.lines.of(range.start).abs_diff(row) as f32;
                    let score = IDIOM - 0.3 * number as f32 - 0.1 * away.min(9.0) - 0.001 * order as f32;
                    let cure = candidate(site.text, &range, &new, idiom.title.clone(), score);
                    if self.is_whole(site.text, &cure.edit, &[Root { idiom, start: range.start }]) {
                        found.push(cure);
                    }
                }
            }
        }
        found
    }

    /// All places of a part of the file, and the rows that cured them; none where a part of a cure would be left outside.
    fn wide<'r>(
        &self,
        site: &ErrorSite<'_>,
        range: &Range<usize>,
        rows: &[&'r Idiom],
        score: f32,
    ) -> Option<(RepairCandidate, Vec<(&'r Idiom, usize)>)> {
        let mut cured = self.all(&site.text[range.clone()], rows)?;
        // A part of a cure is no change of its own.
        cured.rows.retain(|(row, _)| row.with.is_empty());
        let found = candidate(site.text, range, &cured.text, title(&cured.rows), score);
        cured.roots.iter_mut().for_each(|root| root.start += range.start);
        self.is_whole(site.text, &found.edit, &cured.roots).then_some((found, cured.rows))
    }

    /// Whether nothing that belongs to what was cured is left in the text after `edit`.
    fn is_whole(&self, text: &str, edit: &Edit, roots: &[Root<'_>]) -> bool {
        let belongs = |row: &&Idiom| roots.iter().any(|root| root.idiom.id == row.with);
        let rows: Vec<&Idiom> = self.language.idioms.rows.iter().filter(belongs).collect();
        if rows.is_empty() {
            return true;
        }
        let text = [&text[..edit.range.start], &edit.text, &text[edit.range.end..]].concat();
        self.round(&text, &rows, roots).is_empty()
    }

    fn matcher<'a>(&'a self, text: &'a str, tokens: &'a [super::lexer::Token]) -> Matcher<'a> {
        let (idioms, values) = (&self.language.idioms, self.language.config.lexical.keywords.as_slice());
        Matcher { text, tokens, idioms, values }
    }

    /// The text with all places cured; none where nothing is to be cured.
    fn all<'r>(&self, text: &str, rows: &[&'r Idiom]) -> Option<CuredText<'r>> {
        let mut cured = CuredText { text: text.to_owned(), rows: Vec::new(), roots: Vec::new() };
        for _ in 0..ROUNDS {
            let edits = self.round(&cured.text, rows, &cured.roots);
            if edits.is_empty() {
                break;
            }
            for (idiom, _) in &edits {
                match cured.rows.iter_mut().find(|(row, _)| row.id == idiom.id) {
                    Some((_, count)) => *count += 1,
                    None => cured.rows.push((idiom, 1)),
                }
            }
            for (idiom, (range, new)) in edits.into_iter().rev() {
                let behind = cured.roots.iter_mut().filter(|root| root.start >= range.end);
                behind.for_each(|root| root.start = root.start - range.len() + new.len());
                cured.text.replace_range(range.clone(), &new);
                if self.language.idioms.rows.iter().any(|row| row.with == idiom.id) {
                    cured.roots.push(Root { idiom, start: range.start });
                }
            }
        }
        (!cured.rows.is_empty()).then_some(cured)
    }

    /// Whether a part of a cure at `at` belongs to one of `roots`: the lines between them are indented deeper, or begin with a
    /// word of the same cure.
    fn belongs(&self, text: &str, row: &Idiom, at: usize, roots: &[Root<'_>]) -> bool {
        let own = |idiom: &&Idiom| idiom.id == row.with || idiom.with == row.with;
        let words: Vec<&str> =
            self.language.idioms.rows.iter().filter(own).flat_map(Idiom::first_words).collect();
        let width = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let start = |at: usize| text[..at].rfind('\n').map_or(0, |feed| feed + 1);
        let reaches = |root: &Root<'_>| {
            let least = width(&text[start(root.start)..]);
            let first = |line: &str| words.iter().any(|word| line.trim_start().starts_with(word));
            let between = text[start(root.start)..start(at)].lines().skip(1);
            let mut between = between.filter(|line| !line.trim().is_empty());
            between.all(|line| width(line) > least || width(line) == least && first(line))
                && width(&text[start(at)..]) >= least
        };
        roots.iter().any(|root| root.idiom.id == row.with && root.start < at && reaches(root))
    }

    /// The outermost places, in order, with what they become.
    fn round<'r>(
        &self,
        text: &str,
        rows: &[&'r Idiom],
        roots: &[Root<'_>],
    ) -> Vec<(&'r Idiom, (Range<usize>, String))> {
        let rows: Vec<&'r Idiom> = rows.iter().copied().filter(|row| row.may_be_in(text)).collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let tokens = self.lexicon.tokens(text, 0..text.len());
        let matcher = self.matcher(text, &tokens);
        let mut edits: Vec<(&Idiom, (Range<usize>, String))> = Vec::new();
        let mut end = 0;
        for (number, token) in tokens.iter().enumerate() {
            if token.range.start < end {
                continue;
            }
            let place = |row: &&'r Idiom| -> Option<(&'r Idiom, IdiomMatch<'_>)> {
                let place = matcher.at(row, number)?;
                (row.with.is_empty() || self.belongs(text, row, place.range.start, roots))
                    .then_some((*row, place))
            };
            let Some((idiom, place)) = rows.iter().find_map(place) else { continue };
            let (range, new) = rendering::cured(text, idiom, &place, &self.layout);
            if range.start < end || text[range.clone()] == new {
                continue;
            }
            end = range.end;
            edits.push((idiom, (range, new)));
        }
        edits
    }
}
