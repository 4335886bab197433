//! Lists repairs of what is between tokens (indentation, line ends, spaces, quotes), and of brackets far from where the error
//! is reported.

use super::imbalance;
use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::document::Edit;
use crate::text::is_word;

const INDENT: f32 = -1.5;
/// An indentation that is no whole number of steps.
const ODD_STEP: f32 = -3.0;
/// A change in a line where nothing shows.
const OTHER_LINE: f32 = -2.5;
const LINES: f32 = -6.0;
const SPLIT: f32 = -3.0;
const QUOTE: f32 = -1.5;
const FAR_BRACKET: f32 = -2.0;
/// Tokens behind an opener in which its closer may be missing.
const REACH: usize = 600;
/// Another mark in the place of a bracket, and the tokens behind an opener where one may be.
const BRACKET_SLIP: f32 = -6.0;
const NEAR_SLIP: usize = 60;
/// A line that is longer is not searched for quotes.
const LONG_LINE: usize = 240;

/// All repairs of this kind.
pub fn candidates(site: &ErrorSite<'_>, indent: &str, significant: bool) -> Vec<RepairCandidate> {
    let mut found = Vec::new();
    let rows = site.rows();
    for (number, row) in rows.iter().enumerate() {
        if significant {
            indentation(site, *row, indent, if number == 0 { 0.0 } else { OTHER_LINE }, &mut found);
        }
        quotes(site, *row, if number == 0 { 0.0 } else { OTHER_LINE }, &mut found);
    }
    let error = site.anchors.first().and_then(|anchor| site.tokens.get(*anchor));
    let error = site.lines.of(error.map_or(site.text.len(), |token| token.range.start));
    for row in
        imbalance::odd_quotes(site.text, site.lexicon, site.lines, error).filter(|row| !rows.contains(row))
    {
        quotes(site, row, OTHER_LINE, &mut found);
    }
    words(site, &mut found);
    line_ends(site, &mut found);
    brackets(site, &mut found);
    found
}

