//! Judges texts that a model wrote about code: documentation and comments are prose, not the code again.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::document::Snapshot;
use crate::language::Language;
use crate::text::{is_word, tokens};

/// What is wrong with a text about code. Its [`Display`](fmt::Display) is for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProseFlaw {
    /// A line of it is code.
    Code,
    /// It has a part of the code that it is about.
    Copy,
    /// The model speaks to the user: it declines, or announces what follows.
    Chatter,
    /// It says the same again and again.
    Loop,
}

impl fmt::Display for ProseFlaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Code => "it is code, not a text about it",
            Self::Copy => "it repeats the code that it should be about",
            Self::Chatter => "the model spoke to you instead of doing it",
            Self::Loop => "it says the same again and again",
        })
    }
}

/// A copy has so many tokens in a row of the code, and so many of them are marks: words alone may be the same by chance, and a
/// text may say `name(argument)`.
const COPIED: usize = 8;
const COPIED_MARKS: usize = 3;
/// Most tokens that are compared: those of a function that may be asked about.
const COMPARED: usize = 4000;
/// Characters of a sentence that says enough to be missed once, and how often it may stand in a text.
const SENTENCE: usize = 12;
const OFTEN: usize = 2;

/// How a model begins that declines or announces, in lower case.
const CHATTER: &[&str] = &[
    "sure,",
    "sure!",
    "sure.",
    "sure:",
    "sure thing",
    "certainly",
    "of course",
    "here is ",
    "here's ",
    "here are ",
    "here’s ",
    "sorry",
    "i'm ",
    "i’m ",
    "i am ",
    "i cannot",
    "i can't",
    "i can’t",
    "i can not",
    "i apologize",
    "i don't ",
    "i do not ",
    "i have ",
    "i've ",
    "i will ",
    "i'll ",
    "as an ai",
    "unfortunately, i",
];
/// What it says elsewhere.
const ASIDES: &[&str] = &["as an ai ", "let me know if", "<|im_start|>", "<|im_end|>", "<|endoftext|>"];

/// What a text (LF line ends) about `code` is refused for; None for prose. Examples in it may be code, but not this one.
pub fn flaw(text: &str, code: &str, language: &Arc<Language>) -> Option<ProseFlaw> {
    if is_chatter(text) {
        return Some(ProseFlaw::Chatter);
    }
    if copies(text, code) || copies_a_line(text, code, language) {
        return Some(ProseFlaw::Copy);
    }
    if said(text).iter().any(|line| is_code(line, language)) {
        return Some(ProseFlaw::Code);
    }
    is_loop(text).then_some(ProseFlaw::Loop)
}

/// Whether the model speaks to the user.
pub fn is_chatter(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !is_word(c) && c != '<').to_lowercase();
    CHATTER.iter().any(|begin| text.starts_with(begin)) || ASIDES.iter().any(|aside| text.contains(aside))
}

/// Whether a line is a statement, or the beginning of one, and no sentence.
pub fn is_code(line: &str, language: &Arc<Language>) -> bool {
    let line = line.trim();
    let first = line.split(|c| !is_word(c)).next().unwrap_or_default();
    let begins = language.keyword(first);
    // `name(…)` and `a = b`; a sentence has a space before its brackets.
    let calls = line.match_indices('(').any(|(at, _)| line[..at].ends_with(is_word));
    if !begins && !calls && !line.contains('=') && !line.ends_with(';') {
        return false;
    }
    let config = &language.config;
    let opens = config.block_openers.iter().any(|opener| line.ends_with(opener.as_str()));
    let whole = match opens {
        true if config.significant_indentation => {
            format!("{line}\n{}{}\n", config.indent, config.empty_block)
        }
        true => format!("{line}\n}}\n"),
        false => format!("{line}\n"),
    };
    is_sound(&whole, language) || !config.significant_indentation && is_sound(&format!("{line};\n"), language)
}

