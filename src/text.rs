//! Compares texts and tells words apart, for all modules. Knows no language.

/// Whether `c` can be part of an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many bytes `old` and `new` have in common at their start and, in what is left, at their end. Both ends lie between
/// characters.
pub fn common_affixes(old: &str, new: &str) -> (usize, usize) {
    let same = |(a, b): &(char, char)| a == b;
    let length = |(c, _): (char, char)| c.len_utf8();
    let head = old.chars().zip(new.chars()).take_while(same).map(length).sum();
    let (old, new) = (&old[head..], &new[head..]);
    (head, old.chars().rev().zip(new.chars().rev()).take_while(same).map(length).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_texts_share_at_their_ends() {
        for (old, new, expected) in [
            ("", "", (0, 0)),
            ("abc", "abc", (3, 0)),
            ("aXc", "aYYc", (1, 1)),
            ("aa", "aaa", (2, 0)),
            ("é1", "è1", (0, 1)),
            ("abab", "ab", (2, 0)),
        ] {
            assert_eq!(common_affixes(old, new), expected, "{old} {new}");
        }
    }
}
