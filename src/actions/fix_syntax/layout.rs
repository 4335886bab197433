//! Lists repairs of what is between tokens: indentation, line ends, spaces.

use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::document::Edit;

const INDENT: f32 = -1.5;
/// An indentation that is no whole number of steps.
const ODD_STEP: f32 = -3.0;
/// A change in a line where nothing shows.
const OTHER_LINE: f32 = -2.5;
const LINES: f32 = -6.0;
const SPLIT: f32 = -3.0;
/// All repairs of this kind.
pub fn candidates(site: &ErrorSite<'_>, indent: &str, significant: bool) -> Vec<RepairCandidate> {
    let mut found = Vec::new();
    for (number, row) in site.rows().into_iter().enumerate().filter(|_| significant) {
        indentation(site, row, indent, if number == 0 { 0.0 } else { OTHER_LINE }, &mut found);
    }
    words(site, &mut found);
    line_ends(site, &mut found);
    found
}

/// A repair whose plausibility is that of the changed lines.
pub fn score(site: &ErrorSite<'_>, edit: Edit, what: RepairKind, prior: f32) -> RepairCandidate {
    let score = prior + site.change(&edit);
    RepairCandidate::new(edit, what, score)
}

/// Indent a line as its neighbours are, or one step deeper or less.
fn indentation(site: &ErrorSite<'_>, row: usize, step: &str, near: f32, found: &mut Vec<RepairCandidate>) {
    let lines = site.lines;
    let Some(width) = lines.width(row) else { return };
    let start = lines.bytes(row..row + 1).start;
    let own = &site.text[start..start + width];
    let mut wanted: Vec<String> = Vec::new();
    let (mut above, mut below) = (lines.before(row), lines.after(row));
    let blank = |row: usize, width: usize| {
        let start = lines.bytes(row..row + 1).start;
        site.text[start..start + width].to_owned()
    };
    for _ in 0..8 {
        for near in [above, below].into_iter().flatten() {
            let other = blank(near, lines.width(near).unwrap_or(0));
            wanted.push(format!("{other}{step}"));
            wanted.extend(other.strip_suffix(step).map(str::to_owned));
            wanted.push(other);
        }
        above = above.and_then(|row| lines.before(row));
        below = below.and_then(|row| lines.after(row));
    }
    wanted.sort();
    wanted.dedup();
    for new in wanted.into_iter().filter(|new| new != own) {
        // Small slips are likelier, and a line that stays in step with the file's own is what was meant.
        let slip = 0.25 * new.len().abs_diff(own.len()) as f32;
        let odd = if new.len() % step.len().max(1) == 0 { 0.0 } else { ODD_STEP };
        let edit = Edit::replace(start..start + width, new);
        found.push(score(site, edit, RepairKind::Indent, INDENT + near + odd - slip));
    }
}

/// Split a word that begins or ends with a keyword: `returnx`.
fn words(site: &ErrorSite<'_>, found: &mut Vec<RepairCandidate>) {
    for token in site.window(8, 1) {
        if site.kind(token) != TokenKind::Identifier {
            continue;
        }
        let (word, start) = (site.word(token), site.tokens[token].range.start);
        for keyword in site.lexicon.keywords().filter(|keyword| word.len() > keyword.len()) {
            let cuts = [
                word.starts_with(keyword).then_some(keyword.len()),
                word.ends_with(keyword).then(|| word.len() - keyword.len()),
            ];
            for cut in cuts.into_iter().flatten() {
                let edit = Edit::insert(start + cut, " ");
                found.push(score(site, edit, RepairKind::Insert, SPLIT + site.distance(token)));
            }
        }
    }
}

/// Let a line go on in the next, or end earlier.
fn line_ends(site: &ErrorSite<'_>, found: &mut Vec<RepairCandidate>) {
    for token in site.window(6, 1) {
        let far = site.distance(token);
        if site.kind(token) == TokenKind::LineEnd {
            let Some(next) = site.tokens.get(token + 1).filter(|next| next.kind != TokenKind::LineEnd) else {
                continue;
            };
            let end = site.tokens[..token].last().map_or(0, |token| token.range.end);
            if end == 0 || !site.text[end..next.range.start].trim().is_empty() {
                continue;
            }
            for text in [" ", ""] {
                let edit = Edit::replace(end..next.range.start, text);
                found.push(score(site, edit, RepairKind::Join, LINES + far));
            }
            continue;
        }
        let Some(left) = token.checked_sub(1).filter(|left| site.kind(*left) != TokenKind::LineEnd) else {
            continue;
        };
        let row = site.lines.of(site.tokens[token].range.start);
        let start = site.lines.bytes(row..row + 1).start;
        let indent = &site.text[start..start + site.lines.width(row).unwrap_or(0)];
        let range = site.tokens[left].range.end..site.tokens[token].range.start;
        found.push(score(
            site,
            Edit::replace(range, format!("{}{indent}", site.line_end)),
            RepairKind::Split,
            LINES + far,
        ));
    }
}