fn is_sound(text: &str, language: &Arc<Language>) -> bool {
    let snapshot = Snapshot::of_text("", text, Some(Arc::clone(language)));
    snapshot.parse().is_some_and(|tree| {
        let root = tree.root_node();
        !root.has_error() && root.named_child(0).is_some_and(|node| !node.is_extra())
    })
}

/// Whether a text has so much of `code` in a row that it is the code again.
pub fn copies(text: &str, code: &str) -> bool {
    let of = |text| tokens(text).into_iter().take(COMPARED);
    let code_tokens: Vec<&str> = of(code).map(|range| &code[range]).collect();
    // The run of equal tokens that ends at each token of the code: its length, and the marks in it.
    let mut runs = vec![(0, 0); code_tokens.len()];
    of(text).any(|range| {
        let token = &text[range];
        let mark = usize::from(!token.starts_with(is_word));
        let mut before = (0, 0);
        let mut found = false;
        for (run, other) in runs.iter_mut().zip(&code_tokens) {
            let now = if *other == token { (before.0 + 1, before.1 + mark) } else { (0, 0) };
            before = std::mem::replace(run, now);
            found |= now.0 >= COPIED && now.1 >= COPIED_MARKS;
        }
        found
    })
}

/// Whether a line of a text is a line of the code that has more than words.
fn copies_a_line(text: &str, code: &str, language: &Language) -> bool {
    let mark = &language.config.line_comment;
    let ink = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_statement = |line: &String| {
        let says_more = line.chars().any(|c| !is_word(c) && !c.is_whitespace() && !".,:'\"".contains(c));
        says_more && line.contains(is_word) && !line.starts_with(mark.as_str())
    };
    let lines: HashSet<String> = code.lines().map(ink).filter(is_statement).collect();
    text.lines().map(|line| ink(line.trim().trim_matches('`'))).any(|line| lines.contains(&line))
}

/// Whether a comment says no more than the names in the line of code that it stands above: nothing ("This is a comment") or these.
pub fn repeats(comment: &str, line: &str) -> bool {
    const LITTLE: &[&str] = &[
        "the",
        "a",
        "an",
        "is",
        "are",
        "to",
        "of",
        "and",
        "it",
        "this",
        "that",
        "in",
        "for",
        "from",
        "with",
        "by",
        "on",
        "as",
        "be",
        "we",
        "here",
        "following",
        "comment",
        "comments",
        "code",
        "function",
        "functions",
        "method",
        "line",
        "lines",
    ];
    let words = |text: &str| -> HashSet<String> {
        let mut apart = String::new();
        for c in text.chars() {
            if c.is_uppercase() && apart.ends_with(char::is_lowercase) {
                apart.push(' ');
            }
            apart.push(c);
        }
        let words = apart.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        let words = words.filter(|word| !word.is_empty() && !LITTLE.contains(&word.as_str()));
        words.map(|word| word.trim_end_matches('s').to_owned()).collect()
    };
    let (said, code) = (words(comment), words(line));
    said.is_subset(&code)
}

/// The lines of a text that are no example: neither fenced nor a session, nor below a heading for examples or `::`.
fn said(text: &str) -> Vec<&str> {
    let width = |line: &str| line.len() - line.trim_start().len();
    let mut lines = Vec::new();
    let (mut fenced, mut session) = (false, false);
    // The indentation of the heading that an example stands below.
    let mut below: Option<usize> = None;
    for line in text.lines() {
        let ink = line.trim();
        if ink.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        session = ink.starts_with(">>>") || session && !ink.is_empty();
        if below.is_some_and(|heading| !ink.is_empty() && width(line) <= heading) {
            below = None;
        }
        if !fenced && !session && below.is_none() {
            lines.push(line);
        }
        let heading = ink.trim_start_matches('#').trim().trim_end_matches(':').to_lowercase();
        if ink.ends_with("::") || ["example", "examples", "usage"].contains(&heading.as_str()) {
            below = Some(width(line));
        }
    }
    lines
}