fn score(site: &ErrorSite<'_>, edit: Edit, what: RepairKind, prior: f32) -> RepairCandidate {
    let score = prior + site.change(&edit);
    RepairCandidate { edit, what, score }
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

/// Put a quote where a text may begin or end, or take one away.
fn quotes(site: &ErrorSite<'_>, row: usize, near: f32, found: &mut Vec<RepairCandidate>) {
    let range = site.lines.bytes(row..row + 1);
    let line = site.text[range.clone()].trim_end_matches(['\n', '\r']);
    if line.len() > LONG_LINE {
        return;
    }
    let border = |at: usize| {
        let (before, after) = (line[..at].chars().next_back(), line[at..].chars().next());
        let kind = |c: Option<char>| {
            c.map(|c| {
                if is_word(c) {
                    1
                } else if c.is_whitespace() {
                    2
                } else {
                    3
                }
            })
        };
        kind(before) != kind(after) || kind(before) == Some(3)
    };
    for quote in site.lexicon.quotes() {
        let mark = quote.chars().next().unwrap_or('"');
        if line.contains(mark) || quote.len() == 1 {
            let borders = (0..=line.len()).filter(|at| line.is_char_boundary(*at) && border(*at));
            for at in borders.filter(|at| line.contains(mark) || *at == 0 || quote.len() == 1) {
                let text = if quote.len() > 1 { mark.to_string() } else { quote.clone() };
                if quote.len() > 1 && !line[..at].ends_with(mark) && !line[at..].starts_with(mark) {
                    continue;
                }
                found.push(score(
                    site,
                    Edit::insert(range.start + at, text),
                    RepairKind::Insert,
                    QUOTE + near,
                ));
            }
        }
        if quote.len() > 1 {
            continue;
        }
        for (at, _) in line.match_indices(mark) {
            let at = range.start + at;
            found.push(score(site, Edit::replace(at..at + 1, ""), RepairKind::Delete, QUOTE - 2.0 + near));
            for other in site.lexicon.quotes().iter().filter(|other| other.len() == 1 && *other != quote) {
                let edit = Edit::replace(at..at + 1, other.clone());
                found.push(score(site, edit, RepairKind::Replace, QUOTE - 1.0 + near));
            }
        }
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
        let ends = if site.text.contains("\r\n") { "\r\n" } else { "\n" };
        let range = site.tokens[left].range.end..site.tokens[token].range.start;
        found.push(score(
            site,
            Edit::replace(range, format!("{ends}{indent}")),
            RepairKind::Split,
            LINES + far,
        ));
    }
}

/// Brackets without a partner: put the partner anywhere it can stand, or take the bracket away.
fn brackets(site: &ErrorSite<'_>, found: &mut Vec<RepairCandidate>) {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut lonely: Vec<usize> = Vec::new();
    let partner = |mark: &str| match mark {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        _ => "",
    };
    for token in (0..site.tokens.len()).filter(|token| site.kind(*token) == TokenKind::Punctuation) {
        match site.word(token) {
            mark @ ("(" | "[" | "{") => open.push((token, partner(mark))),
            mark @ (")" | "]" | "}") => {
                // A closer that begins its line, further left than the innermost opener's: that one was not closed.
                if open.len() >= 2
                    && open[open.len() - 2].1 == mark
                    && torn(site, token, open[open.len() - 1].0)
                {
                    lonely.extend(open.pop().map(|(token, _)| token));
                }
                match open.last() {
                    Some((_, wanted)) if *wanted == mark => drop(open.pop()),
                    // One opener too many inside of a pair, or one closer too many.
                    _ => match open.len() >= 2 && open[open.len() - 2].1 == mark {
                        true => {
                            lonely.extend(open.pop().map(|(token, _)| token));
                            open.pop();
                        }
                        false => lonely.push(token),
                    },
                }
            }
            _ => {}
        }
    }
    lonely.extend(open.iter().map(|(token, _)| *token));
    let first = site.anchors.first().copied().unwrap_or(0);
    lonely.sort_by_key(|token| token.abs_diff(first));
    for token in lonely.into_iter().take(4) {
        match site.word(token) {
            mark @ ("(" | "[" | "{") => closers(site, token, partner(mark), found),
            mark => openers(site, token, mark, found),
        }
    }
}

/// Whether `closer` begins a line that is indented less than the line of `opener`.
fn torn(site: &ErrorSite<'_>, closer: usize, opener: usize) -> bool {
    let row = |token: usize| site.lines.of(site.tokens[token].range.start);
    let begins = closer == 0 || site.kind(closer - 1) == TokenKind::LineEnd;
    begins && site.lines.width(row(closer)) < site.lines.width(row(opener))
}

/// Close what `opener` opens, at any place behind it.
fn closers(site: &ErrorSite<'_>, opener: usize, closer: &str, found: &mut Vec<RepairCandidate>) {
    let class = site.class(TokenKind::Punctuation, closer);
    let row = site.lines.of(site.tokens[opener].range.start);
    let width = site.lines.width(row).unwrap_or(0);
    for token in opener + 1..(opener + REACH).min(site.tokens.len()) {
        let start = site.tokens[token].range.start;
        let end = site.tokens[token - 1].range.end;
        if site.kind(token - 1) == TokenKind::LineEnd {
            // An empty line that is indented as the opener's is where its closer was.
            let own = site.lines.bytes(site.lines.of(start)..site.lines.of(start) + 1);
            let blank = site.text[own.start..start].trim_end_matches('\r').len();
            if site.kind(token) == TokenKind::LineEnd && blank >= width.min(1) {
                let fits = if blank == width { 6.0 } else { 0.0 };
                found.push(score(
                    site,
                    Edit::insert(own.start + blank, closer),
                    RepairKind::Insert,
                    FAR_BRACKET + fits,
                ));
            }
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
        found.push(RepairCandidate {
            edit: Edit::insert(end, closer),
            what: RepairKind::Insert,
            score: FAR_BRACKET + far + likelier + fits + spaces,
        });
        // A block's closer has a line of its own.
        if site.kind(token) == TokenKind::LineEnd && closer == "}" {
            let ends = if site.text.contains("\r\n") { "\r\n" } else { "\n" };
            let indent = " ".repeat(width);
            found.push(score(
                site,
                Edit::insert(end, format!("{ends}{indent}{closer}")),
                RepairKind::Insert,
                FAR_BRACKET + fits - 2.0,
            ));
        }
    }
    // What is where the closer belongs, and the opener itself, may be slips for it.
    for token in (opener..(opener + NEAR_SLIP).min(site.tokens.len()))
        .filter(|token| site.kind(*token) == TokenKind::Punctuation)
    {
        let closers = if token == opener { &[")", "]", "}"][..] } else { &[closer][..] };
        for closer in closers {
            let class = site.class(TokenKind::Punctuation, closer);
            let likelier = site.delta(token..token + 1, &[class]);
            let edit = Edit::replace(site.tokens[token].range.clone(), *closer);
            let far = site.distance(token).max(-4.0);
            found.push(RepairCandidate {
                edit,
                what: RepairKind::Replace,
                score: BRACKET_SLIP + far + likelier,
            });
        }
    }
    let range = site.tokens[opener].range.clone();
    found.push(score(site, Edit::replace(range, ""), RepairKind::Delete, FAR_BRACKET - 2.0));
}

/// Open what `closer` closes, at any place before it.
fn openers(site: &ErrorSite<'_>, closer: usize, mark: &str, found: &mut Vec<RepairCandidate>) {
    let opener = match mark {
        ")" => "(",
        "]" => "[",
        _ => "{",
    };
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
            found.push(RepairCandidate { edit: Edit::insert(at, opener), what: RepairKind::Insert, score });
            if at == start {
                break;
            }
        }
    }
    let range = site.tokens[closer].range.clone();
    for other in [")", "]", "}"].into_iter().filter(|other| *other != mark) {
        let likelier = site.delta(closer..closer + 1, &[site.class(TokenKind::Punctuation, other)]);
        let edit = Edit::replace(range.clone(), other);
        found.push(RepairCandidate {
            edit,
            what: RepairKind::Replace,
            score: BRACKET_SLIP + 2.0 + site.distance(closer).max(-4.0) + likelier,
        });
    }
    found.push(score(site, Edit::replace(range, ""), RepairKind::Delete, FAR_BRACKET - 2.0));
}
