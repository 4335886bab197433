//! Counts token sequences, and the spaces between tokens, of a language (`grammars/<lang>/ngrams.txt`) and of the file at hand.
//! Orders repairs before any parser or model sees them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::lexer::{Token, TokenKind};

/// Longest counted sequence: four tokens before tell `def name(self` from `if name(self`.
const ORDER: usize = 5;
/// What a class may be at most: five of them go into one `u64`.
const CLASSES: usize = 1 << 12;
/// How much a sequence of the file itself counts against one of the table, which was made from some megabytes.
const OWN: f32 = 20.0;
/// The weight of what a shorter history says.
const PRIOR: f32 = 4.0;

/// A token as far as the n-grams distinguish tokens. 0 is before the beginning.
pub type TokenClass = u16;

/// Space between two tokens of a line: none, one, more, or a line end on either side.
pub type Gap = usize;

/// The n-gram counts of a language and of one file.
#[derive(Debug, Default)]
pub struct Ngrams {
    table: Arc<NgramTable>,
    own: Counts,
}

/// The n-gram counts of a language.
#[derive(Debug, Default)]
pub struct NgramTable {
    classes: HashMap<String, TokenClass>,
    names: Vec<String>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    sequences: FxHashMap<u64, f32>,
    /// Counts of no space, one space, more, between two tokens.
    gaps: FxHashMap<(TokenClass, TokenClass), [f32; 3]>,
}

/// The classes of all that is not a word of its own.
const OPEN: [&str; 8] = ["%start", "%name", "%Name", "%NAME", "%number", "%text", "%mark", "%line="];
/// The next line is indented less, more.
const LINES: [&str; 2] = ["%line<", "%line>"];

impl NgramTable {
    /// Reads a table: lines `N token count` (N tokens stand before it, those of the lines above), then
    /// `~ token token none one more`.
    pub fn read(table: &str) -> Self {
        let mut ngrams = Self::default();
        for name in OPEN.iter().chain(&LINES) {
            ngrams.intern(name);
        }
        let mut path: Vec<TokenClass> = Vec::new();
        for line in table.lines() {
            let mut words = line.split(' ');
            let (Some(depth), Some(token)) = (words.next(), words.next()) else { continue };
            let class = ngrams.intern(token);
            if depth == "~" {
                let Some(right) = words.next().map(|token| ngrams.intern(token)) else { continue };
                let mut counts = words.map(|count| count.parse().unwrap_or(0.0));
                ngrams
                    .counts
                    .gaps
                    .insert((class, right), std::array::from_fn(|_| counts.next().unwrap_or(0.0)));
            } else if let (Ok(depth), Some(count)) = (depth.parse::<usize>(), words.next()) {
                path.truncate(depth);
                path.push(class);
                let count = count.parse().unwrap_or(0.0);
                ngrams.counts.sequences.insert(pack(&path), count);
                if path.len() == 1 {
                    *ngrams.counts.sequences.entry(0).or_default() += count;
                }
            }
        }
        ngrams
    }

    fn intern(&mut self, name: &str) -> TokenClass {
        if let Some(class) = self.classes.get(name) {
            return *class;
        }
        let class = self.names.len().min(CLASSES - 1);
        self.names.push(name.to_owned());
        let class = TokenClass::try_from(class).unwrap_or(0);
        self.classes.insert(name.to_owned(), class);
        class
    }
}

impl Ngrams {
    /// Those of a language, and none besides.
    pub fn new(table: Arc<NgramTable>) -> Self {
        Self { table, own: Counts::default() }
    }

    /// The class of a token with this text.
    pub fn class(&self, kind: TokenKind, text: &str) -> TokenClass {
        if kind != TokenKind::String
            && kind != TokenKind::LineEnd
            && let Some(class) = self.table.classes.get(text)
        {
            return *class;
        }
        match kind {
            TokenKind::Keyword | TokenKind::Identifier => {
                let first = text.trim_start_matches('_').chars().next().unwrap_or('_');
                match first.is_uppercase() {
                    true if text.len() > 1 && !text.chars().any(char::is_lowercase) => 3,
                    true => 2,
                    false => 1,
                }
            }
            TokenKind::Number => 4,
            TokenKind::String => 5,
            TokenKind::Punctuation => 6,
            TokenKind::LineEnd => 7,
        }
    }

