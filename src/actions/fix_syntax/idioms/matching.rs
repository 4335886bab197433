//! Matches the patterns of `idioms.toml` against the tokens of a text.

use std::ops::Range;

use crate::actions::fix_syntax::lexer::{Token, TokenKind};
use crate::language::{CaptureKind, Idiom, Idioms, PatternItem};
use crate::text::is_word;

use super::place::{Captured, IdiomMatch};

/// Tokens that a capture may hold.
const LONGEST: usize = 2_000;

/// A text in which idioms are looked for.
pub struct Matcher<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
    /// Its idioms.
    pub idioms: &'a Idioms,
    /// Keywords that are values (`None`, `self`).
    pub values: &'a [String],
}

/// A way to go on: what is captured, the next token, and the end of what is consumed.
type Way = (Range<usize>, usize, usize);

impl<'a> Matcher<'a> {
    /// The idiom where it begins with `token`.
    pub fn at(&self, idiom: &'a Idiom, token: usize) -> Option<IdiomMatch<'a>> {
        let found = idiom
            .patterns
            .iter()
            .find_map(|pattern| self.where_holds(idiom, self.pattern_at(pattern, token)?))?;
        (idiom.inside.is_empty() || self.is_inside(token, &idiom.inside)).then_some(found)
    }

    /// The match with what its conditions capture, if they hold.
    fn where_holds(&self, idiom: &'a Idiom, mut found: IdiomMatch<'a>) -> Option<IdiomMatch<'a>> {
        for condition in &idiom.conditions {
            let captured = found.captures.iter().find(|captured| captured.name == condition.capture)?;
            let range = captured.range.clone();
            for (name, part) in condition.parts(&self.text[range.clone()])? {
                let range = range.start + part.start..range.start + part.end;
                found.captures.push(Captured { name, kind: &CaptureKind::Code, range });
            }
        }
        Some(found)
    }

