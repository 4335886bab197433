//! Finds the cursor in what is remembered of its own document. What stood behind it when that was told is no sign of what belongs
//! there: behind an unfinished line it is the end of the line, and the mixture would have nothing to add.

use std::ops::Range;

use super::index::{ORDER, SEPARATOR};
use super::shelf::Part;
use crate::engine::TokenId;

/// Tokens behind the cursor that have to be the same. With those before it, chance is out.
const SAME: usize = 4;
/// How many tokens may be between the end of a prompt's prefix and that: healing takes back up to three, closing brackets are left out
/// of the suffix, and a token may stand on both sides of the cursor.
const BETWEEN: usize = 7;
/// Places behind the cursor that say nothing either, for the same reason.
const HIDDEN: usize = 4;
/// Places that are looked at. Only behind the first tokens of a document there are more.
const LOOKED_AT: usize = 4096;

/// The places in `part` that stand for the cursor of a prompt in `document`; none if the text there is another by now. `said` are the
/// parts of the prompt with separators between them, the suffix last but one and the prefix last.
pub fn places(part: &Part, document: &str, said: &[TokenId]) -> Option<Range<usize>> {
    let number = part.number(document)?;
    let mut parts = said.rsplit(|&token| token == SEPARATOR);
    let (before, behind) = (parts.next()?, parts.next()?);
    let before = &before[before.len().saturating_sub(ORDER)..];
    let same = part.index.runs(before).get(before.len().checked_sub(1)?)?.clone();
    let mut places = same.take(LOOKED_AT).map(|entry| part.index.place(entry));
    let place = places
        .find(|&place| part.document(place).0 == number && goes_on(&part.index.tokens()[place..], behind))?;
    Some(place..place + HIDDEN)
}

/// Whether `behind` begins soon in `there`. Its first tokens may be others where it was cut out.
fn goes_on(there: &[TokenId], behind: &[TokenId]) -> bool {
    (0..=behind.len().min(2)).any(|cut| {
        let end = std::iter::once(&SEPARATOR);
        let next: Vec<TokenId> = behind[cut..].iter().chain(end).take(SAME).copied().collect();
        there.windows(next.len()).take(BETWEEN + 1).any(|window| window == next)
    })
}

#[cfg(test)]
mod tests {
    use super::super::recall::Recall;
    use super::super::shelf::Shelves;
    use super::*;

    /// What is near in `document` at the end of a prompt, where `told` is known of "a"; none if nothing.
    fn next(told: &[TokenId], document: &str, said: &[TokenId]) -> Option<TokenId> {
        let shelves = Shelves::default();
        shelves.put("w", "a", "", true, told.to_vec());
        shelves.put("w", "b", "", true, vec![1, 2, 9]);
        let [_, near, _] = Recall::new(shelves.get("w"), document).with_prompt(said).look_up(said);
        near.map(|found| found.next[0].0)
    }

    #[test]
    fn what_stands_behind_the_cursor_is_not_recalled() {
        let told = [5, 1, 2, 7, 20, 21, 22, 23, 24];
        let said = [SEPARATOR, 7, 20, 21, 22, 23, SEPARATOR, 5, 1, 2];
        assert_eq!(next(&told, "a", &said), Some(9), "but what others have there is");
        assert_eq!(next(&told, "b", &said), Some(7), "in another document it is");
        let healed = [SEPARATOR, 7, 20, 21, 22, 23, SEPARATOR, 5, 1];
        assert_eq!(
            next(&told, "a", &healed),
            Some(2),
            "of others, too: the prompt ends before what is spelled again"
        );
        let cut = [SEPARATOR, 8, 20, 21, 22, 23, SEPARATOR, 5, 1, 2];
        assert_eq!(next(&told, "a", &cut), Some(9), "a token on both sides of the cursor");
    }

    #[test]
    fn the_end_of_a_document_is_known() {
        let said = [SEPARATOR, SEPARATOR, 5, 1, 2];
        assert_eq!(next(&[5, 1, 2, 7], "a", &said), Some(9));
        assert_eq!(next(&[5, 1, 2, 7, 20, 21, 22, 23, 24, 25, 26], "a", &said), Some(7));
    }

    #[test]
    fn the_same_text_at_another_place_is_recalled() {
        let told = [5, 1, 2, 7, 20, 21, 22, 23, 24];
        let said = [SEPARATOR, 30, 31, 32, 33, SEPARATOR, 5, 1, 2];
        assert_eq!(next(&told, "a", &said), Some(7), "another text follows");
        let said = [SEPARATOR, 7, 20, 21, 22, 23, SEPARATOR, 6, 5, 1, 2];
        assert_eq!(next(&told, "a", &said), Some(7), "another text is before it");
        let twice = [5, 1, 2, 7, 20, 21, 22, 23, 5, 1, 2, 8, 40];
        let said = [SEPARATOR, 7, 20, 21, 22, 23, SEPARATOR, 5, 1, 2];
        assert_eq!(next(&twice, "a", &said), Some(8), "the other one of two");
    }
}