    /// Whether a token with this text has ever been seen.
    pub fn knows(&self, text: &str) -> bool {
        let Some(class) = self.table.classes.get(text) else { return false };
        let key = pack(&[*class]);
        [&self.table.counts, &self.own]
            .iter()
            .any(|counts| counts.sequences.get(&key).is_some_and(|count| *count > 0.0))
    }

    /// The class of a line end: the next line with code is indented as far, less or more.
    pub fn line_end(order: std::cmp::Ordering) -> TokenClass {
        match order {
            std::cmp::Ordering::Equal => 7,
            std::cmp::Ordering::Less => 8,
            std::cmp::Ordering::Greater => 9,
        }
    }

    /// The classes of `tokens`. Empty lines are left out: `None`.
    pub fn classes(&self, text: &str, tokens: &[Token]) -> Vec<Option<TokenClass>> {
        let mut indent = tokens.first().map_or(0, |first| indentation(text, first.range.start));
        let mut classes = Vec::with_capacity(tokens.len());
        for (at, token) in tokens.iter().enumerate() {
            if token.kind != TokenKind::LineEnd {
                classes.push(Some(self.class(token.kind, &text[token.range.clone()])));
                continue;
            }
            if at == 0 || tokens[at - 1].kind == TokenKind::LineEnd {
                classes.push(None);
                continue;
            }
            let next = tokens[at..].iter().find(|token| token.kind != TokenKind::LineEnd);
            let width = next.map_or(0, |next| indentation(text, next.range.start));
            classes.push(Some(Self::line_end(width.cmp(&indent))));
            indent = width;
        }
        classes
    }

    /// Count `tokens` of a text.
    pub fn learn(&mut self, text: &str, tokens: &[Token]) {
        let classes: Vec<TokenClass> = self.classes(text, tokens).into_iter().flatten().collect();
        for end in 0..classes.len() {
            for start in (end + 1).saturating_sub(ORDER)..=end {
                *self.own.sequences.entry(pack(&classes[start..=end])).or_default() += 1.0;
            }
        }
        *self.own.sequences.entry(0).or_default() += classes.len() as f32;
        let all = self.classes(text, tokens);
        for (at, pair) in tokens.windows(2).enumerate() {
            if let (Some(left), Some(right)) = (all[at], all[at + 1])
                && pair.iter().all(|token| token.kind != TokenKind::LineEnd)
            {
                let gap = gap(&text[pair[0].range.end..pair[1].range.start]);
                self.own.gaps.entry((left, right)).or_default()[gap] += 1.0;
            }
        }
    }

    /// Natural logarithm of how likely `class` is behind `history`: a Dirichlet prior from each shorter history.
    pub fn likelihood(&self, history: &[TokenClass], class: TokenClass) -> f32 {
        let history = &history[history.len().saturating_sub(ORDER - 1)..];
        let count = |key: u64| {
            let seen = |counts: &Counts| counts.sequences.get(&key).copied().unwrap_or(0.0);
            seen(&self.table.counts) + OWN * seen(&self.own)
        };
        let then = |key: u64| key * CLASSES as u64 + u64::from(class) + 1;
        let all = count(0).max(1.0);
        let mut chance = (count(then(0)) + 0.5) / (all + 0.5 * CLASSES as f32);
        for start in (0..history.len()).rev() {
            let behind = pack(&history[start..]);
            let before = count(behind);
            // What was never seen was never seen behind more, either.
            if before == 0.0 {
                break;
            }
            chance = (count(then(behind)) + PRIOR * chance) / (before + PRIOR);
        }
        chance.max(1e-9).ln()
    }

    /// Natural logarithm of how likely all of `classes[from..]` are.
    pub fn sequence(&self, classes: &[TokenClass], from: usize) -> f32 {
        (from..classes.len()).map(|at| self.likelihood(&classes[..at], classes[at])).sum()
    }

