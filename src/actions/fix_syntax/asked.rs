//! Decides which error a request is about, and whether a repair answers it. Compilers report a missing bracket far from where it
//! belongs: at what it would close, at the end of the file, or at the next closer of another kind.

use std::ops::Range;

use super::lexer::{Token, TokenKind};
use super::region::LineTable;
use super::site::RepairCandidate;
use crate::actions::request::ActionRequest;

/// Lines between the cursor and the error that is meant: a missing bracket shows far below.
const NEAR: usize = 40;

/// The error that a request is about.
pub struct AskedError {
    /// Its place, as far as it is known.
    pub place: usize,
    /// The lines that a repair must touch if the error itself is in none of them; None when the asked lines are those in which
    /// the error is reported: then its repairs count wherever they are.
    rows: Option<Range<usize>>,
}

impl AskedError {
    /// The error that is meant: the first of the file, or the nearest one to the range. `imbalances` are the places in which a
    /// compiler may report brackets that do not pair up, in these tokens of the file.
    pub fn find(
        errors: &[usize],
        imbalances: &[usize],
        (text, tokens): (&str, &[Token]),
        lines: &LineTable<'_>,
        request: &ActionRequest,
    ) -> Option<Self> {
        let Some(range) = &request.range else {
            return errors.first().map(|error| Self { place: *error, rows: None });
        };
        let row = lines.of(range.start);
        // One behind the cursor is as near as one before it at half the distance: parsers notice late.
        let far = |error: &usize| {
            let other = lines.of(*error);
            if other >= row { other - row } else { 2 * (row - other) }
        };
        let place = errors.iter().copied().min_by_key(far)?;
        let rows = row..lines.of(range.end) + 1;
        let here = |place: &usize| rows.contains(&lines.of(*place));
        let begins = || here(&element_start(text, tokens, place));
        let reported = far(&place) <= 1 || here(&place) || imbalances.iter().any(here) || begins();
        let rows = (!reported).then(|| rows.start.saturating_sub(3)..rows.end + 3);
        (reported || far(&place) <= NEAR || !request.diagnostics.is_empty()).then_some(Self { place, rows })
    }

    /// Whether a repair belongs to what was asked.
    pub fn is_answered_by(&self, candidate: &RepairCandidate, lines: &LineTable<'_>) -> bool {
        self.rows.as_ref().is_none_or(|rows| {
            let near = |place: usize| rows.contains(&lines.of(place));
            near(self.place) || near(candidate.edit.range.start)
        })
    }
}

/// Where the element of a list begins that ends before `place`, inside of brackets: CPython reports a missing comma there.
fn element_start(text: &str, tokens: &[Token], place: usize) -> usize {
    let before = tokens.partition_point(|token| token.range.end <= place);
    let (mut depth, mut start) = (0_usize, place);
    for token in tokens[..before].iter().rev() {
        match &text[token.range.clone()] {
            ")" | "]" | "}" => depth += 1,
            "(" | "[" | "{" if depth == 0 => return start,
            "(" | "[" | "{" => depth -= 1,
            "," if depth == 0 && start < place => return start,
            ";" if depth == 0 => return place,
            _ => {}
        }
        if token.kind != TokenKind::LineEnd {
            start = token.range.start;
        }
    }
    place
}

/// The places in which a compiler may report brackets that do not pair up: each without a partner, what was open there, and
/// the end of the file if something stays open.
pub fn imbalances(text: &str, tokens: &[Token]) -> Vec<usize> {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut found = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Punctuation) {
        let start = token.range.start;
        match &text[token.range.clone()] {
            "(" => open.push((')', start)),
            "[" => open.push((']', start)),
            "{" => open.push(('}', start)),
            mark @ (")" | "]" | "}") => {
                let top = open.pop();
                if top.is_none_or(|(wanted, _)| !mark.starts_with(wanted)) {
                    found.push(start);
                    found.extend(top.map(|(_, opener)| opener));
                    // The closer may belong to an opener further out: what is above that is open. Else it closes the
                    // innermost one, as rustc has it.
                    if let Some(at) = open.iter().rposition(|(wanted, _)| mark.starts_with(*wanted)) {
                        found.extend(open.drain(at..).map(|(_, opener)| opener));
                    }
                }
            }
            _ => {}
        }
    }
    if !open.is_empty() {
        found.extend(open.iter().map(|(_, opener)| *opener));
        found.push(text.len());
    }
    found.sort_unstable();
    found.dedup();
    found
}
