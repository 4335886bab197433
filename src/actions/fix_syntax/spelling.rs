//! Lists misspelt keywords near an error with the keyword that was meant. `search` finds out whether the language wants it there.

use std::collections::HashSet;
use std::ops::Range;

use super::lexer::TokenKind;
use super::site::{ErrorSite, RepairCandidate, RepairKind};
use crate::document::Edit;
use crate::language::Language;

/// How plausible a keyword with one slip is, and what each slip costs.
const SPELLING: f32 = 900.0;
const SLIP: f32 = -10.0;
/// The same letters in the wrong case are hardly a slip.
const WRONG_CASE: f32 = 0.5;
/// The same letters in another order; other letters in a word of two.
const TURNED: f32 = -0.2;
const SHORT: f32 = 0.5;
/// A word that another language writes for a keyword, itself misspelt or not.
const FOREIGN: f32 = 0.75;
/// Candidates in all, and for one word: each costs a parse.
const MOST: usize = 14;
const EACH: usize = 3;
/// Misspelt words between two that are put right together.
const APART: usize = 3;

/// A word that may be a misspelt keyword.
struct Misspelling<'a> {
    range: Range<usize>,
    row: usize,
    meant: Vec<(&'a str, f32)>,
}

/// All repairs of this kind.
pub fn candidates(site: &ErrorSite<'_>, language: &Language) -> Vec<RepairCandidate> {
    let words = misspellings(site, language);
    let mut found = Vec::new();
    for word in &words {
        for (keyword, slips) in &word.meant {
            let edit = Edit::replace(word.range.clone(), *keyword);
            found.push(candidate(edit, &[keyword], SPELLING + SLIP * slips));
        }
    }
    for (number, first) in words.iter().enumerate() {
        let behind = words[number + 1..].iter().take(APART);
        for second in behind.filter(|second| second.row.abs_diff(first.row) <= 1) {
            found.extend(both(site, first, second));
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MOST);
    found
}

/// Two misspelt words, put right together.
fn both<'a>(
    site: &'a ErrorSite<'_>,
    first: &'a Misspelling<'_>,
    second: &'a Misspelling<'_>,
) -> impl Iterator<Item = RepairCandidate> + 'a {
    let between = &site.text[first.range.end..second.range.start];
    let pairs = first.meant.iter().flat_map(|one| second.meant.iter().map(move |other| (one, other)));
    pairs.map(move |((one, slips), (other, more))| {
        let new = format!("{one}{between}{other}");
        let edit = Edit::replace(first.range.start..second.range.end, new);
        candidate(edit, &[one, other], SPELLING + SLIP * (slips + more))
    })
}

fn candidate(edit: Edit, keywords: &[&str], score: f32) -> RepairCandidate {
    let quoted: Vec<String> = keywords.iter().map(|keyword| format!("`{keyword}`")).collect();
    let title = Some(format!("Correct the spelling: {}", quoted.join(" and ")));
    RepairCandidate { title, ..RepairCandidate::new(edit, RepairKind::Spelling, score) }
}

/// The words near an error that may be keywords, in order.
fn misspellings<'a>(site: &ErrorSite<'a>, language: &'a Language) -> Vec<Misspelling<'a>> {
    let rows: HashSet<usize> = site.rows().into_iter().collect();
    let row = |token: usize| site.lines.of(site.tokens[token].range.start);
    let known = names(site, &rows);
    let keywords: Vec<&str> = {
        let mut all: Vec<&str> = site.lexicon.keywords().collect();
        all.sort_unstable();
        all
    };
    let mut words = Vec::new();
    for token in (0..site.tokens.len())
        .filter(|token| site.kind(*token) == TokenKind::Identifier && rows.contains(&row(*token)))
    {
        let word = site.word(token);
        // A member is no keyword.
        if known.contains(word) || matches!(site.word(token.wrapping_sub(1)), "." | "::") || !word.is_ascii()
        {
            continue;
        }
        let mut meant: Vec<(&str, f32)> =
            keywords.iter().filter_map(|keyword| Some((*keyword, slips(word, keyword)?))).collect();
        for (foreign, keyword) in &language.idioms.foreign_keywords {
            if let Some(slips) = slips(word, foreign) {
                meant.push((keyword, slips + FOREIGN));
            }
        }
        meant.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
        let mut seen = HashSet::new();
        meant.retain(|(keyword, _)| seen.insert(*keyword));
        meant.truncate(EACH);
        if !meant.is_empty() {
            words.push(Misspelling { range: site.tokens[token].range.clone(), row: row(token), meant });
        }
    }
    words
}

