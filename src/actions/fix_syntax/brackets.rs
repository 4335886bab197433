//! Lists repairs of brackets without a partner, far from where the error is reported.

use super::imbalance::{LonelyBracket, closer_of, opener_of};
use super::layout::score;
use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::document::Edit;

const FAR_BRACKET: f32 = -2.0;
/// A closer in a line of its own, right before the line that says that it is missing.
const RIGHT_BEFORE: f32 = 2.5;
/// Tokens behind an opener in which its closer may be missing.
const REACH: usize = 600;
/// Another mark in the place of a bracket, and the tokens behind an opener where one may be.
const BRACKET_SLIP: f32 = -6.0;
const NEAR_SLIP: usize = 60;
/// Brackets that are looked at.
const MOST: usize = 4;

/// All repairs of this kind: put the partner anywhere it can stand, or take the bracket away.
pub fn candidates(site: &ErrorSite<'_>, lonely: &[LonelyBracket]) -> Vec<RepairCandidate> {
    let mut found = Vec::new();
    let first = site.anchors.first().copied().unwrap_or(0);
    let mut lonely: Vec<&LonelyBracket> = lonely.iter().collect();
    lonely.sort_by_key(|bracket| bracket.token.abs_diff(first));
    for bracket in lonely.into_iter().take(MOST) {
        match site.word(bracket.token) {
            mark @ ("(" | "[" | "{") => {
                let closer = closer_of(mark).unwrap_or_default();
                closers(site, bracket, closer, &mut found);
            }
            mark => openers(site, bracket.token, mark, &mut found),
        }
    }
    found
}

/// Close what `opener` opens, at any place behind it.
fn closers(site: &ErrorSite<'_>, bracket: &LonelyBracket, closer: &str, found: &mut Vec<RepairCandidate>) {
    let opener = bracket.token;
    let class = site.class(TokenKind::Punctuation, closer);
    let row = site.lines.of(site.tokens[opener].range.start);
    let width = site.lines.width(row).unwrap_or(0);
    for token in opener + 1..(opener + REACH).min(site.tokens.len()) {
        let start = site.tokens[token].range.start;
        let end = site.tokens[token - 1].range.end;
        if site.kind(token - 1) == TokenKind::LineEnd {
            found.extend(beginning(site, token, row, closer));
            continue;
        }
        let fits = match site.kind(token) {
            TokenKind::LineEnd => site
                .lines
                .after(site.lines.of(start))
                .and_then(|row| site.lines.width(row))
                .map_or(0.0, |next| if next <= width { 1.0 } else { -1.0 }),
            _ => 0.0,
        };
        let far = site.distance(token).max(-4.0) - 0.002 * (token - opener) as f32;
        let likelier = site.delta(token..token, &[class]);
        let spaces = site.space(site.side(Some(token - 1)), Some(class), 0)
            + site.space(Some(class), site.side(Some(token)), start - end)
            - site.space(site.side(Some(token - 1)), site.side(Some(token)), start - end);
        found.push(RepairCandidate::new(
            Edit::insert(end, closer),
            RepairKind::Insert,
            FAR_BRACKET + far + likelier + fits + spaces,
        ));
        // A block's closer has a line of its own.
        if site.kind(token) == TokenKind::LineEnd && closer == "}" {
            let indent = " ".repeat(width);
            let edit = Edit::insert(end, format!("{}{indent}{closer}", site.line_end));
            let shows = if site.text[end..]
                .get(..bracket.place.saturating_sub(end))
                .is_some_and(|text| text.trim().is_empty())
            {
                RIGHT_BEFORE
            } else {
                0.0
            };
            found.push(score(site, edit, RepairKind::Insert, FAR_BRACKET + fits + shows - 2.0));
        }
    }
    slips(site, opener, closer, found);
    let range = site.tokens[opener].range.clone();
    found.push(score(site, Edit::replace(range, ""), RepairKind::Delete, FAR_BRACKET - 2.0));
}

