//! Scores how near an answer comes to what was there.

use serde::{Deserialize, Serialize};

use super::case::HoleKind;

/// How near one answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Score {
    /// The same but for white space at the ends.
    pub exact: bool,
    /// 1 − Levenshtein distance / length of the longer text, in characters; 0 when nothing was shown.
    pub similarity: f64,
    /// Share of the true text, in characters from its start, that the answer begins with.
    pub prefix: f64,
}

/// Score `answer` for a hole that held `middle`.
pub fn score(kind: HoleKind, answer: &str, middle: &str) -> Score {
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let (answer, middle) = match kind.is_line() && !middle.contains('\n') {
        true => (first(answer), middle.to_owned()),
        false => (answer.to_owned(), middle.to_owned()),
    };
    let (answer, middle) = (answer.trim(), middle.trim());
    let same = answer.chars().zip(middle.chars()).take_while(|(a, b)| a == b).count();
    Score {
        exact: answer == middle,
        similarity: strsim::normalized_levenshtein(answer, middle),
        prefix: same as f64 / middle.chars().count().max(1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores() {
        let of = |kind, answer, middle| {
            let score = score(kind, answer, middle);
            (score.exact, (score.similarity * 100.0).round(), (score.prefix * 100.0).round())
        };
        assert_eq!(of(HoleKind::RestOfLine, " b)\nmore", "b)"), (true, 100.0, 100.0));
        assert_eq!(of(HoleKind::Block, "b)\nmore", "b)"), (false, 29.0, 100.0));
        assert_eq!(of(HoleKind::RestOfLine, "ax", "ab"), (false, 50.0, 50.0));
        assert_eq!(of(HoleKind::RestOfLine, "", "ab"), (false, 0.0, 0.0));
    }
}
