//! Lists repairs of one or two tokens: insert, delete, replace, swap, join. `search` finds out which the language accepts.

use std::collections::{HashMap, HashSet};

use super::lexer::TokenKind;
use super::ngram::TokenClass;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use super::spacing::{self, Spacing, glues};
use super::statement;
use crate::document::Edit;
use crate::text::is_word;

/// Tokens before and behind the place where an error shows: a parser notices a missing operator one token late, a missing
/// comma of a call at its end.
const BEFORE: usize = 28;
const BEHIND: usize = 3;
/// How plausible each kind of damage is, as logarithms.
const INSERT: f32 = -1.0;
const DELETE: f32 = -3.0;
const REPLACE: f32 = -8.0;
const SWAP: f32 = -5.0;
const JOIN: f32 = -2.0;
/// A keyword with one slip of the fingers, and what each further slip costs.
const TYPO: f32 = 4.0;
const SLIP: f32 = -3.0;
/// Nobody writes a name or a text too many by accident; and without it the line is shorter, which alone seems likelier.
const MEANT: f32 = -11.0;
/// An odd indentation, with a word put before its last space.
const ODD_INDENT: f32 = 2.0;
/// The same token twice.
const TWICE: f32 = 3.0;
/// A token of the grammar that was never seen in code.
const NEVER: f32 = -5.0;
/// A word of the file that is put where one is missing is one of many.
const WORD: f32 = -4.0;
/// A word that is two known ones, or a known one and another; and a mark that moved besides.
const BOTH_KNOWN: f32 = 2.0;
const ONE_KNOWN: f32 = 0.0;
const MOVED: f32 = -1.0;
/// Tokens before the error that may be two.
const GLUED: usize = 8;
/// Words of the neighbourhood that are tried.
const WORDS: usize = 4;

/// A token that may be put somewhere.
#[derive(Clone)]
struct Part {
    text: String,
    kind: TokenKind,
    class: TokenClass,
    prior: f32,
}

/// All repairs of this kind.
pub fn candidates(site: &ErrorSite<'_>) -> Vec<RepairCandidate> {
    let parts = parts(site);
    let mut found = Vec::new();
    for token in site.window(BEFORE, BEHIND) {
        let far = site.distance(token);
        insertions(site, token, far, &parts, &mut found);
        if site.kind(token) == TokenKind::LineEnd {
            continue;
        }
        deletions(site, token, far, &mut found);
        replacements(site, token, far, &parts, &mut found);
        neighbours(site, token, far, &mut found);
    }
    let keywords: Vec<Part> = parts.iter().filter(|part| part.kind == TokenKind::Keyword).cloned().collect();
    for token in statement::heads(site, BEFORE) {
        insertions(site, token, site.distance(token), &keywords, &mut found);
    }
    let first = site.anchors.first().copied().unwrap_or(0);
    let words: HashSet<&str> = (0..site.tokens.len())
        .filter(|token| site.kind(*token) == TokenKind::Identifier && token.abs_diff(first) > 0)
        .map(|token| site.word(token))
        .collect();
    for token in site.window(GLUED, 1).into_iter().filter(|token| site.kind(*token) == TokenKind::Identifier)
    {
        glued(site, token, &parts, &words, &mut found);
    }
    found
}

/// What may be inserted: the language's own tokens, and a few words that stand near.
fn parts(site: &ErrorSite<'_>) -> Vec<Part> {
    let part = |text: &str, kind: TokenKind, prior: f32| Part {
        class: site.class(kind, text),
        text: text.to_owned(),
        kind,
        prior,
    };
    let kind =
        |text: &str| if text.starts_with(is_word) { TokenKind::Keyword } else { TokenKind::Punctuation };
    let seen = |text: &str| if site.knows(text) { 0.0 } else { NEVER };
    let mut parts: Vec<Part> = site.lexicon.fixed().map(|text| part(text, kind(text), seen(text))).collect();
    let mut words: HashMap<&str, usize> = HashMap::new();
    let first = site.anchors.first().copied().unwrap_or(0);
    for token in first.saturating_sub(150)..(first + 50).min(site.tokens.len()) {
        if site.kind(token) == TokenKind::Identifier {
            *words.entry(site.word(token)).or_default() += 1;
        }
    }
    let mut words: Vec<(&str, usize)> = words.into_iter().collect();
    words.sort_by_key(|(word, count)| (std::cmp::Reverse(*count), *word));
    parts.extend(words.iter().take(WORDS).map(|(word, _)| part(word, TokenKind::Identifier, WORD)));
    parts.push(part("0", TokenKind::Number, WORD));
    if let Some(quote) = site.lexicon.quotes().last() {
        parts.push(part(&quote.repeat(2), TokenKind::String, WORD));
    }
    parts
}