fn is_loop(text: &str) -> bool {
    let sentences = text.lines().flat_map(|line| line.split(". ")).map(str::trim);
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for sentence in sentences.filter(|one| one.chars().filter(|c| is_word(*c)).count() >= SENTENCE) {
        match counts.iter_mut().find(|(known, _)| *known == sentence.trim_end_matches('.')) {
            Some((_, count)) => *count += 1,
            None => counts.push((sentence.trim_end_matches('.'), 1)),
        }
    }
    counts.iter().any(|(_, count)| *count > OFTEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::language;

    const MEAN: &str = "def mean(values: list[float]) -> float:\n    # Empty is an error.\n    total = sum(values)\n    return total / len(values)";

    #[track_caller]
    fn check(text: &str, expected: Option<ProseFlaw>) {
        assert_eq!(flaw(text, MEAN, &language("python").unwrap()), expected, "{text}");
    }

    #[test]
    fn prose_passes() {
        for text in [
            "The average of some numbers.",
            "Return the mean (average) of values.\n\nIf there are none, that is an error; for one it is itself.",
            "Mean of `values`, as mean(values) would say.",
            "Average.\n\nArgs:\n    values: What to average.\n    more: int\n\nReturns:\n    float",
            "Average.\n\nParameters\n----------\nvalues : list\n    The numbers.\n\nRaises\n------\nValueError\n    If empty.",
            ":param values: The numbers.\n:return: The sum / the count.",
            "Average.\n\n>>> mean([1, 2])\n1.5\n\nNothing else.",
            "Average.\n\nExample:\n    half = mean([0, 1])\n\nThat is all.",
            "Average, as in::\n\n    half = mean([0, 1])\n",
            "Average.\n\n```\nhalf = mean([0, 1])\n```",
            "values = all of them, as a list",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn code_is_no_prose() {
        for text in [
            "Average.\n\ndef average(a):",
            "x = average(numbers)",
            "import statistics",
            "print(average)",
            "for value in numbers:",
        ] {
            check(text, Some(ProseFlaw::Code));
        }
        let rust = language("rust").unwrap();
        for text in ["fn f(a: u8) {", "let x = 1;", "use std::fs;", "x.push(1)"] {
            assert_eq!(flaw(text, "fn g() {}", &rust), Some(ProseFlaw::Code), "{text}");
        }
        for text in [
            "Adds one.",
            "# Errors\n\nIf (and only if) it is empty.",
            "use with care",
            "if it is there = good",
        ] {
            assert_eq!(flaw(text, "fn g() {}", &rust), None, "{text}");
        }
    }

    #[test]
    fn the_code_itself_is_none() {
        for text in [
            MEAN,
            "Average.\n\n    return total / len(values)",
            "`total = sum(values)`",
            "mean(values: list[float]) -> float",
            "Example:\n    def mean(values: list[float]) -> float:\n        pass",
        ] {
            check(text, Some(ProseFlaw::Copy));
        }
        check("Empty is an error.", None);
    }

    #[test]
    fn the_model_is_not_to_speak_for_itself() {
        for text in [
            "Sure! It averages.",
            "I'm sorry, but I can't help.",
            "\"Here is the docstring:\"",
            "A.<|im_end|>",
        ] {
            check(text, Some(ProseFlaw::Chatter));
        }
        check("Surely the average of them.", None);
        let again = "It computes the average. ".repeat(3);
        check(&again, Some(ProseFlaw::Loop));
    }

    #[test]
    fn what_says_nothing_new() {
        for (comment, line, expected) in [
            ("Sum the values", "total = sum(values)", true),
            ("Return total", "return total", true),
            ("max_size", "let maxSize = 3;", true),
            ("An empty list is an error", "return total / len(values)", false),
            ("Why.", "g();", false),
            ("…", "g();", true),
            // What a small model wrote above a function.
            ("This is a comment", "def mean(values):", true),
            ("This function calculates the average", "def mean(values):", false),
        ] {
            assert_eq!(repeats(comment, line), expected, "{comment}");
        }
    }
}
