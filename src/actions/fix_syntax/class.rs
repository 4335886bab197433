//! Sorts repairs by what they take from the user: nothing, marks and white space, the spelling of a word, a word. How often a class
//! was right is data of a language (`grammars/<name>/repairs.toml`).

use std::ops::Range;

use super::lexer::Lexicon;
use super::site::{RepairCandidate, RepairKind};
use crate::document::Edit;
use crate::text::is_word;

/// What a repair does to what the user wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairClass {
    /// A habit of another language becomes what this one says.
    Idiom,
    /// A misspelt keyword is put right.
    Spelling,
    /// A block without a body gets an empty one.
    Body,
    /// A bracket is closed.
    CloseBracket,
    /// A bracket is opened.
    OpenBracket,
    /// A quote is put behind another one of its line.
    CloseQuote,
    /// Another quote is put: before any other of its line, behind a pair, or where a text would be odd.
    OpenQuote,
    /// A mark that divides is put: a comma, a colon, an arrow.
    InsertMark,
    /// Another mark is put: an operator, mostly.
    InsertOperator,
    /// One word becomes two, or two become one.
    Divide,
    /// White space within a line.
    Space,
    /// A line is indented otherwise.
    Indent,
    /// A line goes on, or ends earlier.
    LineEnd,
    /// A keyword is put.
    InsertKeyword,
    /// Two neighbours change places.
    Swap,
    /// One of two equal neighbours goes.
    Doubled,
    /// One of two equal marks goes.
    DoubledMark,
    /// A mark that divides goes: a comma, a colon, a semicolon.
    DeleteMark,
    /// Another mark goes: an operator, mostly.
    DeleteOperator,
    /// A bracket goes.
    DeleteBracket,
    /// A quote goes.
    DeleteQuote,
    /// A mark becomes another one.
    ChangeMark,
    /// A mark becomes a bracket.
    MarkToBracket,
    /// A bracket becomes another one that opens, or closes, as it did.
    ChangeBracket,
    /// A bracket that opens becomes one that closes, or the other way round.
    TurnBracket,
    /// A bracket becomes what is no bracket.
    BracketToMark,
    /// A mark becomes a word.
    MarkToWord,
    /// A name or a value that nobody wrote is put.
    InsertWord,
    /// A word becomes one that is nearly the same.
    NearWord,
    /// A keyword becomes another one.
    ChangeKeyword,
    /// A word or a value becomes something else.
    ReplaceWord,
    /// A word or a value goes.
    DeleteWord,
    /// A word or a value becomes a mark.
    WordToMark,
}

/// What is lost, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nothing: something is put.
    Nothing,
    /// Marks or white space.
    Marks,
    /// The spelling of a word.
    Spelling,
    /// A word.
    Words,
}

/// Each class: its name, the same in every release; what is lost; and what that takes from the score of a repair, in nats.
const CLASSES: [(RepairClass, &str, Loss, f32); 33] = [
    (RepairClass::Idiom, "idiom", Loss::Nothing, 0.0),
    (RepairClass::Spelling, "spelling", Loss::Nothing, 0.0),
    (RepairClass::Body, "body", Loss::Nothing, 0.0),
    (RepairClass::CloseBracket, "close_bracket", Loss::Nothing, 0.0),
    (RepairClass::OpenBracket, "open_bracket", Loss::Nothing, 0.0),
    (RepairClass::CloseQuote, "close_quote", Loss::Nothing, 0.0),
    (RepairClass::OpenQuote, "open_quote", Loss::Nothing, 0.0),
    (RepairClass::InsertMark, "insert_mark", Loss::Nothing, 0.0),
    (RepairClass::InsertOperator, "insert_operator", Loss::Nothing, 0.0),
    (RepairClass::Divide, "divide", Loss::Nothing, 0.0),
    (RepairClass::Space, "space", Loss::Nothing, 0.0),
    (RepairClass::Indent, "indent", Loss::Marks, 0.0),
    (RepairClass::LineEnd, "line_end", Loss::Marks, 0.0),
    (RepairClass::InsertKeyword, "insert_keyword", Loss::Nothing, 1.0),
    (RepairClass::Swap, "swap", Loss::Marks, 1.0),
    (RepairClass::Doubled, "doubled", Loss::Marks, -4.0),
    (RepairClass::DoubledMark, "doubled_mark", Loss::Marks, 0.0),
    (RepairClass::DeleteMark, "delete_mark", Loss::Marks, 3.0),
    (RepairClass::DeleteOperator, "delete_operator", Loss::Marks, 4.0),
    (RepairClass::DeleteBracket, "delete_bracket", Loss::Marks, 0.0),
    (RepairClass::DeleteQuote, "delete_quote", Loss::Marks, 2.0),
    (RepairClass::ChangeMark, "change_mark", Loss::Marks, 0.0),
    (RepairClass::MarkToBracket, "mark_to_bracket", Loss::Marks, 6.0),
    (RepairClass::ChangeBracket, "change_bracket", Loss::Marks, 1.0),
    (RepairClass::TurnBracket, "turn_bracket", Loss::Marks, 8.0),
    (RepairClass::BracketToMark, "bracket_to_mark", Loss::Marks, 5.0),
    (RepairClass::MarkToWord, "mark_to_word", Loss::Marks, 4.0),
    (RepairClass::InsertWord, "insert_word", Loss::Words, 8.0),
    (RepairClass::NearWord, "near_word", Loss::Spelling, 1.0),
    (RepairClass::ChangeKeyword, "change_keyword", Loss::Words, 5.0),
    (RepairClass::ReplaceWord, "replace_word", Loss::Words, 8.0),
    (RepairClass::DeleteWord, "delete_word", Loss::Words, 8.0),
    (RepairClass::WordToMark, "word_to_mark", Loss::Words, 30.0),
];