/// How many slips make `word` of `keyword`; none where nobody mistakes it.
fn slips(word: &str, keyword: &str) -> Option<f32> {
    if word == keyword {
        // A word of another language, as it is.
        return Some(0.0);
    }
    if word.eq_ignore_ascii_case(keyword) {
        return Some(WRONG_CASE);
    }
    if word.len() < 2 || word.len().abs_diff(keyword.len()) > 2 {
        return None;
    }
    let slips = strsim::osa_distance(&word.to_ascii_lowercase(), keyword);
    let letters = word.len().min(keyword.len());
    let near = slips == 1 && letters >= 2 || slips == 2 && letters >= 5 || slips == 3 && letters >= 8;
    // The first letter is seldom the wrong one, and two letters are seldom a slip of two others.
    let first = if word.as_bytes()[0] == keyword.as_bytes()[0] { 0.0 } else { 0.1 };
    let sorted = |word: &str| {
        let mut letters = word.to_ascii_lowercase().into_bytes();
        letters.sort_unstable();
        letters
    };
    let same = sorted(word) == sorted(keyword);
    let turned = if same { TURNED } else { 0.0 };
    let short = if letters <= 2 && !same { SHORT } else { 0.0 };
    near.then_some(slips as f32 + first + turned + short)
}

/// The words that are used as names, away from the errors.
fn names<'a>(site: &ErrorSite<'a>, rows: &HashSet<usize>) -> HashSet<&'a str> {
    let is_word = |token: usize| {
        matches!(site.kind(token), TokenKind::Identifier | TokenKind::Number | TokenKind::String)
    };
    let rightly = |token: usize| {
        let alone = !is_word(token + 1) && (token == 0 || !is_word(token - 1));
        let row = site.lines.of(site.tokens[token].range.start);
        alone && !rows.contains(&row)
    };
    let names =
        (0..site.tokens.len()).filter(|token| site.kind(*token) == TokenKind::Identifier && rightly(*token));
    names.map(|token| site.word(token)).collect()
}

#[cfg(test)]
mod tests {
    use crate::actions::fix_syntax::repaired;
    use crate::actions::fixes;
    use crate::actions::testing::request;

    /// The line of the cursor after the first offer, if that corrects a spelling.
    fn corrected(language: &str, text: &str) -> String {
        let request = request(language, text, "");
        let Some(first) = fixes(&request).into_iter().next() else { return String::new() };
        let after = repaired(&request.snapshot, &first).text.to_string();
        let row = text[..text.find('ˇ').unwrap()].matches('\n').count();
        let line = after.lines().nth(row).unwrap_or_default().trim().to_owned();
        if first.kind == "spelling" { line } else { format!("{}: {line}", first.title) }
    }

    #[test]
    fn a_misspelt_keyword_is_put_right() {
        for (language, text, expected) in [
            ("python", "async def f():\n    awiatˇ g()\n", "await g()"),
            ("python", "if x:\n    a()\neslˇe:\n    b()\n", "else:"),
            ("python", "whileˇl True:\n    pass\n", "while True:"),
            ("python", "improtˇ os\n", "import os"),
            ("python", "form os improtˇ path\n", "from os import path"),
            ("python", "form os import pathˇ\n", "from os import path"),
            ("python", "def f(x):\n    yeildˇ x\n", "yield x"),
            ("python", "clasˇ A:\n    pass\n", "class A:"),
            ("python", "f = lamda xˇ: x\n", "f = lambda x: x"),
            ("python", "try:\n    f()\nexeptˇ ValueError:\n    g()\n", "except ValueError:"),
            ("python", "try:\n    f()\nfianllyˇ:\n    g()\n", "finally:"),
            ("python", "Defˇ f():\n    return 1\n", "def f():"),
            ("python", "def f(x):\n    IF xˇ:\n        return 1\n", "if x:"),
            ("python", "def f(x):\n    Returnˇ x\n", "return x"),
            ("python", "fucnˇ f(x):\n    return x\n", "def f(x):"),
            ("python", "rasieˇ ValueError('no')\n", "raise ValueError('no')"),
            ("python", "for x im xsˇ:\n    f(x)\n", "for x in xs:"),
            ("rust", "fn f() {\n    let mutt xˇ = 1;\n}\n", "let mut x = 1;"),
            ("rust", "fn f() -> u8 {\n    retrunˇ 1;\n}\n", "return 1;"),
            ("rust", "pubicˇ fn f() {}\n", "pub fn f() {}"),
            ("rust", "strcutˇ A {\n    x: u8,\n}\n", "struct A {"),
            ("rust", "fucnˇ f() {}\n", "fn f() {}"),
            ("rust", "fn f(n: u8) {\n    macthˇ n {\n        _ => {}\n    }\n}\n", "match n {"),
            ("rust", "fn f(n: u8) {\n    whlieˇ n > 1 {\n        g();\n    }\n}\n", "while n > 1 {"),
            ("rust", "fn f() {\n    Letˇ n = 1;\n}\n", "let n = 1;"),
            (
                "rust",
                "fn f(n: u8) {\n    if n > 1 {\n        g();\n    } esleˇ {\n        h();\n    }\n}\n",
                "} else {",
            ),
            ("rust", "imlpˇ A {\n    fn f() {}\n}\n", "impl A {"),
        ] {
            assert_eq!(corrected(language, text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_of_the_file_and_a_word_alone_stay() {
        let known = corrected("python", "def lamda(x):\n    return x\n\ny = lamda(2)\nz = lamda xˇ\n");
        assert!(known.contains(": z = lamda"), "{known}");
        assert_eq!(corrected("python", "def f(x):\n    retrunˇ\n"), "");
    }
}