    fn pattern_at(&self, pattern: &'a [PatternItem], token: usize) -> Option<IdiomMatch<'a>> {
        let start = self.tokens.get(token)?.range.start;
        let begins = match pattern.first() {
            Some(PatternItem::Capture { kind: CaptureKind::Expr, .. }) => self.begins_expression(token),
            // A member may have the name of a habit: `Stack::new`.
            Some(PatternItem::Text { .. }) => !self.is_member(token),
            _ => true,
        };
        let mut captures = Vec::new();
        let end = begins.then(|| self.go(pattern, token, start, &mut captures))??;
        Some(IdiomMatch { range: start..end, captures })
    }

    /// Match `items` from `token` on; the end of what they consume. What was consumed before ends at `end`.
    fn go(
        &self,
        items: &'a [PatternItem],
        token: usize,
        end: usize,
        captures: &mut Vec<Captured<'a>>,
    ) -> Option<usize> {
        let Some((item, rest)) = items.split_first() else { return Some(end) };
        match item {
            PatternItem::LineStart => self.begins_line(token).then(|| self.go(rest, token, end, captures))?,
            PatternItem::NotLineStart if self.begins_line(token) => None,
            PatternItem::NotLineStart => self.go(rest, token, end, captures),
            PatternItem::LineEnd if rest.is_empty() => self.ends_line(token, end).then_some(end),
            PatternItem::LineEnd => {
                if self.kind(token) != TokenKind::LineEnd || !self.is_blank(end, token) {
                    return None;
                }
                // The last line may have no end.
                let end = self.tokens.get(token).map_or(end, |token| token.range.end);
                self.go(rest, token + 1, end, captures)
            }
            PatternItem::Text { any, optional } => {
                let next = any.iter().find_map(|text| self.literal(token, text));
                if let Some(next) = next.filter(|_| self.is_blank(end, token)) {
                    let found = self.go(rest, next, self.tokens[next - 1].range.end, captures);
                    if found.is_some() {
                        return found;
                    }
                }
                if *optional { self.go(rest, token, end, captures) } else { None }
            }
            PatternItem::Capture { name, kind } => {
                let known = captures
                    .iter()
                    .find(|captured| captured.name == name)
                    .map(|known| &self.text[known.range.clone()]);
                for (range, next, end) in self.ways(kind, token, end, rest, known) {
                    captures.push(Captured { name, kind, range });
                    let found = self.go(rest, next, end, captures);
                    if found.is_some() {
                        return found;
                    }
                    captures.pop();
                }
                None
            }
        }
    }

    /// What a capture may take from `token` on, the most wanted first.
    fn ways(
        &self,
        kind: &CaptureKind,
        token: usize,
        end: usize,
        rest: &[PatternItem],
        known: Option<&str>,
    ) -> Vec<Way> {
        use CaptureKind as Kind;
        match kind {
            Kind::Rest | Kind::Prose | Kind::Raw | Kind::Single => {
                return self.raw(kind, token, end, rest).into_iter().collect();
            }
            Kind::Indented => return self.indented(token, end).into_iter().collect(),
            Kind::Block => return self.block(token, end).into_iter().collect(),
            Kind::OneOf(words, optional) => {
                let next = words.iter().find_map(|text| self.literal(token, text));
                let mut ways: Vec<Way> =
                    next.and_then(|next| self.way(token, next, end)).into_iter().collect();
                if *optional {
                    ways.push((end..end, token, end));
                }
                return ways;
            }
            _ => {}
        }
        let one = |is: bool| is.then_some(token + 1);
        let next = match kind {
            Kind::Name => one(self.kind(token) == TokenKind::Identifier),
            Kind::Word => one(matches!(self.kind(token), TokenKind::Identifier | TokenKind::Keyword)),
            Kind::Number => one(self.kind(token) == TokenKind::Number),
            Kind::Quotation => one(self.kind(token) == TokenKind::String),
            Kind::Target => self.operand(token, false),
            Kind::Operand => self.operand(token, true),
            Kind::Same => known.and_then(|text| self.literal(token, text)),
            _ => {
                let mut ends = self.balanced(kind, token);
                if rest.is_empty() {
                    ends.reverse();
                }
                return ends.into_iter().filter_map(|next| self.way(token, next, end)).collect();
            }
        };
        next.and_then(|next| self.way(token, next, end)).into_iter().collect()
    }

    /// The tokens from `token` to before `next`, if only white space lies between them and `end`.
    fn way(&self, token: usize, next: usize, end: usize) -> Option<Way> {
        if next == token {
            return Some((end..end, token, end));
        }
        let range = self.tokens.get(token)?.range.start..self.tokens.get(next - 1)?.range.end;
        self.is_blank(end, token).then_some((range.clone(), next, range.end))
    }

    /// The tokens behind each way to capture balanced code from `token` on, the shortest first.
    fn balanced(&self, kind: &CaptureKind, token: usize) -> Vec<usize> {
        let mut ends = Vec::new();
        if *kind == CaptureKind::Any {
            ends.push(token);
        }
        if *kind == CaptureKind::Value && !self.is_value(token) {
            return ends;
        }
        let mut at = token;
        while at < self.tokens.len() && at < token + LONGEST {
            let word = self.word(at);
            let listed = *kind == CaptureKind::Expr && matches!(word, "," | "=" | "=>");
            if self.kind(at) == TokenKind::LineEnd || listed || matches!(word, ";" | ")" | "]" | "}") {
                break;
            }
            let Some(next) = self.group(at) else { break };
            at = next;
            ends.push(at);
        }
        ends
    }

    /// The token behind `token`, or behind the brackets that it opens; none where nobody closes them.
    fn group(&self, token: usize) -> Option<usize> {
        let mut wanted = Vec::new();
        for at in token..self.tokens.len().min(token + LONGEST) {
            match self.word(at) {
                "(" => wanted.push(")"),
                "[" | "#[" => wanted.push("]"),
                "{" => wanted.push("}"),
                closer @ (")" | "]" | "}") if wanted.pop() != Some(closer) => return None,
                _ => {}
            }
            if wanted.is_empty() {
                return Some(at + 1);
            }
        }
        None
    }

    /// The token behind a name with its members, indices and calls, or with `any` behind other operands too.
    fn operand(&self, token: usize, any: bool) -> Option<usize> {
        let mut at = token;
        while any && matches!(self.word(at), "-" | "+" | "!" | "&" | "*" | "~") {
            at += 1;
        }
        at = match self.kind(at) {
            _ if self.is_name(at) => at + 1,
            TokenKind::Number | TokenKind::String if any => at + 1,
            TokenKind::Punctuation if any && matches!(self.word(at), "(" | "[" | "{") => self.group(at)?,
            _ => return None,
        };
        loop {
            let close =
                self.tokens.get(at).is_some_and(|next| next.range.start == self.tokens[at - 1].range.end);
            let member = matches!(self.word(at), "." | "::")
                && matches!(
                    self.kind(at + 1),
                    TokenKind::Identifier | TokenKind::Keyword | TokenKind::Number
                );
            at = match self.word(at) {
                _ if member => at + 2,
                "(" | "[" if close => self.group(at)?,
                "!" if close && matches!(self.word(at + 1), "(" | "[") && self.touches(at) => {
                    self.group(at + 1)?
                }
                _ => return Some(at),
            };
        }
    }

    fn touches(&self, token: usize) -> bool {
        self.tokens.get(token + 1).is_some_and(|next| next.range.start == self.tokens[token].range.end)
    }

    /// Text that is captured whatever its tokens are.
    fn raw(&self, kind: &CaptureKind, token: usize, end: usize, rest: &[PatternItem]) -> Option<Way> {
        let line_end = self.text[end..].find('\n').map_or(self.text.len(), |at| end + at);
        let (range, behind) = match kind {
            CaptureKind::Single => {
                let start = self.tokens.get(token)?.range.start;
                let inside = self.text[start..line_end].strip_prefix('\'')?;
                let inside = &inside[..inside.find('\'')?];
                let behind = start + inside.len() + 2;
                let name = self.text[behind..].starts_with(is_word);
                let long = inside.chars().nth(1).is_some() && !inside.starts_with('\\');
                (long && !name && self.is_blank(end, token)).then_some((start + 1..behind - 1, behind))?
            }
            CaptureKind::Raw => {
                let Some(PatternItem::Text { any, .. }) = rest.first() else { return None };
                let stop = end + self.text[end..].find(any.first()?.as_str())?;
                (end..stop, stop)
            }
            _ => {
                let words = [token, token + 1]
                    .iter()
                    .all(|token| matches!(self.kind(*token), TokenKind::Identifier | TokenKind::Keyword));
                if *kind == CaptureKind::Prose && (!words || self.touches(token)) {
                    return None;
                }
                (end..line_end, line_end)
            }
        };
        let text = &self.text[range.clone()];
        let start = range.start + text.len() - text.trim_start_matches(' ').len();
        let range = if *kind == CaptureKind::Single {
            range
        } else {
            start..start + text.trim_start_matches(' ').trim_end().len()
        };
        let next = self.tokens.partition_point(|token| token.range.start < behind);
        let end = if *kind == CaptureKind::Rest || *kind == CaptureKind::Prose { range.end } else { behind };
        Some((range, next, end))
    }

    /// The text behind `{`, up to before its `}`.
    fn block(&self, token: usize, end: usize) -> Option<Way> {
        let open = token.checked_sub(1).filter(|open| self.word(*open) == "{")?;
        let close = self.group(open)? - 1;
        Some((end..self.tokens[close].range.start, close, self.tokens[close].range.start))
    }

    /// The lines below `token` that are indented deeper than the line where the match began.
    fn indented(&self, token: usize, end: usize) -> Option<Way> {
        if self.kind(token) != TokenKind::LineEnd {
            return None;
        }
        let width = |at: usize| {
            let start = self.text[..at].rfind('\n').map_or(0, |feed| feed + 1);
            self.text[start..].len() - self.text[start..].trim_start_matches([' ', '\t']).len()
        };
        let own = width(end);
        let (mut last, mut at) = (None, token);
        while at < self.tokens.len() {
            // `at` is a line end.
            let first = at + 1;
            if self.kind(first) == TokenKind::LineEnd && first < self.tokens.len() {
                at = first;
                continue;
            }
            if first >= self.tokens.len() || width(self.tokens[first].range.start) <= own {
                break;
            }
            let line_end = (first..self.tokens.len()).find(|token| self.kind(*token) == TokenKind::LineEnd);
            at = line_end.unwrap_or(self.tokens.len());
            last = Some(at);
        }
        let next = last?;
        let stop = self.tokens.get(next).map_or(self.text.len(), |token| token.range.start);
        Some((end..stop, next, stop))
    }

    /// The token behind `text` where it begins with `token` and ends with a token.
    fn literal(&self, token: usize, text: &str) -> Option<usize> {
        let start = self.tokens.get(token)?.range.start;
        if !self.text[start..].starts_with(text) {
            return None;
        }
        let mut at = token;
        while self.tokens.get(at).is_some_and(|token| token.range.end < start + text.len()) {
            at += 1;
        }
        (self.tokens.get(at)?.range.end == start + text.len()).then_some(at + 1)
    }

    fn kind(&self, token: usize) -> TokenKind {
        self.tokens.get(token).map_or(TokenKind::LineEnd, |token| token.kind)
    }

    fn word(&self, token: usize) -> &'a str {
        self.tokens.get(token).map_or("", |token| &self.text[token.range.clone()])
    }