impl RepairClass {
    /// The class of a repair of `text`.
    pub fn of(text: &str, edit: &Edit, what: &RepairKind, lexicon: &Lexicon) -> Self {
        match what {
            RepairKind::Idiom => Self::Idiom,
            RepairKind::Spelling => Self::Spelling,
            RepairKind::Body => Self::Body,
            RepairKind::Indent => Self::Indent,
            RepairKind::Join | RepairKind::Split => Self::LineEnd,
            _ if edit.range.is_empty() && !edit.text.contains(is_word) && !is_inside_word(text, edit) => {
                Self::of_marks("", &edit.text, what, false).in_line(text, edit)
            }
            _ => Self::of_words(text, edit, what, lexicon),
        }
    }

    fn row(self) -> &'static (Self, &'static str, Loss, f32) {
        // The table has them in the order of the enum: a test says so.
        &CLASSES[self as usize]
    }

    /// Its name, the same in every release: measured shares are kept by it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What is lost by it.
    pub fn loss(self) -> Loss {
        self.row().2
    }

    /// What is taken from the score of a repair.
    pub fn cost(self) -> f32 {
        self.row().3
    }

    /// Whether something is put and nothing goes or changes.
    pub fn only_adds(self) -> bool {
        let brackets = matches!(self, Self::CloseBracket | Self::OpenBracket | Self::Body);
        brackets
            || matches!(self, Self::CloseQuote | Self::OpenQuote | Self::InsertMark | Self::InsertOperator)
    }

    /// The class of a change that keeps all words.
    fn of_marks(old: &str, new: &str, what: &RepairKind, doubled: bool) -> Self {
        let (lost, gained) = difference(old.chars().filter(is_mark), new.chars().filter(is_mark));
        let any = |marks: &[char], which: fn(char) -> bool| marks.iter().any(|mark| which(*mark));
        let opens = |marks: &[char]| any(marks, |mark| matches!(mark, '(' | '[' | '{'));
        match (lost.is_empty(), gained.is_empty()) {
            (true, true) if *what == RepairKind::Swap => Self::Swap,
            (true, true) => Self::Space,
            (true, false) if any(&gained, is_quote) => Self::OpenQuote,
            (true, false) if any(&gained, |mark| matches!(mark, ')' | ']' | '}')) => Self::CloseBracket,
            (true, false) if opens(&gained) => Self::OpenBracket,
            (true, false) => match &gained.iter().collect::<String>()[..] {
                "," | ":" | ";" | "." | "::" | "->" | "=>" => Self::InsertMark,
                _ => Self::InsertOperator,
            },
            // A text with no word in it.
            (false, _) if lost.iter().filter(|mark| is_quote(**mark)).count() > 1 => Self::DeleteWord,
            (false, true) if any(&lost, is_quote) => Self::DeleteQuote,
            (false, true) if any(&lost, is_bracket) => Self::DeleteBracket,
            (false, true) if doubled => Self::DoubledMark,
            (false, true) if lost.iter().all(|mark| matches!(mark, ',' | ';' | ':')) => Self::DeleteMark,
            (false, true) => Self::DeleteOperator,
            (false, false) => match (any(&lost, is_bracket), any(&gained, is_bracket)) {
                (true, true) if opens(&lost) != opens(&gained) => Self::TurnBracket,
                (true, true) => Self::ChangeBracket,
                (true, false) => Self::BracketToMark,
                (false, true) => Self::MarkToBracket,
                (false, false) => Self::ChangeMark,
            },
        }
    }

    /// The class of a quote depends on the quotes before it. A comma between two words in no bracket is a guess: it may be an
    /// operator that is missing.
    fn in_line(self, text: &str, edit: &Edit) -> Self {
        let start = text[..edit.range.start].rfind('\n').map_or(0, |feed| feed + 1);
        let before = &text[start..edit.range.start];
        let count = |mark: &str| before.matches(mark).count();
        let in_bracket = || count("(") + count("[") + count("{") > count(")") + count("]") + count("}");
        let ends_line = || text[edit.range.end..].trim_start_matches([' ', '\r']).starts_with('\n');
        match self {
            Self::OpenQuote if count(edit.text.trim()) % 2 == 1 => {
                // What begins with a comma is between two texts, not in one.
                let inside = before.rsplit(edit.text.trim()).next().unwrap_or_default();
                let between = inside.trim_start().starts_with([',', ')', ']', '}', ';']);
                if between { Self::OpenQuote } else { Self::CloseQuote }
            }
            Self::InsertMark if edit.text.trim() == "," && !in_bracket() && !ends_line() => {
                Self::InsertOperator
            }
            class => class,
        }
    }

    fn of_words(text: &str, edit: &Edit, what: &RepairKind, lexicon: &Lexicon) -> Self {
        let (start, end) = whole_words(text, edit);
        let old = &text[start..end];
        let new = [&text[start..edit.range.start], &edit.text, &text[edit.range.end..end]].concat();
        let (lost, gained) = difference(words(old), words(&new));
        let gone = text[edit.range.clone()].trim();
        let doubled = is_doubled(text, &edit.range, gone);
        let marks = || Self::of_marks(old, &new, what, doubled).in_line(text, edit);
        match (&lost[..], &gained[..]) {
            ([], []) => marks(),
            ([], _) if !gone.is_empty() && !edit.text.contains(gone) => Self::MarkToWord,
            ([], gained) if gained.iter().all(|word| lexicon.is_keyword(word)) => Self::InsertKeyword,
            ([], _) => Self::InsertWord,
            (lost, gained) if !gained.is_empty() && lost.concat() == gained.concat() => match marks() {
                Self::Space => Self::Divide,
                class => class,
            },
            ([word], []) if gone == *word && doubled => Self::Doubled,
            (_, []) if edit.text.trim().is_empty() => Self::DeleteWord,
            (_, []) => Self::WordToMark,
            ([word], [other]) if lexicon.is_keyword(word) && lexicon.is_keyword(other) => Self::ChangeKeyword,
            ([word], [other]) if is_near(word, other) => Self::NearWord,
            _ => Self::ReplaceWord,
        }
    }
}