/// The token to the left in the same line.
fn left(site: &ErrorSite<'_>, token: usize) -> Option<usize> {
    token.checked_sub(1).filter(|left| site.kind(*left) != TokenKind::LineEnd)
}

/// Insert each part before `token`, with the spaces that are usual there.
fn insertions(
    site: &ErrorSite<'_>,
    token: usize,
    far: f32,
    parts: &[Part],
    found: &mut Vec<RepairCandidate>,
) {
    let end = site.tokens[token].range.start;
    let left = left(site, token);
    let start = left.map_or(end, |left| site.tokens[left].range.end);
    let between = &site.text[start..end];
    let spaces = between.len() - between.trim_start_matches(' ').len();
    let whole = spaces == between.len();
    let right = Some(token);
    let before = site.space(site.side(left), site.side(right), spaces);
    if left.is_none() && site.kind(token) == TokenKind::LineEnd {
        return;
    }
    let place = site.place(token..token);
    let (outer_left, outer_right) = (site.side(left), site.side(right));
    let ends_line = site.kind(token) == TokenKind::LineEnd;
    let ways = spacing::ways(site.text, start, spaces, left.is_some(), whole && !ends_line);
    // A word of the grammar that is in no code was not forgotten.
    for part in parts.iter().filter(|part| part.prior > NEVER || part.kind != TokenKind::Keyword) {
        let class = Some(part.class);
        let likelier = place.delta(&[part.class]);
        let base = INSERT + part.prior + far + likelier;
        let mut best: Option<(f32, &Spacing)> = None;
        // Where in the white space, and how many spaces come along.
        for way in ways.iter().filter(|way| !way.glues(&part.text)) {
            let usual = site.space(outer_left, class, way.at + way.lead)
                + if whole { site.space(class, outer_right, spaces - way.at + way.trail) } else { 0.0 }
                - before
                - 1.5 * (way.lead + way.trail) as f32;
            let score = base + usual;
            if best.is_none_or(|(best, _)| best < score) {
                best = Some((score, way));
            }
        }
        found.extend(best.map(|(score, way)| {
            let text = format!("{:lead$}{}{:trail$}", "", part.text, "", lead = way.lead, trail = way.trail);
            RepairCandidate::new(Edit::insert(start + way.at, text), RepairKind::Insert, score)
        }));
        // At the start of a line the space behind the token may be the last one of the indentation.
        if left.is_none() && site.text[..end].ends_with(' ') && !glues(site.text, end - 1, &part.text) {
            let usual = site.space(class, site.side(right), 1);
            let score = INSERT + part.prior + far + likelier + usual + ODD_INDENT * odd(site, end);
            let edit = Edit::insert(end - 1, part.text.clone());
            found.push(RepairCandidate::new(edit, RepairKind::Insert, score));
        }
    }
}

/// 1 when the line of `byte` is not indented by whole steps, as one is that lost its first word; -1 when it is.
fn odd(site: &ErrorSite<'_>, byte: usize) -> f32 {
    let width = super::ngram::indentation(site.text, byte);
    if width % 2 == 1 { 1.0 } else { -1.0 }
}

