//! Describes in one span what a change did to a text, however many edits it came in.

use std::ops::Range;

use ropey::Rope;

use super::position::floor;

/// Longer spans are not compared: whoever sends the whole text with each key would pay for it with each key.
const MOST_COMPARED: usize = 256 << 10;

/// The bytes `start..old_end` of the text before became the bytes `start..new_end` of the text after. Nothing else was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedSpan {
    /// Where it begins, in both.
    pub start: usize,
    /// Where it ends in the text before.
    pub old_end: usize,
    /// Where it ends in the text after.
    pub new_end: usize,
}

impl ChangedSpan {
    /// The span of this change and of one more edit, which replaced `old` of the text after it by `length` bytes.
    pub(super) fn and(self, old: &Range<usize>, length: usize) -> Self {
        Self {
            start: self.start.min(old.start),
            old_end: self.old_end + old.end.saturating_sub(self.new_end),
            new_end: self.new_end.max(old.end) - (old.end - old.start) + length,
        }
    }

    /// The same without what is equal at its beginning and end: editors replace a word to complete it, and some send all of the
    /// text.
    #[must_use]
    pub fn trimmed(self, before: &Rope, after: &Rope) -> Self {
        let Self { start, old_end, new_end } = self;
        let most = (old_end - start).min(new_end - start);
        if most == 0 || (old_end - start).max(new_end - start) > MOST_COMPARED {
            return self;
        }
        let (old, new) = (before.byte_slice(start..old_end), after.byte_slice(start..new_end));
        let head = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
        let (mut old, mut new) = (old.bytes_at(old_end - start), new.bytes_at(new_end - start));
        let same = |_: &usize| matches!((old.prev(), new.prev()), (Some(a), Some(b)) if a == b);
        let tail = (0..most - head).take_while(same).count();
        // Whole characters: two may begin, or end, with the same bytes.
        let cut = start + head - floor(before, start + head);
        let mut tail = tail;
        while floor(before, old_end - tail) != old_end - tail
            || floor(after, new_end - tail) != new_end - tail
        {
            tail -= 1;
        }
        Self { start: start + head - cut, old_end: old_end - tail, new_end: new_end - tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_joined() {
        // Of "abcdef": "b" becomes "XY", then "Yc" becomes "", then the end "f" becomes "12".
        let span = ChangedSpan { start: 1, old_end: 2, new_end: 3 };
        let span = span.and(&(2..4), 0);
        assert_eq!(span, ChangedSpan { start: 1, old_end: 3, new_end: 2 }, "aXdef");
        let span = span.and(&(4..5), 2);
        assert_eq!(span, ChangedSpan { start: 1, old_end: 6, new_end: 6 }, "aXde12");
        let span = span.and(&(0..0), 1);
        assert_eq!(span, ChangedSpan { start: 0, old_end: 6, new_end: 7 }, "!aXde12");
    }

    #[test]
    fn what_is_equal_is_no_change() {
        let check = |before: &str, after: &str, start, old_end, new_end| {
            let all = ChangedSpan { start: 0, old_end: before.len(), new_end: after.len() };
            let found = all.trimmed(&Rope::from_str(before), &Rope::from_str(after));
            assert_eq!(found, ChangedSpan { start, old_end, new_end }, "{before:?} {after:?}");
        };
        check("x = comp", "x = compute", 8, 8, 11);
        check("aa", "aaa", 2, 2, 3);
        check("aaa", "aa", 2, 3, 2);
        check("same", "same", 4, 4, 4);
        check("one two", "one 2 two", 4, 4, 6);
        check("", "new", 0, 0, 3);
        check("aéb", "aèb", 1, 3, 3);
        check("a\u{e9}b", "a\u{2a9}b", 1, 3, 3);
        check("é", "éé", 2, 2, 4);
    }
}