impl RepairCandidate {
    /// Its class.
    pub fn class(&self, text: &str, lexicon: &Lexicon) -> RepairClass {
        RepairClass::of(text, &self.edit, &self.what, lexicon)
    }

    /// Whether it takes away one of two equal keywords.
    pub fn drops_doubled_keyword(&self, text: &str, lexicon: &Lexicon) -> bool {
        self.what == RepairKind::Delete
            && lexicon.is_keyword(text[self.edit.range.clone()].trim())
            && self.class(text, lexicon) == RepairClass::Doubled
    }
}

fn is_mark(c: &char) -> bool {
    !is_word(*c) && !c.is_whitespace()
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

fn is_bracket(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '{' | '}')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// Whether an edit has a word on either side.
pub(super) fn is_inside_word(text: &str, edit: &Edit) -> bool {
    text[..edit.range.start].ends_with(is_word) && text[edit.range.end..].starts_with(is_word)
}

/// The bytes of an edit with the words that it touches.
pub(super) fn whole_words(text: &str, edit: &Edit) -> (usize, usize) {
    let before = text[..edit.range.start].trim_end_matches(is_word).len();
    let after = &text[edit.range.end..];
    (before, text.len() - after.trim_start_matches(is_word).len())
}

/// What only `old` has, and what only `new` has.
fn difference<T: PartialEq>(old: impl Iterator<Item = T>, new: impl Iterator<Item = T>) -> (Vec<T>, Vec<T>) {
    let mut gained: Vec<T> = new.collect();
    let mut lost = Vec::new();
    for item in old {
        match gained.iter().position(|other| *other == item) {
            Some(at) => drop(gained.remove(at)),
            None => lost.push(item),
        }
    }
    (lost, gained)
}

/// Whether `token`, which goes with these bytes, is also its own neighbour.
fn is_doubled(text: &str, range: &Range<usize>, token: &str) -> bool {
    let line_end = |c: char| c == '\n';
    let before = text[..range.start].rsplit(line_end).next().unwrap_or_default().trim_end();
    let after = text[range.end..].split(line_end).next().unwrap_or_default().trim_start();
    let apart = |c: char| is_word(c) && token.contains(is_word);
    !token.is_empty()
        && (before.strip_suffix(token).is_some_and(|rest| !rest.ends_with(apart))
            || after.strip_prefix(token).is_some_and(|rest| !rest.starts_with(apart)))
}

fn is_near(word: &str, other: &str) -> bool {
    let distance = strsim::osa_distance(&word.to_lowercase(), &other.to_lowercase());
    let letters = word.len().min(other.len());
    distance <= 1 && letters > 1 || distance == 2 && letters >= 4 || distance == 3 && letters >= 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_class_in_its_place() {
        for (number, (class, name, _, _)) in CLASSES.iter().enumerate() {
            assert_eq!((*class as usize, class.name()), (number, *name));
        }
    }

    #[test]
    fn what_a_repair_loses_is_read_from_the_texts() {
        let language = crate::testing::language("python").unwrap();
        let lexicon = Lexicon::of(&language);
        // What stands between the brackets becomes what stands behind the stroke.
        let check = |before: &str, what: RepairKind, expected: &str| {
            let (start, end) = (before.find('⟦').unwrap(), before.find('⟧').unwrap());
            let (old, new) = before[start + 3..end].split_once('|').unwrap();
            let text = format!("{}{old}{}", &before[..start], &before[end + 3..]);
            let edit = Edit::replace(start..start + old.len(), new);
            assert_eq!(RepairClass::of(&text, &edit, &what, &lexicon).name(), expected, "{before}");
        };
        check("f(a⟦|)⟧:", RepairKind::Insert, "close_bracket");
        check("f⟦|(⟧a):", RepairKind::Insert, "open_bracket");
        check("f('a⟦|'⟧)", RepairKind::Insert, "close_quote");
        check("f(', b, ⟦|'⟧c')", RepairKind::Insert, "open_quote");
        check("f(⟦|'⟧a')", RepairKind::Insert, "open_quote");
        check("f(a ⟦|+ ⟧b)", RepairKind::Insert, "insert_operator");
        check("f(a⟦|,⟧ b)", RepairKind::Insert, "insert_mark");
        check("x = a⟦|,⟧ b", RepairKind::Insert, "insert_operator");
        check("else⟦|:⟧", RepairKind::Insert, "insert_mark");
        check("a⟦|.⟧b", RepairKind::Insert, "insert_mark");
        check("return⟦| ⟧x", RepairKind::Insert, "divide");
        check("for x ⟦|in ⟧y", RepairKind::Insert, "insert_keyword");
        check("x = ⟦|items⟧", RepairKind::Insert, "insert_word");
        check("if ⟦!|⟧ok:", RepairKind::Delete, "delete_operator");
        check("f(a,⟦,|⟧ b)", RepairKind::Delete, "doubled_mark");
        check("f(a)⟦)|⟧", RepairKind::Delete, "delete_bracket");
        check("f(a⟦;|⟧)", RepairKind::Delete, "delete_mark");
        check("if ⟦if |⟧x:", RepairKind::Delete, "doubled");
        check("if⟦ if|⟧ x:", RepairKind::Delete, "doubled");
        check("f(a ⟦b|⟧)", RepairKind::Delete, "delete_word");
        check("f(a, ⟦''|⟧ 1)", RepairKind::Delete, "delete_word");
        check("def f(⟦a|)⟧:", RepairKind::Replace, "word_to_mark");
        check("x = ⟦total|count⟧", RepairKind::Replace, "replace_word");
        check("f⟦(|^⟧a", RepairKind::Replace, "bracket_to_mark");
        check("f(a⟦;|,⟧ b)", RepairKind::Replace, "change_mark");
        check("f(a⟦]|)⟧", RepairKind::Replace, "change_bracket");
        check("f⟦,|(⟧a", RepairKind::Replace, "mark_to_bracket");
        check("f⟦(|}⟧a", RepairKind::Replace, "turn_bracket");
        check("⟦retrun|return⟧ x", RepairKind::Replace, "near_word");
        check("x ⟦is|or⟧ y", RepairKind::Replace, "change_keyword");
        check("⟦x =|= x⟧ 1", RepairKind::Swap, "swap");
        check("x ⟦!|not⟧ y", RepairKind::Replace, "mark_to_word");
        check("a⟦ |⟧b", RepairKind::Delete, "divide");
    }
}