/// Take `token` away, and the space that would be left over.
fn deletions(site: &ErrorSite<'_>, token: usize, far: f32, found: &mut Vec<RepairCandidate>) {
    let range = site.tokens[token].range.clone();
    let left = left(site, token);
    let right = Some(token + 1).filter(|right| *right < site.tokens.len());
    let gaps = |range: std::ops::Range<usize>| {
        let before = site.text[..range.start].len() - site.text[..range.start].trim_end_matches(' ').len();
        let after = site.text[range.end..].len() - site.text[range.end..].trim_start_matches(' ').len();
        (before, after)
    };
    let (before, after) = gaps(range.clone());
    let class = site.side(Some(token));
    let was = site.space(site.side(left), class, before) + site.space(class, site.side(right), after);
    let likelier = site.delta(token..token + 1, &[]);
    let ends_line = right.is_none_or(|right| site.kind(right) == TokenKind::LineEnd);
    let twice = [left, right].into_iter().flatten().any(|other| site.word(other) == site.word(token));
    let meant = matches!(site.kind(token), TokenKind::Identifier | TokenKind::Number | TokenKind::String);
    let prior = DELETE + if twice { TWICE } else { 0.0 } + if meant && !twice { MEANT } else { 0.0 };
    // At the start of a line the space behind it would add to the indentation.
    let mut ways =
        if left.is_none() && after > 0 { Vec::new() } else { vec![(range.clone(), before + after)] };
    if left.is_some() && before > 0 {
        ways.push((range.start - before..range.end, after));
    }
    if !ends_line && after > 0 {
        ways.push((range.start..range.end + after, before));
    }
    for (range, spaces) in ways {
        let text = site.text;
        let meets = text[..range.start].ends_with(is_word) && text[range.end..].starts_with(is_word);
        if meets {
            continue;
        }
        let usual = if ends_line {
            -0.5 * spaces as f32
        } else {
            site.space(site.side(left), site.side(right), spaces)
        };
        let score = prior + far + likelier + usual - was;
        found.push(RepairCandidate::new(Edit::replace(range, ""), RepairKind::Delete, score));
    }
}

/// Put each part in the place of `token`.
fn replacements(
    site: &ErrorSite<'_>,
    token: usize,
    far: f32,
    parts: &[Part],
    found: &mut Vec<RepairCandidate>,
) {
    let range = site.tokens[token].range.clone();
    let (kind, word) = (site.kind(token), site.word(token));
    let (left, right) = (left(site, token), Some(token + 1));
    let space = |other: Option<usize>, class: TokenClass, leads: bool| match (leads, other) {
        (true, Some(left)) => {
            let gap = range.start - site.tokens[left].range.end;
            site.space(site.side(other), Some(class), gap)
        }
        (false, Some(right)) if right < site.tokens.len() => {
            let gap = site.tokens[right].range.start - range.end;
            site.space(Some(class), site.side(other), gap)
        }
        _ => 0.0,
    };
    let own = site.class(kind, word);
    let was = space(left, own, true) + space(right, own, false);
    let place = site.place(token..token + 1);
    for part in parts.iter().filter(|part| part.text != word) {
        let Some(prior) = likeness(kind, word, part) else { continue };
        if part.prior <= NEVER && part.kind == TokenKind::Keyword && prior < 0.0 {
            continue;
        }
        let usual = space(left, part.class, true) + space(right, part.class, false) - was;
        let likelier = place.delta(&[part.class]);
        let edit = Edit::replace(range.clone(), part.text.clone());
        let score = prior + part.prior + far + likelier + usual;
        found.push(RepairCandidate::new(edit, RepairKind::Replace, score));
    }
}

/// Take a word apart that was two before the mark between them went, or moved behind them.
fn glued(
    site: &ErrorSite<'_>,
    token: usize,
    parts: &[Part],
    words: &HashSet<&str>,
    found: &mut Vec<RepairCandidate>,
) {
    let (word, start) = (site.word(token), site.tokens[token].range.start);
    let far = site.distance(token);
    let known =
        |part: &str| words.contains(part) || site.lexicon.is_keyword(part) || site.knows(part) || part == "_";
    let class = |part: &str| {
        site.class(
            if site.lexicon.is_keyword(part) { TokenKind::Keyword } else { TokenKind::Identifier },
            part,
        )
    };
    for cut in (1..word.len()).filter(|cut| word.is_char_boundary(*cut)) {
        let (a, b) = word.split_at(cut);
        if b.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let trust = match (known(a), known(b)) {
            (true, true) => BOTH_KNOWN,
            (true, false) if a.len() > 3 => ONE_KNOWN,
            (false, true) if b.len() > 2 => ONE_KNOWN,
            _ => continue,
        };
        for part in parts.iter().filter(|part| part.kind == TokenKind::Punctuation && part.prior == 0.0) {
            let likelier = site.delta(token..token + 1, &[class(a), part.class, class(b)]);
            let usual = site.space(Some(class(a)), Some(part.class), 0)
                + site.space(Some(part.class), Some(class(b)), 0);
            let score = trust + far + likelier + usual;
            let edit = Edit::insert(start + cut, part.text.clone());
            found.push(RepairCandidate::new(edit, RepairKind::Insert, score));
        }
        moved(site, token, cut, trust + MOVED + far, found);
    }
}