    /// Natural logarithm of how likely this space between two tokens is.
    pub fn gap(&self, left: TokenClass, right: TokenClass, gap: Gap) -> f32 {
        let counts = |counts: &Counts| counts.gaps.get(&(left, right)).copied().unwrap_or_default();
        let (known, own) = (counts(&self.table.counts), counts(&self.own));
        let seen: [f32; 3] = std::array::from_fn(|gap| known[gap] + OWN * own[gap]);
        // Without any evidence a space is as likely as none, and two are not.
        let prior = [2.0, 2.0, 0.05];
        let total: f32 = seen.iter().sum::<f32>() + prior.iter().sum::<f32>();
        ((seen[gap] + prior[gap]) / total).ln()
    }

    /// What was counted in files at least `least` times, as [`NgramTable::read`] reads it.
    pub fn table(&self, least: f32) -> String {
        let mut entries: Vec<(Vec<TokenClass>, f32)> = self
            .own
            .sequences
            .iter()
            .filter(|(key, count)| **key != 0 && **count >= least)
            .map(|(key, count)| (unpack(*key), *count))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut table = String::new();
        for (path, count) in entries {
            let Some(last) = path.last() else { continue };
            let _ = writeln!(table, "{} {} {count}", path.len() - 1, self.table.names[usize::from(*last)]);
        }
        let mut gaps: Vec<_> =
            self.own.gaps.iter().filter(|(_, counts)| counts.iter().sum::<f32>() >= least).collect();
        gaps.sort_by_key(|(pair, _)| **pair);
        for ((left, right), [none, one, more]) in gaps {
            let (left, right) =
                (&self.table.names[usize::from(*left)], &self.table.names[usize::from(*right)]);
            let _ = writeln!(table, "~ {left} {right} {none} {one} {more}");
        }
        table
    }
}

/// How much space `between` is.
pub fn gap(between: &str) -> Gap {
    between.chars().take_while(|c| *c == ' ').count().min(2)
}

/// The width of the white space before `byte` in its line.
pub fn indentation(text: &str, byte: usize) -> usize {
    let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
    text[start..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn pack(classes: &[TokenClass]) -> u64 {
    // One more than the class, so that no class and class 0 differ.
    classes.iter().fold(0, |key, class| key * CLASSES as u64 + u64::from(*class) + 1)
}

fn unpack(mut key: u64) -> Vec<TokenClass> {
    let mut classes = Vec::new();
    while key > 0 {
        classes.push(u16::try_from((key - 1) % CLASSES as u64).unwrap_or(0));
        key = (key - 1) / CLASSES as u64;
    }
    classes.reverse();
    classes
}

#[cfg(test)]
mod tests {
    use super::super::lexer::Lexicon;
    use super::*;

    #[test]
    fn what_was_seen_is_likelier_and_a_table_keeps_it() {
        let language = crate::testing::language("python").unwrap();
        let lexicon = Lexicon::of(&language);
        let mut seed = String::new();
        for word in ["def", "return", "self", "(", ")", ":", ","] {
            let _ = writeln!(seed, "0 {word} 1");
        }
        let mut ngrams = Ngrams::new(Arc::new(NgramTable::read(&seed)));
        let text = "def f(self, a):\n    return g(self)\n";
        ngrams.learn(text, &lexicon.tokens(text, 0..text.len()));
        let check = |ngrams: &Ngrams| {
            let class = |text: &str| ngrams.table.classes[text];
            let after = [class("def"), 1, class("(")];
            assert!(
                ngrams.likelihood(&after, class("self")) > ngrams.likelihood(&after, class("return")) + 2.0
            );
            assert!(ngrams.gap(class(","), 1, 1) > ngrams.gap(class(","), 1, 0));
        };
        check(&ngrams);
        check(&Ngrams::new(Arc::new(NgramTable::read(&ngrams.table(1.0)))));
        assert_eq!(unpack(pack(&[0, 7, 4095, 1])), [0, 7, 4095, 1]);
    }
}