    fn is_name(&self, token: usize) -> bool {
        self.kind(token) == TokenKind::Identifier || self.values.iter().any(|value| value == self.word(token))
    }

    fn is_value(&self, token: usize) -> bool {
        self.is_name(token) || matches!(self.kind(token), TokenKind::Number | TokenKind::String)
    }

    /// Whether it is a word behind `.` or `::`.
    fn is_member(&self, token: usize) -> bool {
        let before = token.checked_sub(1).map_or("", |before| self.word(before));
        matches!(before, "." | "::") && self.word(token).starts_with(is_word)
    }

    fn begins_line(&self, token: usize) -> bool {
        token.checked_sub(1).is_none_or(|before| self.kind(before) == TokenKind::LineEnd)
    }

    fn begins_expression(&self, token: usize) -> bool {
        // `return` begins a statement.
        let statement =
            self.word(token).starts_with(is_word) && self.idioms.before_expression.contains(self.word(token));
        !statement
            && (self.begins_line(token) || self.idioms.before_expression.contains(self.word(token - 1)))
    }

    fn ends_line(&self, token: usize, end: usize) -> bool {
        let rest = self.text[end..].trim_start_matches([' ', '\t', '\r']);
        rest.is_empty() || rest.starts_with('\n') || self.kind(token) == TokenKind::LineEnd
    }

    /// Whether nothing but white space lies between a byte and a token: a comment there would be lost.
    fn is_blank(&self, from: usize, token: usize) -> bool {
        let to = self.tokens.get(token).map_or(self.text.len(), |token| token.range.start);
        self.text.get(from..to).is_some_and(|gap| gap.trim().is_empty())
    }

    /// Whether the line that opens the innermost braces around `token` has one of some words.
    fn is_inside(&self, token: usize, words: &[String]) -> bool {
        let mut depth = 0;
        for at in (0..token).rev() {
            match self.word(at) {
                "}" => depth += 1,
                "{" if depth == 0 => {
                    let line = (0..at).rev().take_while(|before| self.kind(*before) != TokenKind::LineEnd);
                    return line.into_iter().any(|token| words.iter().any(|word| word == self.word(token)));
                }
                "{" => depth -= 1,
                _ => {}
            }
        }
        false
    }
}