/// Put the mark behind the word of `token` into the word.
fn moved(site: &ErrorSite<'_>, token: usize, cut: usize, prior: f32, found: &mut Vec<RepairCandidate>) {
    let next = token + 1;
    if site.kind(next) != TokenKind::Punctuation {
        return;
    }
    let (word, mark) = (site.word(token), site.word(next));
    let (a, b) = word.split_at(cut);
    let (range, behind) = (site.tokens[token].range.clone(), site.tokens[next].range.clone());
    let between = &site.text[range.end..behind.start];
    let class = |kind: TokenKind, text: &str| site.class(kind, text);
    let mut ways = vec![(mark, "")];
    if mark.len() == 2 && mark.is_ascii() {
        ways.push(mark.split_at(1));
    }
    for (first, rest) in ways {
        let mut classes = vec![
            class(TokenKind::Identifier, a),
            class(TokenKind::Punctuation, first),
            class(TokenKind::Identifier, b),
        ];
        if !rest.is_empty() {
            classes.push(class(TokenKind::Punctuation, rest));
        }
        let score = prior + site.delta(token..next + 1, &classes);
        let edit =
            Edit::replace(range.start + cut..behind.start + first.len(), format!("{first}{between}{b}"));
        found.push(RepairCandidate::new(edit, RepairKind::Swap, score));
    }
}

/// How plausible it is that `word` was meant to be the part; none for what nobody mistakes.
fn likeness(kind: TokenKind, word: &str, part: &Part) -> Option<f32> {
    use TokenKind::{Identifier, Keyword, Number, Punctuation, String};
    let distance = || strsim::osa_distance(word, &part.text);
    match (kind, part.kind) {
        (Identifier | Keyword, Keyword) => {
            let distance = distance();
            let letters = part.text.len().min(word.len());
            let typo = distance == 1 || distance == 2 && letters >= 4 || distance == 3 && letters >= 7;
            // Keywords are written as meant, mostly, and one letter is a slip away from every short word.
            let short = if letters < 2 || kind == Keyword { 2.0 * SLIP } else { 0.0 };
            Some(if typo { TYPO + SLIP * (distance as f32 - 1.0) + short } else { REPLACE - 1.0 })
        }
        (Punctuation, Punctuation) if distance() == 1 => Some(REPLACE + 3.0),
        (Punctuation, Punctuation) => Some(REPLACE),
        (Punctuation | Keyword, _) => Some(REPLACE),
        (Number | String, Punctuation | Keyword) => Some(REPLACE - 2.0),
        (Identifier, Punctuation) => Some(REPLACE - 3.0),
        _ => None,
    }
}

/// Swap `token` with the next one, or make one of both.
fn neighbours(site: &ErrorSite<'_>, token: usize, far: f32, found: &mut Vec<RepairCandidate>) {
    let next = token + 1;
    if site.kind(next) == TokenKind::LineEnd {
        return;
    }
    let (first, second) = (site.tokens[token].range.clone(), site.tokens[next].range.clone());
    let between = &site.text[first.end..second.start];
    let (a, b) = (site.word(token), site.word(next));
    let both = first.start..second.end;
    let classes = [site.class(site.kind(next), b), site.class(site.kind(token), a)];
    let swapped = format!("{b}{between}{a}");
    if a != b
        && !glues(site.text, first.start, b)
        && !(site.text[second.end..].starts_with(is_word) && a.ends_with(is_word))
    {
        let score = SWAP + far + site.delta(token..next + 1, &classes);
        let edit = Edit::replace(both, swapped);
        found.push(RepairCandidate::new(edit, RepairKind::Swap, score));
    }
    let joined = format!("{a}{b}");
    let known = site.lexicon.fixed().any(|fixed| fixed == joined)
        || a.ends_with(is_word) && site.tokens.iter().any(|token| site.text[token.range.clone()] == *joined);
    if known && !between.is_empty() && between.chars().all(|c| c == ' ') {
        let kind = if joined.starts_with(is_word) { TokenKind::Keyword } else { TokenKind::Punctuation };
        let score = JOIN + far + site.delta(token..next + 1, &[site.class(kind, &joined)]);
        let edit = Edit::replace(first.end..second.start, "");
        found.push(RepairCandidate::new(edit, RepairKind::Delete, score));
    }
}