/// The closer where the line of `token`, its first, begins: an empty line that is indented as `head`, the opener's, is where it was.
fn beginning(site: &ErrorSite<'_>, token: usize, head: usize, closer: &str) -> Option<RepairCandidate> {
    let start = site.tokens[token].range.start;
    let row = site.lines.of(start);
    let line = site.lines.bytes(row..row + 1);
    let blank = site.text[line.start..start].trim_end_matches('\r').len();
    let width = site.lines.width(head).unwrap_or(0);
    let before = site.lines.before(row).filter(|before| *before > head).and_then(|row| site.lines.width(row));
    let fits = match site.kind(token) {
        // What is no deeper than the head, a comment too, is behind what the closer ends.
        TokenKind::LineEnd if before.is_some_and(|before| before <= width) => return None,
        // What follows the closed block is not indented deeper than its head.
        TokenKind::LineEnd if blank == width => {
            let next = site.lines.after(row).and_then(|row| site.lines.width(row)).unwrap_or(0);
            if next <= width && before.is_some() { 6.0 } else { 2.0 }
        }
        TokenKind::LineEnd if blank >= width.min(1) => 0.0,
        TokenKind::Punctuation if blank == width => 3.0,
        _ => return None,
    };
    let edit = Edit::insert(line.start + blank, closer);
    Some(score(site, edit, RepairKind::Insert, FAR_BRACKET + fits))
}

/// What is where the closer belongs, and the opener itself, may be slips for it.
fn slips(site: &ErrorSite<'_>, opener: usize, closer: &str, found: &mut Vec<RepairCandidate>) {
    for token in (opener..(opener + NEAR_SLIP).min(site.tokens.len()))
        .filter(|token| site.kind(*token) == TokenKind::Punctuation)
    {
        let closers = if token == opener { &[")", "]", "}"][..] } else { &[closer][..] };
        for closer in closers {
            let class = site.class(TokenKind::Punctuation, closer);
            let likelier = site.delta(token..token + 1, &[class]);
            let edit = Edit::replace(site.tokens[token].range.clone(), *closer);
            let far = site.distance(token).max(-4.0);
            found.push(RepairCandidate::new(edit, RepairKind::Replace, BRACKET_SLIP + far + likelier));
        }
    }
}

/// Open what `closer` closes, at any place before it.
fn openers(site: &ErrorSite<'_>, closer: usize, mark: &str, found: &mut Vec<RepairCandidate>) {
    let Some(opener) = opener_of(mark) else { return };
    let class = site.class(TokenKind::Punctuation, opener);
    for token in closer.saturating_sub(REACH)..closer {
        if token == 0 || site.kind(token - 1) == TokenKind::LineEnd {
            continue;
        }
        let (end, start) = (site.tokens[token - 1].range.end, site.tokens[token].range.start);
        let far = site.distance(token).max(-4.0) - 0.002 * (closer - token) as f32;
        let likelier = site.delta(token..token, &[class]);
        let gap = start - end;
        let (left, right) = (site.side(Some(token - 1)), site.side(Some(token)));
        let was = site.space(left, right, gap);
        for at in [end, start] {
            let spaces =
                site.space(left, Some(class), at - end) + site.space(Some(class), right, start - at) - was;
            let score = FAR_BRACKET + far + likelier + spaces;
            found.push(RepairCandidate::new(Edit::insert(at, opener), RepairKind::Insert, score));
            if at == start {
                break;
            }
        }
    }
    let range = site.tokens[closer].range.clone();
    for other in [")", "]", "}"].into_iter().filter(|other| *other != mark) {
        let likelier = site.delta(closer..closer + 1, &[site.class(TokenKind::Punctuation, other)]);
        let edit = Edit::replace(range.clone(), other);
        found.push(RepairCandidate::new(
            edit,
            RepairKind::Replace,
            BRACKET_SLIP + 2.0 + site.distance(closer).max(-4.0) + likelier,
        ));
    }
    found.push(score(site, Edit::replace(range, ""), RepairKind::Delete, FAR_BRACKET - 2.0));
}
